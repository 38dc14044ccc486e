"""Scores against cases worked out by hand, and by trying every matching."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import mne
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, cohen_kappa_score

from mne_arousal.metrics import score_arousals, score_evidence, score_stages, transition_ratio


def events(*rows, **columns):
    return pd.DataFrame([*rows], columns=["onset", "duration"], dtype=float).assign(**columns)


NONE = events()


def test_identical():
    night = events((10, 5), (30, 3), (31, 9))
    scores = score_arousals(night, night)
    assert scores.precision == scores.recall == scores.f1 == scores.f1_iou == 1
    assert scores.onset_error_median == scores.onset_error_p90 == scores.onset_bias == 0
    assert scores.n_matched == scores.n_matched_iou == 3
    assert np.isnan(scores.interval_coverage)


def test_by_hand():
    true = events((10, 5), (30, 5), (50, 10), (70, 3))
    # 1 s late, IoU 4/5; around the second, 2 s early, IoU 1/4; touches the third; false.
    pred = events((11, 4), (27, 20), (60, 5), (90, 3))
    scores = score_arousals(true, pred)
    assert (scores.n_true, scores.n_pred, scores.n_matched, scores.n_matched_iou) == (4, 4, 2, 1)
    assert scores.precision == scores.recall == scores.f1 == 0.5
    assert scores.precision_iou == scores.recall_iou == scores.f1_iou == 0.25
    assert scores.onset_error_median == scores.onset_error_mean == 2
    assert scores.onset_error_p90 == pytest.approx(2.8)
    assert scores.onset_bias == -1
    loose = score_arousals(true, pred, min_iou=0.25)
    assert loose.n_matched_iou == 2
    assert loose.min_iou == 0.25


def test_precision_is_not_recall():
    scores = score_arousals(events((0, 5), (10, 5), (20, 5), (30, 5)), events((1, 5)))
    assert scores.precision == 1
    assert scores.recall == 0.25
    assert scores.f1 == pytest.approx(0.4)


@pytest.mark.parametrize(("true", "pred"), [((0, 10), (3, 4)), ((3, 4), (0, 10))])
def test_nested(true, pred):
    scores = score_arousals(events(true), events(pred))
    assert scores.n_matched == scores.n_matched_iou == 1
    assert score_arousals(events(true), events(pred), min_iou=0.41).n_matched_iou == 0


def test_one_to_one():
    long, short = events((0, 30)), events((1, 3), (10, 3), (20, 3))
    assert score_arousals(short, long).n_matched == 1
    assert score_arousals(long, short).n_matched == 1


def test_most_pairs_rather_than_first_come():
    # The long event may not take the short one's only partner.
    true = events((0, 4), (5, 10))
    pred = events((3, 4), (7.5, 1))
    assert score_arousals(true, pred).n_matched == 2
    chain_true, chain_pred = events((0, 10), (12, 10), (24, 10)), events((9, 4), (21, 4), (33, 4))
    assert score_arousals(chain_true, chain_pred).n_matched == 3


def test_among_most_pairs_the_best_overlap():
    true, pred = events((0, 10)), events((8, 10), (1, 10))
    assert score_arousals(true, pred).onset_bias == 1


def test_touching_is_no_overlap():
    # 0.1 + 0.2 > 0.3 by an ulp.
    assert score_arousals(events((0.1, 0.2)), events((0.3, 1))).n_matched == 0


def test_iou_of_exactly_the_threshold():
    offset = 30000.1
    scores = score_arousals(events((offset, 10)), events((offset + 7, 3)))
    assert scores.n_matched_iou == 1


def brute_force(true, pred, min_iou):
    """Most pairs of any one-to-one assignment, tried one by one."""
    a, b = true.to_numpy(), pred.to_numpy()
    if len(a) > len(b):
        a, b = b, a
    best = 0
    for order in permutations(range(len(b)), len(a)):
        pairs = 0
        for (s, d), (t, e) in zip(a, b[list(order)], strict=True):
            shared = min(s + d, t + e) - max(s, t)
            pairs += shared > 0 and shared / (d + e - shared) >= min_iou
        best = max(best, pairs)
    return best


@pytest.mark.parametrize("seed", range(20))
def test_against_brute_force(seed):
    rng = np.random.default_rng(seed)
    n_true, n_pred = rng.integers(1, 7, 2)
    true, pred = (
        pd.DataFrame({"onset": rng.uniform(0, 30, n), "duration": rng.uniform(1, 12, n)})
        for n in (n_true, n_pred)
    )
    scores = score_arousals(true, pred)
    assert scores.n_matched == brute_force(true, pred, 0)
    assert scores.n_matched_iou == brute_force(true, pred, 0.3)
    swapped = score_arousals(pred, true)
    assert (swapped.n_matched, swapped.n_matched_iou) == (scores.n_matched, scores.n_matched_iou)
    assert swapped.precision == scores.recall


def test_empty():
    some = events((1, 3))
    missed, false, neither = (
        score_arousals(*pair) for pair in [(some, NONE), (NONE, some), (NONE, NONE)]
    )
    assert missed.recall == missed.f1 == missed.f1_iou == 0
    assert np.isnan(missed.precision)
    assert false.precision == false.f1 == 0
    assert np.isnan(false.recall)
    assert np.isnan([neither.precision, neither.recall, neither.f1]).all()
    for scores in (missed, false, neither):
        assert scores.n_matched == 0
        assert np.isnan(
            [scores.onset_error_median, scores.onset_error_p90, scores.onset_bias]
        ).all()


def test_intervals():
    true = events((10, 5), (30, 5), (50, 5), (70, 5))
    pred = events((11, 5), (31, 5), (50, 5), (90, 5))
    pred = pred.assign(onset_low=[10, 30.5, 49, 90], onset_high=[12, 31.5, 50, 90])
    assert score_arousals(true, pred).interval_coverage == pytest.approx(2 / 3)


def test_annotations_are_read_like_tables():
    true = mne.Annotations([0, 10, 30], [30, 5, 5], ["Sleep stage 2", "EEG Arousal", "arousal"])
    extras = [{"onset_low": 9.0, "onset_high": 11.0, "score": 3.0}]
    pred = mne.Annotations([9.5], [5], ["arousal"], extras=extras)
    scores = score_arousals(true, pred)
    assert (scores.n_true, scores.n_pred, scores.n_matched) == (2, 1, 1)
    assert scores.onset_bias == -0.5
    assert scores.interval_coverage == 1
    assert score_arousals(true, pred, description=None).n_true == 3


def test_annotations_without_arousals_warn():
    stages = mne.Annotations([0], [30], ["Sleep stage 2"])
    with pytest.warns(RuntimeWarning, match="None of the 1 annotations in true"):
        assert score_arousals(stages, NONE).n_true == 0


def test_clocks_are_compared():
    begin = datetime(2020, 1, 1, 22, tzinfo=UTC)
    true = mne.Annotations([10], [5], ["arousal"], orig_time=begin)
    extras = [{"onset_low": 0.0, "onset_high": 1.5}]
    pred = mne.Annotations(
        [1], [5], ["arousal"], orig_time=begin + timedelta(seconds=9), extras=extras
    )
    scores = score_arousals(true, pred)
    assert scores.onset_bias == 0
    assert scores.interval_coverage == 1


def test_recordings_are_kept_apart():
    true = events((10, 5), (10, 5), recording=["a", "b"])
    pred = events((10, 5), (40, 5), recording=["a", "b"])
    assert score_arousals(true, pred).n_matched == 1
    indexed = pred.set_index(["recording", "onset"])
    assert score_arousals(true.set_index("recording"), indexed).n_matched == 1
    assert "duration" in indexed  # the caller's table is as it was
    assert indexed.columns.tolist() == ["duration"]


@pytest.mark.parametrize(
    ("pred", "options", "message"),
    [
        (events((np.nan, 3)), {}, "NaN"),
        (events((1, -3)), {}, "negative"),
        (pd.DataFrame({"onset": [1.0]}), {}, "lacks the column duration"),
        ([(1, 3)], {}, "DataFrame, not list"),
        (NONE, {"min_iou": 0}, "min_iou"),
        (NONE, {"min_iou": 1.1}, "min_iou"),
    ],
)
def test_bad_events(pred, options, message):
    with pytest.raises(ValueError, match=message):
        score_arousals(NONE, pred, **options)


def test_scores_read_as_a_dict():
    scores = score_arousals(events((0, 3)), events((1, 3)))
    assert scores["f1"] == scores.f1 == dict(scores)["f1"] == pd.Series(scores)["f1"] == 1
    assert "ami" not in scores
    with pytest.raises(KeyError):
        scores["ami"]


def test_stages_by_hand():
    # Cluster 7 is W, 3 is N2 with one N1, -1 (noise) is N2; the unscored epoch is left out.
    hypnogram = [0, 0, 0, 1, 2, 2, 2, -1]
    clusters = [7, 7, 7, 3, 3, 3, -1, 7]
    scores = score_stages(hypnogram, clusters)
    assert (scores.n_epochs, scores.n_stages, scores.n_clusters) == (7, 3, 3)
    assert scores.mapping == {7: "W", 3: "N2", -1: "N2"}
    # One to one: 7 to W (3), 3 to N2 (2), -1 to N1 (0).
    assert scores.accuracy == pytest.approx(5 / 7)
    assert scores.mapped_accuracy == pytest.approx(6 / 7)
    # Chance: W 3/7 * 3/7, N2 3/7 * 4/7.
    chance = 21 / 49
    assert scores.kappa == pytest.approx((6 / 7 - chance) / (1 - chance))


@pytest.mark.parametrize("seed", range(5))
def test_stages_against_sklearn_and_brute_force(seed):
    rng = np.random.default_rng(seed)
    hypnogram = rng.integers(0, 4, 60)
    clusters = np.where(rng.random(60) < 0.5, hypnogram, rng.integers(0, 5, 60))
    scores = score_stages(hypnogram, clusters)
    most = {k: np.bincount(hypnogram[clusters == k]).argmax() for k in np.unique(clusters)}
    mapped = [most[k] for k in clusters]
    assert scores.mapped_accuracy == pytest.approx(accuracy_score(hypnogram, mapped))
    assert scores.kappa == pytest.approx(cohen_kappa_score(hypnogram, mapped))
    best = max(
        np.mean(np.array(order)[clusters] == hypnogram) for order in permutations(range(5), 5)
    )
    assert scores.accuracy == pytest.approx(best)


def test_stages_at_the_extremes():
    hypnogram = np.repeat([0, 1, 2, 3, 4], 20)
    perfect = score_stages(hypnogram, 9 - hypnogram)
    assert perfect.ami == pytest.approx(1)
    assert perfect.accuracy == perfect.mapped_accuracy == perfect.kappa == 1
    single = score_stages(hypnogram, np.zeros(100, dtype=int))
    assert single.ami == pytest.approx(0)
    assert single.accuracy == single.mapped_accuracy == pytest.approx(0.2)
    assert single.kappa == pytest.approx(0)
    assert np.isnan(score_stages([2, 2], [0, 0]).kappa)
    chance = score_stages(hypnogram, np.random.default_rng(0).permutation(hypnogram))
    assert abs(chance.ami) < 0.1


@pytest.mark.parametrize(
    ("hypnogram", "clusters", "message"),
    [([0, 1], [0], "shapes"), ([-1, -1], [0, 1], "No epoch"), ([[0]], [[0]], "shapes")],
)
def test_bad_stages(hypnogram, clusters, message):
    with pytest.raises(ValueError, match=message):
        score_stages(hypnogram, clusters)


def test_evidence_by_hand():
    true = events((3, 2), (3.5, 1))  # nested events count once
    times = np.arange(8.0)  # windows of 2 s: centers 1 to 8, of which 3 and 4 lie inside
    evidence = np.array([0, 0, 9, 7, 8, 0, 0, np.nan])
    scores = score_evidence(true, evidence, times)
    assert scores.n_windows == 7
    assert scores.prevalence == pytest.approx(2 / 7)
    # Ranked 9 (hit), 8 (miss), 7 (hit).
    assert scores.average_precision == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert scores.roc_auc == pytest.approx(9 / 10)
    points = score_evidence(true, evidence[:7], times[:7] + 1, window_length=0)
    assert points.average_precision == scores.average_precision


def test_evidence_without_arousals_is_undefined():
    scores = score_evidence(NONE, [1.0, 2.0], [0.0, 1.0])
    assert scores.prevalence == 0
    assert np.isnan(scores.average_precision)
    assert np.isnan(scores.roc_auc)
    assert score_evidence(NONE, [], []).n_windows == 0


def test_evidence_of_another_length():
    with pytest.raises(ValueError, match="one entry per window"):
        score_evidence(NONE, [1.0, 2.0], [0.0])


@pytest.mark.parametrize(
    ("labels", "ratio"),
    [([0, 0, 0], 0), ([0, 1, 0], 1), ([0, 0, 1, 1, 0], 0.5), ([0, -1, 1, 1], 0)],
)
def test_transition_ratio(labels, ratio):
    assert transition_ratio(labels) == ratio


@pytest.mark.parametrize("labels", [[], [3], [0, -1, 1]])
def test_transition_ratio_of_no_pair(labels):
    assert np.isnan(transition_ratio(labels))


def test_transition_ratio_within_recordings():
    index = pd.MultiIndex.from_arrays(
        [["a", "a", "b", "b"], [0.0, 0.5, 0.0, 0.5]], names=["recording", "onset"]
    )
    assert transition_ratio(pd.Series([0, 0, 1, 1], index=index)) == 0
    assert transition_ratio([0, 0, 1, 1]) == pytest.approx(1 / 3)


def test_named_stages_are_scored_by_name():
    """Accuracy, kappa, F1 and confusion by hand; an epoch without a name agrees with nothing."""
    hypnogram = [0, 0, 1, 2, 2, 4, -1]
    found = ["W", "W", "N2", "N2", "?", "R", "N3"]
    scores = score_stages(hypnogram, found)
    assert scores.n_epochs == 6
    assert scores.accuracy == pytest.approx(4 / 6)
    chance = (2 * 2 + 1 * 0 + 2 * 2 + 1 * 1) / 36
    assert scores.kappa == pytest.approx((4 / 6 - chance) / (1 - chance))
    assert scores.f1["N2"] == pytest.approx(2 / 4)
    assert np.isnan(scores.f1["N3"])
    assert scores.macro_f1 == pytest.approx((1 + 0 + 0.5 + 1) / 4)
    assert scores.confusion.loc["N2", "?"] == 1
    with pytest.raises(ValueError, match="named"):
        score_stages([0], ["S5"])
