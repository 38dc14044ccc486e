"""Cues beside the score."""

import numpy as np
import pytest

from mne_arousal.arousals.cues import (
    _LEAST_MOVEMENT,
    _MOST_MOVEMENT,
    _SHIFT,
    LOG_ODDS,
    band_of_change,
    chance_of_sleep,
    cue_log_odds,
    describe_cues,
    doubt_of_sleep,
    measure_cues,
    what_answered,
)
from mne_arousal.arousals.probability import to_probability

from .synthetic import BANDS, HOP

INSIDE = slice(100, 116)
SLEEP = np.zeros(200, dtype=bool)
REM = ~SLEEP


def parts_of(**levels):
    """Parts that have a level within the candidate and 0 outside."""
    parts = {name: np.zeros(200) for name in (*BANDS, "fast", "emg")}
    for name, level in levels.items():
        parts.setdefault(name, np.zeros(200))[INSIDE] = level
    return parts


def cues_of(inside=INSIDE, atonia=SLEEP, **levels):
    return measure_cues(parts_of(**levels), inside, atonia, HOP)


def test_an_arousal_has_no_cue_against_it():
    """Fast EEG that rises with the chin EMG, for 8 s."""
    cues = cues_of(alpha=2.0, beta=1.5, fast=3.0, emg=3.0)
    assert set(cues.values()) == {0.0}


def test_movement_raises_both_ends_of_the_spectrum():
    """Sway without muscle, or muscle without sway, is none."""
    whole = cues_of(delta=1.15, gamma=2.3)["movement"]  # 5 and 10 dB
    assert whole == pytest.approx(1.0 - _LEAST_MOVEMENT)
    assert cues_of(delta=50.0, gamma=50.0)["movement"] == pytest.approx(
        _MOST_MOVEMENT - _LEAST_MOVEMENT
    )
    assert 0 < _LEAST_MOVEMENT < 1 < _MOST_MOVEMENT
    for one in ({"delta": 5.0}, {"gamma": 5.0}, {"delta": -1.0, "gamma": 4.0}):
        assert cues_of(**one)["movement"] == 0
    without = parts_of(delta=1.15, beta=2.3)
    del without["gamma"]
    assert measure_cues(without, INSIDE, SLEEP, HOP)["movement"] == pytest.approx(whole)


def test_spindles_raise_sigma_alone():
    """Sigma with its neighbors is no spindle."""
    assert cues_of(sigma=2.0)["spindle"] == pytest.approx(1.7)
    assert cues_of(sigma=2.0, alpha=1.5)["spindle"] == pytest.approx(0.5)
    assert cues_of(sigma=2.0, beta=2.5)["spindle"] == 0


def test_short_candidates_are_doubted():
    """Under 5 s, the shorter the more."""
    lengths = {
        seconds: cues_of(slice(100, 100 + round(seconds / HOP)))["short"]
        for seconds in (3.0, 4.0, 5.0, 8.0)
    }
    assert lengths == {3.0: 2.0, 4.0: 1.0, 5.0: 0.0, 8.0: 0.0}


def test_chin_emg_alone_makes_no_shift_of_the_eeg():
    """The EEG itself must rise."""
    assert cues_of(emg=6.0)["no shift of the EEG"] == _SHIFT
    assert cues_of(fast=1.0)["no shift of the EEG"] == pytest.approx(_SHIFT - 1.0)
    assert 1.0 < _SHIFT <= 2.0
    assert cues_of(fast=2.0)["no shift of the EEG"] == 0


def test_rem_sleep_asks_for_chin_emg():
    """One second of it is enough; outside of REM sleep nothing is asked."""
    name = "no chin EMG in REM sleep"
    assert cues_of(atonia=SLEEP)[name] == 0
    assert cues_of(atonia=REM)[name] == 2.0
    assert cues_of(atonia=REM, emg=3.0)[name] == 0
    parts = parts_of()
    parts["emg"][104:106] = 3.0  # 1 s
    assert measure_cues(parts, INSIDE, REM, HOP)[name] == 0
    parts["emg"][105] = 0.0
    assert measure_cues(parts, INSIDE, REM, HOP)[name] == pytest.approx(0.5)
    half = np.arange(200) >= 108
    assert cues_of(atonia=half)[name] == pytest.approx(1.0)


def test_heart_and_breath_speak_in_the_first_seconds():
    """Their answer is looked up where the event begins, and limited; unknown is left out."""
    parts = parts_of(heart=0.0, breath=0.0)
    parts["heart"][100:106] = 2.0
    parts["heart"][106:] = 50.0
    parts["breath"][:] = -9.0
    cues = measure_cues(parts, INSIDE, SLEEP, HOP)
    assert cues["heart"] == pytest.approx(2.0)
    assert cues["breath"] == -2.0
    parts["heart"][:], parts["breath"][100:106] = 9.0, np.nan
    cues = measure_cues(parts, INSIDE, SLEEP, HOP)
    assert cues["heart"] == 3.0
    assert "breath" not in cues


def test_cues_whose_channels_are_missing_are_left_out():
    """No column, no cue; the length is always known."""
    assert measure_cues({"evidence": np.zeros(200)}, INSIDE, REM, HOP) == {"short": 0.0}


def test_each_cue_has_its_log_odds():
    """What defines no arousal speaks against, what the body does speaks for."""
    assert cue_log_odds({"movement": 2.0, "heart": -1.0}) == {
        "movement": 2 * LOG_ODDS["movement"],
        "heart": -LOG_ODDS["heart"],
    }
    signs = {name: value > 0 for name, value in LOG_ODDS.items()}
    assert [name for name, positive in signs.items() if positive] == ["no heart", "heart", "breath"]


def test_without_a_heart_the_score_tells_more():
    """Weak evidence is doubted, strong is believed, the more the less the heart is worth."""
    name, parts = "no heart", parts_of()
    assert name not in measure_cues(parts, INSIDE, SLEEP, HOP)
    for weight, share in ((0.0, 1.0), (0.125, 0.5), (0.25, 0.0), (1.0, 0.0)):
        weak, strong = (
            measure_cues(parts, INSIDE, SLEEP, HOP, {"heart": weight}, score=score)[name]
            for score in (4.0, 9.0)
        )
        assert weak == pytest.approx(share * np.log(4.0 / 6.5))
        assert strong == pytest.approx(share * np.log(9.0 / 6.5) / 3)
    assert LOG_ODDS[name] > 0


def test_without_a_heart_movement_says_less():
    """Movements of people often wake them; a heart that answers would tell."""
    parts = parts_of(delta=1.15, gamma=2.3)
    sizes = [
        measure_cues(parts, INSIDE, SLEEP, HOP, {"heart": weight})["movement"]
        for weight in (0.0, 0.125, 0.25)
    ]
    assert sizes == pytest.approx(sizes[2] * np.array([0.3, 0.65, 1.0]))


@pytest.mark.parametrize("name", ["deep sleep", "brief sleep"])
def test_deep_and_brief_sleep_have_few_arousals(name):
    """The share of a candidate that lies in it; nothing where stages are not known."""
    assert name not in cues_of()
    late = np.arange(200) >= 108
    cues = measure_cues(parts_of(), INSIDE, SLEEP, HOP, {}, context={name: late})
    assert cues[name] == pytest.approx(0.5)
    assert LOG_ODDS.get(name, -1.0) < 0


def test_a_heart_that_answers_takes_the_doubt_from_brief_sleep():
    """It does not rise with blinks."""
    context = {"deep sleep": SLEEP, "brief sleep": ~SLEEP}
    for weight, doubt in ((0.0, 1.0), (0.125, 0.5), (0.25, 0.0)):
        cues = measure_cues(parts_of(), INSIDE, SLEEP, HOP, {"heart": weight}, context=context)
        assert cues["brief sleep"] == pytest.approx(doubt)


@pytest.mark.parametrize("evidence", [-3.0, 0.0, 4.0])
def test_an_arousal_needs_a_sleeper(evidence):
    """However strong the evidence, the probability is at most that of sleep."""
    log_odds = {"evidence": evidence, "short": -0.5}
    assert doubt_of_sleep(log_odds, {"brief sleep": 0.0, "short": 1.0}) == {}
    found = to_probability(
        sum((log_odds | doubt_of_sleep(log_odds, {"brief sleep": 0.8})).values())
    )
    asleep = chance_of_sleep(0.8)
    assert found == pytest.approx(asleep * to_probability(evidence - 0.5))
    assert chance_of_sleep(1.0) == pytest.approx(4 / 36)


def test_cues_are_described_the_strongest_first():
    """Signs are written; what says nothing is left out."""
    text = describe_cues({"heart": 0.38, "evidence": 3.12, "short": -0.0, "movement": -2.2})
    assert text == "evidence +3.1; movement -2.2; heart +0.4"
    assert describe_cues({}) == ""


@pytest.mark.parametrize("band", ["theta", "alpha", "beta"])
def test_the_band_that_rises_most_is_named(band):
    """Delta, sigma and gamma are no band of an arousal."""
    assert band_of_change(parts_of(**{band: 1.0, "delta": 3.0, "gamma": 3.0}), INSIDE) == band
    assert band_of_change({"evidence": np.zeros(200)}, INSIDE) == ""


def test_what_answered_is_told():
    """EEG always; others where they rise."""
    parts = parts_of(emg=1.0)
    assert what_answered(parts, INSIDE, {}, HOP) == "eeg"
    assert what_answered(parts, INSIDE, {"heart": 1.5, "breath": 0.9}, HOP) == "eeg+heart"
    parts["emg"][104:106] = 2.5
    assert what_answered(parts, INSIDE, {"breath": 1.1}, HOP) == "eeg+emg+breath"
    assert what_answered(parts, slice(104, 105), {}, HOP) == "eeg"
