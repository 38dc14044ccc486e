"""Runs of evidence to events: scan over durations, calibrated threshold, rules of scoring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_closing, label, uniform_filter1d

SCAN_DURATIONS = (3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0)  # s, a geometric grid of what counts

# Natural logarithms of power, 5 and 10 dB: an arousal raises fast activity and lowers or spares
# delta; a movement raises both ends of the spectrum, by sway of the leads and by muscle.
_SWAY = 1.15
_MUSCLE = 2.3
_SPINDLE = 0.3  # sigma that is high and above its neighbours, without muscle, is a spindle's
_EMG_RISE = 2.0  # spreads of chin EMG, over 1 s
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
        Events an hour of sleep that noise alone may cause.
    """

    min_duration: float = 3.0
    max_duration: float = 15.0
    stable_sleep: float = 10.0
    false_alarms: float = 2.0


def scan(evidence: np.ndarray, hop: float, asleep: np.ndarray, durations=SCAN_DURATIONS):
    """Find where evidence is high for some seconds, and for how long.

    Box-car means over each duration, each in units of its own lower spread in sleep, so that
    durations compete on equal terms; the best duration wins at each start.

    Parameters
    ----------
    evidence : array, shape (n_windows,)
        Evidence.
    hop : float
        Time between windows, s.
    asleep : array of bool, shape (n_windows,)
        Windows in sleep.
    durations : sequence of float
        Durations to try, s.

    Returns
    -------
    score : array, shape (n_windows,)
        Best score of an event that starts at each window.
    length : array of int, shape (n_windows,)
        Its length, windows.
    """
    n = len(evidence)
    sums = np.r_[0.0, np.cumsum(evidence)]
    best = np.full(n, -np.inf)
    length = np.ones(n, dtype=int)
    for duration in durations:
        size = max(round(duration / hop), 1)
        if size >= n:
            break
        mean = (sums[size:] - sums[:-size]) / size
        inside = asleep[: len(mean)]
        sample = mean[inside] if inside.any() else mean
        low, middle = np.percentile(sample, (15.87, 50))
        score = (mean - middle) / max(middle - low, 1e-9)
        # a longer box must earn its place: at equal height per window it spans more noise
        better = score > best[: len(score)]
        best[: len(score)][better] = score[better]
        length[: len(score)][better] = size
    best[~np.isfinite(best)] = 0.0
    return best, length


def pick(score: np.ndarray, length: np.ndarray, floor: float, gap: int) -> np.ndarray:
    """Choose starts greedily, the highest first, none within `gap` windows of another's extent.

    Parameters
    ----------
    score, length : array, shape (n_windows,)
        As `scan` returns them.
    floor : float
        Lowest score to choose.
    gap : int
        Windows that must lie between two.

    Returns
    -------
    starts : array of int
        In order of time.
    """
    candidates = np.flatnonzero(score >= floor)
    taken = np.zeros(len(score) + 1, dtype=bool)
    chosen = []
    for i in candidates[np.argsort(-score[candidates], kind="stable")]:
        lo, hi = max(i - gap, 0), min(i + length[i] + gap, len(score))
        if taken[lo:hi].any():
            continue
        taken[i : i + length[i]] = True
        chosen.append(i)
    return np.sort(np.array(chosen, dtype=int))


def calibrate(mirrored: np.ndarray, sleep_hours: float, false_alarms: float) -> float:
    """Find the threshold at which noise alone makes so many events an hour.

    Sleep makes departures of both signs, arousals those of one. So the events that the same scan
    finds in the evidence turned upside down tell how high noise reaches on this very night.

    Parameters
    ----------
    mirrored : array, shape (n_events,)
        Scores of events in mirrored evidence.
    sleep_hours : float
        Hours in which they were found.
    false_alarms : float
        Events an hour to let through.

    Returns
    -------
    threshold : float
        Score.
    """
    allowed = int(false_alarms * sleep_hours)
    ordered = np.sort(mirrored)[::-1]
    if allowed >= len(ordered):
        return float(ordered[-1]) if len(ordered) else 0.0
    return float(ordered[allowed])


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
        ``duration`` (s), ``score`` and ``reason``: None for an arousal, else why it is not one.
    calibration : dict
        ``threshold``, ``sleep_hours``, ``mirrored`` (events found in mirrored evidence).
    """
    evidence = parts["evidence"]
    smallest = rules.min_duration
    durations = [d for d in SCAN_DURATIONS if smallest <= d <= rules.max_duration] or [smallest]
    gap = max(round(1.0 / hop), 1)
    found = {}
    for sign in (1, -1):
        score, length = scan(sign * evidence, hop, asleep, durations)
        starts = pick(score, length, 1.0, gap)
        starts = starts[asleep[starts]]
        found[sign] = starts, score[starts], length[starts]
    hours = asleep.sum() * hop / 3600
    threshold = calibrate(found[-1][1], hours, rules.false_alarms)
    starts, scores, lengths = found[1]
    events, last_stop = [], -np.inf
    for lo, hi, score in _merge(evidence, starts, scores, lengths, threshold, hop):
        duration = (hi - lo) * hop
        event = {"start": lo * hop + window_length / 2, "duration": duration, "score": score}
        event["reason"] = _reject(parts, asleep, atonia, lo, hi, hop, rules, lo * hop - last_stop)
        if event["reason"] in _INTERRUPTS:
            last_stop = hi * hop
        events.append(event)
    return events, {
        "threshold": threshold,
        "sleep_hours": hours,
        "mirrored": int((found[-1][1] > threshold).sum()),
    }


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
    if duration > rules.max_duration:
        return "awakening"
    if since_last < rules.stable_sleep:
        return "too soon after another event"
    before = slice(max(lo - round(rules.stable_sleep / hop), 0), lo)
    if not asleep[before].all() or before.stop - before.start < int(rules.stable_sleep / hop):
        return "no stable sleep before"
    inside = slice(lo, hi)
    mean = {band: float(np.mean(x[inside])) for band, x in parts.items()}
    muscle = mean.get("gamma", mean.get("beta", 0.0))
    if mean.get("delta", 0.0) > _SWAY and muscle > _MUSCLE:
        return "movement"
    others = max(mean.get("alpha", 0.0), mean.get("beta", 0.0), _SPINDLE)
    if mean.get("sigma", 0.0) > others and mean.get("gamma", 0.0) < 0.5 * _MUSCLE:
        return "spindle"
    if "emg" in parts and atonia[inside].mean() > 0.5:
        second = max(round(1.0 / hop), 1)
        level = np.convolve(parts["emg"][inside], np.ones(second) / second, mode="valid")
        if not len(level) or level.max() < _EMG_RISE:
            return "no chin EMG rise in REM sleep"
    return None
