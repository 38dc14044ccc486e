"""Sleep stages and micro-arousals from unlabeled polysomnography."""

import sys as _sys

import lazy_loader as _lazy

from ._version import __version__ as __version__

if _sys.flags.optimize > 1:
    raise ImportError(
        "mne-arousal can't run under python -OO: MNE needs its docstrings at run time. Use -O."
    )

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
__all__ = [*__all__, "__version__"]
