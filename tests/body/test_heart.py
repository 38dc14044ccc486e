"""Heart rate: right where beats are normal, unknown where they are not."""

import sys

import numpy as np
import pytest
import sleepecg

from mne_arousal.body import beat_detector
from mne_arousal.body.heart import ecg_rate, find_ecg_beats, pulse_rate, trace_rate
from mne_arousal.recording.body_channels import is_rate_trace

from .signals import beating_heart, ecg_of, grid

DURATION = 300.0


@pytest.mark.parametrize("sfreq", [50.0, 100.0, 128.0, 256.0, 1000.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_ecg_of_any_rate(sfreq, sign):
    beats, rate = beating_heart(DURATION, surges=(100, 200))
    windows = grid(sfreq, DURATION)
    ecg = sign * ecg_of(beats, DURATION, sfreq)
    found = find_ecg_beats(ecg, sfreq)[0]
    nearest = np.abs(found[:, None] - beats).min(axis=1)
    assert np.mean(nearest < 0.05) > 0.99
    assert np.median(nearest) < 0.005
    assert len(found) >= 0.98 * len(beats)
    values = ecg_rate(ecg, windows)
    known = np.isfinite(values)
    assert known.mean() > 0.98
    assert np.abs(values - rate(windows.centers))[known].max() < 3.0


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_unit_is_of_no_account(scale):
    beats, _ = beating_heart(60.0)
    windows, ecg = grid(100.0, 60.0), ecg_of(beats, 60.0, 100.0)
    np.testing.assert_allclose(ecg_rate(scale * ecg, windows), ecg_rate(ecg, windows), rtol=1e-9)


def test_ectopic_beats_are_gaps():
    beats, rate = beating_heart(DURATION)
    early = beats.copy()
    early[100] -= 0.4 * (beats[100] - beats[99])
    early = np.delete(early, 200)  # a beat that was missed
    windows = grid(256.0, DURATION)
    values = ecg_rate(ecg_of(early, DURATION, 256.0), windows)
    centers = windows.centers
    for lo, hi in ((beats[99], beats[101]), (beats[199], beats[201])):
        assert np.isnan(values[(centers > lo + 0.02) & (centers < hi - 0.02)]).all()
    known = np.isfinite(values)
    assert known.mean() > 0.97
    assert np.abs(values - rate(centers))[known].max() < 3.0


@pytest.mark.parametrize("noise", [0.0, 3e-4, 3e-3])
def test_bad_contact_is_a_gap(noise):
    beats, _ = beating_heart(DURATION)
    ecg = ecg_of(beats, DURATION, 100.0)
    ecg[10_000:20_000] = noise * np.random.default_rng(1).standard_normal(10_000)
    windows = grid(100.0, DURATION)
    values = ecg_rate(ecg, windows)
    inside = (windows.centers > 102) & (windows.centers < 198)
    assert np.isfinite(values[inside]).mean() < 0.02
    assert np.isfinite(values[(windows.centers < 85) | (windows.centers > 215)]).mean() > 0.98


@pytest.mark.parametrize("seed", range(3))
def test_noise_has_no_heart(seed):
    noise = np.random.default_rng(seed).standard_normal(60_000)
    assert np.isfinite(ecg_rate(noise, grid(100.0, 600.0))).mean() < 0.02


def test_gap_of_nan():
    beats, rate = beating_heart(DURATION)
    ecg = ecg_of(beats, DURATION, 100.0)
    ecg[10_000:12_000] = np.nan
    windows = grid(100.0, DURATION)
    values = ecg_rate(ecg, windows)
    inside = (windows.centers > 100) & (windows.centers < 120)
    assert np.isnan(values[inside]).all()
    known = np.isfinite(values)
    assert known[~inside].mean() > 0.97
    assert np.abs(values - rate(windows.centers))[known].max() < 3.0


@pytest.mark.parametrize("signal", [np.zeros(6000), np.full(6000, np.nan), np.zeros(3)])
def test_no_signal_no_rate(signal):
    windows = grid(100.0, 60.0) if len(signal) > 3 else grid(1.0, 3.0)
    assert np.isnan(ecg_rate(signal, windows)).all()
    assert np.isnan(pulse_rate(signal, windows)).all()


@pytest.mark.parametrize("sfreq", [50.0, 100.0, 128.0])
def test_pulse_wave(sfreq):
    beats, rate = beating_heart(DURATION, surges=(100,))
    t = np.arange(round(DURATION * sfreq)) / sfreq
    wave = np.zeros(len(t))
    for beat in beats:
        late = np.maximum(t - beat, 0)
        wave += (late < 1.5) * (late / 0.15) ** 2 * np.exp(2 - 2 * late / 0.15)
    wave += 0.02 * np.random.default_rng(0).standard_normal(len(t)) + np.sin(0.2 * t)
    windows = grid(sfreq, DURATION)
    values = pulse_rate(wave, windows)
    known = np.isfinite(values)
    assert known.mean() > 0.95
    # the wave peaks 0.15 s after the beat
    assert np.percentile(np.abs(values - rate(windows.centers - 0.15))[known], 95) < 3.0


@pytest.mark.parametrize("factor", [1.0, 1e-6])
def test_trace(factor):
    trace = np.repeat([60.0, 62.0, 0.0, 255.0, 70.0, 70.0], 1000) * factor
    values = trace_rate(trace, grid(100.0, 60.0))
    centers = grid(100.0, 60.0).centers
    np.testing.assert_allclose(values[centers < 9], 60.0)
    assert np.isnan(values[(centers > 19.5) & (centers < 39.5)]).all()
    np.testing.assert_allclose(values[centers > 41], 70.0)
    assert is_rate_trace(trace, 100.0)


def test_a_wave_is_no_trace():
    t = np.arange(6000) / 100
    assert not is_rate_trace(np.sin(2 * np.pi * t), 100.0)
    assert not is_rate_trace(100 + 80 * np.sin(2 * np.pi * t), 100.0)


@pytest.mark.parametrize("sfreq", [100.0, 250.0])
@pytest.mark.parametrize("flat", [0, 500])
def test_beats_are_those_of_sleepecg(sfreq, flat, monkeypatch):
    """Its compiled part, loaded by itself, finds what its own function does."""
    beats, _ = beating_heart(120.0)
    ecg = ecg_of(beats, 120.0, sfreq)
    ecg[:flat] = ecg[flat]
    for name in [name for name in sys.modules if name.partition(".")[0] == "sleepecg"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(beat_detector, "_compiled", beat_detector._compiled.__wrapped__)
    assert beat_detector._compiled() is not None
    found = beat_detector.detect_beats(ecg, sfreq)
    assert len(found) > 50
    np.testing.assert_array_equal(found, sleepecg.detect_heartbeats(ecg, sfreq))
