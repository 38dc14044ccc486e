"""Stands in for the work on a recording; one of them dies. Light, for workers import it."""

import os
import signal

from mne_arousal.bids.output_tree import OutputTree
from mne_arousal.bids.process import Outcome, started_path


def die_on_sub_02(recording, settings):
    """Do nothing, or die as one that the system ends for want of memory."""
    if recording.subject == "02":
        OutputTree(settings.output).write(started_path(recording), b"")
        os.kill(os.getpid(), signal.SIGKILL)
    return Outcome(recording.name)
