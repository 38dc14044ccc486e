"""What happened just before an event: a drop of breathing, a movement of the legs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from mne.io import BaseRaw
from scipy.ndimage import maximum_filter1d, minimum_filter1d, percentile_filter

from ..recording.body_channels import blank_body
from ..recording.channel_reader import read_each
from ..recording.roles import roles_without_signal
from ..recording.validity import plausible

CONTEXT_COLUMNS = ["respiratory_drop", "limb_movement", "desaturation"]

_AT_ONCE = 10_000  # tenths of a second
_RATE = 10.0  # Hz; breaths and bursts of leg EMG are slower
_BREATH = 5.0  # s that hold a breath of sleep
_DROP = 0.7  # of the usual excursion: AASM, hypopnea, a fall by 30 % or more
_DROP_WINDOW = (-12.0, -4.0)  # s from the onset: what ends less than 5 s before it
_LEG_RISE = 3.0  # times the resting envelope
_LEG_WINDOW = (-5.0, 0.5)  # s
_LEG_LENGTH = 0.5  # s, AASM: leg movements of 0.5 to 10 s
_OXYGEN_WINDOW = 30.0  # s on each side: blood reaches the finger late


def preceding_events(raw: BaseRaw, onsets) -> pd.DataFrame:
    """Tell what preceded each event within 5 s.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        Recording, with channels of airflow or effort, leg EMG, oxygen saturation where it has any.
    onsets : array-like, shape (n_events,)
        Onsets, s from the start of the recording.

    Returns
    -------
    context : DataFrame, shape (n_events, 3)
        ``respiratory_drop`` and ``limb_movement``: 1.0 or 0.0; ``desaturation``: fall of oxygen
        saturation around the event, in percent points; NaN where no channel tells.

    Notes
    -----
    A drop of breathing is an excursion of airflow (or effort) under 70 % of the usual one of the
    last two minutes, over 8 s that end 4 s before the onset: breathing often comes back with the
    arousal. A limb movement is a leg EMG envelope over three times its median for 0.5 s, from 5 s
    before to 0.5 s after the onset. Both follow the AASM manual's limits as far as single channels
    can, and are hints, not scored events.

    References
    ----------
    Berry R. B. et al. (2020). The AASM Manual for the Scoring of Sleep and Associated Events,
    version 2.6. American Academy of Sleep Medicine.
    """
    onsets = np.asarray(onsets, dtype=float)
    roles = roles_without_signal(raw)
    out = pd.DataFrame(np.nan, index=range(len(onsets)), columns=CONTEXT_COLUMNS)
    if not len(onsets):
        return out
    for column, wanted, judge in (
        ("respiratory_drop", ("resp", "effort"), _breathing_drops),
        ("limb_movement", ("leg",), _leg_moves),
        ("desaturation", ("spo2",), _desaturation),
    ):
        found = []
        for name in (name for name, role in roles.items() if role in wanted):
            signal = next(read_each(raw, [name], "the recording"))
            blank_body(raw, signal, name, roles[name])
            lowest, highest = np.fmin.reduce(signal), np.fmax.reduce(signal)
            if np.isfinite(lowest) and highest > lowest:
                found.append(judge(signal, raw.info["sfreq"], onsets))
        if found:
            out[column] = np.fmax.reduce(found)
    return out


def _envelope(signal: np.ndarray, sfreq: float, reduce) -> np.ndarray:
    """Reduce each tenth of a second to one value."""
    size = max(round(sfreq / _RATE), 1)
    n = len(signal) // size
    blocks = signal[: n * size].reshape(n, size)
    some = [blocks[lo : lo + _AT_ONCE] for lo in range(0, n, _AT_ONCE)]
    return np.concatenate([reduce(np.nan_to_num(part), axis=1) for part in some or [blocks]])


def _piece(values: np.ndarray, onset: float, window: tuple[float, float], rate: float):
    lo, hi = (round((onset + edge) * rate) for edge in window)
    return values[max(lo, 0) : max(hi, 0)]


def _breathing_drops(signal, sfreq, onsets) -> np.ndarray:
    slow = _envelope(signal, sfreq, np.mean)
    rate = sfreq / max(round(sfreq / _RATE), 1)
    size = max(round(_BREATH * rate), 1)
    excursion = maximum_filter1d(slow, size) - minimum_filter1d(slow, size)
    second = max(round(rate), 1)
    usual = percentile_filter(excursion[::second], 75, size=121, origin=60, mode="nearest")
    usual = np.repeat(usual, second)[: len(excursion)]
    share = excursion / np.maximum(usual, 1e-30)
    lost = maximum_filter1d(_gaps(signal, sfreq), 2 * size) > 0
    share = np.where(lost, np.nan, share)
    pieces = [_piece(share, onset, _DROP_WINDOW, rate) for onset in onsets]
    return np.array([_judged(p, np.mean(p < _DROP) > 0.8 if len(p) else False) for p in pieces])


def _leg_moves(signal, sfreq, onsets) -> np.ndarray:
    level = _envelope(signal - np.nanmedian(signal), sfreq, np.std)
    if sfreq < 2 * _RATE:  # an envelope already
        level = _envelope(np.abs(signal - np.nanmedian(signal)), sfreq, np.mean)
    level = np.where(_gaps(signal, sfreq) > 0, np.nan, level)
    rate = sfreq / max(round(sfreq / _RATE), 1)
    high = level > _LEG_RISE * np.nanmedian(level)
    size = max(round(_LEG_LENGTH * rate), 1)
    long = np.where(np.isnan(level), np.nan, minimum_filter1d(high.astype(np.int8), size) > 0)
    pieces = [_piece(long, onset, _LEG_WINDOW, rate) for onset in onsets]
    return np.array([_judged(p, (p > 0).any()) for p in pieces])


def _gaps(signal, sfreq) -> np.ndarray:
    """Tell, ten times a second, where samples are missing: 1, else 0."""
    size = max(round(sfreq / _RATE), 1)
    n = len(signal) // size
    return np.isnan(signal[: n * size]).reshape(n, size).max(axis=1).astype(float)


def _judged(piece: np.ndarray, found) -> float:
    """Give an answer as a number; NaN where less than half of what it rests on is known."""
    known = len(piece) == 0 or found or np.isnan(piece).mean() <= 0.5
    return float(found) if known else np.nan


def _desaturation(signal, sfreq, onsets) -> np.ndarray:
    values = _saturation(signal, sfreq)
    rate = sfreq / max(round(sfreq / _RATE), 1)
    falls = []
    for onset in onsets:
        before = _piece(values, onset, (-_OXYGEN_WINDOW, 0.0), rate)
        around = _piece(values, onset, (0.0, _OXYGEN_WINDOW), rate)
        before, around = (x[np.isfinite(x)] for x in (before, around))
        known = len(before) and len(around)
        falls.append(max(float(before.max() - around.min()), 0.0) if known else np.nan)
    return np.array(falls)


def _saturation(signal, sfreq) -> np.ndarray:
    """Oxygen saturation in percent, ten times a second; NaN where no oximeter can mean it."""
    shown = signal[np.isfinite(signal) & (signal > 0)]
    # a share has its usual values under 1; an oximeter that is off may write 127 or 1.27 all night
    share = len(shown) > 0 and np.median(shown) <= 1.5
    percent = 100 * signal if share else signal
    off = ~plausible(percent, "oxygen_saturation")
    values = _envelope(np.where(off, 0.0, percent), sfreq, np.median)
    # slow channels that were brought to a faster rate swing beside each jump: a second is left out
    gaps = maximum_filter1d(_envelope(off.astype(float), sfreq, np.max), 21) > 0
    return np.where(gaps, np.nan, values)
