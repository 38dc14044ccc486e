"""Rules: what defines an arousal, whatever its probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_WINDOW_BLUR = 1.0  # s by which windows of 2 s may lengthen an event; edges.py finds its edges
REM_RULES = ("cue", "aasm")


@dataclass(frozen=True)
class Rules:
    """What counts as an arousal.

    Parameters
    ----------
    min_duration, max_duration : float
        Duration of an arousal, s. The AASM manual asks for 3 s; longer than 15 s is an awakening.
    stable_sleep : float
        Sleep without another accepted event that must come before, s. AASM: 10 s.
    min_probability : float
        Probability from which a candidate is an arousal.
    false_alarms_per_hour : float | None
        False events an hour of sleep that are expected, at most, in place of `min_probability`.
    max_fdr : float | None
        False discovery rate: expected share of false events among those found, at most, in place
        of `min_probability`.
    rem_rule : {"cue", "aasm"}
        Whether a candidate in REM sleep without a rise of the chin EMG becomes less probable, or
        is rejected as the AASM manual asks.
    """

    min_duration: float = 3.0
    max_duration: float = 15.0
    stable_sleep: float = 10.0
    min_probability: float = 0.5
    false_alarms_per_hour: float | None = None
    max_fdr: float | None = None
    rem_rule: str = "cue"


def broken_rule(
    asleep: np.ndarray, inside: slice, hop: float, rules: Rules, cues: dict[str, float]
) -> str:
    """Say which part of the definition a candidate does not meet.

    Parameters
    ----------
    asleep : array of bool, shape (n_windows,)
        Windows in sleep.
    inside : slice
        Windows of the candidate.
    hop : float
        Time between windows, s.
    rules : Rules
        What counts.
    cues : dict of float
        As `measure_cues` returns them.

    Returns
    -------
    reason : str
        Empty where it meets all.
    """
    duration = (inside.stop - inside.start) * hop
    if duration < rules.min_duration:
        return "too short"
    if duration > rules.max_duration + _WINDOW_BLUR:
        return "awakening"
    before = slice(max(inside.start - round(rules.stable_sleep / hop), 0), inside.start)
    if not asleep[before].all() or before.stop - before.start < int(rules.stable_sleep / hop):
        return "no stable sleep before"
    if rules.rem_rule == "aasm" and cues.get("no chin EMG in REM sleep", 0.0) > 0.5:
        return "no chin EMG rise in REM sleep"
    return ""
