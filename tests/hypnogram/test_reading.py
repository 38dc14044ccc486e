"""An expert's stages, from all that they come as."""

from datetime import UTC, datetime, timedelta

import mne
import numpy as np
import pytest

from mne_arousal import RecordingError
from mne_arousal.hypnogram import STAGES, hypnogram_to_stages, read_hypnogram


def annotations(*rows, orig_time=None):
    onset, duration, description = zip(*rows, strict=True)
    return mne.Annotations(onset, duration, description, orig_time=orig_time)


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("W", "W"),
        ("Wake", "W"),
        ("Sleep stage W", "W"),
        ("N1", "N1"),
        ("Sleep stage N1", "N1"),
        ("Sleep stage 1", "N1"),
        ("SLEEP-S2", "N2"),
        ("Sleep_stage_2", "N2"),
        ("S3", "N3"),
        ("Sleep stage 3", "N3"),
        ("Sleep stage 4", "N3"),
        ("rem", "R"),
        ("Sleep stage R", "R"),
        ("Sleep stage ?", None),
        ("Movement time", None),
        ("unscored", None),
    ],
)
def test_stage_names(name, stage):
    expected = -1 if stage is None else STAGES.index(stage)
    # A second, known epoch, since a hypnogram with nothing scored is an error.
    stages = hypnogram_to_stages(annotations((0, 30, name), (30, 30, "N2")))
    np.testing.assert_array_equal(stages, [expected, 2])
    np.testing.assert_array_equal(hypnogram_to_stages([name, "N2"]), [expected, 2])


def test_other_annotations_are_left_out():
    # Bare digits and "S  1" are triggers.
    source = annotations(
        (0, 60, "Sleep stage 2"), (3, 5, "arousal"), (10, 1, "1"), (40, 0, "Stimulus/S  1")
    )
    found = read_hypnogram(source)
    assert list(found.description) == ["Sleep stage N2"]
    np.testing.assert_array_equal(hypnogram_to_stages(source), [2, 2])
    np.testing.assert_array_equal(found.duration, [60])


def test_an_epoch_has_the_stage_that_covers_most_of_it():
    source = annotations((0, 40, "N2"), (40, 25, "R"), (65, 10, "W"))
    # 30 to 60 s: 10 s N2, 20 s R; 60 to 90 s: 5 s R, 10 s W, 15 s of nothing.
    np.testing.assert_array_equal(hypnogram_to_stages(source, 4), [2, 4, 0, -1])
    np.testing.assert_array_equal(hypnogram_to_stages(source, epoch_length=20), [2, 2, 4])


def test_unscored_covers_too():
    source = annotations((0, 10, "N2"), (10, 20, "Movement time"), (30, 30, "N3"))
    np.testing.assert_array_equal(hypnogram_to_stages(source), [-1, 3])


def test_length():
    source = annotations((0, 90, "N2"), (90, 6900, "Sleep stage ?"))
    assert len(hypnogram_to_stages(source)) == 233
    np.testing.assert_array_equal(hypnogram_to_stages(source, duration=100), [2, 2, 2])
    np.testing.assert_array_equal(hypnogram_to_stages(source, duration=89.9), [2, 2])
    np.testing.assert_array_equal(hypnogram_to_stages(source, 5), [2, 2, 2, -1, -1])
    np.testing.assert_array_equal(hypnogram_to_stages([2, 4, 0], 5), [2, 4, 0, -1, -1])
    np.testing.assert_array_equal(hypnogram_to_stages([2, 4, 0], 2), [2, 4])


def test_decimal_durations_lose_no_epoch():
    onset = np.arange(10) * 0.1
    source = mne.Annotations(onset, 0.1, ["N2"] * 10)
    assert len(hypnogram_to_stages(source, epoch_length=0.1)) == 10


def test_marks_without_duration_last_until_the_next():
    source = annotations((0, 0, "W"), (60, 0, "N1"), (90, 0, "N2"))
    np.testing.assert_array_equal(hypnogram_to_stages(source), [0, 0, 1, 2])


def test_arrays_round_trip():
    stages = np.array([0, 0, 1, 2, 3, -1, 4])
    hypnogram = read_hypnogram(stages)
    assert hypnogram.description[3] == "Sleep stage N2"
    np.testing.assert_array_equal(hypnogram_to_stages(hypnogram), stages)
    np.testing.assert_array_equal(hypnogram_to_stages(stages.astype(float)), stages)


def test_start_moves_by_the_clock():
    begin = datetime(2020, 1, 1, 22, tzinfo=UTC)
    source = annotations((0, 30, "W"), (30, 30, "N1"), orig_time=begin + timedelta(seconds=60))
    np.testing.assert_array_equal(hypnogram_to_stages(source, 5, start=begin), [-1, -1, 0, 1, -1])
    np.testing.assert_array_equal(hypnogram_to_stages(source, 2), [0, 1])
    with pytest.raises(RecordingError, match="same night"):
        hypnogram_to_stages(source, 5, start=begin - timedelta(days=1))


@pytest.mark.parametrize("suffix", [".csv", ".txt", "-annot.fif"])
def test_files_that_mne_writes(tmp_path, suffix):
    # The first onset is not 0: MNE's .csv loses it where there is no orig_time.
    source = annotations((30, 30, "Sleep stage 1"), (60, 60, "Sleep stage R"))
    path = tmp_path / f"night{suffix}"
    source.save(path)
    np.testing.assert_array_equal(hypnogram_to_stages(path), [-1, 1, 4, 4])
    np.testing.assert_array_equal(hypnogram_to_stages(str(path)), [-1, 1, 4, 4])


def test_csv_in_seconds(tmp_path):
    path = tmp_path / "night.csv"
    path.write_text("onset,duration,description\n30,30,N1\n60.0,60,REM\n")
    np.testing.assert_array_equal(hypnogram_to_stages(path), [-1, 1, 4, 4])


def test_sleep_edf(sleep_edf_night):
    _, path = sleep_edf_night
    stages = hypnogram_to_stages(path, duration=79500)
    # Counted in the file: 1997 epochs of W, 58 stage 1, 250 stage 2, 220 stage 3 or 4, 125 R.
    np.testing.assert_array_equal(np.bincount(stages, minlength=5), [1997, 58, 250, 220, 125])
    hypnogram = mne.read_annotations(path)
    np.testing.assert_array_equal(hypnogram_to_stages(hypnogram, duration=79500), stages)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (mne.Annotations([0], [3], ["arousal"]), "No sleep stage among the 1 .*'arousal'"),
        (mne.Annotations([], [], []), "No sleep stage among the 0"),
        ([0, 1, 7], r"not \[7.0\]"),
        ([0.5], r"not \[0.5\]"),
        ([np.nan, 1], r"not \[nan\]"),
        (["N2", "2", "banana"], r"Not sleep stages: '...', '2' \(the first is entry 2\)"),
        ([], "one stage per epoch"),
        ([[0, 1]], "one stage per epoch"),
    ],
)
def test_nothing_recognized(source, message):
    with pytest.raises(RecordingError, match=message):
        hypnogram_to_stages(source)


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.edf", "a-annot.fif", "a.xyz"])
def test_unreadable_files(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(FileNotFoundError, match="No such hypnogram"):
        read_hypnogram(path)
    path.write_text("no\nhypnogram\n")
    with pytest.raises(
        RecordingError, match=f"{name}.*(MNE reads|Not sleep)|No sleep stage.* of {name}"
    ):
        read_hypnogram(path)
