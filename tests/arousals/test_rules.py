"""What defines an arousal."""

import numpy as np
import pytest

from mne_arousal.arousals.rules import REM_RULES, Rules, broken_rule

from .synthetic import HOP


def reason(start_s=100.0, seconds=8.0, *, awake=(), cues=None, **rules):
    """What a candidate breaks."""
    asleep = np.ones(1000, dtype=bool)
    for first, last in awake:
        asleep[round(first / HOP) : round(last / HOP)] = False
    start = round(start_s / HOP)
    inside = slice(start, start + round(seconds / HOP))
    return broken_rule(asleep, inside, HOP, Rules(**rules), cues or {})


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (2.5, "too short"),
        (3.0, ""),
        (15.0, ""),
        (16.0, ""),
        (16.5, "awakening"),
        (40.0, "awakening"),
    ],
)
def test_durations_of_the_manual(seconds, expected):
    """Three to fifteen seconds, and one that windows may add."""
    assert reason(seconds=seconds) == expected


def test_durations_can_be_set():
    assert reason(seconds=8.0, min_duration=9.0) == "too short"
    assert reason(seconds=8.0, max_duration=5.0) == "awakening"


def test_ten_seconds_of_sleep_come_before():
    """Wake up to then, or the start of the recording, leave no arousal."""
    assert reason(awake=[(80.0, 90.0)]) == ""
    assert reason(awake=[(80.0, 90.5)]) == "no stable sleep before"
    assert reason(awake=[(80.0, 90.5)], stable_sleep=5.0) == ""
    assert reason(9.5) == "no stable sleep before"
    assert reason(10.0) == ""
    assert reason(awake=[(108.0, 300.0)]) == ""  # wake may follow


def test_rem_rule_of_the_manual():
    """A cue by default, a rule on request."""
    cues = {"no chin EMG in REM sleep": 1.0}
    assert reason(cues=cues) == ""
    assert reason(cues=cues, rem_rule="aasm") == "no chin EMG rise in REM sleep"
    assert reason(cues={"no chin EMG in REM sleep": 0.4}, rem_rule="aasm") == ""
    assert reason(rem_rule="aasm") == ""
    assert REM_RULES == ("cue", "aasm")


def test_defaults_are_the_manuals():
    """AASM: 3 s, 15 s, 10 s; more likely an arousal than not."""
    rules = Rules()
    assert (rules.min_duration, rules.max_duration, rules.stable_sleep) == (3.0, 15.0, 10.0)
    assert rules.min_probability == 0.5
    assert rules.false_alarms_per_hour is None
    assert rules.max_fdr is None
