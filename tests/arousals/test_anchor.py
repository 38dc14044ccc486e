"""The direction in the EEG that predicts chin EMG."""

import numpy as np
import pytest

from mne_arousal.arousals.anchor import anchored_direction

WEIGHTS = np.array([1.0, 0.5, 0.0, 0.0, 0.0])


def test_anchor_is_cross_fitted():
    """The direction that predicts EMG is found; noise in EMG is not fitted."""
    rng = np.random.default_rng(0)
    eeg = rng.normal(size=(3000, 5))
    emg = eeg @ WEIGHTS + rng.normal(size=3000)
    asleep = np.ones(3000, dtype=bool)
    found = anchored_direction(eeg, emg, asleep)
    assert np.corrcoef(found, eeg @ WEIGHTS)[0, 1] > 0.98
    assert np.polyfit(eeg @ WEIGHTS, found, 1)[0] == pytest.approx(1.0, abs=0.1)
    unrelated = anchored_direction(eeg, rng.normal(size=3000), asleep)
    assert abs(np.corrcoef(unrelated, eeg[:, 0])[0, 1]) < 0.9
    assert unrelated.std() < 0.2


def test_a_windows_own_emg_never_enters():
    """An EMG that is different in one fifth changes the prediction of all but that fifth."""
    rng = np.random.default_rng(0)
    eeg = rng.normal(size=(1000, 5))
    emg = eeg @ WEIGHTS + rng.normal(size=1000)
    asleep = np.ones(1000, dtype=bool)
    before = anchored_direction(eeg, emg, asleep)
    emg[200:400] *= -5.0
    after = anchored_direction(eeg, emg, asleep)
    np.testing.assert_allclose(after[200:400], before[200:400])
    assert np.abs(after - before)[400:].max() > 0.1


def test_wake_does_not_enter():
    """EMG of windows that are not sleep teaches nothing."""
    rng = np.random.default_rng(0)
    eeg = rng.normal(size=(1000, 5))
    emg = eeg @ WEIGHTS
    asleep = np.arange(1000) % 4 > 0
    before = anchored_direction(eeg, emg, asleep)
    emg[~asleep] = 100.0
    np.testing.assert_array_equal(anchored_direction(eeg, emg, asleep), before)


@pytest.mark.parametrize("n", [0, 4, 10])
def test_too_few_windows_predict_nothing(n):
    """Fewer windows than features: no prediction, and no error."""
    eeg = np.ones((n, 12))
    found = anchored_direction(eeg, np.ones(n), np.ones(n, dtype=bool))
    np.testing.assert_array_equal(found, np.zeros(n))
