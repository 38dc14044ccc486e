"""One exported recording, as the peers read it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import mne
import numpy as np
import pandas as pd


class Signals:
    """Signals, channel types and true stages of one exported recording.

    Parameters
    ----------
    path : Path
        EDF file; ``.channels.csv``, ``.stages.csv`` and ``.digest`` lie beside it.
    """

    def __init__(self, path: Path):
        self.path = path
        self.name = path.stem
        types = pd.read_csv(path.with_name(f"{self.name}.channels.csv"))
        self.types = dict(zip(types["name"], types["type"], strict=True))
        stages = pd.read_csv(path.with_name(f"{self.name}.stages.csv"), keep_default_na=False)
        self.digest = path.with_name(f"{self.name}.digest").read_text()
        self.stages = ["W" if s == "?" else s for s in stages["stage"]]

    @cached_property
    def raw(self) -> mne.io.BaseRaw:
        """All channels."""
        return mne.io.read_raw_edf(self.path, preload=True, verbose="error")

    @property
    def sfreq(self) -> float:
        """Sampling rate, Hz."""
        return float(self.raw.info["sfreq"])

    @property
    def n_times(self) -> int:
        """Number of samples."""
        return self.raw.n_times

    @property
    def duration(self) -> float:
        """Length, s."""
        return self.n_times / self.sfreq

    def channel(self, name: str) -> np.ndarray:
        """Return one channel, V, shape (n_times,)."""
        return self.raw.get_data(picks=[name])[0]

    def names(self, kind: str) -> list[str]:
        """Return the channels of a type."""
        return [name for name in self.raw.ch_names if self.types[name] == kind]

    @property
    def eeg_names(self) -> list[str]:
        """EEG channels."""
        return self.names("eeg")

    @property
    def emg_name(self) -> str | None:
        """Chin EMG."""
        return next(iter(self.names("emg")), None)

    @property
    def central(self) -> np.ndarray:
        """A central EEG channel where there is one, else the first, V."""
        order = sorted(self.eeg_names, key=lambda name: ("C4" not in name, "C3" not in name))
        return self.channel(order[0])

    @property
    def eog(self) -> np.ndarray | None:
        """First EOG channel, V."""
        names = self.names("eog")
        return self.channel(names[0]) if names else None

    @property
    def emg(self) -> np.ndarray | None:
        """Chin EMG, V."""
        return None if self.emg_name is None else self.channel(self.emg_name)
