"""Breath amplitude: relative to the last minutes, and how it comes back."""

import numpy as np
import pytest

from mne_arousal.body.breath import breath_amplitude, breath_recovery

from .signals import breathing, grid

DURATION = 900.0


def relative(signal, sfreq):
    windows = grid(sfreq, DURATION)
    amplitude = breath_amplitude(signal, windows)
    return windows, windows.relative(amplitude), breath_recovery(amplitude, windows)


@pytest.mark.parametrize("sfreq", [1.0, 10.0, 32.0, 100.0, 256.0])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e3])
def test_steady_breath_is_nil(sfreq, scale):
    windows, amplitude, recovery = relative(scale * breathing(DURATION, sfreq), sfreq)
    inside = (windows.centers > 50) & (windows.centers < DURATION - 20)
    assert np.abs(amplitude[inside]).max() < 0.3
    assert (recovery[inside] >= 0).all()
    assert recovery[inside].max() < 0.4


def test_hypopnea_and_recovery():
    def depth(t):
        low = ((t > 400) & (t < 425)).astype(float)
        return 1 - 0.6 * low + 0.5 * ((t > 425) & (t < 435))

    windows, amplitude, recovery = relative(breathing(DURATION, 100.0, depth), 100.0)
    at = lambda lo, hi, v: v[(windows.centers > lo) & (windows.centers < hi)]  # noqa: E731
    np.testing.assert_allclose(at(408, 418, amplitude), np.log(0.4), atol=0.15)
    np.testing.assert_allclose(at(429, 431, amplitude), np.log(1.5), atol=0.15)
    np.testing.assert_allclose(at(429, 431, recovery), np.log(1.5 / 0.4), atol=0.25)
    assert at(300, 390, recovery).max() < 0.3


def test_apnea_is_low_but_a_lost_sensor_is_a_gap():
    def depth(t):
        return 1.0 - 0.97 * ((t > 200) & (t < 240)) - ((t > 500) & (t < 700))

    signal = breathing(DURATION, 50.0, depth)
    signal[25_000:35_000] *= 1e-3
    windows, amplitude, _ = relative(signal, 50.0)
    apnea = (windows.centers > 208) & (windows.centers < 232)
    assert np.isfinite(amplitude[apnea]).all()
    assert (amplitude[apnea] < -2).all()
    assert np.isnan(amplitude[(windows.centers > 510) & (windows.centers < 690)]).all()


def test_gaps_are_unknown():
    signal = breathing(DURATION, 50.0)
    signal[10_000:11_000] = np.nan
    windows, amplitude, _ = relative(signal, 50.0)
    near = (windows.centers > 199) & (windows.centers < 221)
    assert np.isnan(amplitude[near]).all()
    far = (windows.centers < 190) | (windows.centers > 230)
    assert np.isfinite(amplitude[far]).all()


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_no_signal(value):
    windows = grid(50.0, 60.0)
    assert np.isnan(breath_amplitude(np.full(3000, value), windows)).all()
