"""A recording that is loaded, and windows of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ..utils.bands import BANDS
from ..utils.windows import BODY_ROLES, INDEX_NAMES, Channel, Run, Windows
from .content import content_limit
from .signals import Signals

_HIGHEST = max(high for _, high in BANDS.values())  # Hz


@dataclass(frozen=True)
class LoadedRecording:
    """A recording that is loaded, filtered and at one rate.

    Parameters
    ----------
    signals : Signals
        Its signals, NaN in gaps.
    name : str
        Its name.
    labels : list of str
        ``"role:name"`` of each channel.
    recorded_rate : float
        Rate at which it was recorded, Hz.
    """

    signals: Signals
    name: str
    labels: list[str]
    recorded_rate: float

    @property
    def lowpass(self) -> float:
        """Highest frequency that its rates leave, Hz."""
        return min(self.recorded_rate, self.signals.sfreq) / 2

    @cached_property
    def channel_lowpass(self) -> list[float]:
        """Highest frequency with content of each channel, Hz."""
        return [self._content_limit(i) for i in range(len(self.labels))]

    @property
    def description(self) -> dict:
        """What a dataset says of it."""
        return {
            "recording": self.name,
            "channels": self.labels,
            "lowpass": self.lowpass,
            "channel_lowpass": self.channel_lowpass,
        }

    def windows(self, length: float, hop: float) -> Windows:
        """View it as windows.

        Parameters
        ----------
        length, hop : float
            Length of a window and time from one to the next, s.

        Returns
        -------
        windows : Windows
            Those that lie in it as a whole.

        Raises
        ------
        ValueError
            If it is shorter than a window.
        """
        sfreq = self.signals.sfreq
        n_times, stride = round(length * sfreq), round(hop * sfreq)
        starts = np.arange(0, self.signals.n_times - n_times + 1, stride)
        if not len(starts):
            raise ValueError(f"{self.name} is shorter than a window of {length:g} s.")
        run = Run(slice(0, len(starts)), starts, self.signals, tuple(self.channel_lowpass))
        names = np.repeat(self.name, len(starts))
        index = pd.MultiIndex.from_arrays([names, starts / sfreq], names=INDEX_NAMES)
        channels = [Channel.parse(label) for label in self.labels]
        shape = (len(starts), len(channels), n_times)
        return Windows(shape, sfreq, channels, self.lowpass, [run], index)

    def _content_limit(self, i: int) -> float:
        """Highest frequency with content; half of the recorded rate for the body's channels."""
        if Channel.parse(self.labels[i]).role in BODY_ROLES:
            return self.recorded_rate / 2
        highest = min(_HIGHEST, self.recorded_rate / 2)
        return content_limit(self.signals.get_data(i)[0], self.signals.sfreq, highest)
