"""From evidence to candidates, probabilities and arousals."""

import pickle

import numpy as np
import pandas as pd
import pytest

from mne_arousal import ArousalClusterer
from mne_arousal.arousals.detector import EVENT_COLUMNS, note_uncalibrated
from mne_arousal.arousals.probability import to_probability
from mne_arousal.arousals.rules import Rules
from mne_arousal.utils.columns import where

from .synthetic import (
    BODY_NAMES,
    COLUMNS,
    HOP,
    HOUR,
    LENGTH,
    NAMES,
    ONSETS,
    add_rise,
    at_onset,
    body_of,
    centers,
    evidence,
    find,
    found,
    measured,
    night,
    starts_of,
)

MANY = np.arange(120.0, 2900.0, 60.0)


def test_events_are_found_where_they_are():
    """Rises of EEG and EMG are arousals, and little else is."""
    candidates, calibration = find(night())
    starts = starts_of(candidates)
    for onset in ONSETS:
        assert np.abs(starts - onset).min() < 1.5
    assert len(starts) <= len(ONSETS) + 1
    assert calibration["false_alarms_per_hour"] < 2.5
    for onset in ONSETS:
        (candidate,) = at_onset(candidates, onset)
        assert candidate.probability > 0.5
        assert (candidate.inside.stop - candidate.inside.start) * HOP == pytest.approx(8.0, abs=1.5)


def test_noise_alone_makes_few_events_and_few_probable_candidates():
    """Without arousals, fewer than three events an hour are more probable than not."""
    probable, candidates = 0, 0
    for seed in range(6):
        every, _ = find(night(seed, rise=0.0, n=HOUR), everything=True)
        probable += sum(c.probability >= 0.5 and not c.reason for c in every)
        candidates += len(every)
    assert probable / 6 < 3.0
    assert probable < 0.1 * candidates


def test_expected_false_alarms_stay_under_what_was_asked():
    """By the probabilities of what is accepted, for both limits, and they are told."""
    values = night(rise=1.0, onsets=np.arange(100.0, 2900.0, 90.0))
    values = np.r_[values, night(9, rise=0.6, onsets=np.arange(100.0, 2900.0, 90.0))]
    parts, hours = measured(values).parts, len(values) * HOP / 3600
    counts = []
    for asked in (0.5, 2.0, 8.0):
        kept, calibration = found(parts, rules=Rules(false_alarms_per_hour=asked))
        counts.append(len(starts_of(kept)))
        expected = sum(1 - c.probability for c in kept if not c.reason) / hours
        assert expected <= asked
        assert calibration["false_alarms_per_hour"] == pytest.approx(expected)
        assert calibration["sleep_hours"] == pytest.approx(hours)
    for asked in (0.02, 0.1, 0.4):
        kept, calibration = found(parts, rules=Rules(max_fdr=asked))
        share = np.mean([1 - c.probability for c in kept if not c.reason] or [0.0])
        assert share <= asked
        assert calibration["fdr"] == pytest.approx(share)
    assert counts[0] < counts[2]
    assert sorted(counts) == counts


def test_minimum_probability_is_what_is_asked():
    """Higher ones keep fewer, of the same candidates."""
    values = night(rise=1.0)
    parts, kept = measured(values).parts, {}
    for lowest in (0.2, 0.5, 0.9):
        candidates, calibration = found(parts, rules=Rules(min_probability=lowest))
        assert calibration["min_probability"] == lowest
        assert all(c.probability >= lowest for c in candidates if not c.reason)
        kept[lowest] = len(starts_of(candidates))
    assert kept[0.2] >= kept[0.5] >= kept[0.9]


def test_chin_emg_alone_is_no_arousal():
    """A rise of the EMG without one of the EEG is rejected, however high."""
    candidates, _ = find(night(bands=("level",), rise=6.0), everything=True)
    for onset in ONSETS:
        close = at_onset(candidates, onset, 5.0)
        assert all(c.probability < 0.5 for c in close)


def test_awakenings_are_no_arousals():
    """Twenty-five seconds are too long, however probable."""
    candidates, _ = find(night(duration=25.0))
    for onset in ONSETS:
        assert [c.reason for c in at_onset(candidates, onset)] == ["awakening"]


@pytest.mark.parametrize(
    ("change", "cue"),
    [
        ({"bands": ("sigma",), "rise": 3.0}, "spindle"),
        ({"bands": ("delta", "theta", "alpha", "beta", "gamma"), "rise": 4.0}, "movement"),
    ],
)
def test_what_is_no_arousal_is_improbable_by_its_cue(change, cue):
    """Spindles and movements lose to arousals by their cue."""
    values = night(**change)
    if cue == "spindle":  # sigma alone raises no evidence: let it leak, as it does
        sigma = values[:, where(COLUMNS, quantity="sigma")]
        values[:, where(COLUMNS, quantity=("theta", "alpha"))] += np.where(sigma > -23.5, 1.6, 0.0)
    candidates, _ = find(values, everything=True)
    for onset in ONSETS:
        (candidate,) = at_onset(candidates, onset)
        assert candidate.log_odds[cue] < -0.7
        assert candidate.log_odds[cue] == min(candidate.log_odds.values())
        by_evidence = to_probability(candidate.log_odds["evidence"])
        assert candidate.probability < by_evidence - 0.1


def test_movements_are_rejected():
    """Sway and muscle by four natural logarithms: no arousal."""
    values = night(bands=("delta", "theta", "alpha", "beta", "gamma"), rise=4.0)
    candidates, _ = find(values)
    assert (
        not len(starts_of(candidates))
        or np.abs(starts_of(candidates)[:, np.newaxis] - ONSETS).min() > 5
    )


def test_of_two_within_ten_seconds_the_more_probable_wins():
    """A second event within ten seconds is none of its own."""
    values = night(duration=4.0, onsets=MANY)
    for onset in MANY:
        add_rise(values, onset + 11, 4.0, ("alpha", "beta", "level"), 2.0)
    candidates, _ = find(values)
    for onset in MANY[4:6]:
        pair = at_onset(candidates, onset) + at_onset(candidates, onset + 11)
        reasons = {c.reason: c.probability for c in pair}
        assert set(reasons) == {"", "too soon after another event"}
        assert reasons[""] >= reasons["too soon after another event"]


def test_stable_sleep_must_come_before():
    """Out of wake there is no arousal."""
    values = night()
    at = centers(len(values))
    asleep = ~((at > ONSETS[0] - 60) & (at < ONSETS[0] - 3))
    candidates, _ = find(values, asleep=asleep)
    assert [c.reason for c in at_onset(candidates, ONSETS[0])] == ["no stable sleep before"]


def test_wake_has_no_candidates():
    """None that begins there."""
    values = night()
    asleep = centers(len(values)) < 1000
    candidates, calibration = find(values, asleep=asleep, everything=True)
    assert all(asleep[c.inside.start] for c in candidates if not c.reason)
    assert not at_onset(candidates, ONSETS[2])
    none, calibration = find(values, asleep=np.zeros(len(values), dtype=bool))
    assert none == []
    assert calibration["sleep_hours"] == 0
    assert calibration["false_alarms_per_hour"] == 0


def test_rem_sleep_asks_for_chin_emg():
    """A cue by default, a rule on request; outside of REM sleep neither."""
    values = night(bands=("theta", "alpha", "beta"))
    for onset in ONSETS:
        values[np.abs(centers(len(values)) - onset - 4) < 8, -1] = -25.0  # no rise by chance
    rem = np.ones(len(values), dtype=bool)
    usual = find(values)[0]
    doubted = find(values, atonia=rem)[0]
    strict = find(values, atonia=rem, rules=Rules(rem_rule="aasm"))[0]
    for onset in ONSETS:
        (before,), (after,) = at_onset(usual, onset), at_onset(doubted, onset)
        assert after.probability < before.probability
        assert after.log_odds["no chin EMG in REM sleep"] < -1.0
        assert [c.reason for c in at_onset(strict, onset)] == ["no chin EMG rise in REM sleep"]
    with_emg = find(night(), atonia=rem, rules=Rules(rem_rule="aasm"))[0]
    assert len(starts_of(with_emg)) >= len(ONSETS)


def test_noise_of_a_stage_cluster_counts_there():
    """The same candidate is less probable in a cluster with more flipped events."""
    values, _ = evidence(0, n=2 * HOUR, every=300.0)
    clusters = (np.arange(len(values)) >= HOUR).astype(int)
    dips = np.random.default_rng(1).integers(HOUR + 200, 2 * HOUR - 200, 150)
    for dip in dips:
        values[dip : dip + 8] -= 3.0
    same, _ = found({"evidence": values}, everything=True)
    split, _ = found({"evidence": values}, clusters=clusters, everything=True)
    change = np.array([b.mixture_log_odds for b in split]) - [a.mixture_log_odds for a in same]
    noisy = np.array([a.inside.start >= HOUR for a in same])
    assert change[noisy].mean() < change[~noisy].mean() - 0.2


def test_a_body_that_answers_makes_candidates_more_probable():
    """Weak rises with an answer of heart and breath, against the same without."""
    onsets = np.arange(120.0, 2900.0, 60.0)
    values = night(rise=0.7, onsets=onsets)
    body = body_of(0, len(values), onsets, rise=4.0)
    means = []
    for x in (body, None):
        candidates, _ = find(values, body=x, everything=True)
        close = [at_onset(candidates, onset) for onset in onsets]
        means.append(np.mean([c[0].probability if c else 0.0 for c in close]))
    assert means[0] > means[1] + 0.05


def test_cues_are_in_the_log_odds():
    """A probability is the sum of what its evidence and each cue add."""
    candidates, _ = find(night(), everything=True)
    for candidate in candidates:
        total = sum(candidate.log_odds.values())
        assert candidate.probability == pytest.approx(1 / (1 + np.exp(-total)))
        assert set(candidate.log_odds) == {"evidence", *candidate.cues}


def test_without_gamma_noise_reaches_higher():
    """What evidence lacks bands is told by its parts."""
    values = night(rise=0.0)
    few = [i for i, column in enumerate(COLUMNS) if column.quantity != "gamma"]
    parts = measured(values[:, few], columns=[COLUMNS[i] for i in few]).parts
    total = {"evidence": parts["evidence"]}
    variances = [
        found({**total, **extra})[1]["noise_variance"]
        for extra in ({"beta": parts["beta"]}, {"beta": parts["beta"], "gamma": parts["beta"]})
    ]
    assert variances[0] == pytest.approx(variances[1] * 3.3 / 2.7)


@pytest.mark.parametrize("n", [1, 8, 40, 200])
def test_short_recordings_are_no_error(n):
    """Some windows: candidates or none."""
    candidates, calibration = find(night()[:n])
    assert isinstance(candidates, list)
    assert np.isfinite(list(calibration.values())).all()


@pytest.mark.parametrize(
    ("sleep", "quiet", "why"),
    [(0.0, 0.0, "no sleep was found"), (0.1, 0.05, "it is short"), (7.0, 0.02, "it is restless")],
)
def test_a_night_that_cannot_be_calibrated_is_told(sleep, quiet, why):
    """With the recording, and with the reason."""
    with pytest.warns(RuntimeWarning, match=f"sub-01.*{why}"):
        note_uncalibrated("sub-01", {"sleep_hours": sleep, "quiet_hours": quiet})


def test_an_ordinary_night_needs_no_warning():
    """Warnings are errors in these tests."""
    note_uncalibrated("sub-01", {"sleep_hours": 7.0, "quiet_hours": 3.0})


def table(seeds=(0, 1)):
    """Features with times of some recordings, the body's among them."""
    frames = {}
    for seed in seeds:
        values = night(seed)
        index = pd.Index(np.arange(len(values)) * HOP, name="onset")
        both = np.c_[values, body_of(seed, len(values), ONSETS)]
        names = [f"spectral__{name}" for name in NAMES] + [f"body__{name}" for name in BODY_NAMES]
        frames[f"night{seed}"] = pd.DataFrame(both, index, names)
    return pd.concat(frames, names=["recording"])


def fitted(X, **parameters):
    parameters = {"n_states": 6, "n_stages": 3, "n_codebooks": 2, "random_state": 0, **parameters}
    return ArousalClusterer(**parameters).fit(X)


WAKE = {f"night{seed}": np.zeros(101, dtype=bool) for seed in (0, 1)}


def test_the_clusterer_finds_what_the_detector_does():
    """On each recording, in seconds, with candidates on request."""
    X = table()
    model = fitted(X)
    events = model.detect(X, wake=WAKE)
    assert list(events.columns) == EVENT_COLUMNS[:-1]
    for name, found_there in events.groupby("recording"):
        for onset in ONSETS:
            assert np.abs(found_there["onset"] - onset).min() < 1.5
        assert name in WAKE
    candidates = model.detect(X, wake=WAKE, return_candidates=True)
    assert list(candidates.columns) == EVENT_COLUMNS
    assert len(candidates) >= len(events)
    kept = candidates[candidates["reason"] == ""].drop(columns="reason").reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, events)
    assert (candidates["probability"] >= 0.05).all()
    assert events["duration"].max() <= 15.0
    strong = events[np.min(np.abs(events["onset"].to_numpy()[:, None] - ONSETS), axis=1) < 2]
    assert strong["kind"].str.startswith("eeg+emg").all()
    assert set(strong["band"]) <= {"theta", "alpha", "beta"}
    assert strong["cues"].str.contains(r"evidence \+\d").all()


def test_calibration_tells_the_weights():
    """And evidence has a row a window."""
    X = table((0,))
    detection = fitted(X).analyze(X, wake=WAKE)["night0"]
    weights = {k: w for k, w in detection.calibration.items() if k.startswith("weight_")}
    assert set(weights) == {f"weight_{k}" for k in ("fast", "anchor", "emg", "heart", "breath")}
    assert len(detection.evidence) == len(X)
    assert detection.calibration["flipped"] > 0
    assert detection.calibration["min_probability"] == 0.5


def test_predicting_changes_nothing_in_the_object():
    """What was learned stays as it was, to the byte."""
    X = table()
    model = fitted(X)
    before = {name: pickle.dumps(value) for name, value in vars(model).items()}
    for predict in (model.predict, model.predict_stages, model.decision_function, model.explain):
        predict(X)
    model.detect(X, wake=WAKE)
    after = {name: pickle.dumps(value) for name, value in vars(model).items()}
    assert set(after) == set(before)
    assert [name for name in before if before[name] != after[name]] == []


def test_the_same_seed_gives_the_same_events():
    """And detecting twice does."""
    X = table((0,))
    first, second = (fitted(X).detect(X, wake=WAKE) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    model = fitted(X)
    pd.testing.assert_frame_equal(model.detect(X, wake=WAKE), model.detect(X, wake=WAKE))


def test_one_recording_beside_another_changes_nothing():
    """Evidence and probabilities are each night's own."""
    X = table()
    model = fitted(X)
    both = model.detect(X, wake=WAKE)
    alone = model.detect(X.loc[["night1"]], wake=WAKE)
    there = both[both["recording"] == "night1"].reset_index(drop=True)
    pd.testing.assert_frame_equal(there, alone)


def test_rem_sleep_of_a_hypnogram_is_used():
    """With the rule of the manual, events without chin EMG go where it says R."""
    X = table((0,))
    level = X.columns.str.contains("level")
    X.loc[:, level] = night(9, rise=0.0)[:, [-1]]
    rem = {"night0": np.arange(101) < 30}
    model = fitted(X, rem_rule="aasm")
    events = model.detect(X, wake=WAKE, rem=rem, return_candidates=True)
    early = events[np.abs(events["onset"] - ONSETS[0]) < 2]
    late = events[np.abs(events["onset"] - ONSETS[2]) < 2]
    assert list(early["reason"]) == ["no chin EMG rise in REM sleep"]
    assert list(late["reason"]) == [""]


def test_decision_function_is_the_evidence():
    """A value a window, high in arousals."""
    X = table((0,))
    model = fitted(X)
    decision = model.decision_function(X)
    np.testing.assert_array_equal(decision, model.explain(X)["evidence"])
    inside = (centers(len(X)) > ONSETS[0] + 1) & (centers(len(X)) < ONSETS[0] + 7)
    assert decision[inside].mean() > 3.9
    assert LENGTH == 2.0


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"rem_rule": "never"}, "rem_rule"),
        ({"min_probability": 1.5}, "min_probability is at most 1"),
        ({"min_probability": 0.0}, "min_probability"),
        ({"false_alarms_per_hour": -1.0}, "false_alarms_per_hour"),
        ({"max_fdr": 0.0}, "max_fdr"),
        ({"max_duration": 2.0}, "max_duration must be longer"),
        ({"components": ("fast", "slow")}, "components must be some of"),
    ],
)
def test_settings_out_of_range_are_told(parameters, match):
    with pytest.raises(ValueError, match=match):
        fitted(table((0,)).iloc[:400], **parameters)
