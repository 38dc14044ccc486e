"""What is on the disk, and when it may be believed."""

from .loading import load_channels
from .reading import read_recording
from .windower import PSGWindower

__all__ = ["PSGWindower", "load_channels", "read_recording"]
