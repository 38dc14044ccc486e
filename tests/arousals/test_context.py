"""What preceded an arousal, what it is, and summaries of a night."""

import mne
import numpy as np
import pandas as pd
import pytest

from mne_arousal import summarize
from mne_arousal.arousals.context import CONTEXT_COLUMNS, preceding_events
from mne_arousal.datasets import simulate_psg

ONSETS = np.array([300.0, 500.0, 700.0])
SFREQ = 64.0


def recording(**signals):
    """A recording with the given channels, V or percent."""
    types = {"Airflow": "resp", "Leg L": "emg", "SpO2": "bio"}
    info = mne.create_info(list(signals), SFREQ, [types[name] for name in signals])
    return mne.io.RawArray(np.array(list(signals.values())), info, verbose="error")


def times():
    return np.arange(int(900 * SFREQ)) / SFREQ


def test_breathing_that_stops_before_an_arousal_is_told():
    """Two of three arousals follow ten seconds of shallow breathing."""
    t = times()
    flow = np.sin(2 * np.pi * 0.25 * t)
    for onset in ONSETS[:2]:
        flow[(t > onset - 16) & (t < onset - 1)] *= 0.2
    context = preceding_events(recording(Airflow=flow), ONSETS)
    assert list(context["respiratory_drop"]) == [1.0, 1.0, 0.0]
    assert context[["limb_movement", "desaturation"]].isna().all(axis=None)


def test_legs_that_move_with_an_arousal_are_told():
    """A burst two seconds before counts, one half a minute before does not."""
    t = times()
    leg = 2e-6 * np.random.default_rng(0).normal(size=len(t))
    for onset, lead in zip(ONSETS, (2.0, 30.0, 0.2), strict=True):
        burst = (t > onset - lead) & (t < onset - lead + 1.5)
        leg[burst] *= 15
    context = preceding_events(recording(**{"Leg L": leg}), ONSETS)
    assert list(context["limb_movement"]) == [1.0, 0.0, 1.0]


def test_desaturation_is_in_percent_points():
    """Percent or a share of one: the fall is the same."""
    t = times()
    spo2 = np.full(len(t), 96.0)
    spo2[(t > ONSETS[0] + 8) & (t < ONSETS[0] + 25)] = 91.0
    for scale in (1.0, 0.01):
        falls = preceding_events(recording(SpO2=scale * spo2), ONSETS)["desaturation"]
        np.testing.assert_allclose(falls, [5.0, 0.0, 0.0])


def test_flat_or_missing_channels_tell_nothing():
    """No channel, or one that is not connected, gives NaN, not zero."""
    context = preceding_events(recording(Airflow=np.zeros(len(times()))), ONSETS)
    assert context.shape == (3, len(CONTEXT_COLUMNS))
    assert context.isna().all(axis=None)
    assert preceding_events(recording(Airflow=np.zeros(len(times()))), []).empty


def test_arousals_of_apnea_follow_breathing_more_often():
    """On simulated nights, arousals after pauses of breathing are told from the others."""
    shares = []
    for respiratory in (True, False):
        night = simulate_psg(
            3600.0, 64.0, 3, arousal_index=40.0, respiratory=respiratory, verbose="error"
        )
        shares.append(preceding_events(night.raw, night.arousals.onset)["respiratory_drop"].mean())
    assert shares[0] > shares[1] + 0.3


def test_summary_counts_where_onsets_lie():
    """Index per hour of sleep, of the night with all; wake has arousals but no index."""
    stages = pd.DataFrame(
        {
            "onset": np.arange(0, 7200, 30.0),
            "duration": 30.0,
            "cluster": np.r_[np.zeros(60), np.ones(120), np.full(60, 3)].astype(int),
        }
    )
    arousals = pd.DataFrame({"onset": [100.0, 2000.0, 2100.0, 6000.0]})
    table = summarize(arousals, stages).set_index(["scope", "label"])
    assert table.loc[("night", "all"), "arousals"] == 4
    assert table.loc[("night", "all"), "index"] == pytest.approx(4 / 1.5)
    assert np.isnan(table.loc[("stage cluster", "0"), "index"])
    assert table.loc[("stage cluster", "1"), "index"] == pytest.approx(2.0)
    assert table.loc[("hour", "0"), "index"] == pytest.approx(2 / 0.5)
    assert table.loc["hour", "arousals"].sum() == 4


def test_summary_of_annotations_needs_stages():
    """Annotations alone don't say how long someone slept; other annotations don't count."""
    annotations = mne.Annotations([10.0, 40.0], [5.0, 5.0], ["arousal", "lights off"])
    with pytest.raises(ValueError, match="stages="):
        summarize(annotations)
    table = summarize(annotations, np.ones(4, dtype=int))
    assert table.loc[0, "arousals"] == 1


def test_gaps_are_no_drops_and_no_movements():
    """After a pause or a bad mark nothing is said, nor of a leg that is off for most of it."""
    sfreq, n = 100.0, 60_000
    t = np.arange(n) / sfreq
    rng = np.random.default_rng(0)
    flow = np.sin(2 * np.pi * 0.25 * t) + 0.01 * rng.standard_normal(n)
    leg = 1e-6 * rng.standard_normal(n)
    leg[20_000:] = 0
    flow[28_800:29_800] = np.nan
    names = ["Flow", "LAT-RAT"]
    raw = mne.io.RawArray(
        np.array([flow, leg]), mne.create_info(names, sfreq, "misc"), verbose="error"
    )
    raw.set_annotations(mne.Annotations([388], [12], ["bad"]))
    found = preceding_events(raw, [100.0, 300.0, 401.0])
    np.testing.assert_array_equal(found["respiratory_drop"], [0.0, np.nan, np.nan])
    np.testing.assert_array_equal(found["limb_movement"], [0.0, np.nan, np.nan])


@pytest.mark.parametrize("sfreq", [10.0, 16.0, 19.0])
def test_slow_leg_channels_keep_their_times(sfreq):
    n = int(400 * sfreq)
    leg = 1.0 + 0.1 * np.random.default_rng(0).standard_normal(n)
    leg[int(298 * sfreq) : int(302 * sfreq)] = 6.0
    raw = mne.io.RawArray(leg[None], mne.create_info(["Leg"], sfreq, "misc"), verbose="error")
    assert preceding_events(raw, [200.0, 302.0])["limb_movement"].tolist() == [0.0, 1.0]
