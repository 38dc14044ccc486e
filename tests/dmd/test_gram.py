"""Gram matrices: shared sums against the plain product."""

import array_api_compat.numpy as xp
import numpy as np
import pytest

from mne_arousal.dmd.gram import can_share, embed, extended_gram, shared_extended_gram


def plain(signal, starts, n_times, n_delays):
    cut = np.stack([signal[..., s : s + n_times] for s in starts])
    return extended_gram(xp, embed(xp, cut, n_delays + 1))


def test_embedding_by_hand():
    window = np.arange(5.0)[None, None, None]
    np.testing.assert_array_equal(embed(xp, window, 3)[0, 0], [[0, 1, 2], [1, 2, 3], [2, 3, 4]])


def test_embedding_has_delays_slow_and_channels_fast():
    window = np.array([[0.0, 1, 2], [10, 11, 12]])[None, None]
    np.testing.assert_array_equal(embed(xp, window, 2)[0, 0], [[0, 10, 1, 11], [1, 11, 2, 12]])


@pytest.mark.parametrize("hop", [1, 7, 50, 64, 169])
@pytest.mark.parametrize(("groups", "channels", "n_delays"), [(3, 1, 10), (1, 3, 4), (2, 1, 1)])
def test_shared_sums_are_the_plain_product(hop, groups, channels, n_delays):
    signal = np.random.default_rng(0).standard_normal((groups, channels, 3000))
    starts = 13 + np.arange(10) * hop
    assert can_share(starts, 200, n_delays)
    shared = shared_extended_gram(xp, signal, 13, hop, 10, 200, n_delays)
    expected = plain(signal, starts, 200, n_delays)
    np.testing.assert_allclose(shared, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_last_window_may_end_with_the_signal():
    signal = np.random.default_rng(0).standard_normal((1, 1, 350))
    shared = shared_extended_gram(xp, signal, 0, 50, 4, 200, 10)
    np.testing.assert_allclose(shared, plain(signal, np.arange(4) * 50, 200, 10), atol=1e-11)


@pytest.mark.parametrize("starts", [[0], [0, 200, 400], [0, 50, 150], [0, 0, 0], [0, 185]], ids=str)
def test_what_does_not_overlap_on_a_grid_is_not_shared(starts):
    assert not can_share(np.array(starts), 200, 10)


def test_shared_sums_hold_through_a_night_with_artifacts():
    """Eight hours at 100 Hz, EEG of 20 µV beside jumps of a volt: no window feels another's."""
    rng = np.random.default_rng(0)
    n = 8 * 3600 * 100
    signal = 2e-5 * rng.standard_normal((1, 1, n))
    signal[..., rng.integers(0, n, 200)] = 1.0
    n_windows = (n - 200) // 50 + 1
    shared = shared_extended_gram(xp, signal, 0, 50, n_windows, 200, 10)
    for lo in range(0, n_windows, 4000):
        starts = np.arange(lo, min(lo + 4000, n_windows)) * 50
        expected = plain(signal, starts, 200, 10)
        size = np.abs(expected).max(axis=(2, 3), keepdims=True)
        np.testing.assert_array_less(np.abs(shared[lo : lo + 4000] - expected) / size, 1e-13)
