"""The page of one event shows what was found, in the units that its axes say."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from mne_arousal import analyze_recording
from mne_arousal.datasets import simulate_psg
from mne_arousal.viz import plot_arousal


@pytest.fixture(scope="module")
def analyzed():
    raw = simulate_psg(duration=1800, random_state=1, verbose="error").raw
    return raw, analyze_recording(raw, features=("spectral",), random_state=0, verbose="error")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_an_arousal_of_the_night(analyzed):
    raw, night = analyzed
    before = raw.get_data()
    fig = plot_arousal(raw, 1, night=night, show=False)
    channels, spectrogram, evidence, bands = fig.axes
    arousal = night.arousals.iloc[1]
    title = channels.get_title(loc="left")
    minutes, seconds = divmod(round(arousal.onset), 60)
    assert title.startswith(f"Arousal · 0:{minutes:02d}:{seconds:02d} after the start")
    asked = f"{night.min_probability:.2g} asked"
    assert f"score {arousal.score:.1f}" in title
    assert f"probability {arousal.probability:.2f} ({asked})" in title
    labels = [text.get_text().split("\n")[0] for text in channels.get_yticklabels()]
    assert labels == [label.split(":", 1)[1] for label in night.channels]
    assert spectrogram.get_ylabel() == "C3-M2\n(Hz)"
    for axis in fig.axes:
        np.testing.assert_allclose(axis.get_xlim(), (-12, 18))
    line = next(line for line in evidence.lines if line.get_label() == "evidence")
    near = night.evidence["evidence"].loc[arousal.onset : arousal.onset + 2]
    drawn = np.interp(near.index + 1.0 - arousal.onset, *line.get_data())
    np.testing.assert_allclose(drawn, near)
    delta = next(line for line in bands.lines if line.get_label() == "delta")
    decibel = 10 / np.log(10) * night.evidence["delta"].loc[near.index]
    np.testing.assert_allclose(
        np.interp(near.index + 1.0 - arousal.onset, *delta.get_data()), decibel
    )
    np.testing.assert_array_equal(raw.get_data(), before)


def test_a_rejected_candidate_says_why(analyzed):
    raw, night = analyzed
    candidate = night.candidates.iloc[0]
    fig = plot_arousal(raw, candidate, night=night, show=False)
    assert fig.axes[0].get_title(loc="left").startswith(f"Rejected: {candidate.reason}")
    span = fig.axes[0].patches[0].get_extents().transformed(fig.axes[0].transData.inverted())
    np.testing.assert_allclose([span.x0, span.x1], [0, candidate.duration])


def test_what_is_known_of_an_event_is_told(analyzed):
    raw, _ = analyzed
    event = {"onset": 100.0, "duration": 5.0, "onset_low": 99.5, "onset_high": 100.5}
    event |= {"end_low": 104.0, "end_high": 106.0, "kind": "eeg+emg", "limb_movement": 1.0}
    fig = plot_arousal(raw, event, picks=["C3-M2"], show=False)
    axis = fig.axes[0]
    assert "seen in eeg, emg · limb movement" in axis.get_title(loc="left")
    inverse = axis.transData.inverted()
    spans = [patch.get_extents().transformed(inverse) for patch in axis.patches]
    found = [(span.x0, span.x1) for span in spans]
    np.testing.assert_allclose(found, [(0, 5), (-0.5, 0.5), (4, 6)], atol=1e-9)


def test_without_a_night_signals_alone(analyzed):
    raw, _ = analyzed
    fig = plot_arousal(raw, {"onset": 100.0, "duration": 5.0}, picks=["C3-M2"], show=False)
    assert len(fig.axes) == 2
    amplitude = np.ptp(fig.axes[0].lines[0].get_ydata())
    assert 0.2 < amplitude < 1.4
    assert plot_arousal(raw, 100.0, show=False).axes[1].get_xlabel() == "Time (s)"


def test_a_page_at_the_end_is_cut(analyzed):
    raw, _ = analyzed
    fig = plot_arousal(raw, {"onset": 1795.0, "duration": 4.0}, picks=["Chin"], show=False)
    assert fig.axes[0].lines[0].get_xdata()[-1] == pytest.approx(5.0, abs=0.1)


def test_events_that_cannot_be_drawn(analyzed):
    raw, night = analyzed
    with pytest.raises(ValueError, match="needs night="):
        plot_arousal(raw, 0, show=False)
    with pytest.raises(ValueError, match="there is no number 99"):
        plot_arousal(raw, 99, night=night, show=False)
    with pytest.raises(ValueError, match="onset and duration"):
        plot_arousal(raw, pd.Series({"onset": 3.0}), show=False)
    with pytest.raises(ValueError, match="no page from 4988"):
        plot_arousal(raw, 5000.0, show=False)
    with pytest.raises(ValueError, match="no channel"):
        plot_arousal(raw, 100.0, picks=["C9"], show=False)


def test_slow_channels_of_an_edf_that_is_not_loaded(sleep_edf_night):
    recording, _ = sleep_edf_night
    fig = plot_arousal(recording, 51000.0, picks=["EMG submental"], show=False)
    assert np.ptp(fig.axes[0].lines[0].get_ydata()) > 0.1
