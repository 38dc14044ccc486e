"""Scores to events: threshold of the night, extents, rules of scoring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_closing, label, uniform_filter1d

from .scan import SCAN_DURATIONS, choose_threshold, measure_noise, open_sleep, pick, scan
from .utils.notes import warn_of

# Natural logarithms of power, 5 and 10 dB: an arousal raises fast activity and lowers or spares
# delta; a movement raises both ends of the spectrum, by sway of the leads and by muscle.
SWAY = 1.15
MUSCLE = 2.3
# Sigma that is high and stands above its neighbours, without muscle, is a spindle's; alpha and
# beta of an arousal leak into it, so it must stand clear.
_SPINDLE, _NARROW = 0.3, 1.3
_SHIFT = 1.25  # spreads of fast EEG, mean over the event; chin EMG alone makes no arousal
_TONE = 1.0  # spreads of chin EMG, mean over the event
_RISE = 0.4  # natural logarithm of power: half as much again
_BLUR = 1.0  # s by which windows of 2 s may lengthen an event; onsets.py finds its edges
EMG_RISE = 2.0  # spreads of chin EMG, over 1 s
_FEWEST_QUIET = 5.0  # min of quiet sleep, in which noise makes some six events to measure it on
_INTERRUPTS = (None, "awakening", "movement")  # what ends stable sleep; a spindle does not


@dataclass(frozen=True)
class Rules:
    """What counts as an arousal.

    Parameters
    ----------
    min_duration, max_duration : float
        Duration of an arousal, s. The AASM manual asks for 3 s; longer than 15 s is an awakening.
    stable_sleep : float
        Sleep without another event that must come before, s. AASM: 10 s.
    false_alarms : float
        Events an hour of sleep that noise alone may cause, at most.
    false_share : float
        Share of noise among the events found, at most.
    """

    min_duration: float = 3.0
    max_duration: float = 15.0
    stable_sleep: float = 10.0
    false_alarms: float = 2.0
    false_share: float = 0.02


def detect_events(
    parts: dict[str, np.ndarray],
    asleep: np.ndarray,
    atonia: np.ndarray,
    *,
    hop: float,
    window_length: float,
    rules: Rules,
) -> tuple[list[dict], dict]:
    """Find the arousals of one recording.

    Parameters
    ----------
    parts : dict
        As `compute_evidence` returns them.
    asleep : array of bool, shape (n_windows,)
        Windows in sleep.
    atonia : array of bool, shape (n_windows,)
        Windows in sleep without chin EMG tone (REM sleep), where the EMG must rise.
    hop, window_length : float
        Time between windows and their length, s.
    rules : Rules
        What counts.

    Returns
    -------
    events : list of dict
        Every candidate above the threshold: ``start`` (s, of the first window's centre),
        ``duration`` (s), ``score``, ``kind`` (what changes most: ``"theta"``, ``"alpha"``,
        ``"beta"``, ``"emg"``, or ``""`` without bands) and ``reason``: None for an arousal, else
        why it is not one.
    calibration : dict
        ``threshold``; ``sleep_hours``; ``quiet_hours`` and ``mirrored``, the sleep and the number
        of mirrored events on which noise was measured; ``false_alarms``, the events of noise an
        hour that are expected above the threshold.
    """
    smallest = rules.min_duration
    durations = [d for d in SCAN_DURATIONS if smallest <= d <= rules.max_duration] or [smallest]
    gap = max(round(1.0 / hop), 1)
    evidence = parts["evidence"]
    found = scan(evidence, hop, asleep, durations)
    mirrored = pick(found.mirrored, found.mirrored_length, 1.0, gap)
    starts = pick(found.score, found.length, 1.0, gap)
    starts = starts[asleep[starts]]
    scores, lengths = found.score[starts], found.length[starts]
    hours = asleep.sum() * hop / 3600
    few_bands = "beta" in parts and "gamma" not in parts
    noise = measure_noise(found.mirrored[mirrored], found.quiet_hours, few_bands=few_bands)

    def open_hours(threshold: float) -> float:
        high = scores > threshold
        return open_sleep(asleep, starts[high], lengths[high], hop, rules.stable_sleep)

    threshold = choose_threshold(
        scores, hours, open_hours, noise, rules.false_alarms, rules.false_share
    )
    events, last_stop = [], -np.inf
    for lo, hi, score in _merge(evidence, starts, scores, lengths, threshold, hop):
        duration = (hi - lo) * hop
        event = {"start": lo * hop + window_length / 2, "duration": duration, "score": score}
        event["kind"] = _kind(parts, slice(lo, hi))
        event["reason"] = _reject(parts, asleep, atonia, lo, hi, hop, rules, lo * hop - last_stop)
        if event["reason"] is None:
            event["duration"] = min(duration, rules.max_duration)
        if event["reason"] in _INTERRUPTS:
            last_stop = hi * hop
        events.append(event)
    return events, {
        "threshold": threshold,
        "sleep_hours": hours,
        "quiet_hours": found.quiet_hours,
        "mirrored": len(mirrored),
        "false_alarms": float(noise.events_per_hour(threshold) * open_hours(threshold) / hours)
        if hours
        else 0.0,
    }


def warn_uncalibrated(recording: str, calibration: dict) -> None:
    """Warn where a recording does not tell how high its noise reaches, and say why.

    Parameters
    ----------
    recording : str
        Name of the recording.
    calibration : dict
        As `detect_events` returns it.
    """
    asleep, quiet = (60 * calibration[f"{kind}_hours"] for kind in ("sleep", "quiet"))
    if not asleep:
        warn_of(
            f"{recording}: no sleep was found, hence no arousals; if there is, give a hypnogram."
        )
    elif quiet < _FEWEST_QUIET:
        why = "it is short" if asleep < 4 * _FEWEST_QUIET else "it is restless throughout"
        warn_of(
            f"{recording}: {quiet:.1f} of {asleep:.0f} min of sleep are quiet ({why}), too little "
            "to measure its noise on. The threshold is that of simulated nights: the rate of false "
            "alarms may differ from what was asked."
        )


def _kind(parts, inside: slice) -> str:
    """Name what changes most: a band of the EEG, or chin EMG where no band rises by much."""
    rises = {
        band: float(np.mean(parts[band][inside]))
        for band in ("theta", "alpha", "beta")
        if band in parts
    }
    tone = float(np.mean(parts["emg"][inside])) if "emg" in parts else 0.0
    if tone > _TONE and max(rises.values(), default=0.0) < _RISE:
        return "emg"
    return max(rises, key=lambda band: rises[band]) if rises else ""


def _merge(evidence, starts, scores, lengths, threshold, hop) -> list[tuple[int, int, float]]:
    """Give boxes above the threshold their extents; of those that overlap the best stays."""
    kept: list[tuple[int, int, float]] = []
    for i in np.argsort(-scores, kind="stable"):
        if scores[i] <= threshold:
            break
        lo, hi = _extent(evidence, starts[i], starts[i] + lengths[i], hop)
        if all(hi <= other_lo or other_hi <= lo for other_lo, other_hi, _ in kept):
            kept.append((lo, hi, float(scores[i])))
    return sorted(kept)


def _extent(evidence: np.ndarray, start: int, stop: int, hop: float) -> tuple[int, int]:
    """Move the edges of a box to where evidence crosses half of its height.

    A box may reach past the event into noise: height is what its best fifth reaches, and of
    several stretches that are high, a second or more apart, the one with most evidence is it.
    """
    second = max(round(1.0 / hop), 1)
    reach = round(30.0 / hop)
    first = max(start - reach, 0)
    smooth = uniform_filter1d(evidence[first : stop + reach], second)
    half = 0.5 * np.percentile(smooth[start - first : stop - first], 80)
    high = binary_closing(np.pad(smooth > half, second), np.ones(second + 1))[second:-second]
    labels, n = label(high)
    box = slice(start - first, stop - first)
    weights = np.bincount(labels[box], smooth[box], minlength=n + 1)[1:]
    if not n or weights.max() <= 0:
        return start, stop
    inside = np.flatnonzero(labels == 1 + int(np.argmax(weights)))
    return int(inside[0]) + first, int(inside[-1]) + 1 + first


def _reject(parts, asleep, atonia, lo, hi, hop, rules, since_last) -> str | None:
    duration = (hi - lo) * hop
    if duration < rules.min_duration:
        return "too short"
    if duration > rules.max_duration + _BLUR:
        return "awakening"
    if since_last < rules.stable_sleep:
        return "too soon after another event"
    before = slice(max(lo - round(rules.stable_sleep / hop), 0), lo)
    if not asleep[before].all() or before.stop - before.start < int(rules.stable_sleep / hop):
        return "no stable sleep before"
    inside = slice(lo, hi)
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
