"""Figures hold what was given, nothing else, and keep MNE's conventions."""

import matplotlib as mpl
import mne
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from mne_arousal.hypnogram import Hypnogram
from mne_arousal.metrics import score_stages
from mne_arousal.viz import (
    plot_confusion,
    plot_embedding,
    plot_history,
    plot_hypnogram,
    plot_night,
)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 40)
    centers = rng.normal(scale=6, size=(3, 6))
    return centers[labels] + rng.normal(size=(120, 6)), labels


def drawn(axis) -> np.ndarray:
    return np.concatenate([c.get_offsets() for c in axis.collections if len(c.get_offsets())])


@pytest.mark.parametrize("method", ["tsne", "pca"])
def test_embedding(features, method):
    values, labels = features
    fig = plot_embedding(values, labels, method=method, show=False)
    axis = fig.axes[0]
    assert len(drawn(axis)) == 120
    assert axis.get_title() == "120 windows"
    assert [text.get_text() for text in axis.get_legend().get_texts()] == [
        "cluster 0",
        "cluster 1",
        "cluster 2",
    ]
    assert method.replace("tsne", "t-SNE").replace("pca", "PC") in axis.get_xlabel()
    again = plot_embedding(values, labels, method=method, show=False)
    np.testing.assert_array_equal(drawn(again.axes[0]), drawn(axis))


def test_pca_shares_of_variance():
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    fig = plot_embedding(np.column_stack([x, -2 * x]), method="pca", show=False)
    assert fig.axes[0].get_xlabel() == "PC 1 (100 % of variance)"


def test_embedding_draws_at_most_n_samples(features):
    values, labels = features
    fig, axes = plt.subplots()
    found = plot_embedding(values, labels, method="pca", n_samples=50, axes=axes, show=False)
    assert found is fig
    assert len(drawn(axes)) == 50
    other = plot_embedding(values, labels, method="pca", n_samples=50, random_state=1, show=False)
    assert not np.array_equal(drawn(other.axes[0]), drawn(axes))


def test_embedding_leaves_gaps_out_and_greys_no_cluster(features):
    values, labels = features
    values[:5] = np.nan
    labels[5:15] = -1
    fig = plot_embedding(pd.DataFrame(values), labels, method="pca", names={0: "deep"}, show=False)
    axis = fig.axes[0]
    assert len(drawn(axis)) == 115
    texts = [text.get_text() for text in axis.get_legend().get_texts()]
    assert texts == ["none", "deep", "cluster 1", "cluster 2"]
    assert sorted(text.get_text() for text in axis.texts) == ["1", "2", "deep"]


@pytest.mark.parametrize("n_features", [1, 70])
def test_embedding_of_few_and_many_features(n_features):
    values = np.random.default_rng(0).normal(size=(80, n_features))
    for method in ("tsne", "pca"):
        assert np.isfinite(drawn(plot_embedding(values, method=method, show=False).axes[0])).all()


@pytest.mark.parametrize(
    ("values", "labels", "method", "message"),
    [
        (np.zeros((5, 2)), None, "umap", "'tsne' or 'pca', not 'umap'"),
        (np.zeros((5, 2)), [0, 1], "pca", "one entry per window"),
        (np.zeros(5), None, "pca", "n_windows, n_features"),
        (np.full((5, 2), np.nan), None, "pca", "Only 0 rows"),
    ],
)
def test_bad_embedding(values, labels, method, message):
    with pytest.raises(ValueError, match=message):
        plot_embedding(values, labels, method=method, show=False)


STAGES = np.repeat([3, 0, 1, -1], 60)  # 2 h


def test_night_has_the_panels_that_are_given():
    assert [axis.get_ylabel() for axis in plot_night(STAGES, show=False).axes] == ["Stage cluster"]
    arousals = pd.DataFrame({"onset": [1800.0, 3600.0, 9000.0], "duration": 5.0})
    fig = plot_night(
        STAGES,
        states=np.arange(240) % 20,
        arousals=arousals,
        hypnogram=["W"] * 60 + ["N2"] * 120 + ["R"] * 60,
        names={3: "wake"},
        show=False,
    )
    expert, marks, clusters, states = fig.axes
    assert expert.get_ylabel() == "Expert"
    # The third arousal lies past the end of the two hours.
    assert marks.get_ylabel() == "Arousals\n(n = 2)"
    np.testing.assert_allclose(marks.collections[0].get_positions(), [0.5, 1.0])
    assert [text.get_text() for text in clusters.get_yticklabels()] == ["0", "1", "wake"]
    spans = [path.get_extents() for c in clusters.collections for path in c.get_paths()]
    np.testing.assert_allclose(
        [(span.x0, span.x1) for span in spans], [(0.5, 1), (1, 1.5), (0, 0.5)]
    )
    assert states.get_xlabel() == "Time from the start of the recording (h)"
    np.testing.assert_allclose(states.get_xlim(), (0, 2))


def test_night_marks_only_arousals_of_annotations():
    raw_annotations = mne.Annotations([0, 1800], [30, 5], ["Sleep stage W", "arousal"])
    fig = plot_night(STAGES, arousals=raw_annotations, show=False)
    np.testing.assert_allclose(fig.axes[0].collections[0].get_positions(), [0.5])


def test_night_states_have_times():
    index = pd.MultiIndex.from_arrays(
        [["a"] * 3, [0.0, 3600.0, 5400.0]], names=["recording", "onset"]
    )
    series = pd.Series([4, -1, 2], index=index)
    by_index = plot_night(STAGES, states=series, show=False).axes[1].lines[0]
    np.testing.assert_allclose(by_index.get_xydata(), [(0, 4), (1.5, 2)])
    by_times = plot_night(STAGES, states=[4, 2], times=[0, 5400], show=False).axes[1].lines[0]
    np.testing.assert_allclose(by_times.get_xydata(), by_index.get_xydata())


def test_night_takes_a_table_of_stages():
    drawn_axes = [
        plot_night(stages, show=False).axes[0]
        for stages in (STAGES, pd.DataFrame({"onset": np.arange(240) * 30.0, "cluster": STAGES}))
    ]
    first, second = (
        [path.vertices for c in axis.collections for path in c.get_paths()] for axis in drawn_axes
    )
    np.testing.assert_array_equal(first, second)


def test_night_on_given_axes():
    fig, axes = plt.subplots(2)
    assert plot_night(STAGES, states=np.zeros(240), axes=axes, show=False) is fig
    assert axes[1].get_ylabel() == "State"
    with pytest.raises(ValueError, match="2 axes, but there are 1 panels"):
        plot_night(STAGES, axes=axes, show=False)


def test_bad_nights():
    with pytest.raises(ValueError, match="one cluster per epoch"):
        plot_night([], show=False)
    with pytest.raises(ValueError, match="one entry per window"):
        plot_night(STAGES, states=[0, 1], times=[0.0], show=False)


def test_history():
    epochs = np.arange(5)
    history = pd.DataFrame(
        {
            "epoch": epochs,
            "loss": 1.0 / (1 + epochs),
            "view_contrast": 50.0 / (1 + epochs),
            "learning_rate": 1e-3,
            "seconds": 3.0,
            "best": [True, True, False, True, False],
        },
    )
    losses, rate = plot_history(history, show=False).axes
    np.testing.assert_allclose(losses.lines[0].get_xydata(), np.c_[epochs, history["loss"]])
    labels = [text.get_text() for text in losses.get_legend().get_texts()]
    assert labels == ["loss", "view contrast", "epoch kept"]
    assert losses.lines[2].get_xdata()[0] == 3
    assert losses.get_yscale() == "log"
    assert rate.get_ylabel() == "Learning rate"
    assert rate.get_xlabel() == "Training epoch"
    linear = plot_history(history[["loss"]].set_index(epochs + 1), show=False).axes
    assert len(linear) == 1
    assert linear[0].get_yscale() == "linear"
    np.testing.assert_array_equal(linear[0].lines[0].get_xdata(), epochs + 1)


def test_history_without_losses():
    with pytest.raises(ValueError, match="no loss"):
        plot_history(pd.DataFrame({"learning_rate": [1e-3]}), show=False)


def test_show_shows_only_when_asked(monkeypatch):
    calls = []
    monkeypatch.setattr("mne_arousal.viz.night.plt_show", lambda show: calls.append(show))
    plot_night(STAGES)
    plot_night(STAGES, show=False)
    assert calls == [True, False]


def test_hypnogram_and_confusion():
    """One panel for each hypnogram and one for probabilities; counts as they are."""
    stages = np.repeat([0, 1, 2, 3, 4], 20)
    night = Hypnogram(stages, probabilities=np.eye(5)[stages])
    fig = plot_hypnogram(night, others={"Expert": Hypnogram(stages)}, show=False)
    assert [axis.get_ylabel() for axis in fig.axes] == ["Expert", "Stage", "Probability"]
    assert len(plot_hypnogram(Hypnogram(stages), show=False).axes) == 1
    confusion = score_stages(stages, np.array(["W", "N1", "N2", "N3", "R"])[stages]).confusion
    fig = plot_confusion(confusion, show=False)
    assert [text.get_text() for text in fig.axes[0].texts].count("20") == 5
