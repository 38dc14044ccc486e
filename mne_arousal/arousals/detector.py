"""From the features of one recording to its arousals: evidence, candidates, decision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..stages.epochs import EpochTable
from ..stages.gates import sleep_gates
from ..utils.columns import Column
from ..utils.notes import add_note
from .candidates import Candidate, accept, worth_a_row
from .cues import (
    band_of_change,
    cue_log_odds,
    describe_cues,
    doubt_of_sleep,
    measure_cues,
    what_answered,
)
from .evidence import Evidence, compute_evidence
from .extents import merge_boxes
from .noise import cluster_factors, flipped_that_count, measure_noise
from .probability import choose_probability, evidence_log_odds, fit_mixture, to_probability
from .rules import Rules, broken_rule
from .scan import SCAN_DURATIONS, Scan, pick, scan

EVENT_COLUMNS = [
    "recording",
    "onset",
    "duration",
    "score",
    "probability",
    "stage_cluster",
    "kind",
    "band",
    "cues",
    "reason",
]
LOWEST_SCORE = 2.5  # spreads; what stands out less is no candidate
_FEWEST_QUIET = 5.0  # min of quiet sleep, in which noise makes some six events to measure it on


@dataclass(frozen=True)
class Detection:
    """Events of one recording and what they were measured with.

    Attributes
    ----------
    events : DataFrame
        Candidates with a probability of at least 0.05 and awakenings, columns ``EVENT_COLUMNS``;
        ``reason`` is empty for arousals.
    evidence : DataFrame, shape (n_windows, n_parts)
        Evidence of each window and its parts.
    calibration : dict
        ``min_probability`` that an arousal had to have; ``sleep_hours``; ``quiet_hours`` and
        ``flipped``, the sleep and the number of events in sign-flipped evidence on which noise was
        measured; ``noise_rate`` and ``noise_variance``; ``false_alarms_per_hour`` and ``fdr``,
        false events that are expected; ``weight_NAME`` of each witness.
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
    body_columns: list[Column] | None = None,
    wake: np.ndarray | None = None,
    rem: np.ndarray | None = None,
    context: dict[str, np.ndarray] | None = None,
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
    body_columns : list of Column | None
        What the measures of the body are.
    wake : array of bool | None
        Epochs of wake, from a hypnogram; None tells them by the recording itself.
    rem : array of bool | None
        Epochs of REM sleep, from a hypnogram; None tells them by the recording itself.
    context : dict of array of bool, shape (n_epochs,) | None
        Epochs of ``"deep sleep"`` and ``"brief sleep"``; what is not known is left out.
    state_wakefulness : array, shape (n_windows,) | None
        How wake-like the state of each window is.

    Returns
    -------
    detection : Detection
        Events, evidence and calibration.
    """
    evidence = evidence_parts(
        table,
        columns,
        body_columns=body_columns,
        components=components,
        window_length=window_length,
        wake=wake,
        state_wakefulness=state_wakefulness,
    )
    asleep, atonia = sleep_gates(table, columns, wake, rem)
    hop = table.hop(window_length)
    candidates, calibration = decide(
        evidence.parts,
        asleep,
        atonia,
        clusters[table.epochs],
        hop=hop,
        rules=rules,
        weights=evidence.weights,
        context={name: epochs[table.epochs] for name, epochs in (context or {}).items()},
    )
    calibration |= {f"weight_{name}": float(w) for name, w in evidence.weights.items()}
    note_uncalibrated(table.name, calibration)
    rows = []
    for candidate in candidates:
        at = candidate.inside
        onset = table.onsets[at.start] + window_length / 2
        duration = (at.stop - at.start) * hop
        if not candidate.reason:
            duration = min(duration, rules.max_duration)
        cluster = clusters[min(int(onset // epoch_length), table.n_epochs - 1)]
        what = (
            what_answered(evidence.parts, at, candidate.cues, hop),
            band_of_change(evidence.parts, at),
            describe_cues(candidate.log_odds),
            candidate.reason,
        )
        measured = (duration, candidate.score, candidate.probability, cluster)
        rows.append((table.name, onset, *measured, *what))
    events = pd.DataFrame(rows, columns=EVENT_COLUMNS)
    return Detection(events, pd.DataFrame(evidence.parts), calibration)


def evidence_parts(
    table: EpochTable,
    columns: list[Column],
    *,
    components: tuple[str, ...],
    window_length: float,
    body_columns: list[Column] | None = None,
    wake: np.ndarray | None = None,
    state_wakefulness: np.ndarray | None = None,
) -> Evidence:
    """Compute the evidence of a recording's sleep period and its parts.

    Parameters
    ----------
    table, columns, components, window_length, body_columns, wake, state_wakefulness
        As in `detect_arousals`.

    Returns
    -------
    evidence : Evidence
        As `compute_evidence` returns it; 0 outside the sleep period, which goes from the first to
        the last epoch of sleep where a hypnogram tells them.
    """
    asleep = sleep_gates(table, columns, wake)[0]
    rows = table.rows_inside if wake is None or not asleep.any() else _from_first_to_last(asleep)
    found = compute_evidence(
        table.values[rows],
        columns,
        asleep[rows],
        hop=table.hop(window_length),
        window_length=window_length,
        body=None if table.body is None else table.body[rows],
        body_columns=body_columns,
        state_wakefulness=None if state_wakefulness is None else state_wakefulness[rows],
        components=components,
    )
    parts = {name: np.zeros(len(table.values)) for name in found.parts}
    for name, values in found.parts.items():
        parts[name][rows] = values
    return Evidence(parts, found.weights)


def _from_first_to_last(asleep: np.ndarray) -> np.ndarray:
    at = np.flatnonzero(asleep)
    rows = np.zeros(len(asleep), dtype=bool)
    rows[at[0] : at[-1] + 1] = True
    return rows


def decide(
    parts: dict[str, np.ndarray],
    asleep: np.ndarray,
    atonia: np.ndarray,
    clusters: np.ndarray,
    *,
    hop: float,
    rules: Rules,
    weights: dict[str, float] | None = None,
    context: dict[str, np.ndarray] | None = None,
) -> tuple[list[Candidate], dict[str, float]]:
    """Find candidates in evidence and decide which are arousals.

    Parameters
    ----------
    parts : dict of array, shape (n_windows,)
        As in `Evidence`.
    asleep : array of bool, shape (n_windows,)
        Windows in sleep.
    atonia : array of bool, shape (n_windows,)
        Windows of REM sleep, where the chin EMG must rise.
    clusters : array of int, shape (n_windows,)
        Stage cluster of each window, -1 where it has none.
    hop : float
        Time between windows, s.
    rules : Rules
        What counts.
    weights : dict of float | None
        Weight of each witness on this night, as in `Evidence`; None takes all to be worth all.
    context : dict of array of bool, shape (n_windows,) | None
        Windows of ``"deep sleep"`` and ``"brief sleep"``; what is not known is left out.

    Returns
    -------
    candidates : list of Candidate
        In order of time, those that are improbable left out.
    calibration : dict
        As in `Detection`, without weights.
    """
    hours = asleep.sum() * hop / 3600
    candidates, calibration = judge(
        parts, asleep, atonia, clusters, hop=hop, rules=rules, weights=weights, context=context
    )
    defined = [c.probability for c in candidates if not c.reason]
    lowest = choose_probability(
        np.array(defined),
        hours,
        false_alarms_per_hour=rules.false_alarms_per_hour,
        max_fdr=rules.max_fdr,
        min_probability=rules.min_probability,
    )
    accept(candidates, lowest, rules.stable_sleep, hop)
    found = np.array([c.probability for c in candidates if not c.reason])
    false = float(np.sum(1.0 - found))
    calibration |= {
        "min_probability": float(lowest),
        "sleep_hours": hours,
        "false_alarms_per_hour": false / hours if hours else 0.0,
        "fdr": false / len(found) if len(found) else 0.0,
    }
    return [c for c in candidates if worth_a_row(c)], calibration


def judge(
    parts: dict[str, np.ndarray],
    asleep: np.ndarray,
    atonia: np.ndarray,
    clusters: np.ndarray,
    *,
    hop: float,
    rules: Rules,
    weights: dict[str, float] | None = None,
    context: dict[str, np.ndarray] | None = None,
) -> tuple[list[Candidate], dict[str, float]]:
    """Find candidates and give each its probability and the rule that it breaks.

    Parameters
    ----------
    parts, asleep, atonia, clusters, hop, rules, weights, context
        As in `decide`.

    Returns
    -------
    candidates : list of Candidate
        In order of time; ``reason`` names a part of the definition that is not met.
    calibration : dict
        What noise was measured on.
    """
    smallest = rules.min_duration
    durations = [d for d in SCAN_DURATIONS if smallest <= d <= rules.max_duration] or [smallest]
    scanned = scan(parts["evidence"], hop, asleep, durations)
    gap = max(round(1.0 / hop), 1)
    flipped = pick(scanned.flipped, scanned.flipped_length, 1.0, gap)
    noise = measure_noise(
        scanned.flipped[flipped],
        scanned.quiet_hours,
        few_bands="beta" in parts and "gamma" not in parts,
    )
    factors = _noise_of_clusters(scanned, flipped, clusters)
    candidates = _find(parts, scanned, asleep, gap, hop, smallest)
    scores = np.array([c.score for c in candidates])
    nearby = [clusters[c.inside.start] for c in candidates]
    local = np.array([factors[k] if k >= 0 else 1.0 for k in nearby])
    mixture = fit_mixture(scores, noise, asleep.sum() * hop / 3600, local)
    by_score = evidence_log_odds(mixture)
    for i, candidate in enumerate(candidates):
        at = candidate.inside
        candidate.cues = measure_cues(
            parts, at, atonia, hop, weights, score=candidate.score, context=context
        )
        candidate.mixture_log_odds = float(mixture.log_odds[i])
        candidate.log_odds = {"evidence": float(by_score[i]), **cue_log_odds(candidate.cues)}
        candidate.log_odds |= doubt_of_sleep(candidate.log_odds, candidate.cues)
        candidate.probability = float(to_probability(sum(candidate.log_odds.values())))
        candidate.reason = broken_rule(asleep, at, hop, rules, candidate.cues)
    return candidates, {
        "quiet_hours": scanned.quiet_hours,
        "flipped": len(flipped),
        "noise_rate": noise.rate,
        "noise_variance": noise.variance,
    }


def _find(
    parts, scanned: Scan, asleep, gap: int, hop: float, min_duration: float
) -> list[Candidate]:
    """Find stretches that stand out."""
    starts = pick(scanned.score, scanned.length, LOWEST_SCORE, gap)
    starts = starts[asleep[starts]]
    boxes = merge_boxes(
        parts["evidence"],
        parts["local"],
        starts,
        scanned.score[starts],
        scanned.length[starts],
        LOWEST_SCORE,
        hop,
        min_duration=min_duration,
    )
    return [Candidate(slice(lo, hi), score) for lo, hi, score in boxes]


def _noise_of_clusters(scanned: Scan, flipped: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Factor on the rate of noise in each stage cluster."""
    n_clusters = int(clusters.max()) + 1 if len(clusters) else 0
    if n_clusters < 1:
        return np.ones(1)
    count = flipped_that_count(scanned.flipped[flipped])
    return cluster_factors(clusters[flipped[count]], clusters[scanned.quiet], n_clusters)


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
            "to measure its noise on. What is known of simulated nights stands in: probabilities "
            "may be less reliable.",
        )
