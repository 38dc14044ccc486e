"""The direction in the EEG that predicts what the body does."""

import numpy as np
import pytest

from mne_arousal.arousals.anchor import anchor_view, anchored_direction

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


def test_each_part_counts_for_what_it_is_worth():
    """A part of the body that the EEG predicts counts, and one that it does not hardly does."""
    rng = np.random.default_rng(0)
    eeg, asleep = rng.normal(size=(3000, 5)), np.ones(3000, dtype=bool)
    other = np.roll(WEIGHTS, 2)
    body = {
        "emg": eeg @ WEIGHTS + rng.normal(size=3000),
        "heart": eeg @ other + 2 * rng.normal(size=3000),
        "breath": rng.normal(size=3000),
    }
    body["heart"][::3] = np.nan
    view, trust = anchor_view(eeg, body, asleep, 0.5)
    at = np.linalg.lstsq(eeg, view, rcond=None)[0]
    assert 1.0 < at @ WEIGHTS / (at @ other) < 2.5
    expected = np.hypot(np.sqrt(1.25 / 2.25), np.sqrt(1.25 / 5.25))
    assert trust == pytest.approx(expected, abs=0.04)


def test_a_body_that_the_eeg_does_not_predict_gives_no_direction():
    rng = np.random.default_rng(3)
    eeg, asleep = rng.normal(size=(3000, 5)), np.ones(3000, dtype=bool)
    nothing = {"emg": np.full(3000, np.nan), "breath": np.zeros(3000)}
    for body in ({}, nothing):
        view, trust = anchor_view(eeg, body, asleep, 0.5)
        assert trust == 0
        np.testing.assert_array_equal(view, 0.0)
