"""Reading the channels of a recording one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from mne.io import BaseRaw

from ..utils.errors import RecordingError
from ..utils.privacy import reader_words
from .pieces import PausedRaw
from .quick_edf import QuickEdf

_MEMORY = 1 << 29  # bytes read at once, a night of eight channels at 256 Hz
_LONG = 1 << 25  # samples of a channel that is read as 32-bit numbers: a day and a half at 256 Hz
_PIECE = 1 << 22  # samples of it that are read at once


class ChannelReader:
    """Reads channels one at a time, and keeps what takes long to read.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        The recording, which is not changed.
    recording : str
        Its name, for errors.
    """

    def __init__(self, raw: BaseRaw, recording: str):
        self.raw = raw
        self._recording = recording
        self._kept: dict[str, np.ndarray] = {}

    def expect(self, names: Iterable[str]) -> None:
        """Read channels that can't be read quickly all at once, as a format has them interleaved.

        Parameters
        ----------
        names : iterable of str
            Channels that will be read.
        """
        slow = [n for n in names if n not in self._kept and not is_quick(self.raw, n)]
        for name, signal in zip(slow, read_each(self.raw, slow, self._recording), strict=True):
            self._kept[name] = signal.astype(np.float32)

    def read(self, name: str) -> np.ndarray:
        """Read a channel.

        Parameters
        ----------
        name : str
            The channel.

        Returns
        -------
        signal : array, shape (n_times,)
            V; samples that are no number are NaN.
        """
        self.expect([name])
        if name in self._kept:
            kept = self._kept[name]
            return kept.copy() if len(kept) > _LONG else kept.astype(float)
        return next(read_each(self.raw, [name], self._recording))


def is_quick(raw: BaseRaw, name: str) -> bool:
    """Tell whether a channel can be read without reading the others.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        The recording.
    name : str
        The channel.

    Returns
    -------
    is_quick : bool
        True in memory, and in EDF files where it has the highest rate of all.
    """
    if raw.preload:
        return True
    if isinstance(raw, PausedRaw):
        raw = raw.joined
    return isinstance(raw, QuickEdf) and raw.is_quick(name)


def read_each(raw: BaseRaw, names: list[str], recording: str) -> Iterator[np.ndarray]:
    """Read whole channels, as pieces of slow ones have edges.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        The recording.
    names : list of str
        Channels.
    recording : str
        Its name, for errors.

    Yields
    ------
    signal : array, shape (n_times,)
        V; samples that are no number are NaN. Of a channel that lasts for days, 32-bit numbers.
    """
    some = max(_MEMORY // (8 * raw.n_times), 1)
    at = 0
    while at < len(names):
        size = 1 if is_quick(raw, names[at]) else some
        group = names[at : at + size]
        at += size
        try:
            long = size == 1 and raw.n_times > _LONG and is_quick(raw, group[0])
            data = _in_pieces(raw, group[0]) if long else raw.get_data(picks=group)
        except MemoryError:
            raise
        except Exception as error:  # readers raise what their parsers do, as in `read_recording`
            raise RecordingError(
                f"its data can't be read ({reader_words(error)}). The file may be cut short.",
                recording,
            ) from error
        signals = list(data)
        del data  # so that a channel is freed by who asked for it
        while signals:
            yield _without_infinity(signals.pop(0))


def _in_pieces(raw: BaseRaw, name: str) -> np.ndarray:
    data = np.empty((1, raw.n_times), dtype=np.float32)
    for start in range(0, raw.n_times, _PIECE):
        stop = min(start + _PIECE, raw.n_times)
        data[:, start:stop] = raw.get_data(picks=[name], start=start, stop=stop)
    return data


def _without_infinity(signal: np.ndarray) -> np.ndarray:
    if not np.isfinite(signal.min() + signal.max()):
        signal[~np.isfinite(signal)] = np.nan
    return signal
