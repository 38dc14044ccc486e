"""Times given back: annotations that were added to any Raw, and what is counted from them."""

from datetime import UTC, datetime

import mne
import numpy as np
import pandas as pd
import pytest

from mne_arousal import RecordingError, add_arousals, annotate_arousals, summarize
from mne_arousal.annotate import _annotations
from mne_arousal.annotation_files import write_annotations
from mne_arousal.hypnogram import read_arousals

START = datetime(2020, 1, 1, 22, 0, tzinfo=UTC)
EVENT = 50.0  # s from the first sample
OWN = (150.0, 400.0)  # s from the start of the whole recording


def whole(date):
    raw = mne.io.RawArray(np.zeros((1, 6000)), mne.create_info(1, 10.0), verbose="error")
    raw.set_meas_date(date)
    return raw.set_annotations(mne.Annotations(OWN, [5, 5], ["a", "b"], orig_time=date))


def concatenated(date):
    return mne.concatenate_raws([whole(date).crop(100), whole(None if date is None else date)])


#: Name: the recording, its own annotations from the first sample.
RAWS = {
    "dated": (lambda: whole(START), [150, 400]),
    "undated": (lambda: whole(None), [150, 400]),
    "dated, cropped": (lambda: whole(START).crop(100), [50, 300]),
    "undated, cropped": (lambda: whole(None).crop(100), [50, 300]),
    "undated, cropped twice": (lambda: whole(None).crop(60).crop(40), [50, 300]),
    "dated, concatenated": (lambda: concatenated(START), [50, 300, 650, 900]),
    "undated, concatenated": (lambda: concatenated(None), [50, 300, 650, 900]),
    "before 1985": (lambda: whole(datetime(1920, 5, 1, tzinfo=UTC)).crop(100), [50, 300]),
}


def found(raw):
    """What `annotate_arousals` returns for one event at 50 s."""
    row = {
        "onset": EVENT,
        "duration": 4.0,
        "score": 5.0,
        "probability": 0.9,
        "onset_low": EVENT - 1,
        "onset_high": EVENT + 1,
        "end_low": EVENT + 3,
        "end_high": EVENT + 5,
        "stage_cluster": 2,
        "kind": "eeg",
        "band": "alpha",
        "cues": "",
        "ch_names": (),
        "respiratory_drop": np.nan,
        "limb_movement": np.nan,
        "desaturation": np.nan,
    }
    return _annotations(pd.DataFrame([row]), raw)


def from_first_sample(raw, name):
    keep = np.array([text == name for text in raw.annotations.description])
    return raw.annotations.onset[keep] - raw.first_time


@pytest.mark.parametrize("name", RAWS)
def test_added_where_they_are_and_nothing_moves(name):
    make, own = RAWS[name]
    raw = make()
    before = list(zip(raw.annotations.onset, raw.annotations.description, strict=True))
    assert add_arousals(raw, found(raw)) is raw
    np.testing.assert_allclose(from_first_sample(raw, "arousal"), [EVENT])
    kept = sorted([*from_first_sample(raw, "a"), *from_first_sample(raw, "b")])
    np.testing.assert_allclose(kept, own)
    after = list(zip(raw.annotations.onset, raw.annotations.description, strict=True))
    assert [row for row in after if row[1] != "arousal"] == before
    # the interval is on the clock of the onset
    (extra,) = [dict(e) for e in raw.annotations.extras if e]
    low = (
        extra["onset_low"]
        - raw.annotations.onset[list(raw.annotations.description).index("arousal")]
    )
    np.testing.assert_allclose(low, -1)


@pytest.mark.parametrize("name", RAWS)
@pytest.mark.parametrize("added", [False, True])
def test_counted_in_their_hour_and_stage(name, added):
    raw = RAWS[name][0]()
    marks = add_arousals(raw, found(raw)).annotations if added else found(raw)
    stages = np.repeat([1, 2], [3, 17])  # 50 s lies in the second epoch
    table = summarize(marks, stages).set_index("label")
    assert table.loc["1", "arousals"] == 1
    assert table.loc["2", "arousals"] == 0


@pytest.mark.parametrize("name", RAWS)
def test_edf_of_any_date(name, tmp_path):
    pytest.importorskip("edfio")
    raw = RAWS[name][0]()
    start = raw.info["meas_date"]
    if start is not None:
        start += pd.Timedelta(seconds=raw.first_time).to_pytimedelta()
    path = write_annotations(found(raw), tmp_path / "night.edf", start=start)
    onset = read_arousals(path, start=start)["onset"]
    np.testing.assert_allclose(onset, [EVENT])


def test_dates_that_differ():
    raw = whole(START).crop(100)
    later = mne.Annotations(
        [20.0], [4.0], ["arousal"], orig_time=START.replace(minute=2, second=10)
    )
    add_arousals(raw, later)
    np.testing.assert_allclose(from_first_sample(raw, "arousal"), [50])
    raw = whole(START).crop(100)
    add_arousals(raw, mne.Annotations([50.0], [4.0], ["arousal"]))
    np.testing.assert_allclose(from_first_sample(raw, "arousal"), [50])
    with pytest.raises(RecordingError, match="recording has none"):
        add_arousals(whole(None), later)


@pytest.mark.parametrize("date", [START, None])
def test_the_whole_way(date):
    from mne_arousal.datasets import simulate_psg

    sim = simulate_psg(duration=1800, random_state=1, verbose="error")
    raw = sim.raw
    raw.set_meas_date(date)
    raw.crop(300)
    marks = annotate_arousals(raw, random_state=0, verbose="error")
    assert len(marks)
    add_arousals(raw, marks)
    truth = np.array(sim.arousals.onset) - 300
    near = [np.abs(truth - onset).min() for onset in from_first_sample(raw, "arousal")]
    assert np.median(near) < 1
