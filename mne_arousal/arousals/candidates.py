"""Candidates: stretches of evidence that may be arousals, and which of them are accepted."""

from __future__ import annotations

from dataclasses import dataclass, field

LEAST_PROBABILITY = 0.05  # candidates under it are not worth a row


@dataclass
class Candidate:
    """A stretch of evidence that may be an arousal.

    Attributes
    ----------
    inside : slice
        Its windows.
    score : float
        How far it stands out, in spreads of quiet sleep.
    mixture_log_odds : float
        Log odds of an arousal by the mixture of scores alone, not recalibrated.
    log_odds : dict of float
        What its evidence and each cue add to the log odds of an arousal.
    cues : dict of float
        Size of each cue.
    probability : float
        Of an arousal.
    reason : str
        Why it is no arousal; empty for an arousal.
    """

    inside: slice
    score: float
    mixture_log_odds: float = 0.0
    log_odds: dict[str, float] = field(default_factory=dict)
    cues: dict[str, float] = field(default_factory=dict)
    probability: float = 0.0
    reason: str = ""


def accept(candidates: list[Candidate], lowest: float, stable_sleep: float, hop: float) -> None:
    """Accept candidates, the most probable first, none too soon after another.

    Parameters
    ----------
    candidates : list of Candidate
        Candidates in order of time; those that are not accepted get a ``reason``.
    lowest : float
        Probability that an arousal must have.
    stable_sleep : float
        Sleep that must lie between two accepted events, s.
    hop : float
        Time between windows, s.
    """
    gap = stable_sleep / hop
    # an awakening that is as probable interrupts sleep as an arousal does
    taken = [c.inside for c in candidates if c.reason == "awakening" and c.probability >= lowest]
    rivals = [c for c in candidates if not c.reason]
    for candidate in sorted(rivals, key=lambda c: -c.probability):
        at = candidate.inside
        if candidate.probability < lowest:
            candidate.reason = "improbable"
        elif any(at.start < t.stop + gap and t.start < at.stop + gap for t in taken):
            candidate.reason = "too soon after another event"
        else:
            taken.append(at)


def worth_a_row(candidate: Candidate) -> bool:
    """Tell whether a candidate is kept in tables.

    Parameters
    ----------
    candidate : Candidate
        The candidate.

    Returns
    -------
    worth : bool
        Arousals are. Others under a probability of 0.05 are not; awakenings are where evidence
        speaks for them.
    """
    if not candidate.reason:
        return True
    if candidate.reason == "awakening":
        return candidate.log_odds["evidence"] > 0
    return candidate.probability >= LEAST_PROBABILITY
