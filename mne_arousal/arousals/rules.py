"""Rules of scoring: what counts as an arousal, and why a candidate does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Natural logarithms of power, 5 and 10 dB: an arousal raises fast activity and lowers or spares
# delta; a movement raises both ends of the spectrum, by sway of the leads and by muscle.
SWAY = 1.15
MUSCLE = 2.3
EMG_RISE = 2.0  # spreads of chin EMG, over 1 s
# Sigma that is high and stands above its neighbors, without muscle, is a spindle's; alpha and
# beta of an arousal leak into it, so it must stand clear.
_SPINDLE, _NARROW = 0.3, 1.3
_SHIFT = 1.25  # spreads of fast EEG, mean over the event; chin EMG alone makes no arousal
_TONE = 1.0  # spreads of chin EMG, mean over the event
_RISE = 0.4  # natural logarithm of power: half as much again
_WINDOW_BLUR = 1.0  # s by which windows of 2 s may lengthen an event; edges.py finds its edges
INTERRUPTS = (None, "awakening", "movement")  # what ends stable sleep; a spindle does not


@dataclass(frozen=True)
class Rules:
    """What counts as an arousal.

    Parameters
    ----------
    min_duration, max_duration : float
        Duration of an arousal, s. The AASM manual asks for 3 s; longer than 15 s is an awakening.
    stable_sleep : float
        Sleep without another event that must come before, s. AASM: 10 s.
    false_alarms_per_hour : float
        Events an hour of sleep that noise alone may cause, at most.
    max_fdr : float
        False discovery rate: expected share of noise among the events found, at most.
    """

    min_duration: float = 3.0
    max_duration: float = 15.0
    stable_sleep: float = 10.0
    false_alarms_per_hour: float = 2.0
    max_fdr: float = 0.02


def kind_of_change(parts: dict[str, np.ndarray], inside: slice) -> str:
    """Name what changes most: a band of the EEG, or chin EMG where no band rises by much.

    Parameters
    ----------
    parts : dict
        As `compute_evidence` returns them.
    inside : slice
        Windows of the event.

    Returns
    -------
    kind : str
        ``"theta"``, ``"alpha"``, ``"beta"``, ``"emg"``, or ``""`` without bands.
    """
    rises = {
        band: float(np.mean(parts[band][inside]))
        for band in ("theta", "alpha", "beta")
        if band in parts
    }
    tone = float(np.mean(parts["emg"][inside])) if "emg" in parts else 0.0
    if tone > _TONE and max(rises.values(), default=0.0) < _RISE:
        return "emg"
    return max(rises, key=lambda band: rises[band]) if rises else ""


def reason_to_reject(
    parts: dict[str, np.ndarray],
    asleep: np.ndarray,
    atonia: np.ndarray,
    inside: slice,
    hop: float,
    rules: Rules,
    since_last: float,
) -> str | None:
    """Say why a candidate is no arousal.

    Parameters
    ----------
    parts : dict
        As `compute_evidence` returns them.
    asleep, atonia : array of bool, shape (n_windows,)
        Windows in sleep, and those of them without chin EMG tone (REM sleep).
    inside : slice
        Windows of the candidate.
    hop : float
        Time between windows, s.
    rules : Rules
        What counts.
    since_last : float
        Time since the last event that interrupts sleep, s.

    Returns
    -------
    reason : str | None
        None for an arousal.
    """
    duration = (inside.stop - inside.start) * hop
    if duration < rules.min_duration:
        return "too short"
    if duration > rules.max_duration + _WINDOW_BLUR:
        return "awakening"
    if since_last < rules.stable_sleep:
        return "too soon after another event"
    before = slice(max(inside.start - round(rules.stable_sleep / hop), 0), inside.start)
    if not asleep[before].all() or before.stop - before.start < int(rules.stable_sleep / hop):
        return "no stable sleep before"
    mean = {band: float(np.mean(x[inside])) for band, x in parts.items()}
    if mean.get("fast", _SHIFT) < _SHIFT:
        return "no shift of the EEG"
    muscle = mean.get("gamma", mean.get("beta", 0.0))
    if mean.get("delta", 0.0) > SWAY and muscle > MUSCLE:
        return "movement"
    others = max(*(mean.get(band, 0.0) for band in ("theta", "alpha", "beta")), _SPINDLE)
    quiet = mean.get("emg", 0.0) < _TONE and mean.get("gamma", 0.0) < 0.5 * MUSCLE
    if quiet and mean.get("sigma", 0.0) > _NARROW * others:
        return "spindle"
    if "emg" in parts and atonia[inside].mean() > 0.5:
        second = max(round(1.0 / hop), 1)
        level = np.convolve(parts["emg"][inside], np.ones(second) / second, mode="valid")
        if not len(level) or level.max() < EMG_RISE:
            return "no chin EMG rise in REM sleep"
    return None
