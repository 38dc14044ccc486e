"""The chin EMG beside the EEG: it may move an onset and never narrows its interval."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mne_arousal.arousals.change_point import locate_onset
from mne_arousal.arousals.muscle_rise import rise_likelihood

from .test_change_point import SFREQ, changing_signal

TIMES = np.arange(10.0, 20.0, 0.05)


def chin(rise=15.0, factor=3.0, duration=3.0, n=40, seed=0):
    """White noise that is louder for a while, V."""
    times = np.arange(int(n * SFREQ)) / SFREQ
    louder = (times >= rise) & (times < rise + duration)
    noise = np.random.default_rng(seed).normal(size=len(times))
    return 5e-6 * noise * np.where(louder, factor, 1.0)


def test_onsets_shortly_before_a_rise_are_likelier():
    """Most within a second before; far from it none is less than half as likely as without EMG."""
    likelihood = rise_likelihood(chin(), SFREQ, 15.0, TIMES)
    best = TIMES[np.argmax(likelihood)]
    assert 14.2 < best < 15.1
    assert likelihood.max() > 3.0
    assert likelihood.min() >= 0.5
    before, after = likelihood[TIMES < 14.0][-1], likelihood[TIMES > 16.0][0]
    assert before > 1.0 > after


@pytest.mark.parametrize("factor", [0.0, 1.0])
def test_a_chin_that_does_not_rise_says_little(factor):
    """Neither a dead channel nor plain noise makes any onset much likelier."""
    likelihood = rise_likelihood(chin(factor=1.0) * factor, SFREQ, 15.0, TIMES)
    assert likelihood.max() < 2.5
    assert likelihood.min() >= 0.5


def test_twitches_say_less_than_rises():
    """A burst of a fifth of a second is no rise."""
    rise, twitch = (rise_likelihood(chin(duration=d), SFREQ, 15.0, TIMES).max() for d in (3.0, 0.2))
    assert twitch - 1.0 < 0.75 * (rise - 1.0)


def test_units_do_not_matter():
    """Volts or microvolts."""
    a, b = (rise_likelihood(k * chin(), SFREQ, 15.0, TIMES) for k in (1.0, 1e6))
    np.testing.assert_allclose(a, b, rtol=1e-6)


def test_a_lost_or_short_chin_says_nothing():
    """None, so that the EEG decides alone."""
    lost = chin()
    lost[1800:1900] = np.nan
    assert rise_likelihood(lost, SFREQ, 15.0, TIMES) is None
    assert rise_likelihood(chin(n=20), SFREQ, 15.0, TIMES) is None
    assert rise_likelihood(chin(), SFREQ, 3.0, TIMES) is None
    signal = changing_signal(np.random.default_rng(0), 3.0, n=40)[np.newaxis]
    alone = locate_onset(signal, SFREQ, 15.2, 8.0)
    assert locate_onset(signal, SFREQ, 15.2, 8.0, emg=lost) == alone


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    ratio=st.floats(0.05, 10.0),
    rise=st.floats(8.0, 22.0),
    factor=st.floats(0.3, 20.0),
    doubt=st.floats(0.0, 0.5),
)
def test_the_chin_never_narrows_an_interval(seed, ratio, rise, factor, doubt):
    """Whatever it does, the interval holds the one of the EEG, and the onset lies in it."""
    signal = changing_signal(np.random.default_rng(seed), ratio, n=40)[np.newaxis]
    alone = locate_onset(signal, SFREQ, 15.0, 8.0, doubt=doubt)
    emg = chin(rise, factor, seed=seed)
    found = locate_onset(signal, SFREQ, 15.0, 8.0, doubt=doubt, emg=emg)
    assert found.low <= alone.low
    assert found.high >= alone.high
    assert found.low <= found.time <= found.high


def test_the_chin_moves_what_the_eeg_leaves_open():
    """Without a change in the EEG, onsets move toward the rise; clear ones stay."""
    moved = {}
    for ratio in (0.0, 10.0):
        steps = []
        for seed in range(10):
            signal = changing_signal(np.random.default_rng(seed), ratio, n=40)[np.newaxis]
            alone = locate_onset(signal, SFREQ, 15.0, 8.0, doubt=0.4)
            emg = chin(17.0, 5.0, seed=seed)
            found = locate_onset(signal, SFREQ, 15.0, 8.0, doubt=0.4, emg=emg)
            steps.append(found.time - alone.time)
        moved[ratio] = np.median(steps)
    assert moved[0.0] > 0.3
    assert abs(moved[10.0]) < 0.1
