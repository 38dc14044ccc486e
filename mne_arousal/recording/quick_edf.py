"""EDF files read channel by channel.

MNE reads all channels of a file to give one. Recordings are judged, filtered and measured one
channel at a time, so that memory holds one; that should not read a night once for each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mne.io import BaseRaw

_CHUNK = 1 << 20  # bytes of the file at once; what they become fits a processor's cache


@dataclass(frozen=True)
class _Layout:
    """Where samples lie in an EDF file, and what turns them into volts."""

    path: str
    offset: int  # bytes before the first data record
    n_records: int
    record: int  # samples of all signals in a data record
    per: int  # samples of a channel in it
    places: np.ndarray  # first sample of each channel in a record; -1 where MNE has to read it
    cal: np.ndarray
    offsets: np.ndarray
    units: np.ndarray


class QuickEdf(BaseRaw):
    """An EDF file whose channels are read one by one.

    Parameters
    ----------
    whole : mne.io.BaseRaw
        As MNE opened it.
    layout : object
        Of `_find_layout`.
    """

    def __init__(self, whole: BaseRaw, layout: _Layout):
        super().__init__(
            whole.info,
            preload=False,
            last_samps=[whole.n_times - 1],
            filenames=list(whole.filenames),
            raw_extras=[{"whole": whole, "layout": layout}],
            verbose="error",
        )
        self._orig_units = dict(getattr(whole, "_orig_units", None) or {})
        self.set_annotations(whole.annotations, verbose="error")

    def is_quick(self, name: str) -> bool:
        """Tell whether a channel can be read without reading the others.

        Parameters
        ----------
        name : str
            The channel.

        Returns
        -------
        is_quick : bool
            False where its rate is lower than the highest.
        """
        return bool(self._raw_extras[0]["layout"].places[self.ch_names.index(name)] >= 0)

    def _read_segment_file(self, data, idx, fi, start, stop, cals, mult):
        """Fill `data` with samples from `start` to `stop`, the latter not among them."""
        whole, layout = (self._raw_extras[fi][key] for key in ("whole", "layout"))
        picks = np.arange(len(whole.ch_names))
        if mult is None:  # a projection takes all channels
            picks = picks[idx]
        rows = data if mult is None else np.empty((len(picks), stop - start))
        quick = layout.places[picks] >= 0
        if quick.any():
            _read_rows(layout, picks, np.flatnonzero(quick), rows, start, stop)
        if not quick.all():
            slow = np.flatnonzero(~quick)
            rows[slow] = whole.get_data(picks[slow], start, stop, verbose="error")
        if mult is not None:
            data[:] = mult @ rows


def read_quickly(raw: BaseRaw) -> BaseRaw:
    """Let an EDF file be read channel by channel, where that gives what MNE gives.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        As MNE opened it.

    Returns
    -------
    raw : mne.io.BaseRaw
        The same recording; `raw` itself where it can't be done.
    """
    try:
        layout = _find_layout(raw)
        if layout is None:
            return raw
        quick = QuickEdf(raw, layout)
        return quick if _agree(quick, raw, layout) else raw
    except MemoryError:
        raise
    except Exception:  # of another version of MNE, or of a damaged file, which MNE will tell of
        return raw


def _agree(quick: QuickEdf, raw: BaseRaw, layout: _Layout) -> bool:
    """Tell whether the layout is understood, by the data at both ends and in the middle."""
    for record in (0, layout.n_records // 2, layout.n_records - 1):
        start = record * layout.per
        some = np.flatnonzero(layout.places >= 0), start, start + layout.per
        if not np.array_equal(quick.get_data(*some), raw.get_data(*some)):
            return False
    return True


def _find_layout(raw: BaseRaw) -> _Layout | None:
    """Find it in what MNE has read of the header; None where samples are no 16-bit integers."""
    if raw.preload or len(raw._raw_extras) != 1 or len(raw.filenames) != 1:
        return None
    extras = raw._raw_extras[0]
    if extras["subtype"] != "edf" or extras["dtype_byte"] != 2 or extras.get("blob") is not None:
        return None
    n_samples = np.asarray(extras["n_samps"], dtype=np.int64)
    signals = np.asarray(extras["sel"])
    if len(signals) != len(raw.ch_names) or getattr(raw, "_read_picks", None) is None:
        return None
    if any(len(p) != len(signals) or (p != np.arange(len(p))).any() for p in raw._read_picks):
        return None
    per = int(extras["max_samp"])
    places = np.concatenate([[0], np.cumsum(n_samples)])[signals]
    places[n_samples[signals] != per] = -1
    places[np.asarray(extras["stim_channel_idxs"], dtype=int)] = -1
    n_records = int(extras["n_records"])
    if not (places >= 0).any() or n_records * per != raw.n_times:
        return None
    scales = (np.asarray(extras[key], dtype=float) for key in ("cal", "offsets", "units"))
    return _Layout(
        str(raw.filenames[0]),
        int(extras["data_offset"]),
        n_records,
        int(n_samples.sum()),
        per,
        places,
        *scales,
    )


def _read_rows(layout: _Layout, picks, quick, rows, start: int, stop: int) -> None:
    """Read rows of `picks` whose place is known, as MNE calculates them."""
    per = layout.per
    first, last = start // per, -(-stop // per)
    step = max(_CHUNK // (2 * layout.record), 1)
    with open(layout.path, "rb") as file:
        buffer = np.empty((step, layout.record), dtype="<i2")
        for record in range(first, last, step):
            n = min(step, last - record)
            file.seek(layout.offset + 2 * layout.record * record)
            chunk = buffer[:n]
            if file.readinto(chunk.data) < chunk.nbytes:
                raise OSError("the file became shorter while it was read")
            lo, hi = max(record * per, start), min((record + n) * per, stop)
            for row in quick:
                i = picks[row]
                signal = chunk[:, layout.places[i] : layout.places[i] + per]
                out = rows[row, lo - start : hi - start]
                if len(out) == signal.size and out.flags.c_contiguous:
                    out.reshape(n, per)[:] = signal  # a view; twice as fast as through a copy
                else:
                    out[:] = signal.reshape(-1)[lo - record * per : hi - record * per]
                out *= layout.cal[i]
                if layout.offsets[i]:
                    out += layout.offsets[i]
                out *= layout.units[i]
