"""Departures from the stable sleep before and around each window."""

import numpy as np
import pytest

from mne_arousal.arousals.departure import (
    BASELINE,
    centered_departure,
    departure,
    lower_scale,
    trailing_departure,
)

from .synthetic import HOP, LENGTH


def test_departure_follows_no_slow_drift():
    """A drift of hours departs little, a step of seconds by its height."""
    n = 2000
    values = np.linspace(0, 2, n)[:, np.newaxis].copy()
    values[1000:1010] += 3.0
    found = trailing_departure(values, HOP, LENGTH)
    assert np.abs(found[:990]).max() < 0.1
    assert found[1000:1010].mean() == pytest.approx(3.0, abs=0.1)


def test_trailing_baseline_is_a_minute_long_and_ends_before_the_window():
    """A step is followed after half of the baseline and the guard, to the second."""
    values = np.zeros((1000, 1))
    values[500:] = 1.0
    found = trailing_departure(values, HOP, LENGTH)[:, 0]
    assert (found[500:560] == 1.0).all()
    followed = 500 + int(np.flatnonzero(found[500:] < 0.75)[0])
    lag = 2.0 + LENGTH  # guard and window
    assert (followed - 500) * HOP == pytest.approx(BASELINE / 2 + lag, abs=1.5)
    assert BASELINE == 60.0


def test_unstable_windows_are_no_baseline():
    """After a long rise the baseline is the sleep before it."""
    values = np.zeros((1000, 1))
    values[500:700] = 4.0
    stable = np.ones(1000, dtype=bool)
    stable[500:700] = False
    assert trailing_departure(values, HOP, LENGTH)[720, 0] == pytest.approx(-4.0)
    assert trailing_departure(values, HOP, LENGTH, stable)[720, 0] == pytest.approx(0.0)


def test_without_any_stable_window_all_serve():
    """No stable window near or far: the plain baseline stands in."""
    values = np.random.default_rng(0).normal(size=(600, 1))
    plain = trailing_departure(values, HOP, LENGTH)
    np.testing.assert_array_equal(
        trailing_departure(values, HOP, LENGTH, np.zeros(600, dtype=bool)), plain
    )


def test_centered_departure_follows_a_step_from_both_sides():
    """A change of stage departs for half a minute, not for the whole baseline; a bump stays."""
    values = np.zeros((2000, 1))
    values[1000:] = 2.0
    values[500:510] = 3.0
    found = centered_departure(values, HOP)
    assert found[500:510].mean() == pytest.approx(3.0)
    assert np.abs(found[1005:]).max() == 0.0
    assert np.abs(trailing_departure(values, HOP, LENGTH)[1005:1060]).max() == 2.0


def test_departure_is_the_mean_of_both():
    """Half of what came before, half of what lies around."""
    values = np.random.default_rng(0).normal(size=(500, 3)).cumsum(axis=0)
    both = trailing_departure(values, HOP, LENGTH) + centered_departure(values, HOP)
    np.testing.assert_allclose(departure(values, HOP, LENGTH), both / 2)


def test_the_first_seconds_depart_from_nothing():
    """Without a baseline there is no departure, and gaps leave no NaN."""
    values = np.random.default_rng(0).normal(size=(500, 2)) + 10.0
    values[200:230, 1] = np.nan
    found = trailing_departure(values, HOP, LENGTH)
    assert (found[: round(10 / HOP)] == 0).all()
    assert (found[200:230, 1] == 0).all()
    assert np.isfinite(departure(values, HOP, LENGTH)).all()
    assert np.abs(found).max() < 6


def test_lower_scale_ignores_what_rises():
    """Ten per cent of rises leave the spread of noise as it was."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=20_000)
    risen = noise.copy()
    risen[:2000] += 8.0
    asleep = np.ones(20_000, dtype=bool)
    assert lower_scale(noise, asleep) == pytest.approx(1.0, abs=0.03)
    assert lower_scale(risen, asleep) == pytest.approx(lower_scale(noise, asleep), rel=0.1)
    assert risen.std() > 2 * noise.std()


def test_lower_scale_is_of_sleep_and_never_nought():
    """Wake does not count; a constant has a tiny scale, an all-NaN column too."""
    values = np.c_[np.r_[np.arange(100.0), 1e3 * np.arange(100.0)], np.ones(200)]
    asleep = np.arange(200) < 100
    found = lower_scale(values, asleep)
    assert found[0] == pytest.approx(34.0, abs=1.0)
    assert found[1] == 1e-9
    assert lower_scale(np.full((10, 1), np.nan), np.ones(10, dtype=bool)) == 1e-9
