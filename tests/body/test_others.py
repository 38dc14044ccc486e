"""Muscle, oxygen, movement, and the grid they lie on."""

import numpy as np
import pytest

from mne_arousal.body.grid import Grid, block_means
from mne_arousal.body.movement import broadband_power, position_change
from mne_arousal.body.muscle import muscle_activity
from mne_arousal.body.oxygen import saturation, saturation_dip

from .signals import grid


def test_means_of_overlapping_windows():
    rng = np.random.default_rng(0)
    signal = rng.standard_normal(1000)
    signal[500] = np.nan
    windows = Grid(np.arange(0, 801, 50), 200, 100.0)
    expected = [signal[s : s + 200].mean() for s in windows.starts]
    np.testing.assert_allclose(windows.means(signal), expected)


def test_relative_looks_back_past_the_event():
    windows = grid(100.0, 600.0)
    values = np.where((windows.centers > 300) & (windows.centers < 310), 2.0, 0.5)
    relative = windows.relative(values)
    np.testing.assert_allclose(relative, values - 0.5)


def test_block_means_of_slow_signals_are_the_signal():
    values, rate = block_means(np.arange(5.0), 1.0, 10.0)
    assert rate == 1.0
    np.testing.assert_array_equal(values, np.arange(5.0))


def test_leg_movement():
    rng = np.random.default_rng(0)
    leg = 5e-6 * rng.standard_normal(60_000)
    leg[30_000:30_200] *= 10
    leg += 1e-4 * np.sin(0.5 * np.arange(60_000) / 100)  # sweat
    windows = grid(100.0, 600.0)
    relative = windows.relative(muscle_activity(leg, windows))
    moving = np.abs(windows.centers - 301) < 0.3
    assert relative[moving].min() > np.log(50)
    assert np.abs(relative[np.abs(windows.centers - 301) > 3]).max() < 1.0


def test_envelope_of_a_muscle():
    level = np.full(6000, 3e-6)
    level[3000:3200] = 9e-6
    windows = grid(100.0, 60.0)
    activity = muscle_activity(level, windows, envelope=True)
    assert np.ptp(activity) == pytest.approx(2 * np.log(3))


@pytest.mark.parametrize("factor", [1.0, 1e-6, 0.01])
def test_oxygen(factor):
    values = np.full(300, 96.0)
    values[100:110] = 90.0
    values[200:220] = 0.0  # finger out
    values[250:255] = 127.0
    windows = grid(100.0, 300.0)
    found = saturation(np.repeat(values, 100) * factor, windows)
    centers = windows.centers
    np.testing.assert_allclose(found[(centers > 102) & (centers < 108)], 90.0)
    assert np.isnan(found[(centers > 199) & (centers < 221)]).all()
    assert np.isnan(found[(centers > 249) & (centers < 256)]).all()
    dip = saturation_dip(found, windows)
    np.testing.assert_allclose(dip[(centers > 102) & (centers < 108)], 6.0)
    np.testing.assert_allclose(dip[centers < 98], 0.0, atol=1e-9)


def test_movement_raises_slow_and_fast():
    rng = np.random.default_rng(0)
    eeg = 1e-5 * rng.standard_normal(30_000)
    slow_wave = eeg.copy()
    slow_wave[15_000:15_100] += 1e-4 * np.hanning(100)
    eeg[15_000:15_400] *= 8
    windows = grid(100.0, 300.0)
    moved, waved = (windows.relative(broadband_power(x, windows)) for x in (eeg, slow_wave))
    at = np.abs(windows.centers - 152) < 1
    assert moved[at].min() > 3
    assert waved.max() < moved[at].min() / 2


def test_turns():
    position = np.repeat([1.0, 1.0, 4.0, 4.0], 1500)
    windows = grid(100.0, 60.0)
    change = position_change(position, windows)
    turning = (windows.centers > 29.5) & (windows.centers < 34)
    assert change[turning].all()
    assert not change[(windows.centers < 28.5) | (windows.centers > 37)].any()
    assert not position_change(np.full(6000, 2.0), windows).any()
