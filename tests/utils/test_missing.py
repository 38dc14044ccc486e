"""Features of which some are missing."""

import numpy as np
import pytest

from mne_arousal.utils.columns import parse_columns
from mne_arousal.utils.missing import fill_missing, known_windows, mean_known, percentile_known

NAMES = ["eeg:C3:delta", "eeg:C4:delta", "eog:E1:delta", "emg:Chin:level"]


def table(seed=0):
    """Values of four columns."""
    return np.random.default_rng(seed).normal(size=(50, 4))


def test_one_eeg_channel_will_do():
    """A window is known where one is valid; without EEG nothing may be missing."""
    values = table()
    values[0, 0] = values[1, :2] = values[2, 3] = np.nan
    assert known_windows(values, parse_columns(NAMES))[:4].tolist() == [True, False, True, True]
    plain = known_windows(values, parse_columns(range(4)))
    assert plain[:4].tolist() == [False, False, False, True]


def test_a_column_without_values_makes_nothing_unknown():
    """Such as a band that a channel can't have."""
    values = table()
    values[:, 1] = np.nan
    assert known_windows(values, parse_columns(NAMES)).all()
    assert known_windows(values, parse_columns(range(4))).all()
    assert not known_windows(np.full((3, 2), np.nan), parse_columns(range(2))).any()


def test_missing_values_come_from_the_other_channel():
    """Of the same role and quantity; else the middle."""
    values = table()
    values[3, 0] = values[4, 3] = np.nan
    filled = fill_missing(values, parse_columns(NAMES))
    assert filled[3, 0] == values[3, 1]
    assert abs(filled[4, 3]) < 0.5  # nothing else says much
    rest = np.isfinite(values)
    assert np.array_equal(filled[rest], values[rest])
    whole = table()
    assert fill_missing(whole, parse_columns(NAMES)) is whole


@pytest.mark.parametrize("axis", [0, 1])
def test_without_missing_values_nothing_changes(axis):
    """To the last bit."""
    values = table()
    assert np.array_equal(mean_known(values, axis), values.mean(axis=axis))
    assert np.array_equal(
        percentile_known(values, (25, 50), axis), np.percentile(values, (25, 50), axis=axis)
    )


@pytest.mark.parametrize("axis", [0, 1])
def test_with_missing_values(axis):
    """As NumPy's own functions that pass NaN over, but without their warnings."""
    values = table()
    values[np.random.default_rng(1).random(values.shape) < 0.3] = np.nan
    values[7], values[:, 2] = np.nan, np.nan
    empty = np.isnan(values).all(axis=axis)
    mean, middle = mean_known(values, axis), percentile_known(values, 50, axis)
    assert np.array_equal(np.isnan(mean), empty)
    assert np.array_equal(np.isnan(middle), empty)
    kept = np.compress(~empty, values, axis=1 - axis)
    np.testing.assert_allclose(mean[~empty], np.nanmean(kept, axis=axis))
    np.testing.assert_allclose(middle[~empty], np.nanmedian(kept, axis=axis))


def test_what_no_other_channel_has_is_predicted():
    """An embedding that is missing while a lead is off is put where the other features say."""
    rng = np.random.default_rng(0)
    stage = np.repeat([0, 1, 2, 1, 0, 2], 400)  # windows in three states
    bands = np.stack([stage - 1.0, (stage == 1) - 0.5], axis=1)
    bands = np.hstack([bands, bands]) + 0.1 * rng.standard_normal((len(stage), 4))
    embedding = bands[:, :2] @ rng.standard_normal((2, 5))
    values = np.hstack([bands, embedding])
    names = [f"eeg:{lead}:{band}" for lead in ("C3", "C4") for band in ("delta", "beta")]
    columns = parse_columns([*names, *(f"psg:encoder:{i}" for i in range(5))])
    broken = values.copy()
    off = slice(1000, 1500)
    broken[off, 2:] = np.nan
    broken[1200:1300] = np.nan  # no lead at all
    filled = fill_missing(broken, columns)
    assert np.isfinite(filled).all()
    part = np.r_[1000:1200, 1300:1500]
    assert np.abs(filled[part, 4:] - values[part, 4:]).max() < 0.5
    assert np.abs(values[part, 4:]).max() > 1
    np.testing.assert_array_equal(filled[1200:1300], 0)
    np.testing.assert_array_equal(
        np.delete(filled, np.r_[off], 0), np.delete(values, np.r_[off], 0)
    )
