"""`annotate_arousals`: what a user's script gets."""

import mne
import numpy as np
import pandas as pd
import pytest
import threadpoolctl

from mne_arousal import analyze_recording, annotate_arousals, make_arousal_pipeline
from mne_arousal.annotate import _chin_of
from mne_arousal.datasets import simulate_psg
from mne_arousal.hypnogram import hypnogram_to_stages
from mne_arousal.metrics import score_arousals, score_stages

from .recordings import noise_raw

OPTIONS = {"features": ("spectral",), "random_state": 0, "verbose": "error"}


@pytest.fixture(scope="module")
def simulated():
    """Two hours of simulated sleep."""
    return simulate_psg(7200.0, random_state=12, verbose="error")


@pytest.fixture(scope="module")
def night(simulated):
    """What is found in it."""
    return analyze_recording(simulated.raw, **OPTIONS)


def test_arousals_are_found(simulated, night):
    """Most arousals are found, at their onsets, with intervals around them."""
    scores = score_arousals(simulated.arousals, night.annotations)
    assert scores.f1 > 0.55
    assert scores.onset_error_median < 1.0
    assert scores.interval_coverage > 0.4


def test_annotations_hold_what_they_promise(simulated, night):
    """Description, sample resolution, extras, duration."""
    annotations = night.annotations
    assert set(annotations.description) == {"arousal"}
    samples = annotations.onset * simulated.raw.info["sfreq"]
    np.testing.assert_allclose(samples, np.round(samples), atol=1e-6)
    assert (annotations.duration >= 3.0 - 0.01).all()
    assert (annotations.duration <= 15.0 + 0.01).all()
    for onset, extras in zip(annotations.onset, annotations.extras, strict=True):
        assert set(extras) == {
            *("score", "probability", "stage_cluster", "kind", "band"),
            *("onset_low", "onset_high", "end_low", "end_high"),
        }
        assert set(extras["kind"].split("+")) <= {"eeg", "emg", "heart", "breath"}
        assert extras["kind"].startswith("eeg")
        assert extras["band"] in ("theta", "alpha", "beta")
        assert 0.5 <= extras["probability"] <= 1.0
        assert onset < extras["end_low"] <= extras["end_high"]
        assert extras["onset_low"] <= onset + 1e-3
        assert extras["onset_high"] >= onset - 1e-3
    for names in annotations.ch_names:
        assert set(names) <= {"C3-M2", "C4-M1"}


def test_same_seed_same_annotations(simulated, night):
    """The result is a function of recording and seed."""
    again = annotate_arousals(simulated.raw, **OPTIONS)
    np.testing.assert_array_equal(again.onset, night.annotations.onset)
    assert list(again.extras) == list(night.annotations.extras)


def test_annotations_join_those_of_the_raw(simulated, night):
    """The script of the README: existing annotations are kept."""
    raw = simulated.raw.copy()
    raw.set_annotations(mne.Annotations([10.0], [1.0], ["lights off"]))
    raw.set_annotations(raw.annotations + night.annotations)
    assert "lights off" in raw.annotations.description
    assert (raw.annotations.description == "arousal").sum() == len(night.annotations)


def test_dated_and_cropped_recording(simulated):
    """With a date and a first sample, annotations lie where the arousals are."""
    raw = simulated.raw.copy().crop(600.0)
    raw.set_meas_date(1_000_000_000)
    annotations = annotate_arousals(raw, **OPTIONS)
    raw.set_annotations(annotations)
    placed = raw.annotations.onset - raw.first_time
    truth = simulated.arousals.onset[simulated.arousals.onset > 660] - 600.0
    nearest = np.abs(truth[:, np.newaxis] - placed).min(axis=1)
    assert np.median(nearest) < 1.0
    lows = np.array([extras["onset_low"] for extras in annotations.extras])
    assert (np.abs(lows - raw.first_time - placed) < 4.0).all()


def test_hypnogram_gates_wake(simulated, night):
    """Nothing is found where the scorer saw wake, and the clusters don't change."""
    stages = hypnogram_to_stages(simulated.hypnogram, n_epochs=240)
    wake = stages.copy()
    wake[120:] = 0
    for hypnogram in (wake, simulated.hypnogram):
        found = analyze_recording(simulated.raw, hypnogram=hypnogram, **OPTIONS)
        gate = hypnogram_to_stages(hypnogram, n_epochs=240) == 0
        epochs = (found.arousals["onset"] // 30).astype(int)
        assert not gate[epochs].any()
        own = ["cluster", "p_W", "p_N1", "p_N2", "p_N3", "p_R"]
        np.testing.assert_array_equal(found.stages[own], night.stages[own])
        given = hypnogram_to_stages(hypnogram, n_epochs=240)
        np.testing.assert_array_equal(found.hypnogram.stages, given)
    assert found.sleep_hours == pytest.approx((stages > 0).sum() / 120, abs=0.01)


def test_brief_sleep_is_doubted_unless_a_hypnogram_tells_it(simulated, monkeypatch):
    """N1 between wake and wake may be wake, but not where somebody has looked at the night."""

    def everywhere(stages, epoch_length):
        return {"brief sleep": np.ones(len(stages), dtype=bool)}

    monkeypatch.setattr("mne_arousal.clusterer.stage_context", everywhere)
    for hypnogram, doubted in ((None, True), (simulated.hypnogram, False)):
        found = analyze_recording(simulated.raw, hypnogram=hypnogram, **OPTIONS)
        assert (len(found.arousals) == 0) == doubted
        events = pd.concat([found.arousals, found.candidates])
        assert (events["cues"].str.contains("brief sleep") == doubted).all()


def test_fitted_pipeline_is_applied(simulated):
    """A pipeline that is fitted on one night annotates another."""
    pipeline = make_arousal_pipeline(features=("spectral",), random_state=0, verbose="error")
    pipeline.fit(simulated.raw)
    states = pipeline[-1].labels_.copy()
    other = simulate_psg(3600.0, random_state=13, verbose="error")
    annotations = annotate_arousals(other.raw, pipeline=pipeline, verbose="error")
    assert len(annotations) > 0
    np.testing.assert_array_equal(pipeline[-1].labels_, states)


def test_one_eeg_channel_is_enough(simulated):
    """Without EOG and EMG the parts that need them are left out."""
    raw = simulated.raw.copy().pick(["C3-M2"])
    scores = score_arousals(simulated.arousals, annotate_arousals(raw, **OPTIONS))
    assert scores.f1 > 0.3


def test_noise_has_few_arousals():
    """White noise makes no more events than were asked for, give or take."""
    night = analyze_recording(noise_raw(3600.0), **OPTIONS)
    assert len(night.arousals) <= 8


def test_sleep_edf_night(sleep_edf_night):
    """The real night: plausible counts, stage clusters that agree with the expert."""
    recording, hypnogram = sleep_edf_night
    night = analyze_recording(recording, **OPTIONS)
    stages = hypnogram_to_stages(hypnogram, n_epochs=len(night.stages))
    asleep = np.flatnonzero(stages > 0)
    part = slice(asleep[0] - 60, asleep[-1] + 61)
    assert score_stages(stages[part], night.stages["cluster"].to_numpy()[part]).ami > 0.65
    assert 5 < night.sleep_hours < 8
    assert 3 < night.arousal_index < 40
    assert night.arousals["onset"].between(30_000, 54_000).all()


@pytest.mark.parametrize("n_threads", [2, 4])
def test_threads_change_no_digit(simulated, night, n_threads):
    """BLAS would add up in another order."""
    with threadpoolctl.threadpool_limits(n_threads):
        again = analyze_recording(simulated.raw, **OPTIONS)
    pd.testing.assert_frame_equal(again.evidence, night.evidence, check_exact=True)
    pd.testing.assert_frame_equal(again.features, night.features, check_exact=True)
    pd.testing.assert_frame_equal(again.arousals, night.arousals, check_exact=True)


def test_the_chin_is_a_waveform_found_by_its_place():
    """A recording may name it otherwise than the first one; envelopes rise too slowly."""
    channels = ["eeg:C3-M2", "eog:E1-M2", "emg:Chin"]
    assert _chin_of(channels, ["C3", "E1", "EMG 1"]) == "EMG 1"
    assert _chin_of(["eeg:C3-M2", "emg/envelope:EMG submental"], ["C3", "EMG"]) is None
    assert _chin_of(["eeg:C3-M2"], ["C3"]) is None


def test_without_a_chin_all_is_found(simulated, night):
    """The chin EMG is optional, and intervals of onsets are there without it."""
    raw = simulated.raw.copy().drop_channels(["Chin"])
    arousals = analyze_recording(raw, **OPTIONS).arousals
    assert len(arousals) > 0.7 * len(night.arousals)
    assert (arousals["onset_low"] <= arousals["onset"]).all()
    assert (arousals["onset"] <= arousals["onset_high"]).all()
