"""From the features of one recording to its arousals: evidence, candidates, decision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..stages.epochs import EpochTable
from ..stages.gates import sleep_gates
from ..utils.columns import Column
from ..utils.notes import add_note
from .evidence import compute_evidence
from .extents import merge_boxes
from .rules import INTERRUPTS, Rules, kind_of_change, reason_to_reject
from .scan import SCAN_DURATIONS, choose_threshold, hours_at_risk, measure_noise, pick, scan

EVENT_COLUMNS = ["recording", "onset", "duration", "score", "stage_cluster", "kind", "reason"]
_FEWEST_QUIET = 5.0  # min of quiet sleep, in which noise makes some six events to measure it on


@dataclass(frozen=True)
class Detection:
    """Events of one recording and what they were measured with.

    Attributes
    ----------
    events : DataFrame
        Every candidate above the threshold, columns ``EVENT_COLUMNS``; ``reason`` is empty for
        arousals.
    evidence : DataFrame, shape (n_windows, n_parts)
        Evidence of each window and its parts.
    calibration : dict
        ``threshold``; ``sleep_hours``; ``quiet_hours`` and ``flipped``, the sleep and the number
        of events in sign-flipped evidence on which noise was measured; ``false_alarms_per_hour``,
        the events of noise an hour that are expected above the threshold.
    """

    events: pd.DataFrame
    evidence: pd.DataFrame
    calibration: dict[str, float]


def detect_arousals(
    table: EpochTable,
    columns: list[Column],
    clusters: np.ndarray,
    rules: Rules,
    *,
    components: tuple[str, ...],
    window_length: float,
    epoch_length: float,
    wake: np.ndarray | None = None,
    rem: np.ndarray | None = None,
    state_wakefulness: np.ndarray | None = None,
) -> Detection:
    """Find the arousals of one recording.

    Parameters
    ----------
    table : EpochTable
        The recording.
    columns : list of Column
        What its features are.
    clusters : array of int, shape (n_epochs,)
        Stage cluster of each epoch.
    rules : Rules
        What counts.
    components : tuple of str
        Parts of the evidence, as `compute_evidence` takes them.
    window_length, epoch_length : float
        Lengths, s.
    wake : array of bool | None
        Epochs of wake, from a hypnogram; None tells them by the recording itself.
    rem : array of bool | None
        Epochs of REM sleep, from a hypnogram; None tells them by the recording itself.
    state_wakefulness : array, shape (n_windows,) | None
        How wake-like the state of each window is.

    Returns
    -------
    detection : Detection
        Events, evidence and calibration.
    """
    parts = evidence_parts(
        table,
        columns,
        components=components,
        window_length=window_length,
        wake=wake,
        state_wakefulness=state_wakefulness,
    )
    asleep, atonia = sleep_gates(table, columns, wake, rem)
    hop = table.hop(window_length)
    events, calibration = detect_events(
        parts, asleep, atonia, hop=hop, window_length=window_length, rules=rules
    )
    note_uncalibrated(table.name, calibration)
    rows = []
    for event in events:
        onset = event["start"] + table.onsets[0]
        cluster = clusters[min(int(onset // epoch_length), table.n_epochs - 1)]
        what = (event["duration"], event["score"], cluster, event["kind"], event["reason"] or "")
        rows.append((table.name, onset, *what))
    return Detection(pd.DataFrame(rows, columns=EVENT_COLUMNS), pd.DataFrame(parts), calibration)


def evidence_parts(
    table: EpochTable,
    columns: list[Column],
    *,
    components: tuple[str, ...],
    window_length: float,
    wake: np.ndarray | None = None,
    state_wakefulness: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Compute the evidence of a recording's sleep period and its parts.

    Parameters
    ----------
    table, columns, components, window_length, wake, state_wakefulness
        As in `detect_arousals`.

    Returns
    -------
    parts : dict of array, shape (n_windows,)
        As `compute_evidence` returns them; 0 outside the sleep period, which goes from the first
        to the last epoch of sleep where a hypnogram tells them.
    """
    asleep, _ = sleep_gates(table, columns, wake)
    rows = table.rows_inside if wake is None or not asleep.any() else _from_first_to_last(asleep)
    parts = compute_evidence(
        table.values[rows],
        columns,
        asleep[rows],
        hop=table.hop(window_length),
        window_length=window_length,
        state_wakefulness=None if state_wakefulness is None else state_wakefulness[rows],
        components=components,
    )
    out = {name: np.zeros(len(table.values)) for name in parts}
    for name, values in parts.items():
        out[name][rows] = values
    return out


def _from_first_to_last(asleep: np.ndarray) -> np.ndarray:
    at = np.flatnonzero(asleep)
    rows = np.zeros(len(asleep), dtype=bool)
    rows[at[0] : at[-1] + 1] = True
    return rows


def detect_events(
    parts: dict[str, np.ndarray],
    asleep: np.ndarray,
    atonia: np.ndarray,
    *,
    hop: float,
    window_length: float,
    rules: Rules,
) -> tuple[list[dict], dict]:
    """Find events in evidence.

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
        Every candidate above the threshold: ``start`` (s, of the first window's center),
        ``duration`` (s), ``score``, ``kind`` (what changes most: ``"theta"``, ``"alpha"``,
        ``"beta"``, ``"emg"``, or ``""`` without bands) and ``reason``: None for an arousal, else
        why it is not one.
    calibration : dict
        As in `Detection`.
    """
    smallest = rules.min_duration
    durations = [d for d in SCAN_DURATIONS if smallest <= d <= rules.max_duration] or [smallest]
    gap = max(round(1.0 / hop), 1)
    evidence = parts["evidence"]
    found = scan(evidence, hop, asleep, durations)
    flipped = pick(found.flipped, found.flipped_length, 1.0, gap)
    starts = pick(found.score, found.length, 1.0, gap)
    starts = starts[asleep[starts]]
    scores, lengths = found.score[starts], found.length[starts]
    hours = asleep.sum() * hop / 3600
    few_bands = "beta" in parts and "gamma" not in parts
    noise = measure_noise(found.flipped[flipped], found.quiet_hours, few_bands=few_bands)

    def hours_at_risk_above(threshold: float) -> float:
        high = scores > threshold
        return hours_at_risk(asleep, starts[high], lengths[high], hop, rules.stable_sleep)

    threshold = choose_threshold(
        scores, hours, hours_at_risk_above, noise, rules.false_alarms_per_hour, rules.max_fdr
    )
    events, last_stop = [], -np.inf
    for lo, hi, score in merge_boxes(evidence, starts, scores, lengths, threshold, hop):
        duration, inside = (hi - lo) * hop, slice(lo, hi)
        since_last = lo * hop - last_stop
        reason = reason_to_reject(parts, asleep, atonia, inside, hop, rules, since_last)
        if reason is None:
            duration = min(duration, rules.max_duration)
        if reason in INTERRUPTS:
            last_stop = hi * hop
        event = {"start": lo * hop + window_length / 2, "duration": duration, "score": score}
        events.append(event | {"kind": kind_of_change(parts, inside), "reason": reason})
    expected = noise.events_per_hour(threshold) * hours_at_risk_above(threshold)
    return events, {
        "threshold": threshold,
        "sleep_hours": hours,
        "quiet_hours": found.quiet_hours,
        "flipped": len(flipped),
        "false_alarms_per_hour": float(expected / hours) if hours else 0.0,
    }


def note_uncalibrated(recording: str, calibration: dict) -> None:
    """Note where a recording does not tell how high its noise reaches, and say why.

    Parameters
    ----------
    recording : str
        Name of the recording.
    calibration : dict
        As in `Detection`.
    """
    asleep, quiet = (60 * calibration[f"{kind}_hours"] for kind in ("sleep", "quiet"))
    if not asleep:
        add_note(
            "no_sleep",
            recording,
            "no sleep was found, hence no arousals; if there is, give a hypnogram.",
        )
    elif quiet < _FEWEST_QUIET:
        why = "it is short" if asleep < 4 * _FEWEST_QUIET else "it is restless throughout"
        add_note(
            "uncalibrated",
            recording,
            f"{quiet:.1f} of {asleep:.0f} min of sleep are quiet ({why}), too little "
            "to measure its noise on. The threshold is that of simulated nights: the rate of false "
            "alarms may differ from what was asked.",
        )
