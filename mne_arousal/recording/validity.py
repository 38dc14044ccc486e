"""When a channel may be believed: stretches of it that hold no signal of the sleeper.

A stretch of zeros, a rail or an amplifier's own noise has the lowest power of the night, and would
pass for its quietest sleep. What is found here becomes NaN before any filter sees it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import mne
import numpy as np

from .stretches import Stretch

_SKIP = "BAD_ACQ_SKIP"  # MNE's mark of samples that were never acquired

_FLAT = 2  # s of one value; no EEG, however quiet, stands still for so long
_FLAT_COARSE = 10  # s, where the digital resolution is coarse, or of chin EMG without tone
_COARSE = 20  # digital steps in a usual second's range
_RAIL = 2  # s
_RAIL_SHARE = 0.2  # of a second's samples at the highest or lowest value of the recording
# Peak to peak in 1 s. A record of electrocerebral inactivity has no activity over 2 uV (American
# Clinical Neurophysiology Society, guideline 6, 2016), and an amplifier's noise adds up to 1 uV
# root mean square. Of the quietest 5 s of real sleep that are believed, those of SC4001 reach 15 uV
# and .31 of what is usual; those of two other sleepers less: 8.3 uV and .25 (ucddb002), 4.8 uV and
# .08 (ucddb010), whose units were guessed (doc/benchmarks/validity.md).
_QUIET = 6e-6  # V
_QUIET_SHARE = 1 / 15  # of the usual range of EEG in this recording, whose unit may be wrong
_QUIET_LENGTH = 5  # s
# Power of sleep EEG falls with frequency, that of an open input's noise does not. The variance of
# steps from sample to sample is twice the signal's in white noise, and .01 to .46 of it in the
# median second of 14 real recordings, of which this limit takes 13 s more than the one above.
_WHITE = 1.2
_WHITE_RANGE = 12e-6  # V, peak to peak in 1 s: 2 uV root mean square of white noise
_WHITE_SHARE = 1 / 4  # of the usual range
_HOLE = 3  # s of anything else that does not end a stretch of quiet, hum or swings
_MAINS = (50.0, 60.0)  # Hz
_MAINS_RATIO = 100.0  # power of mains to that of all else
_MAINS_REST = 0.25  # of the usual standard deviation of EEG: what may be left beside the hum
_MAINS_STRIDE = 6  # every how many seconds mains are measured
_MAINS_LENGTH = 18  # s
_SWING = 1e-3  # V, peak to peak in 1 s; K-complexes and vertex waves of children stay below .5 mV
_SWING_SHARE = 10.0  # of the usual range of EEG
_SWING_LENGTH = 30  # s; a movement is over before
_POINT = 0.5  # s on each side of a mark without duration
#: What a device on a living sleeper can show; anything else is a sensor that is off. Pulse
#: oximeters are not validated under 50 to 70 % (ISO 80601-2-61).
PLAUSIBLE = {"oxygen_saturation": (50.0, 100.0), "heart_rate": (25.0, 220.0)}  # %, beats/min
_ROUNDING = 0.5  # of either unit, from digital resolution


def find_lost(data: np.ndarray, sfreq: float, roles: Sequence[str]) -> list[Stretch]:
    """Find what can be told without a unit: gaps, constants and rails.

    Parameters
    ----------
    data : array, shape (n_channels, n_times)
        Signals as they were recorded, before any filter; NaN is a gap.
    sfreq : float
        Sampling frequency, Hz.
    roles : sequence of str
        Role of each channel.

    Returns
    -------
    stretches : list of Stretch
        By channel, then by kind, then by time.
    """
    found = []
    for i, signal in enumerate(data):
        low, high = _block_limits(signal, sfreq)
        size = _block_size(sfreq)
        for start, stop in _nan_runs(signal, low, size):
            found.append(Stretch(i, start, stop, "gap"))
        for start, stop in _flat_runs(signal, low, high, size, roles[i]):
            found.append(Stretch(i, start, stop, "flat"))
        for start, stop in _rail_runs(signal, low, high, size):
            found.append(Stretch(i, start, stop, "rail"))
    return found


def find_no_eeg(data: np.ndarray, sfreq: float, roles: Sequence[str]) -> list[Stretch]:
    """Find what no scalp does: noise far below its EEG, mains hum alone, swings of a loose lead.

    Parameters
    ----------
    data : array, shape (n_channels, n_times)
        Signals, V; NaN where `find_lost` found something.
    sfreq : float
        Sampling frequency, Hz.
    roles : sequence of str
        Role of each channel; only EEG and EOG, and hum of chin EMG, are judged.

    Returns
    -------
    stretches : list of Stretch
        By channel, then by kind, then by time.
    """
    looks = [look_at_seconds(x, sfreq, role) for x, role in zip(data, roles, strict=True)]
    return judge_seconds(looks, sfreq, roles, data.shape[1])


@dataclass(frozen=True)
class SecondsLook:
    """What tells of each second of a channel whether it is no EEG.

    Attributes
    ----------
    ranges : array, shape (n_seconds,)
        Highest less lowest value, V.
    levels : array, shape (n_seconds,)
        Middle between them, V.
    white : array of bool, shape (n_seconds,)
        Whether a quiet second holds as much fast as slow activity.
    hum : (array, array) | None
        Of every sixth second: power of mains over that of all else, standard deviation of all
        else, V.
    """

    ranges: np.ndarray
    levels: np.ndarray
    white: np.ndarray
    hum: tuple[np.ndarray, np.ndarray] | None


def look_at_seconds(signal: np.ndarray, sfreq: float, role: str) -> SecondsLook:
    """Measure each second of a channel for `judge_seconds`.

    Parameters
    ----------
    signal : array, shape (n_times,)
        Signal, V; NaN where `find_lost` found something.
    sfreq : float
        Sampling frequency, Hz.
    role : str
        Role of the channel.

    Returns
    -------
    look : SecondsLook
        What was measured.
    """
    low, high = _block_limits(signal, sfreq)
    ranges = high - low
    among = (ranges < _WHITE_RANGE) & (role in ("eeg", "eog"))
    white = _is_white(signal, _block_size(sfreq), among)
    levels = 0.5 * (low + high)
    return SecondsLook(ranges, levels, white, None if role == "misc" else _mains(signal, sfreq))


def judge_seconds(
    looks: Sequence[SecondsLook], sfreq: float, roles: Sequence[str], n_times: int
) -> list[Stretch]:
    """Find what no scalp does, as `find_no_eeg` does, in channels that were looked at.

    Parameters
    ----------
    looks : sequence of SecondsLook
        One a channel.
    sfreq : float
        Sampling frequency, Hz.
    roles : sequence of str
        Role of each channel.
    n_times : int
        Samples of the recording.

    Returns
    -------
    stretches : list of Stretch
        By channel, then by kind, then by time.
    """
    size = _block_size(sfreq)
    ranges = [look.ranges for look in looks]
    scalp = [i for i, role in enumerate(roles) if role in ("eeg", "eog")]
    typical = {i: np.nanmedian(ranges[i]) for i in scalp if np.isfinite(ranges[i]).any()}
    usual = list(typical.values())
    loudest = max((x for i, x in typical.items() if roles[i] == "eeg"), default=np.inf)
    hums = {i: look.hum for i, look in enumerate(looks) if look.hum is not None}
    rests = [np.nanmedian(hums[i][1]) for i in scalp if np.isfinite(hums[i][1]).any()]
    found = []
    for i, role in enumerate(roles):
        masks = {}
        if i in scalp and usual:
            quiet = min(_QUIET, _QUIET_SHARE * loudest)
            swing = max(_SWING, _SWING_SHARE * float(np.median(usual)))
            hiss = min(_WHITE_RANGE, _WHITE_SHARE * loudest)
            low = (ranges[i] < quiet) | (looks[i].white & (ranges[i] < hiss))
            masks["quiet"] = _lasting(low, _QUIET_LENGTH)
            masks["detached"] = _lasting(ranges[i] > swing, _SWING_LENGTH)
        if i in hums:
            ratio, rest = hums[i]
            own = [np.nanmedian(rest)] if np.isfinite(rest).any() else [0.0]
            most = _MAINS_REST * max(rests if role in ("eeg", "eog") and rests else own)
            hum = (ratio > _MAINS_RATIO) & (rest < most) | (ratio > 10 * _MAINS_RATIO)
            hum = np.repeat(hum, _MAINS_STRIDE)[: len(ranges[i])]
            hum = np.pad(hum, (0, len(ranges[i]) - len(hum)), mode="edge")
            masks["mains"] = _lasting(hum, _MAINS_LENGTH)
        for kind, mask in masks.items():
            found += [Stretch(i, a * size, b * size, kind) for a, b in _runs(mask)]
    return [_to_end(s, n_times, size) for s in found]


def find_marked(
    annotations: mne.Annotations,
    first_time: float,
    names: Sequence[str],
    sfreq: float,
    n_times: int,
) -> list[Stretch]:
    """Find what annotations call bad, and where pieces of recordings were joined.

    Parameters
    ----------
    annotations : mne.Annotations
        Annotations of the recording. Those that begin with "bad" or "edge", in upper or lower
        case, count, for the channels that they name, or for all.
    first_time : float
        Time of the first sample on the annotations' clock, s.
    names : sequence of str
        Names of the channels. A derivation such as ``C3-M2`` is bad where one of its two is.
    sfreq : float
        Sampling frequency, Hz.
    n_times : int
        Samples of the recording.

    Returns
    -------
    stretches : list of Stretch
        By time, then by channel.
    """
    found = []
    for onset, length, text, chosen in zip(
        annotations.onset,
        annotations.duration,
        annotations.description,
        annotations.ch_names,
        strict=True,
    ):
        if not text.lower().startswith(("bad", "edge")):
            continue
        begin, end = onset - first_time, onset - first_time + length
        if length <= 1 / sfreq:  # a boundary: what lies across it is no continuous signal
            begin, end = begin - _POINT, end + _POINT
        start, stop = max(int(np.floor(begin * sfreq)), 0), int(np.ceil(end * sfreq))
        stop = min(stop, n_times)
        if stop <= start:
            continue
        kind = "gap" if text.upper().startswith(_SKIP) else "marked"
        for i, name in enumerate(names):
            if not chosen or {name, *name.split("-")} & set(chosen):
                found.append(Stretch(i, start, stop, kind))
    return found


def plausible(values: np.ndarray, quantity: str) -> np.ndarray:
    """Tell which values a device on a living sleeper can show.

    Parameters
    ----------
    values : array
        Oxygen saturation, %, or heart rate, beats a minute.
    quantity : str
        ``"oxygen_saturation"`` or ``"heart_rate"``.

    Returns
    -------
    plausible : array of bool
        False where a value, NaN included, is to be taken for a gap.
    """
    low, high = PLAUSIBLE[quantity]
    return (values >= low) & (values <= high + _ROUNDING)


def _block_size(sfreq: float) -> int:
    return max(round(sfreq), 1)


def _blocks(signal: np.ndarray, size: int) -> np.ndarray:
    n = len(signal) // size
    return signal[: n * size].reshape(n, size)


def _block_limits(signal: np.ndarray, sfreq: float) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value of each second; NaN where a second holds NaN."""
    blocks = _blocks(signal, _block_size(sfreq))
    return blocks.min(axis=1), blocks.max(axis=1)


def _nan_runs(signal: np.ndarray, low: np.ndarray, size: int) -> list[tuple[int, int]]:
    mask = np.zeros(len(signal), dtype=bool)
    for start, stop in _runs(np.isnan(low)):
        mask[start * size : stop * size] = np.isnan(signal[start * size : stop * size])
    tail = len(low) * size
    mask[tail:] = np.isnan(signal[tail:])
    return _runs(mask) if mask.any() else []


def _flat_runs(signal, low, high, size, role) -> list[tuple[int, int]]:
    spread = high - low
    alive = spread[spread > 0]
    usual = float(np.median(alive)) if len(alive) else 0.0
    still = spread <= 1e-9 * usual
    if not still.any():
        return []
    long = _FLAT
    if role not in ("eeg", "eog") or _resolution(signal) * _COARSE > usual:
        long = _FLAT_COARSE
    # a stretch that one second of another level interrupts is two
    level = np.where(still, low, np.nan)
    found = []
    for start, stop in _runs(still):
        cuts = start + 1 + np.flatnonzero(np.abs(np.diff(level[start:stop])) > 1e-9 * usual)
        edges = [start, *cuts.tolist(), stop]
        for a, b in itertools.pairwise(edges):
            if b - a >= long:
                found.append(_widened(signal, a * size, b * size, size, 1e-9 * usual))
    return found


def _widened(signal, start, stop, size, tolerance) -> tuple[int, int]:
    """Move the edges of a constant stretch from whole seconds to samples."""
    value = signal[start]
    before = np.abs(signal[max(start - size, 0) : start] - value) > tolerance
    after = np.abs(signal[stop : stop + size] - value) > tolerance
    begin = start - (int(np.argmax(before[::-1])) if before.any() else len(before))
    return begin, stop + (int(np.argmax(after)) if after.any() else len(after))


def _resolution(signal: np.ndarray) -> float:
    """Smallest step between samples: the digital resolution, where there is one."""
    steps = np.abs(np.diff(signal[:: max(len(signal) // 100_000, 1)]))
    steps = steps[steps > 0]
    return float(np.percentile(steps, 1)) if len(steps) else 0.0


def _rail_runs(signal, low, high, size) -> list[tuple[int, int]]:
    if not np.isfinite(high).any():
        return []
    top, bottom = np.nanmax(high), np.nanmin(low)
    candidates = np.flatnonzero(((high == top) | (low == bottom)) & (high > low))
    mask = np.zeros(len(high), dtype=bool)
    blocks = _blocks(signal, size)
    for i in candidates:
        block = blocks[i]
        mask[i] = np.mean((block == top) | (block == bottom)) >= _RAIL_SHARE
    return [(a * size, b * size) for a, b in _runs(_lasting(mask, _RAIL, hole=1))]


def _mains(signal: np.ndarray, sfreq: float) -> tuple[np.ndarray, np.ndarray]:
    """Power of mains over that of all else, and standard deviation of all else, V, in seconds."""
    size = _block_size(sfreq)
    blocks = _blocks(signal, size)[::_MAINS_STRIDE]
    t = np.arange(size) / sfreq
    lines = [k * f for f in _MAINS for k in (1, 2, 3) if k * f < 0.48 * sfreq]
    if not lines:
        return np.zeros(len(blocks)), np.full(len(blocks), np.inf)
    waves = [wave(2 * np.pi * f * t) for f in dict.fromkeys(lines) for wave in (np.cos, np.sin)]
    ramp = np.stack([np.ones(size), t - t.mean()], axis=1)
    basis = np.linalg.qr(np.column_stack([ramp, *waves]))[0]
    share = np.square(blocks @ basis)
    total = np.einsum("ij,ij->i", blocks, blocks) - share[:, :2].sum(axis=1)
    hum = share[:, 2:].sum(axis=1)
    rest = np.maximum(total - hum, 1e-6 * total)  # rounding leaves as much
    return hum / np.maximum(rest, 1e-40), np.sqrt(rest / size)


def _is_white(signal: np.ndarray, size: int, among: np.ndarray) -> np.ndarray:
    """Tell which of some seconds hold as much fast as slow activity."""
    white = np.zeros(len(among), dtype=bool)
    blocks = _blocks(signal, size)[among]
    if size > 2 and len(blocks):
        steps = np.diff(blocks, axis=1).var(axis=1)
        white[among] = steps > _WHITE * blocks.var(axis=1)
    return white


def _lasting(mask: np.ndarray, fewest: int, hole: int = _HOLE) -> np.ndarray:
    """Fill holes and keep what lasts."""
    out = mask.copy()
    for start, stop in _runs(~out):
        if stop - start <= hole and start > 0 and stop < len(out):
            out[start:stop] = True
    for start, stop in _runs(out):
        if stop - start < fewest:
            out[start:stop] = False
    return out


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False]))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _to_end(stretch: Stretch, n_times: int, size: int) -> Stretch:
    """Let a stretch that reaches the last whole second reach the end."""
    stop = n_times if stretch.stop >= n_times // size * size else stretch.stop
    return Stretch(stretch.channel, stretch.start, stop, stretch.kind)
