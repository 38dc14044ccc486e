"""Figures of what lies behind a result: index over the night, modes, ablations, MNE's browser."""

import matplotlib as mpl
import mne
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from mne_arousal import DMDTransformer
from mne_arousal.viz import plot_ablation, plot_dmd_spectrum, plot_index

from .recordings import noise_raw


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_index_counts_per_hour_of_sleep():
    stages = pd.DataFrame({"cluster": np.r_[[0] * 60, [1] * 60, [0] * 30, [2] * 30, [0] * 60]})
    arousals = pd.DataFrame({"onset": [1900.0, 2000.0, 3500.0, 4600.0], "duration": 5.0})
    fig = plot_index(arousals, stages, show=False)
    axis = fig.axes[0]
    bars = [(bar.get_x(), bar.get_height()) for bar in axis.patches]
    # The first and the last half hour are wake: no bar. Of the third only a half is sleep.
    np.testing.assert_allclose(bars, [(0.5, 6.0), (1.0, 4.0)])
    assert axis.lines[0].get_ydata()[0] == pytest.approx(4 / 0.75)
    assert "4 in 0.8 h of sleep" in axis.get_legend().get_texts()[0].get_text()
    with pytest.raises(ValueError, match="one cluster per epoch"):
        plot_index(arousals, [], show=False)


def oscillations(n_channels=4):
    times = np.arange(200) / 100
    rng = np.random.default_rng(0)
    sources = np.array([4 * np.sin(2 * np.pi * 3 * times), np.sin(2 * np.pi * 11 * times)])
    mixing = np.c_[[1.0, 0.5, 0.1, 0.1], [0.1, 0.1, 0.5, 1.0]][:n_channels]
    X = mixing @ sources + 0.02 * rng.normal(size=(n_channels, 200))
    return 1e-5 * X[np.newaxis]


def test_spectrum_of_all_channels_together():
    names = ["Fz", "Cz", "Pz", "Oz"]
    dmd = DMDTransformer(sfreq=100.0, joint=True, channels=[f"eeg:{n}" for n in names])
    X = oscillations()
    result = dmd.fit(X).decompose(X)
    fig = plot_dmd_spectrum(result, ch_names=names, show=False)
    spectrum, first, second = fig.axes
    assert first.get_title() == "1: 3.0 Hz"
    assert second.get_title() == "2: 11.0 Hz"
    heights = [bar.get_height() for bar in second.patches]
    np.testing.assert_allclose(heights, [0.1, 0.1, 0.5, 1.0], atol=0.05)
    points = spectrum.collections[0].get_offsets()
    assert points[:, 0].min() >= 0
    for frequency in (3, 11):
        nearest = points[np.argmin(np.abs(points[:, 0] - frequency))]
        np.testing.assert_allclose(nearest, [frequency, 0], atol=0.2)
    for sideways, images in ((0.0, 0), (0.03, 1)):  # a line of electrodes spans no map
        places = {n: (sideways * (-1) ** i, 0.08 - 0.05 * i, 0.1) for i, n in enumerate(names)}
        montage = mne.channels.make_dig_montage(places, coord_frame="head")
        info = mne.create_info(names, 100.0, "eeg").set_montage(montage)
        maps = plot_dmd_spectrum(result, info=info, show=False).axes[1:]
        assert [len(axis.images) for axis in maps] == [images] * 2


def test_spectrum_of_each_channel():
    X = oscillations(2)
    result = DMDTransformer(sfreq=100.0, channels=["eeg:C3", "eeg:C4"]).fit(X).decompose(X)
    fig, axis = plt.subplots()
    assert plot_dmd_spectrum(result, ch_names=["C3", "C4"], axes=axis, show=False) is fig
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["C3", "C4"]


def test_windows_without_modes():
    X = np.concatenate([oscillations(2), np.zeros((1, 2, 200))])
    result = DMDTransformer(sfreq=100.0, channels=["eeg:C3", "eeg:C4"]).fit(X).decompose(X)
    with pytest.raises(ValueError, match="flat, or holds a gap"):
        plot_dmd_spectrum(result, 1, show=False)
    with pytest.raises(ValueError, match="no number 2"):
        plot_dmd_spectrum(result, 2, show=False)
    with pytest.raises(ValueError, match="2 axes, but there are 1 panels"):
        plot_dmd_spectrum(result, axes=plt.subplots(2)[1], show=False)


def test_ablation():
    scores = pd.DataFrame({"F1": [0.8, 0.6], "Onset error (s)": [0.1, 0.2]}, index=["all", "less"])
    fig = plot_ablation(scores, errors=scores / 10, show=False)
    assert [axis.get_xlabel() for axis in fig.axes] == list(scores)
    for axis, name in zip(fig.axes, scores, strict=True):
        np.testing.assert_allclose([bar.get_width() for bar in axis.patches], scores[name])
        reference = next(line for line in axis.lines if line.get_linestyle() == "--")
        assert reference.get_xdata()[0] == scores[name].iloc[0]
    with pytest.raises(ValueError, match="no row 'more'"):
        plot_ablation(scores, reference="more", show=False)
    with pytest.raises(ValueError, match="no row or no column"):
        plot_ablation(pd.DataFrame(), show=False)
    with pytest.raises(ValueError, match="1 axes, but there are 2 scores"):
        plot_ablation(scores, axes=plt.subplots()[1], show=False)


def test_raw_plot_shows_the_annotations():
    raw = noise_raw(duration=60.0)
    raw.set_annotations(
        mne.Annotations(
            [10.0, 30.0],
            [5.0, 8.0],
            "arousal",
            ch_names=[[], ["C3-M2"]],
            extras=[{"score": 4.0, "onset_low": 9.5, "onset_high": 10.2, "stage_cluster": 2}] * 2,
        )
    )
    with mne.viz.use_browser_backend("matplotlib"):
        fig = raw.plot(duration=60.0, show=False, verbose="error")
    axis = fig.mne.ax_main
    texts = [text.get_text() for text in axis.texts]
    assert texts.count("arousal") == 2
    # fill_betweenx of MNE's browser: one collection each for the annotation of all channels
    spans = [
        (path.vertices[:, 0].min(), path.vertices[:, 0].max())
        for collection in fig.mne.annotations
        for path in collection.get_paths()
    ]
    assert {(10.0, 15.0), (30.0, 38.0)} <= {(round(a, 2), round(b, 2)) for a, b in spans}
