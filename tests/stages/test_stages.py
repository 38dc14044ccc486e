"""Sleep period, states and stage clusters."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import HDBSCAN, AgglomerativeClustering, KMeans

from mne_arousal import ArousalClusterer
from mne_arousal.stages.epochs import epoch_percentiles
from mne_arousal.stages.sleep_period import find_sleep_period, otsu_threshold, runs, wake_epochs
from mne_arousal.stages.stage_model import StageModel, state_histograms
from mne_arousal.stages.states import (
    StateModel,
    extractor_weights,
    held_k_means,
    robust_scale,
    state_means,
)
from mne_arousal.utils.columns import parse_columns


def day_and_night(rng, hours=22, start=8, stop=16):
    """Wakefulness of a recording with one sleep period."""
    index = rng.normal(1.0, 0.5, hours * 120)
    index[start * 120 : stop * 120] = rng.normal(-1.5, 0.3, (stop - start) * 120)
    return index


def test_otsu_threshold():
    """Two groups are split between them and told from one."""
    rng = np.random.default_rng(0)
    two = np.r_[rng.normal(0, 1, 500), rng.normal(10, 1, 300)]
    threshold, separation = otsu_threshold(two)
    assert 3 < threshold < 7
    assert separation > 0.9
    assert otsu_threshold(rng.normal(size=5000))[1] == pytest.approx(2 / np.pi, abs=0.03)
    assert otsu_threshold(np.ones(5)) == (1.0, 0.0)


def test_sleep_period_of_a_day():
    """Sleep is kept with half an hour of wake on each side; the rest of the day is not."""
    inside = find_sleep_period(day_and_night(np.random.default_rng(0)))
    ((start, stop),) = runs(inside)
    assert abs(start - (8 * 120 - 60)) <= 6
    assert abs(stop - (16 * 120 + 60)) <= 6


def test_ordinary_night_is_kept_whole():
    """Wake of less than an hour, or no wake, leaves nothing out."""
    rng = np.random.default_rng(0)
    night = rng.normal(-1.5, 0.3, 8 * 120)
    assert find_sleep_period(night).all()
    night[300:380] += 3.0
    assert find_sleep_period(night).all()


def test_two_sleep_periods():
    """A nap hours away from the night is a period of its own."""
    index = day_and_night(np.random.default_rng(0))
    index[2 * 120 : 3 * 120] = -1.5
    assert len(runs(find_sleep_period(index))) == 2


def test_wake_epochs():
    """Wake within the night is found where it is."""
    rng = np.random.default_rng(0)
    index = rng.normal(0, 0.4, 960)
    wake = np.zeros(960, dtype=bool)
    wake[:40] = wake[500:520] = True
    index[wake] += 4.0
    found = wake_epochs(index, np.ones(960, dtype=bool))
    assert found[wake].all()
    assert found[~wake].mean() < 0.05


def test_state_histograms():
    """Square roots of shares, rows of unit norm; windows without state don't count."""
    states = np.array([0, 0, 1, -1, 2, 2])
    epochs = np.array([0, 0, 0, 0, 1, 1])
    found = state_histograms(states, epochs, 3, 3, smooth=0)
    expected = [[np.sqrt(2 / 3), np.sqrt(1 / 3), 0], [0, 0, 1], [0, 0, 0]]
    np.testing.assert_allclose(found, expected)


def test_epoch_percentiles_skip_gaps():
    """An epoch's median leaves out windows with NaN; an epoch of nothing is NaN."""
    values = np.array([[1.0], [3.0], [np.nan], [8.0]])
    found = epoch_percentiles(values, np.array([0, 0, 0, 2]), 3)
    np.testing.assert_array_equal(found, [[2.0], [np.nan], [8.0]])


def test_robust_scale_survives_outliers_and_constants():
    """Movements don't widen the scale; a constant column has scale 1."""
    rng = np.random.default_rng(0)
    values = np.c_[rng.normal(5, 2, 4000), np.full(4000, 3.0)]
    values[:100, 0] = 1e6
    location, scale = robust_scale(values)
    assert location[0] == pytest.approx(5, abs=0.2)
    assert scale[0] == pytest.approx(2 * 1.349, rel=0.1)
    assert scale[1] == 1.0


def test_extractors_count_alike():
    """The summed squared weight of each extractor is the same."""
    names = [f"eeg:C3:{b}" for b in ("delta", "theta")] + [f"psg:encoder:z{i}" for i in range(16)]
    weights = extractor_weights(parse_columns(names))
    assert np.sum(weights[:2] ** 2) == pytest.approx(np.sum(weights[2:] ** 2))


@pytest.mark.parametrize(
    "clusterer",
    [
        None,
        "dbscan",
        KMeans(3),
        AgglomerativeClustering(3),
        HDBSCAN(min_cluster_size=20, copy=True),
    ],
)
def test_any_clusterer_tells_blobs_apart(clusterer):
    """With or without `predict`, new points get the state of their blob."""
    rng = np.random.default_rng(0)
    centers = np.array([[-2, 0], [2, 0], [0, 2]])
    truth = rng.integers(3, size=600)
    points = centers[truth] + rng.normal(scale=0.15, size=(600, 2))
    model = StateModel(parse_columns(range(2)), 3, 1, clusterer, np.random.RandomState(0))
    model.fit(points[:400])
    (states,) = model.predict(points[400:])
    known = states >= 0
    assert known.mean() > 0.9
    pairs = {(t, s) for t, s in zip(truth[400:][known], states[known], strict=True)}
    assert len(pairs) == 3


def test_one_state_for_all_is_warned_about():
    """A clusterer that tells nothing apart is told as such."""
    points = np.random.default_rng(0).normal(size=(500, 2))
    model = StateModel(parse_columns(range(2)), 1, 1, KMeans(1), np.random.RandomState(0))
    with pytest.warns(RuntimeWarning, match="holds 100% of the windows"):
        model.fit(points)


def test_stage_model_numbers_wake_first():
    """Wake is cluster 0, sleep from the most wake-like on; with no index the largest is first."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [30, 100, 50])
    histograms = np.eye(4)[[3, 1, 2]][truth] + rng.normal(scale=0.05, size=(180, 4))
    index = np.array([3.0, -1.0, 0.5])[truth]
    everywhere = np.ones(180, dtype=bool)
    model = StageModel(3).fit(histograms, index, truth == 0, seed=0)
    np.testing.assert_array_equal(
        model.predict(histograms, truth == 0, everywhere), np.array([0, 2, 1])[truth]
    )
    assert model.wake_clusters == [0]
    unknown = StageModel(3).fit(histograms, None, ~everywhere, seed=0)
    np.testing.assert_array_equal(
        unknown.predict(histograms, ~everywhere, everywhere), np.array([2, 0, 1])[truth]
    )
    assert unknown.wake_clusters == []


def quiet_wake():
    """Histograms of loud wake, quiet wake and two stages, and which epochs the rule finds."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2, 3], [40, 20, 100, 60])
    means = np.array([[1, 0.3, 0, 0], [0.8, 0.5, 0.1, 0], [0, 0.7, 0.7, 0], [0, 0, 0.3, 0.9]])
    histograms = means[truth] + rng.normal(scale=0.05, size=(220, 4))
    index = np.array([3.0, 0.4, 0.5, -1.0])[truth]
    return truth, histograms, index


def test_quiet_wake_joins_the_wake_that_is_held():
    """Epochs that the rule misses join wake by their states; what it finds stays wake."""
    truth, histograms, index = quiet_wake()
    told = truth == 0
    told[-2:] = True  # found by the rule, whatever its states
    model = StageModel(3).fit(histograms, index, told, seed=0)
    found = model.predict(histograms, told, np.ones(220, dtype=bool))
    np.testing.assert_array_equal(found == 0, (truth <= 1) | told)
    assert len(np.unique(found[truth == 2])) == 1


def test_a_few_wrong_epochs_of_wake_take_no_stage():
    """Wake that stands in the middle of a stage keeps its epochs and gets no others."""
    truth, histograms, index = quiet_wake()
    told = np.zeros(220, dtype=bool)
    told[np.flatnonzero(truth == 3)[:3]] = True
    model = StageModel(4).fit(histograms, index, told, seed=0)
    found = model.predict(histograms, told, np.ones(220, dtype=bool))
    np.testing.assert_array_equal(found == 0, told)
    assert model.wake_clusters == [0]


def test_without_muscle_tone_wake_is_clustered_like_the_rest():
    """Epochs go where their states lie; clusters that are mostly wake are wake."""
    truth, histograms, index = quiet_wake()
    told, inside = truth == 0, np.ones(220, dtype=bool)
    told[-20:] = True  # fast activity of dreams
    model = StageModel(3, hold_wake=False).fit(histograms, index, told, seed=0)
    inside[150] = False
    found = model.predict(histograms, told, inside)
    expected = np.array([0, 0, 1, 2])[truth]
    expected[150] = 0  # outside of the sleep period
    np.testing.assert_array_equal(found, expected)
    assert model.wake_clusters == [0]
    nothing = np.zeros(220, dtype=bool)
    none = StageModel(3, hold_wake=False).fit(histograms, index, nothing, seed=0)
    assert none.wake_clusters == []
    found = none.predict(histograms, nothing, inside)
    assert found[0] == 0  # the most wake-like, which still is no wake
    assert found[150] == found[149] == 1


def test_muscle_tone_decides_whether_wake_is_held():
    """Two kinds of wake are one cluster with chin EMG; without it, each is what its states say."""
    rng = np.random.default_rng(0)
    kind = np.repeat([0, 1, 2, 3], [60, 60, 300, 180])  # rows of 10 s; two kinds of wake first
    means = np.array([[3, 0, -2, 3], [3, 4, -2, 3], [0, 0, 0, 0], [0, 0, 4, -0.5]])
    names = ["eeg:C3:beta", "eeg:C3:theta", "eeg:C3:delta", "emg:Chin:level"]
    values = means[kind] + rng.normal(scale=0.3, size=(600, 4))
    onsets = 10.0 * np.arange(600)
    index = pd.MultiIndex.from_product([["night"], onsets], names=["recording", "onset"])
    table = pd.DataFrame(values, index=index, columns=names)
    for columns, n_kinds in ((names, 1), (names[:3], 2)):
        X = table[columns]
        clusterer = ArousalClusterer(n_stages=4, window_length=10.0, random_state=0).fit(X)
        clusters = clusterer.predict_stages(X)["cluster"].to_numpy()
        assert len(np.unique(clusters[:40])) == n_kinds
        assert not set(clusters[:40]) & set(clusters[41:])
        assert clusterer.wake_clusters_ == list(range(n_kinds))


def test_held_points_keep_their_cluster():
    """Points that are held stay, and draw their center along; the others go to the nearest."""
    points = np.array([[0.0], [1.0], [2.0], [9.0], [10.0], [11.0]])
    labels = np.array([0, 0, 1, 1, 1, 1])
    held = np.array([True, False, False, False, False, True])
    centers, found = held_k_means(points, labels, held)
    np.testing.assert_array_equal(found, [0, 0, 0, 1, 1, 1])
    np.testing.assert_allclose(centers, [[1], [10]])
    held = np.array([True, False, True, False, False, True])
    np.testing.assert_array_equal(held_k_means(points, labels, held)[1], [0, 0, 1, 1, 1, 1])


def test_state_means():
    """Each window gets the mean of its state, over codebooks."""
    values = np.array([1.0, 3.0, 10.0, 20.0])
    books = [np.array([0, 0, 1, -1]), np.array([0, 1, 1, 0])]
    expected = [(2 + 10.5) / 2, (2 + 6.5) / 2, (10 + 6.5) / 2, (20 + 10.5) / 2]
    np.testing.assert_allclose(state_means(values, books), expected)


def test_unrest_of_deep_sleep_is_no_wake():
    """Where nothing but deep sleep was recorded, its few restless epochs are not wake."""
    rng = np.random.default_rng(0)
    restless = np.zeros(100)
    restless[::10] = 1.0
    wakefulness = rng.normal(scale=0.1, size=100) + restless
    inside = np.ones(100, dtype=bool)
    assert wake_epochs(wakefulness, inside).sum() >= 10
    assert not wake_epochs(wakefulness, inside, -25 + 0.1 * restless).any()
    found = wake_epochs(wakefulness, inside, -25 + 2.0 * restless)
    np.testing.assert_array_equal(np.flatnonzero(found), np.arange(0, 100, 10))
