"""Exceptions of the package."""


class RecordingError(ValueError):
    """A recording can't be used; the message says which, why and what to do.

    Parameters
    ----------
    message : str
        What is wrong and what to do about it.
    recording : str | None
        Name of the recording, put before the message.
    """

    def __init__(self, message: str, recording: str | None = None):
        self.recording = recording
        super().__init__(f"{recording}: {message}" if recording else message)
