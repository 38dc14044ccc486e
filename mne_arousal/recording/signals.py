"""Channels of a recording that are filtered and at one rate, kept in half the memory of MNE's."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Sequence
from typing import IO

import mne
import numpy as np
from mne.utils import use_log_level

from ..utils.windows import Channel

_MOST_MEMORY = 1 << 28  # bytes; a night of eight channels takes a third of it
_TYPES = {"eeg": "eeg", "eog": "eog", "emg": "emg", "ecg": "ecg", "resp": "resp", "effort": "resp"}


class Signals:
    """Channels in memory, as 32-bit numbers; in a temporary file where a recording lasts for days.

    Like an `mne.io.BaseRaw`, it has ``info``, ``ch_names``, ``n_times`` and ``get_data``.

    Parameters
    ----------
    sfreq : float
        Sampling frequency, Hz.
    n_times : int
        Samples of a channel.
    meas_date : datetime | None
        When the recording began.
    n_expected : int
        Channels that will be added, about.
    """

    def __init__(self, sfreq: float, n_times: int, meas_date=None, n_expected: int = 8):
        self.sfreq, self.n_times, self.meas_date = float(sfreq), int(n_times), meas_date
        self.ch_names: list[str] = []
        self._types: list[str] = []
        self._rows: list[np.ndarray | int | None] = []
        self._file: IO[bytes] | None = None
        if 4 * self.n_times * n_expected > _MOST_MEMORY:
            self._file = tempfile.TemporaryFile(prefix="mne-arousal-")  # noqa: SIM115
            weakref.finalize(self, self._file.close)
            self._n_written = 0

    @property
    def info(self) -> mne.Info:
        """What MNE knows of the channels."""
        with use_log_level("error"):
            info = mne.create_info(self.ch_names, self.sfreq, self._types)
            with info._unlock():
                info["meas_date"] = self.meas_date
        return info

    def append(self, signal: np.ndarray | None, channel: Channel) -> str:
        """Add a channel.

        Parameters
        ----------
        signal : array, shape (n_times,) | None
            NaN in gaps; None is a gap as long as the recording.
        channel : Channel
            What it is.

        Returns
        -------
        name : str
            Its name, with a number where another channel has the same.
        """
        name, number = channel.name, 2
        while name in self.ch_names:
            name, number = f"{channel.name} {number}", number + 1
        self.ch_names.append(name)
        self._types.append(_TYPES.get(channel.role, "misc"))
        self._rows.append(None if signal is None else self._keep(signal))
        return name

    def select(self, names: Sequence[str]) -> None:
        """Keep some channels, in an order of their own.

        Parameters
        ----------
        names : sequence of str
            Channels to keep.
        """
        at = [self.ch_names.index(name) for name in names]
        self.ch_names = list(names)
        self._types = [self._types[i] for i in at]
        self._rows = [self._rows[i] for i in at]

    def get_data(self, picks=None, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Get samples.

        Parameters
        ----------
        picks : str | int | sequence of these | None
            Channels by name or number; None takes all.
        start, stop : int
            First sample and one past the last.

        Returns
        -------
        data : array, shape (n_channels, n_samples)
            64-bit numbers; V but for channels of the body.
        """
        stop = self.n_times if stop is None else min(int(stop), self.n_times)
        start = int(start)
        at = range(len(self.ch_names)) if picks is None else np.atleast_1d(picks)
        rows = [self.ch_names.index(i) if isinstance(i, str) else int(i) for i in at]
        data = np.empty((len(rows), max(stop - start, 0)))
        for out, i in zip(data, rows, strict=True):
            out[:] = self._load(self._rows[i], start, stop)
        return data

    def to_raw(self) -> mne.io.RawArray:
        """Copy them into a Raw of MNE.

        Returns
        -------
        raw : mne.io.RawArray
            The same channels.
        """
        with use_log_level("error"):
            raw = mne.io.RawArray(self.get_data(), self.info, first_samp=0, copy=None)
            raw.set_meas_date(self.meas_date)
        return raw

    def _keep(self, signal: np.ndarray):
        if self._file is None:
            return signal.astype(np.float32, copy=False)
        self._file.seek(4 * self.n_times * self._n_written)
        signal.astype(np.float32, copy=False).tofile(self._file)
        self._n_written += 1
        return self._n_written - 1

    def _load(self, row, start: int, stop: int):
        if row is None:
            return np.nan
        if isinstance(row, np.ndarray):
            return row[start:stop]
        return self._load_from_file(self._file, row, start, stop)

    def _load_from_file(self, file, row: int, start: int, stop: int) -> np.ndarray:
        file.seek(4 * (self.n_times * row + start))
        return np.fromfile(file, np.float32, max(stop - start, 0))
