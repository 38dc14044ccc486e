"""A channel to the rate of the windows: as SciPy and MNE do it, in blocks."""

import mne
import numpy as np
import pytest
from scipy.signal import resample_poly

from mne_arousal.recording.resampling import highpass, rate_ratio, resample


def eeg_like(sfreq, minutes=10):
    """A signal that falls with frequency, on a level of its own."""
    steps = np.random.default_rng(0).standard_normal(round(minutes * 60 * sfreq))
    slow = np.cumsum(steps)
    return 10 * (slow - np.convolve(slow, np.ones(200) / 200, "same")) + 300


@pytest.mark.parametrize("sfreq", [50.0, 128.0, 200.0, 256.0, 512.5, 199.7])
@pytest.mark.parametrize(("beyond", "padtype"), [("mirror", "reflect"), ("zeros", "constant")])
def test_resampling_is_scipy_s(sfreq, beyond, padtype):
    signal = eeg_like(sfreq)
    n_times = round(len(signal) * 100 / sfreq)
    found = resample(signal, sfreq, 100.0, n_times, beyond=beyond)
    expected = resample_poly(signal, *rate_ratio(sfreq, 100.0), padtype=padtype)[:n_times]
    assert found.shape == (n_times,)
    np.testing.assert_allclose(found[: len(expected)], expected, atol=1e-10 * np.ptp(signal))


@pytest.mark.parametrize("low", [0.3, 10.0])
def test_highpass_is_mne_s(low):
    """Within, to rounding; at the ends, where MNE's filter has not settled, nearly."""
    signal = eeg_like(256.0)
    design = {"order": 2, "ftype": "butter"}
    expected = mne.filter.filter_data(
        signal, 256.0, low, None, method="iir", iir_params=design, verbose="error"
    )
    found = highpass(signal, 256.0, low, 256.0)
    inside = slice(20 * 256, -20 * 256)
    np.testing.assert_allclose(found[inside], expected[inside], atol=1e-8 * np.ptp(signal))
    np.testing.assert_allclose(found, expected, atol=0.05 * np.ptp(signal))


def test_order_does_not_matter():
    """Filtering at the lower rate gives what filtering at the recording's gives."""
    signal = eeg_like(256.0)
    n_times = round(len(signal) * 100 / 256)
    before = resample(highpass(signal, 256.0, 0.3, 256.0), 256.0, 100.0, n_times)
    after = highpass(resample(signal - 300, 256.0, 100.0, n_times), 100.0, 0.3, 256.0)
    inside = slice(2000, -2000)
    np.testing.assert_allclose(after[inside], before[inside], atol=1e-3 * before.std())


def test_blocks_have_no_seams():
    """A sample is the same wherever the blocks lie."""
    signal = eeg_like(100.0, minutes=20)
    whole = highpass(signal, 100.0, 0.3, 256.0)
    part = highpass(signal[7777:], 100.0, 0.3, 256.0)
    np.testing.assert_allclose(part[3000:], whole[7777 + 3000 :], atol=1e-7 * whole.std())


def test_32_bit_signals_stay_32_bit():
    signal = eeg_like(256.0).astype(np.float32)
    n_times = round(len(signal) * 100 / 256)
    found = highpass(resample(signal - 300, 256.0, 100.0, n_times), 100.0, 0.3, 256.0)
    assert found.dtype == np.float32
    exact = highpass(resample(signal.astype(float) - 300, 256.0, 100.0, n_times), 100.0, 0.3, 256.0)
    np.testing.assert_allclose(found, exact, atol=1e-5 * exact.std())
