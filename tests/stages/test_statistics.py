"""Sleep statistics: equal to YASA's, and counted by hand."""

from datetime import UTC, datetime

import mne
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mne_arousal import sleep_statistics
from mne_arousal.hypnogram import Hypnogram
from mne_arousal.stages.statistics import statistics_table

W, N1, N2, N3, R = range(5)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-1, 4), min_size=2, max_size=300))
def test_equal_to_yasa(stages):
    yasa = pytest.importorskip("yasa")
    with pytest.warns(FutureWarning):
        theirs = yasa.sleep_statistics(stages, sf_hyp=1 / 30)
    ours = sleep_statistics(stages)
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name], value, err_msg=name)


@pytest.mark.parametrize("seed", range(5))
def test_equal_to_a_yasa_hypnogram(seed):
    yasa = pytest.importorskip("yasa")
    hypnogram = yasa.simulate_hypnogram(tib=480, seed=seed)
    theirs = hypnogram.sleep_statistics()
    ours = sleep_statistics(hypnogram.as_int().to_numpy())
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name], value, atol=1e-4, err_msg=name)


def test_counted_by_hand():
    stages = [W] * 4 + [N1] * 2 + [N2] * 40 + [W] * 2 + [N2] * 10 + [R] * 20 + [W] * 6
    onsets = [10 * 30.0, 50 * 30.0, 60 * 30.0, 61 * 30.0]
    arousals = pd.DataFrame(
        {"onset": onsets, "respiratory_drop": [1, 0, 0, 0], "limb_movement": np.nan}
    )
    found = sleep_statistics(stages, arousals)
    assert found["SOL"] == 2.0
    assert found["LPS"] == 2.0
    assert found["WASO"] == 1.0
    assert found["awakenings"] == 1
    assert found["stage_shifts"] == 4
    assert found["cycles"] == 1
    assert found["REM_latency"] == found["Lat_REM"] - 2.0 == 27.0
    assert found["arousal_index"] == pytest.approx(4 / (36 / 60))
    assert found["arousal_index_REM"] == pytest.approx(2 / (10 / 60))
    assert found["respiratory_arousal_index"] == pytest.approx(1 / (36 / 60))
    assert np.isnan(found["limb_arousal_index"])
    thirds = [found[f"arousal_index_third_{k}"] for k in (1, 2, 3)]
    assert thirds == pytest.approx([1 / (12.5 / 60), 1 / (11.5 / 60), 2 / (12 / 60)], rel=0.05)


def test_no_sleep_and_short_sleep():
    found = sleep_statistics([W] * 20, pd.DataFrame({"onset": []}))
    assert found["TST"] == 0
    assert np.isnan(found["SOL"])
    assert np.isnan(found["arousal_index"])
    assert np.isnan(sleep_statistics([W] + [N2] * 19)["LPS"])
    assert sleep_statistics([W] + [N2] * 20)["LPS"] == 0.5


def test_lights_and_clock_hours():
    start = datetime(2026, 1, 1, 22, 50, tzinfo=UTC)
    hypnogram = Hypnogram([W] * 20 + [N2] * 60 + [W] * 20, start=start)
    marks = mne.Annotations([15 * 60.0, 20 * 60.0], [5, 5], ["arousal", "other"])
    found = sleep_statistics(hypnogram, marks, lights_off=300.0, lights_on=2700.0)
    assert found["TIB"] == 40.0
    assert found["SOL"] == 5.0
    assert found["arousals"] == 1
    assert found["arousal_index_hour_23"] == pytest.approx(1 / 0.5)
    by_time = sleep_statistics(hypnogram, lights_off=datetime(2026, 1, 1, 22, 55, tzinfo=UTC))
    assert by_time["SOL"] == 5.0
    with pytest.raises(ValueError, match="no start"):
        sleep_statistics([W, N2], lights_off=start)
    with pytest.raises(ValueError, match="lights off"):
        sleep_statistics(hypnogram, lights_off=2000.0, lights_on=1000.0)


def test_names_and_table():
    found = sleep_statistics(["W", "N1", "REM", "?"], pd.DataFrame({"onset": [40.0]}))
    assert found["unscored"] == 0.5
    table = statistics_table(found)
    assert list(table.columns) == ["name", "value", "unit", "definition"]
    assert (table["definition"].str.len() > 0).all()
