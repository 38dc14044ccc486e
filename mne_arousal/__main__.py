"""``python -m mne_arousal`` does what the command ``mne-arousal`` does."""

import sys

from .cli import main

sys.exit(main())
