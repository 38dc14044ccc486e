"""Log spectrograms and their standardization."""

import numpy as np
import pytest
from scipy.signal import periodogram

from mne_arousal.encoder.spectrogram import (
    BAND_CENTRES,
    BAND_EDGES,
    N_BANDS,
    log_spectrum,
    present_features,
    robust_statistics,
    standardize,
)
from mne_arousal.utils.windows import Channel


def test_log_spectrum_is_power_spectral_density():
    rng = np.random.default_rng(0)
    signal = rng.normal(size=1000)
    found = log_spectrum(signal, np.array([0, 300]), 100, 100.0, False, np.float64)
    freqs, power = periodogram(signal[300:400], 100.0, "hann", detrend="constant")
    for band in (0, 8, 20):
        inside = (freqs >= BAND_EDGES[band]) & (freqs < BAND_EDGES[band + 1])
        assert found[1, band] == pytest.approx(np.log10(power[inside].mean()), abs=1e-9)
    assert found[1, N_BANDS] == pytest.approx(np.log10(signal[300:400].var()), abs=1e-9)


def test_bands_do_not_depend_on_the_rate():
    times = [np.arange(0, 4, 1 / sfreq) for sfreq in (100.0, 256.0)]
    found = [
        log_spectrum(np.sin(2 * np.pi * 10 * t), np.array([0]), int(s), s, False)
        for t, s in zip(times, (100.0, 256.0), strict=True)
    ]
    peak = np.argmin(np.abs(BAND_CENTRES - 10))
    assert found[0][0, :N_BANDS].argmax() == found[1][0, :N_BANDS].argmax() == peak
    assert found[0][0, peak] == pytest.approx(found[1][0, peak], abs=0.01)


def test_envelope_has_a_level_only():
    channels = [Channel("eeg", "C3"), Channel("emg", "Chin", "envelope"), Channel("emg", "Chin")]
    present = present_features(channels, 30.0)
    assert not present[1, :N_BANDS].any()
    assert present[:, N_BANDS].tolist() == [False, True, True]
    assert not present[0, :N_BANDS][BAND_CENTRES > 30].any()
    level = log_spectrum(np.full(100, 3.0), np.array([0]), 100, 100.0, True)
    assert level[0, N_BANDS] == pytest.approx(np.log10(9.0), abs=1e-6)


def test_two_levels_are_not_clipped_away():
    # a day of one EMG level with a night of another
    frames = np.zeros((1000, 1, N_BANDS + 1))
    frames[:300] = -2
    frames += np.random.default_rng(0).normal(scale=0.01, size=frames.shape)
    standardize(frames, *robust_statistics(frames), np.ones((1, N_BANDS + 1), dtype=bool))
    assert np.abs(frames).max() < 4


def test_constant_channel_is_typical():
    frames = np.full((50, 1, N_BANDS + 1), -20.0)
    standardize(frames, *robust_statistics(frames), np.ones((1, N_BANDS + 1), dtype=bool))
    assert (frames == 0).all()
