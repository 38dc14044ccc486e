"""Rolling medians are those of pandas."""

import numpy as np
import pandas as pd
import pytest

from mne_arousal.utils.missing import percentile_known
from mne_arousal.utils.rolling import rolling_median


@pytest.mark.parametrize("size", [3, 60, 61, 605])
@pytest.mark.parametrize("center", [False, True])
def test_as_pandas(size, center):
    rng = np.random.default_rng(0)
    for n in (1, 2, 30, 61, 700):
        values = rng.normal(size=(n, 3))
        values[rng.random(values.shape) < 0.4] = np.nan
        rolling = pd.DataFrame(values).rolling(size, min_periods=size // 6 + 1, center=center)
        found = rolling_median(values, size, size // 6 + 1, center=center)
        np.testing.assert_array_equal(found, rolling.median().to_numpy())
        one = rolling_median(values[:, 1], size, size // 6 + 1, center=center)
        np.testing.assert_array_equal(one, found[:, 1])


@pytest.mark.filterwarnings("ignore:All-NaN slice")
@pytest.mark.parametrize("axis", [0, 1])
def test_percentiles_as_numpy(axis):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(23, 7))
    values[rng.random(values.shape) < 0.4] = np.nan
    values[3] = values[:, 2] = np.nan
    for percentiles in (50, (15.87, 50), (0, 33, 99.5, 100)):
        expected = np.nanpercentile(values, percentiles, axis=axis)
        np.testing.assert_array_equal(percentile_known(values, percentiles, axis), expected)
