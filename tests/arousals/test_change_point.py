"""Onsets located in the signal."""

import numpy as np
import pytest
from scipy.signal import lfilter

from mne_arousal.arousals.change_point import (
    ORDER,
    autoregression,
    locate_end,
    locate_onset,
    log_likelihoods,
)

SFREQ = 128.0


def changing_signal(rng, ratio, ramp=0.0, n=30, onset=15.0):
    """Colored noise whose fast part grows at `onset` (s), at once or along a ramp."""
    times = np.arange(int(n * SFREQ)) / SFREQ
    slow = lfilter([1.0], [1.0, -1.6, 0.7], rng.normal(size=len(times)))
    fast = lfilter([1.0], [1.0, -0.9, 0.8], rng.normal(size=len(times)))
    share = np.clip((times - onset) / ramp, 0, 1) if ramp else (times >= onset).astype(float)
    return slow + share * np.sqrt(ratio) * fast * slow.std() / fast.std()


def test_autoregression_recovers_its_model():
    """Coefficients and variance of a known process come back."""
    rng = np.random.default_rng(0)
    x = lfilter([1.0], [1.0, -1.5, 0.8], 2.0 * rng.normal(size=200_000))
    whitener, variance = autoregression(x, 2)
    np.testing.assert_allclose(whitener, [1.0, -1.5, 0.8], atol=0.02)  # -30 dB are added
    assert variance == pytest.approx(4.0, rel=0.05)


def test_log_likelihoods_prefer_the_true_model():
    """The model that made a signal explains it best."""
    rng = np.random.default_rng(0)
    x = lfilter([1.0], [1.0, -1.5, 0.8], rng.normal(size=2000))
    other = lfilter([1.0], [1.0, 0.5, 0.3], rng.normal(size=2000))
    first, second = log_likelihoods(x, [autoregression(x), autoregression(other)])
    assert first.sum() > second.sum() + 100


@pytest.mark.parametrize(("ramp", "bound"), [(0.0, 0.1), (0.5, 0.35)])
def test_onsets_are_found_from_a_guess_a_second_away(ramp, bound):
    """Clear changes are located well within the guess's error."""
    rng = np.random.default_rng(1)
    errors = []
    for _ in range(20):
        x = changing_signal(rng, 10.0, ramp)
        guess = 15.0 + rng.uniform(-0.8, 0.8)
        errors.append(abs(locate_onset(x[np.newaxis], SFREQ, guess, 8.0).time - 15.0))
    assert np.median(errors) < bound


def test_interval_widens_with_doubt():
    """A weak change has a wider interval than a strong one, and stays near the guess."""
    rng = np.random.default_rng(2)
    widths = {}
    for ratio in (0.2, 10.0):
        found = [
            locate_onset(changing_signal(rng, ratio)[np.newaxis], SFREQ, 15.0, 8.0)
            for _ in range(10)
        ]
        widths[ratio] = np.median([f.high - f.low for f in found])
        assert all(f.low <= f.time <= f.high for f in found)
        assert all(abs(f.time - 15.0) < 2.5 for f in found)
    assert widths[0.2] > 2 * widths[10.0]


def test_intervals_cover_abrupt_onsets():
    """The 90 % interval holds the onset of stationary changes about as often as it says."""
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(60):
        found = locate_onset(
            changing_signal(rng, 3.0)[np.newaxis], SFREQ, 15 + rng.normal(0, 0.4), 8.0
        )
        inside += found.low <= 15.0 <= found.high
    assert inside >= 51


def test_several_channels_help():
    """Two channels with noise of their own locate better than one."""
    rng = np.random.default_rng(4)
    one, two = [], []
    for _ in range(25):
        pair = np.stack([changing_signal(rng, 1.5), changing_signal(rng, 1.5)])
        guess = 15.0 + rng.uniform(-0.8, 0.8)
        one.append(abs(locate_onset(pair[:1], SFREQ, guess, 8.0).time - 15.0))
        two.append(abs(locate_onset(pair, SFREQ, guess, 8.0).time - 15.0))
    assert np.mean(two) < np.mean(one)


@pytest.mark.parametrize("broken", ["flat", "nan", "short"])
def test_fallback_is_the_guess(broken):
    """Where nothing can be fitted, the guess stays, with the width of the prior."""
    x = changing_signal(np.random.default_rng(5), 5.0)
    if broken == "flat":
        x[:] = 1e-5
    elif broken == "nan":
        x[500:3000] = np.nan
    guess = 15.0 if broken != "short" else 0.5
    found = locate_onset(x[np.newaxis], SFREQ, guess, 8.0)
    assert found.time == guess
    assert found.high - found.low == pytest.approx(2 * 1.645 * 0.7)


def test_latest_onset_is_respected():
    """What is left of the event lasts as long as it must."""
    x = changing_signal(np.random.default_rng(6), 10.0, onset=16.5)
    found = locate_onset(x[np.newaxis], SFREQ, 15.0, 5.0, latest=15.5)
    assert found.time <= 15.5 + 1 / SFREQ
    assert found.low > ORDER / SFREQ


def test_earliest_onset_is_respected():
    """An event does not grow longer than such events are."""
    x = changing_signal(np.random.default_rng(6), 10.0, onset=13.5)
    assert locate_onset(x[np.newaxis], SFREQ, 15.0, 5.0).time < 14.5
    assert locate_onset(x[np.newaxis], SFREQ, 15.0, 5.0, earliest=14.8).time >= 14.8


def test_an_end_is_an_onset_backwards():
    """Ends are found as onsets are, with their interval in order."""
    rng = np.random.default_rng(4)
    errors, covered = [], 0
    for _ in range(20):
        x = changing_signal(rng, 10.0)[::-1]
        found = locate_end(x[np.newaxis], SFREQ, 15.0 + rng.uniform(-0.8, 0.8), 8.0)
        assert found.low <= found.time <= found.high
        errors.append(abs(found.time - 15.0))
        covered += found.low <= 15.0 <= found.high
    assert np.median(errors) < 0.1
    assert covered >= 15


def test_an_empty_band_does_not_decide():
    """Upsampled signals hold nothing in their upper half: onsets are found all the same."""
    rng = np.random.default_rng(5)
    errors = []
    for _ in range(20):
        x = changing_signal(rng, 10.0)
        spectrum = np.fft.rfft(x)
        spectrum[len(spectrum) // 2 :] *= 1e-6
        x = np.fft.irfft(spectrum, len(x))
        errors.append(abs(locate_onset(x[np.newaxis], SFREQ, 15.5, 8.0).time - 15.0))
    assert np.median(errors) < 0.15


def test_models_that_look_alike_leave_doubt():
    """Where no change is, the interval reaches further than that of a clear change."""
    rng = np.random.default_rng(7)
    widths = {}
    for ratio in (0.0, 10.0):
        signals = [changing_signal(rng, ratio)[np.newaxis] for _ in range(10)]
        found = [locate_onset(x, SFREQ, 15.0, 8.0) for x in signals]
        widths[ratio] = np.median([f.high - f.low for f in found])
    assert widths[0.0] > 3.0
    assert widths[10.0] < 1.2
