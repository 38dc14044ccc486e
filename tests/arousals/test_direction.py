"""The direction of other nights, and how much of it a night believes."""

import numpy as np
import pytest

from mne_arousal.arousals.direction import WEIGHTS, band_spreads, direction_view, tail_excess

HOP = 0.5


def noise(seed=0, n=20000):
    """A course that remembers itself for two seconds."""
    values = np.random.default_rng(seed).normal(size=n + 3)
    return (values[:-3] + values[1:-2] + values[2:-1] + values[3:]) / 2


def bands_of(seed=0, n=4000):
    """Departures of all bands that mean nothing."""
    return {band: 0.2 * noise(seed + i, n) for i, band in enumerate(WEIGHTS)}


def test_weights_are_a_direction():
    """Of unit length but for rounding; muscle and fast EEG up, delta down."""
    weights = np.array(list(WEIGHTS.values()))
    assert np.linalg.norm(weights) == pytest.approx(1.0, abs=0.01)
    assert WEIGHTS["gamma"] > WEIGHTS["beta"] > 0 > WEIGHTS["delta"]


def test_view_is_the_weighted_sum_of_spreads():
    """Gain and unit of a band do not enter; one movement does not outweigh a night."""
    asleep = np.ones(4000, dtype=bool)
    bands = bands_of()
    spreads = band_spreads(bands, asleep)
    low, middle = np.percentile(spreads, (15.87, 50), axis=0)
    np.testing.assert_allclose(middle - low, 1.0, atol=0.01)
    view = direction_view(bands, asleep)
    np.testing.assert_allclose(view, spreads @ np.array(list(WEIGHTS.values())))
    np.testing.assert_allclose(
        direction_view({band: 3.0 * x for band, x in bands.items()}, asleep), view
    )
    bands["gamma"][100] = 1e6
    assert direction_view(bands, asleep)[100] <= 4.0 * sum(map(abs, WEIGHTS.values()))


def test_order_of_bands_does_not_matter_and_all_are_needed():
    """Bands go by their names."""
    asleep, bands = np.ones(4000, dtype=bool), bands_of()
    turned = dict(reversed(bands.items()))
    np.testing.assert_array_equal(direction_view(turned, asleep), direction_view(bands, asleep))
    for band in WEIGHTS:
        assert direction_view({k: x for k, x in bands.items() if k != band}, asleep) is None
    assert direction_view({}, asleep) is None


def test_noise_is_not_trusted_and_arousals_are():
    """Symmetric courses have no excess; rises of five seconds do; falls do not."""
    asleep = np.ones(20000, dtype=bool)
    assert tail_excess(noise(), asleep, HOP) < 0.15
    rises = noise()
    for start in range(200, 19000, 300):
        rises[start : start + 10] += 4.0
    assert tail_excess(rises, asleep, HOP) > 1.0
    assert tail_excess(-rises, asleep, HOP) == 0.0
    assert tail_excess(3.0 * rises + 7.0, asleep, HOP) == pytest.approx(
        tail_excess(rises, asleep, HOP)
    )


def test_wake_is_not_asked():
    """What happens in wake says nothing of a night's sleep."""
    course, asleep = noise(), np.ones(20000, dtype=bool)
    course[:2000] += 8.0
    asleep[:2006] = False
    assert tail_excess(course, asleep, HOP) < 0.2


@pytest.mark.parametrize("n", [0, 1, 3, 50])
def test_little_sleep_is_no_error(n):
    """None, a window, a constant: no trust."""
    assert tail_excess(np.zeros(n), np.ones(n, dtype=bool), HOP) == 0.0
    assert tail_excess(noise(n=60), np.zeros(60, dtype=bool), HOP) == 0.0
