"""Exceptions of the package."""

from .text import printable


class RecordingError(ValueError):
    """A recording can't be used; the message says which, why and what to do.

    Parameters
    ----------
    message : str
        What is wrong and what to do about it.
    recording : str | None
        Name of the recording, put before the message.

    Examples
    --------
    >>> from mne_arousal import RecordingError
    >>> raise RecordingError("has no EEG channel. Name one by picks.", "night 1")
    Traceback (most recent call last):
    mne_arousal.utils.errors.RecordingError: night 1: has no EEG channel. Name one by picks.
    """

    def __init__(self, message: str, recording: str | None = None):
        self.recording = recording
        # names of channels and files come from outside, and errors reach terminals and tables
        super().__init__(printable(f"{recording}: {message}" if recording else message))


class OutputError(RecordingError):
    """A result can't be written, which is the fault of the disk and not of the recording."""
