"""Pairs of events, precision and recall over thresholds, agreement of two detectors."""

import mne
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linear_sum_assignment

from mne_arousal.metrics import (
    agreement_at_equal_counts,
    match_events,
    score_arousal_index,
    score_arousals,
    score_event_ranking,
)

from .test_metrics import NONE, events


def random_events(rng, n, **columns):
    return pd.DataFrame(
        {"onset": rng.uniform(0, 60, n), "duration": rng.uniform(0.5, 12, n)} | columns
    )


def test_pairs_by_hand():
    true = events((10, 5), (30, 5))
    # 2 s early and 1 s short; 1 s late and 3 s long, but the second of two at that place.
    pred = events((50, 5), (8, 6), (31, 7), (34, 2))
    pairs = match_events(true, pred)
    assert pairs["true"].tolist() == [0, 1]
    assert pairs["pred"].tolist() == [1, 2]
    assert pairs["onset_error"].tolist() == [-2, 1]
    assert pairs["offset_error"].tolist() == [-1, 3]
    assert pairs["overlap"].tolist() == [4, 4]
    assert pairs["iou"].tolist() == pytest.approx([4 / 7, 4 / 8])
    assert match_events(true, pred, min_iou=0.55)["pred"].tolist() == [1]
    assert match_events(true, pred, collar=1)["pred"].tolist() == [2]
    scores = score_arousals(true, pred)
    assert scores.offset_error_median == 2
    assert scores.offset_error_p90 == pytest.approx(2.8)
    assert scores.offset_bias == 1


def test_collar_pairs_need_no_overlap():
    assert len(match_events(events((10, 0)), events((10.4, 3)), collar=0.5)) == 1
    assert len(match_events(events((10, 0)), events((10.4, 3)))) == 0
    apart = match_events(events((10, 3), recording="a"), events((10, 3), recording="b"), collar=1)
    assert len(apart) == 0


@pytest.mark.parametrize(
    ("options", "message"), [({"min_iou": -0.1}, "min_iou"), ({"collar": -1}, "collar")]
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        match_events(NONE, NONE, **options)


@pytest.mark.parametrize("collar", [0.2, 1.0, 5.0])
def test_collar_against_sed_eval(collar):
    reason = "sed_eval 0.2.1 needs setuptools < 80 and librosa"
    sed_eval = pytest.importorskip("sed_eval", reason=reason)
    rng = np.random.default_rng(int(10 * collar))
    for _ in range(150):
        true, pred = (random_events(rng, rng.integers(1, 25)) for _ in range(2))
        lists = [
            [
                {"event_label": "a", "onset": e.onset, "offset": e.onset + e.duration, "file": "f"}
                for e in table.itertuples()
            ]
            for table in (true, pred)
        ]
        metric = sed_eval.sound_event.EventBasedMetrics(
            ["a"], evaluate_onset=True, evaluate_offset=False, t_collar=collar
        )
        metric.evaluate(
            sed_eval.util.event_roll.dcase_util.containers.MetaDataContainer(lists[0]),
            sed_eval.util.event_roll.dcase_util.containers.MetaDataContainer(lists[1]),
        )
        pairs = match_events(true, pred, collar=collar)
        assert len(pairs) == metric.overall["Ntp"]
        f1 = metric.results_overall_metrics()["f_measure"]["f_measure"]
        expected = 2 * len(pairs) / (len(true) + len(pred))
        assert expected == pytest.approx(np.nan_to_num(f1))


@pytest.mark.parametrize("min_iou", [0.0, 0.3])
def test_overlap_against_sed_eval(min_iou):
    reason = "sed_eval 0.2.1 needs setuptools < 80 and librosa"
    matching = pytest.importorskip("sed_eval", reason=reason).util.event_matching
    rng = np.random.default_rng(7)
    for _ in range(300):
        true, pred = (random_events(rng, rng.integers(1, 25)) for _ in range(2))
        graph = {}
        for i, p in enumerate(pred.itertuples()):
            for j, t in enumerate(true.itertuples()):
                shared = min(t.onset + t.duration, p.onset + p.duration) - max(t.onset, p.onset)
                if shared > 0 and shared / (t.duration + p.duration - shared) >= min_iou:
                    graph.setdefault(i, []).append(j)
        expected = len(matching.bipartite_match(graph))
        assert len(match_events(true, pred, min_iou=min_iou)) == expected


@pytest.mark.parametrize("min_iou", [0.0, 0.2])
@pytest.mark.parametrize("seed", range(10))
def test_ranking_is_matching_at_each_threshold(seed, min_iou):
    rng = np.random.default_rng(seed)
    true = random_events(rng, 12)
    pred = random_events(rng, 25, score=rng.integers(0, 12, 25).astype(float))
    ranking = score_event_ranking(true, pred, min_iou=min_iou)
    assert ranking.threshold.tolist() == sorted(set(pred["score"]), reverse=True)
    area, before = 0.0, 0.0
    for threshold, precision, recall in zip(
        ranking.threshold, ranking.precision, ranking.recall, strict=True
    ):
        found = pred[pred["score"] >= threshold]
        matched = len(match_events(true, found, min_iou=min_iou))
        assert precision == matched / len(found)
        assert recall == matched / len(true)
        area += precision * (recall - before)
        before = recall
    assert ranking.average_precision == pytest.approx(area)
    f1 = [score_arousals(true, pred[pred["score"] >= t], min_iou=0.2) for t in ranking.threshold]
    assert ranking.best_f1 == pytest.approx(max(s.f1_iou if min_iou else s.f1 for s in f1))


def test_ranking_of_a_long_chain():
    # Each event overlaps two true ones, so that the last one moves all pairs along.
    n = 1200
    true = pd.DataFrame({"onset": 10.0 * np.arange(n), "duration": 8.0})
    pred = pd.DataFrame({"onset": 10.0 * np.arange(n) - 3, "duration": 8.0})
    pred["score"] = np.append(0.0, np.arange(n - 1, 0, -1))
    assert score_event_ranking(true, pred).average_precision == pytest.approx(1)


def test_ranking_at_the_extremes():
    some = events((10, 5), (30, 5))
    perfect = score_event_ranking(some, some.assign(score=[1.0, 2.0]))
    assert perfect.average_precision == perfect.best_f1 == 1
    nothing = score_event_ranking(some, NONE.assign(score=[]))
    assert nothing.average_precision == nothing.best_f1 == 0
    assert np.isnan(score_event_ranking(NONE, some.assign(score=1.0)).average_precision)
    half = score_event_ranking(some, events((10, 5), score=3.0))
    assert half.average_precision == 0.5
    extras = [{"score": 4.0}]
    annotations = mne.Annotations([30], [5], ["arousal"], extras=extras)
    assert score_event_ranking(some, annotations).threshold.tolist() == [4]


@pytest.mark.parametrize("pred", [events((1, 3)), events((1, 3), score=np.nan)])
def test_ranking_needs_scores(pred):
    with pytest.raises(ValueError, match="finite score for each event"):
        score_event_ranking(NONE, pred)


def test_agreement_takes_the_strongest():
    first = events((0, 5), (20, 5), (40, 5), (60, 5), score=[4.0, 3.0, 2.0, 1.0])
    second = events((41, 5), (61, 5), (1, 5))
    assert agreement_at_equal_counts(first, second) == pytest.approx(2 / 3)
    assert agreement_at_equal_counts(second, first) == pytest.approx(2 / 3)
    scored = second.assign(score=[1.0, 2.0, 3.0])
    assert agreement_at_equal_counts(first, scored, 1) == 1
    assert agreement_at_equal_counts(first, scored, 2) == 0.5
    assert np.isnan(agreement_at_equal_counts(first, NONE))


@pytest.mark.parametrize(
    ("second", "n", "message"),
    [
        (events((1, 5)), 2, "fewer than the 2"),
        (events((1, 5), (20, 5)), 1, "second needs a finite score"),
    ],
)
def test_agreement_refuses(second, n, message):
    first = events((0, 5), (20, 5), score=[1.0, 2.0])
    with pytest.raises(ValueError, match=message):
        agreement_at_equal_counts(first, second, n)


def test_arousal_index_by_hand():
    true = events((0, 5), (20, 5), (0, 5), recording=["a", "a", "b"])
    pred = events((0, 5), (0, 5), (9, 5), recording=["a", "b", "b"])
    scores = score_arousal_index(true, pred, {"a": 2.0, "b": 0.5, "c": 1.0, "awake": 0.0})
    # Indices 1, 2, 0 and 0.5, 4, 0.
    assert scores.n_recordings == 3
    assert scores.true_index == 1
    assert scores.pred_index == 1.5
    assert scores.bias == 0.5
    assert scores.absolute_error == pytest.approx(2.5 / 3)
    spread = 1.96 * np.std([-0.5, 2, 0], ddof=1)
    assert (scores.limit_low, scores.limit_high) == pytest.approx((0.5 - spread, 0.5 + spread))
    single = score_arousal_index(true, pred.iloc[:1], 4.0)
    assert single.bias == pytest.approx(1 / 4 - 3 / 4)
    assert np.isnan(single.limit_low)
    assert score_arousal_index(true, pred, 0.0).n_recordings == 0
    assert score_arousal_index(NONE, NONE, {"a": 1.0}).bias == 0


def test_arousal_index_of_an_unknown_recording():
    table = events((0, 5), recording="x")
    with pytest.raises(ValueError, match="sleep_hours lacks x"):
        score_arousal_index(table, table, {"a": 1.0})
    with pytest.raises(ValueError, match="column 'recording'"):
        score_arousal_index(events((0, 5)), table, {"x": 1.0})


def test_matching_is_largest():
    rng = np.random.default_rng(3)
    for _ in range(50):
        true, pred = random_events(rng, 15), random_events(rng, 15)
        near = np.abs(np.subtract.outer(true["onset"].to_numpy(), pred["onset"].to_numpy())) <= 2
        rows, columns = linear_sum_assignment(near, maximize=True)
        assert len(match_events(true, pred, collar=2)) == near[rows, columns].sum()
