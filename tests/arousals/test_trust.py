"""Trust in a witness: nothing for chance, something for what it shares with the EEG."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from mne_arousal.arousals.trust import autocorrelation, correlation_beyond_chance

from .synthetic import HOP, HOUR

ALL = np.ones(2 * HOUR, dtype=bool)


def slow(rng, n=2 * HOUR, seconds=5.0):
    """A course that remembers itself for some seconds, standard deviation 1."""
    x = gaussian_filter1d(rng.normal(size=n), seconds / HOP)
    return x / x.std()


def test_autocorrelation_of_a_known_process():
    """That of x[t] = 0.9 x[t-1] + noise falls as 0.9 to the power of the lag."""
    rng = np.random.default_rng(0)
    x = np.zeros(100_000)
    noise = rng.normal(size=len(x))
    for i in range(1, len(x)):
        x[i] = 0.9 * x[i - 1] + noise[i]
    np.testing.assert_allclose(autocorrelation(x - x.mean(), 8), 0.9 ** np.arange(8), atol=0.03)


def test_chance_is_worth_nothing():
    """Slow random courses correlate by accident; of that hardly anything is left."""
    rng = np.random.default_rng(0)
    found = [correlation_beyond_chance(slow(rng), slow(rng), ALL, HOP) for _ in range(40)]
    assert np.mean(np.array(found) == 0) > 0.8
    assert np.mean(found) < 0.005
    assert max(found) < 0.1


def test_slow_courses_have_to_correlate_more():
    """The same correlation is worth less where courses hold few independent values."""
    rng = np.random.default_rng(0)
    worth = []
    for seconds in (1.0, 20.0):
        shared = slow(rng, seconds=seconds)
        mixed = 0.4 * shared + np.sqrt(1 - 0.4**2) * slow(rng, seconds=seconds)
        worth.append(np.corrcoef(shared, mixed)[0, 1])
        worth.append(correlation_beyond_chance(shared, mixed, ALL, HOP))
    lost = worth[0] - worth[1], worth[2] - worth[3]
    assert 0.0 < lost[0] < 0.01
    assert lost[1] > 4.0 * lost[0]


@pytest.mark.parametrize("noise", [1.0, 20.0])
def test_what_is_shared_is_shrunk_by_what_chance_explains(noise):
    """White courses: the standard error is that of independent values."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=2 * HOUR)
    b = a + noise * rng.normal(size=2 * HOUR)
    correlation = np.corrcoef(a, b)[0, 1]
    expected = correlation - 1 / (2 * HOUR * correlation)
    found = correlation_beyond_chance(a, b, ALL, HOP)
    assert found == pytest.approx(expected, abs=0.002)
    assert found < correlation


def test_opposite_courses_are_worth_nothing():
    """A witness that falls with the EEG is none."""
    a = slow(np.random.default_rng(0))
    assert correlation_beyond_chance(a, -a, ALL, HOP) == 0.0


@pytest.mark.parametrize("broken", ["constant", "short", "nan", "awake"])
def test_what_cannot_be_measured_is_worth_nothing(broken):
    """No spread, under two minutes, nothing known, no sleep."""
    a = slow(np.random.default_rng(0))
    b, asleep = a.copy(), ALL.copy()
    if broken == "constant":
        b[:] = 1.0
    elif broken == "short":
        asleep[200:] = False
    elif broken == "nan":
        b[:] = np.nan
    else:
        asleep[:] = False
    assert correlation_beyond_chance(a, b, asleep, HOP) == 0.0


def test_wake_and_gaps_do_not_count():
    """What two courses share in wake is no sign of arousals."""
    rng = np.random.default_rng(0)
    a, b = slow(rng), slow(rng)
    asleep = np.arange(2 * HOUR) < HOUR
    a[~asleep] = b[~asleep] = 20 * slow(rng)[~asleep]
    b[:1000] = np.nan
    assert correlation_beyond_chance(a, b, ALL, HOP) > 0.5
    assert correlation_beyond_chance(a, b, asleep, HOP) < 0.1
