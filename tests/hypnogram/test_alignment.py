"""A recording and a hypnogram, put through all ways in which their clocks can differ."""

import re
from datetime import UTC, datetime, timedelta, timezone

import mne
import numpy as np
import pandas as pd
import pytest

from mne_arousal import RecordingError
from mne_arousal.hypnogram import Hypnogram
from mne_arousal.hypnogram.reading import stages_of_raw
from mne_arousal.utils.notes import collect_notes

from .files import CODES, NAMES, START, annotations, edf_plus

LENGTH = 1800.0  # s, 60 epochs
BERLIN = timezone(timedelta(hours=1))


def recording(start=START, crop=0.0):
    raw = mne.io.RawArray(
        np.zeros((1, int(LENGTH * 10))), mne.create_info(1, 10.0), verbose="error"
    )
    raw.set_meas_date(start)
    return raw.crop(crop) if crop else raw


def plain(start):
    marks = annotations(None)
    return mne.Annotations(marks.onset, marks.duration, marks.description, orig_time=start)


def written(text, name):
    def make(tmp_path):
        path = tmp_path / name
        path.write_text(text)
        return path

    return make


def dated_rows(start, step=30.0, zone="", jump_at=None, jump=0.0):
    lines = []
    for i, code in enumerate(CODES):
        moment = start + timedelta(seconds=i * step + (jump if jump_at and i >= jump_at else 0))
        lines.append(f"{moment:%Y-%m-%dT%H:%M:%S}{zone},30,{NAMES[code]}\n")
    return "onset,duration,description\n" + "".join(lines)


def clock_rows(start, jump_at=None, jump=0.0):
    text = dated_rows(start, jump_at=jump_at, jump=jump).splitlines()[1:]
    return "".join(f"{line[11:19]};{line.rsplit(',', 1)[1]}\n" for line in text)


def edf(start):
    def make(tmp_path):
        edf_plus(tmp_path / "stages.edf", start)
        return tmp_path / "stages.edf"

    return make


def yasa(start, codes=CODES, seconds=30):
    class Yasa:  # stands for yasa.Hypnogram
        sampling_frequency = 1 / seconds

        def as_int(self):
            return pd.Series(codes)

    Yasa.start = start
    return lambda tmp_path: Yasa()


def same(what):
    return lambda tmp_path: what


DST_END = datetime(2020, 10, 25, 2, 45, tzinfo=UTC)  # the hour from 2 to 3 comes twice
DST_START = datetime(2020, 3, 29, 1, 45, tzinfo=UTC)  # there is none from 2 to 3
#: Name: the recording, the hypnogram, by how many epochs it is later, whether that is noted.
ALIGNMENTS = {
    "dates that are equal": (recording(), same(plain(START)), 0, False),
    "no dates": (recording(None), same(plain(None)), 0, False),
    "a date of the recording alone": (recording(), same(plain(None)), 0, False),
    "a date of the hypnogram alone": (recording(None), same(plain(START)), 0, False),
    "a list": (recording(), same(list(CODES)), 0, False),
    "hypnogram 10 min later": (recording(), same(plain(START + timedelta(minutes=10))), 20, True),
    "hypnogram 10 min earlier": (
        recording(),
        same(plain(START - timedelta(minutes=10))),
        -20,
        True,
    ),
    "EDF+": (recording(), edf(START), 0, False),
    "EDF+ 10 min later": (recording(), edf(START + timedelta(minutes=10)), 20, True),
    "EDF+ for an undated recording": (recording(None), edf(START), 0, False),
    "EDF+ past midnight": (recording(), edf(START + timedelta(minutes=15)), 30, True),
    "cropped, dated": (recording(START, 300), same(plain(START)), -10, True),
    "cropped, dated, own": (recording(START, 300), "own", -10, False),
    "cropped, undated, own": (recording(None, 300), "own", -10, False),
    "cropped, undated, a copy of its own": (recording(None, 300), "own copy", -10, False),
    "cropped, undated, file of own": (recording(None, 300), "own file", -10, False),
    "cropped, list of the whole": (recording(None, 300), same(list(CODES)), -10, True),
    "cropped, list of what is left": (recording(None, 300), same(list(CODES[10:])), -10, False),
    "cropped, dated, EDF+": (recording(START, 300), edf(START), -10, True),
    "Hypnogram with a start": (
        recording(),
        same(Hypnogram(CODES[4:], 30.0, START + timedelta(seconds=120))),
        0,
        False,
    ),
    "Hypnogram of 10 s": (recording(), same(Hypnogram(np.repeat(CODES, 3), 10.0)), 0, False),
    "YASA, naive start": (recording(), yasa("2020-01-01 23:55:00"), 10, True),
    "YASA of 15 s": (recording(), yasa(None, np.repeat(CODES, 2), 15), 0, False),
    "YASA, an instant": (
        recording(),
        yasa(pd.Timestamp("2020-01-02 00:50:00", tz=BERLIN)),
        0,
        False,
    ),
    "YASA, the clock of a zone": (
        recording(),
        yasa(pd.Timestamp("2020-01-01 23:50:00", tz=BERLIN)),
        0,
        False,
    ),
    "times of the clock": (recording(), written(clock_rows(START), "a.txt"), 0, False),
    "times of the clock, 5 min later": (
        recording(),
        written(clock_rows(START + timedelta(minutes=5)), "a.txt"),
        10,
        True,
    ),
    "times of the clock, from past midnight on": (
        recording(),
        written(clock_rows(START + timedelta(minutes=12)), "a.txt"),
        24,
        True,
    ),
    "times of the clock, an undated recording": (
        recording(None),
        written(clock_rows(START), "a.txt"),
        0,
        False,
    ),
    "times of another zone": (
        recording(),
        written(clock_rows(START + timedelta(hours=1)), "a.txt"),
        0,
        True,
    ),
    "dates of rows": (recording(), written(dated_rows(START), "a.csv"), 0, False),
    "an offset, the instant": (
        recording(),
        written(dated_rows(START + timedelta(hours=1), zone="+01:00"), "a.csv"),
        0,
        False,
    ),
    "an offset, the clock": (
        recording(),
        written(dated_rows(START, zone="+01:00"), "a.csv"),
        0,
        False,
    ),
    "night of summer time's end": (
        recording(DST_END),
        written(dated_rows(DST_END, jump_at=30, jump=-3600), "a.csv"),
        0,
        False,
    ),
    "its times of the clock": (
        recording(DST_END),
        written(clock_rows(DST_END, jump_at=30, jump=-3600), "a.txt"),
        0,
        False,
    ),
    "night of summer time's start": (
        recording(DST_START),
        written(dated_rows(DST_START, jump_at=30, jump=3600), "a.csv"),
        0,
        False,
    ),
}


@pytest.mark.parametrize("name", ALIGNMENTS)
def test_alignments(name, tmp_path):
    raw, make, shift, noted = ALIGNMENTS[name]
    raw = raw.copy()
    if isinstance(make, str):
        raw = recording(raw.info["meas_date"]).set_annotations(plain(raw.info["meas_date"]))
        raw.crop(300)
        given = raw.annotations
        if make == "own copy":
            given = given[[i for i, d in enumerate(given.description) if "stage" in d]]
        elif make == "own file":
            given.save(tmp_path / "own-annot.fif")
            given = tmp_path / "own-annot.fif"
    else:
        given = make(tmp_path)
    with collect_notes() as notes:
        found = stages_of_raw(given, raw, recording="night").stages
    expected = np.full(len(found), -1)
    for i in range(len(found)):
        if 0 <= i - shift < len(CODES):
            expected[i] = CODES[i - shift]
    if name == "Hypnogram with a start":
        expected[:4] = -1
    np.testing.assert_array_equal(found, expected)
    assert bool(notes) == noted, [note.text for note in notes]
    assert len(notes) <= 1


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            same(plain(START - timedelta(days=400))),
            r"400\.00 days before it \(.*2018 at .*, not 1 January 2020 at 23:50:00\)",
        ),
        (edf(datetime(1985, 1, 1, 23, 50)), r"12783\.00 days before it: none"),
    ],
)
def test_different_days_are_refused(make, told, tmp_path):
    with pytest.raises(RecordingError, match=told):
        stages_of_raw(make(tmp_path), recording())


def test_edf_without_a_day_is_laid_by_its_clock(tmp_path):
    edfio = pytest.importorskip("edfio")
    path = tmp_path / "stages.edf"
    marks = [
        edfio.EdfAnnotation(30.0 * i, 30.0, f"Sleep stage {NAMES[c]}") for i, c in enumerate(CODES)
    ]
    later = (START + timedelta(minutes=5)).time()
    edfio.Edf([], annotations=marks, starttime=later).write(path)
    with collect_notes():
        found = stages_of_raw(path, recording()).stages
    np.testing.assert_array_equal(found[10:], CODES[:50])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (list(np.repeat(CODES, 3)), "180 epochs fit the recording if each lasts 10 s"),
        (list(CODES[:50]), "50 epochs of 30 s last 1500 s.*covers 25 of the 30 min.*83 %"),
        (list(np.tile(CODES, 2)[:67]), "67 epochs of 30 s last 2010 s.*ends 210 s after"),
        (mne.Annotations([0, 30], [30, 1770], ["N2", "Sleep stage ?"]), None),
        (mne.Annotations([0, 900], [900, 300], ["W", "N2"]), "covers 20 of the 30 min"),
        (mne.Annotations([0, 1800], [1800, 900], ["W", "N2"]), "ends 900 s after it"),
        (
            mne.Annotations([0, 1710], [1710, 90], ["W", "Sleep stage N"]),
            "'Sleep stage N' are not known as stages; 90 s",
        ),
    ],
)
def test_one_note_says_how_much(given, words):
    with collect_notes() as notes:
        stages_of_raw(given, recording(), recording="night")
    if words is None:
        assert not notes
    else:
        (note,) = notes
        assert note.code == "hypnogram_misfit"
        assert re.search(words, note.text), note.text


def test_epoch_length_is_given():
    with collect_notes() as notes:
        found = stages_of_raw(list(np.repeat(CODES, 3)), recording(), epoch_length=10).stages
    np.testing.assert_array_equal(found, CODES)
    assert not notes
    with pytest.raises(RecordingError, match="length in s"):
        stages_of_raw(list(CODES), recording(), epoch_length=-1)


def test_names_that_cover_the_night_are_refused():
    given = mne.Annotations([0, 600, 1200], [600, 600, 600], ["Wake", "Light", "REM"])
    with pytest.raises(RecordingError, match="'Light' cover 10 of the 30 min"):
        stages_of_raw(given, recording())
    zero = mne.Annotations([0, 600, 900], [0, 0, 0], ["Wake", "Sleep phase A", "Wake"])
    with pytest.raises(RecordingError, match="'Sleep phase A' cover"):
        stages_of_raw(zero, recording())
    # what lies beside stages is an event
    given = mne.Annotations([0, 0], [1800, 1500], ["N2", "supine"])
    assert (stages_of_raw(given, recording()).stages == 2).all()
