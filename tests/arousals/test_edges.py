"""Edges of events in the signal, and the channels that show them."""

import mne
import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter

from mne_arousal.arousals.edges import CARRIED, LOCATED_COLUMNS, channels_that_show, locate_events

SFREQ = 100.0
NAMES = ["C3-M2", "C4-M1"]


def recording(*events, n=120.0, gains=(1.0, 1.0), seed=0):
    """Colored noise in two channels whose fast part is louder in the events (onset, stop), s."""
    rng = np.random.default_rng(seed)
    times = np.arange(int(n * SFREQ)) / SFREQ
    inside = np.any([(times >= a) & (times < b) for a, b in events], axis=0)
    data = []
    for gain in gains:
        slow = lfilter([1.0], [1.0, -1.6, 0.7], rng.normal(size=len(times)))
        fast = lfilter([1.0], [1.0, -0.9, 0.8], rng.normal(size=len(times)))
        data.append(slow + 4.0 * gain * inside * fast * slow.std() / fast.std())
    info = mne.create_info(NAMES, SFREQ, "eeg")
    return mne.io.RawArray(1e-5 * np.array(data), info, verbose="error")


def candidates(*edges, score=10.0):
    """Events as detection returns them, (onset, stop) in s."""
    table = pd.DataFrame({"onset": [a for a, _ in edges], "duration": [b - a for a, b in edges]})
    for name in CARRIED:
        table[name] = "x" if name in ("kind", "band", "cues") else 1.0
    return table.assign(score=score)


def test_edges_are_those_that_the_eeg_shows():
    """Within tenths of a second, on samples, with intervals around them."""
    located = locate_events(candidates((59.6, 66.5)), recording((60.0, 66.0)), SFREQ)
    assert list(located.columns) == LOCATED_COLUMNS
    (event,) = located.itertuples()
    assert event.onset == pytest.approx(60.0, abs=0.15)
    assert event.onset + event.duration == pytest.approx(66.0, abs=0.15)
    assert event.onset_low <= event.onset <= event.onset_high
    assert event.end_low <= event.onset + event.duration <= event.end_high
    assert event.onset * SFREQ == pytest.approx(round(event.onset * SFREQ), abs=1e-6)
    assert event.ch_names == ()


@pytest.mark.parametrize(("length", "kept"), [(2.2, False), (3.4, True)])
def test_what_the_eeg_shows_to_be_short_is_left_out(length, kept):
    """Edges scatter by two tenths of a second, not more."""
    raw = recording((60.0, 60.0 + length))
    located = locate_events(candidates((59.8, 60.2 + max(length, 2.8))), raw, SFREQ)
    assert len(located) == kept
    if kept:
        assert located["duration"].min() >= 3.0


def test_what_is_just_short_gets_the_shortest_duration():
    """An event of 2.9 s is one of 3 s."""
    raw = recording((60.0, 62.9))
    located = locate_events(candidates((60.0, 63.0)), raw, SFREQ)
    assert list(located["duration"].round(2)) == [3.0]


def test_no_event_becomes_longer_than_allowed():
    """Twenty seconds of change are cut."""
    located = locate_events(candidates((60.0, 75.0)), recording((60.0, 80.0)), SFREQ)
    assert located["duration"].max() <= 15.01


def test_channels_that_show_an_event():
    """One channel with little of it is left out; where all show it none is named."""
    for gain, expected in ((0.0, ("C3-M2",)), (0.9, ())):
        signals = recording((60.0, 66.0), gains=(1.0, gain)).get_data()
        assert channels_that_show(signals, NAMES, SFREQ, 60.0, 66.0) == expected
    assert channels_that_show(signals[:1], NAMES[:1], SFREQ, 60.0, 66.0) == ()
    assert channels_that_show(signals, NAMES, SFREQ, 0.2, 6.0) == ()


def test_half_of_the_largest_rise_shows():
    """In natural logarithm of power: channels at 30 and 70 % of the rise."""
    rng = np.random.default_rng(0)
    signals = rng.normal(size=(3, 6000))
    for row, rise in enumerate((4.0, 2.8, 1.2)):
        signals[row, 3000:3600] *= np.exp(rise / 2)
    shown = channels_that_show(signals, ["a", "b", "c"], SFREQ, 30.0, 36.0)
    assert shown == ("a", "b")


def test_a_gap_in_one_channel_leaves_the_other():
    """And a gap in both leaves the side where the event lies."""
    raw = recording((60.0, 66.0))
    raw._data[0, 6100:6300] = np.nan
    (event,) = locate_events(candidates((59.6, 66.5)), raw, SFREQ).itertuples()
    assert event.onset == pytest.approx(60.0, abs=0.3)
    raw = recording((60.0, 66.0))
    raw._data[:, 5300:5400] = np.nan
    (event,) = locate_events(candidates((59.6, 66.5)), raw, SFREQ).itertuples()
    assert event.onset == pytest.approx(60.0, abs=0.3)


def test_weak_events_have_wider_intervals():
    """Detection may have placed the edges of a weak event elsewhere."""
    raw = recording((60.0, 66.0))
    strong, weak = (
        locate_events(candidates((59.6, 66.5), score=score), raw, SFREQ) for score in (12.0, 4.0)
    )
    for low, high in (("onset_low", "onset_high"), ("end_low", "end_high")):
        assert (weak[high] - weak[low]).item() > 2 * (strong[high] - strong[low]).item()
    assert weak["onset"].item() == pytest.approx(60.0, abs=0.5)


def test_slow_waves_before_an_onset_do_not_count():
    """A burst of delta that begins 1.5 s before the faster rhythms."""
    raw = recording((60.0, 66.0))
    times = raw.times
    burst = (times > 58.5) & (times < 61.0)
    raw._data += 1e-4 * burst * np.sin(2 * np.pi * 1.2 * times)
    (event,) = locate_events(candidates((59.6, 66.5)), raw, SFREQ).itertuples()
    assert event.onset == pytest.approx(60.0, abs=0.3)


def test_a_chin_channel_is_used_by_name():
    """It widens at most, an unknown rate or none does not matter."""
    raw = recording((60.0, 66.0), gains=(0.1, 0.1))
    rng = np.random.default_rng(1)
    chin = 5e-6 * rng.normal(size=raw.n_times) * np.where(np.abs(raw.times - 62.5) < 1.5, 5.0, 1.0)
    info = mne.create_info(["Chin"], SFREQ, "emg")
    raw.add_channels([mne.io.RawArray(chin[np.newaxis], info, verbose="error")])
    events = candidates((59.6, 66.5), score=6.0)
    alone, moved = (locate_events(events, raw, SFREQ, chin=name) for name in (None, "Chin"))
    assert moved["onset_low"].item() <= alone["onset_low"].item()
    assert moved["onset_high"].item() >= alone["onset_high"].item()
    assert moved["onset"].item() != alone["onset"].item()
    pd.testing.assert_frame_equal(
        locate_events(events, raw, 25.0, chin="Chin"), locate_events(events, raw, 25.0)
    )
