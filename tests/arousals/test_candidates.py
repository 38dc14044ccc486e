"""Which candidates are accepted."""

import pytest

from mne_arousal.arousals.candidates import Candidate, accept, worth_a_row

from .synthetic import HOP


def candidate(seconds, probability, length=6.0, reason=""):
    start = round(seconds / HOP)
    return Candidate(
        slice(start, start + round(length / HOP)), 5.0, probability=probability, reason=reason
    )


def reasons(*candidates, lowest=0.5, stable_sleep=10.0):
    accept(list(candidates), lowest, stable_sleep, HOP)
    return [c.reason for c in candidates]


LATE = "too soon after another event"


def test_the_improbable_are_rejected():
    assert reasons(candidate(100, 0.5), candidate(200, 0.49)) == ["", "improbable"]


@pytest.mark.parametrize(("first", "second"), [(0.9, 0.6), (0.6, 0.9)])
def test_of_rivals_within_ten_seconds_the_more_probable_wins(first, second):
    """Whichever comes first."""
    found = reasons(candidate(100, first), candidate(114, second))
    assert found == (["", LATE] if first > second else [LATE, ""])


def test_ten_seconds_between_two_are_enough():
    """Measured from the end of the first to the start of the second."""
    assert reasons(candidate(100, 0.9), candidate(116, 0.6)) == ["", ""]
    assert reasons(candidate(100, 0.9), candidate(115.5, 0.6)) == ["", LATE]
    assert reasons(candidate(100, 0.9), candidate(110, 0.6), stable_sleep=4.0) == ["", ""]


def test_what_is_rejected_blocks_nothing():
    """Neither the improbable nor what lost to another."""
    three = candidate(100, 0.9), candidate(112, 0.8), candidate(124, 0.7)
    assert reasons(*three) == ["", LATE, ""]
    assert reasons(candidate(100, 0.4), candidate(112, 0.6)) == ["improbable", ""]
    assert reasons(candidate(100, 0.9, reason="too short"), candidate(112, 0.6))[1] == ""


def test_an_awakening_blocks_what_is_close():
    """If it is probable enough."""
    for probability, expected in ((0.8, LATE), (0.3, "")):
        found = reasons(candidate(100, probability, 20.0, "awakening"), candidate(125, 0.9))
        assert found == ["awakening", expected]


def test_candidates_worth_a_row():
    """Arousals; others from a probability of 0.05; awakenings where evidence speaks for them."""
    assert worth_a_row(candidate(100, 0.05, reason="too short"))
    assert not worth_a_row(candidate(100, 0.04, reason="too short"))
    assert worth_a_row(candidate(100, 0.04))  # accepted, where many false alarms are allowed
    for log_odds, worth in ((1.0, True), (-1.0, False)):
        long = candidate(100, 0.01, 20.0, "awakening")
        long.log_odds = {"evidence": log_odds}
        assert worth_a_row(long) == worth
