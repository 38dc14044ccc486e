"""Files of Luna, EDFbrowser and YASA, read and written."""

from datetime import UTC, datetime

import mne
import numpy as np
import pandas as pd
import pytest

from mne_arousal import RecordingError
from mne_arousal.annotation_files import read_annotation_file, write_annotations
from mne_arousal.cli import main
from mne_arousal.datasets import simulate_psg
from mne_arousal.hypnogram import hypnogram_to_stages, read_hypnogram

START = datetime(2020, 1, 1, 23, 59, 0, tzinfo=UTC)


def arousals(orig_time=START):
    return mne.Annotations(
        [10.5, 40.25],
        [4.5, 7.0],
        "arousal",
        orig_time=orig_time,
        ch_names=[[], ["C3 M2"]],
        extras=[{"score": 4.125, "stage_cluster": 2}] * 2,
    )


def test_luna_intervals(tmp_path):
    path = tmp_path / "night.annot"
    path.write_text(
        "# a1 | a class\n"
        "class\tinstance\tchannel\tstart\tstop\tmeta\n"
        "N1\t.\t.\t0\t30\t.\n"
        "N2\t.\t.\te:2\te:3\t.\n"
        "N3\t.\t.\te:7:20:10\t.\t.\n"
        "N2\t.\t.\t90\t...\t.\n"
        "R\t.\t.\t0+00:02:00\t+30\t.\n"
        "arousal\ti1\tC3,C4\t23:59:12.5\t00:00:10\tW|0.8\n"
    )
    found = read_annotation_file(path, start=START)
    np.testing.assert_allclose(found.onset, [0, 12.5, 30, 60, 90, 120])
    np.testing.assert_allclose(found.duration, [30, 57.5, 60, 20, 30, 30])
    np.testing.assert_array_equal(hypnogram_to_stages(path, 6, start=START), [1, 2, 2, 2, 4, -1])
    with pytest.raises(RecordingError, match="when the recording starts is unknown"):
        read_hypnogram(path)


@pytest.mark.parametrize("line", ["N2\t0\t30", "N2 i1 0 30", "N2  .  .  0  +30  ."])
def test_luna_columns(tmp_path, line):
    path = tmp_path / "night.annot"
    path.write_text(f"{line}\n")
    np.testing.assert_array_equal(hypnogram_to_stages(path), [2])


def test_luna_marks_before_midnight_of_the_next_day(tmp_path):
    path = tmp_path / "night.annot"
    path.write_text("N2 00:00:00 00:01:00\n")
    found = read_annotation_file(path, start=START)
    assert (found.onset[0], found.duration[0]) == (60, 60)


EDFBROWSER_XML = """<?xml version="1.0"?>
<annotationlist>
 <annotation>
  <onset>2020-01-01T23:59:30.0000000</onset>
  <duration>30</duration>
  <description>Sleep stage N2</description>
 </annotation>
 <annotation>
  <onset>2020-01-02T00:00:00.0000000</onset>
  <duration></duration>
  <description>lights &amp; noise</description>
 </annotation>
</annotationlist>
"""


def test_edfbrowser_xml(tmp_path):
    path = tmp_path / "night.xml"
    path.write_text(EDFBROWSER_XML)
    found = read_annotation_file(path)
    assert found.orig_time == START.replace(second=30)
    assert list(found.description) == ["Sleep stage N2", "lights & noise"]
    np.testing.assert_array_equal(hypnogram_to_stages(path, 3, start=START), [-1, 2, -1])


@pytest.mark.parametrize(
    "onsets", [("+30.0000000", "+60.0000000"), ("23:59:30", "00:00:00.5"), ("date", "date")]
)
@pytest.mark.parametrize("separator", [",", "\t"])
def test_edfbrowser_tables(tmp_path, onsets, separator):
    if onsets[0] == "date":
        onsets = "2020-01-01T23:59:30", "2020-01-02T00:00:00"
    rows = [("Onset", "Duration", "Annotation"), (onsets[0], "30", "N2"), (onsets[1], "30", "R")]
    path = tmp_path / "night.csv"
    path.write_text("".join(separator.join(row) + "\n" for row in rows))
    np.testing.assert_array_equal(hypnogram_to_stages(path, 3, start=START), [-1, 2, 4])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("night.txt", "0\n0\n1\n2\n3\n4\n-1\n-2\n"),
        ("night.txt", "stage\nWAKE\nW\nN1\nN2\nN3\nREM\nART\nUNS\n"),
        ("night.eannot", "wake\nwake\nNREM1\nNREM2\nNREM3\nREM\n?\n?\n"),
        ("night.csv", "Epoch,Stage\n" + "".join(f"{i},{s}\n" for i, s in enumerate("00123R??"))),
    ],
)
def test_one_stage_an_epoch(tmp_path, name, text):
    if name.endswith("csv"):
        text = text.replace(",0", ",W").replace(",1", ",N1").replace(",2", ",N2")
        text = text.replace(",3", ",N3")
    path = tmp_path / name
    path.write_text(text)
    np.testing.assert_array_equal(hypnogram_to_stages(path), [0, 0, 1, 2, 3, 4, -1, -1])


def test_yasa_hypnogram():
    class Hypnogram:  # stands for yasa.Hypnogram, whose integers these are
        def as_int(self):
            return pd.Series([0, 2, -2], name="Stage")

    np.testing.assert_array_equal(hypnogram_to_stages(Hypnogram()), [0, 2, -1])


@pytest.mark.parametrize("suffix", ["csv", "edf", "fif", "xml", "annot"])
def test_round_trip(tmp_path, suffix):
    name = "night-annot.fif" if suffix == "fif" else f"night.{suffix}"
    path = write_annotations(arousals(), tmp_path / name)
    if suffix == "csv":
        found = pd.read_csv(path)
        np.testing.assert_allclose(found["score"], 4.125)
        onset = found["onset"]
    else:
        read = read_annotation_file if suffix in ("xml", "annot") else mne.read_annotations
        found = read(path)
        origin = found.orig_time if suffix == "xml" else START
        onset = found.onset + (origin - START).total_seconds()
        assert list(found.description) == ["arousal"] * 2
    np.testing.assert_allclose(onset, [10.5, 40.25])
    np.testing.assert_allclose(found["duration"] if suffix == "csv" else found.duration, [4.5, 7])
    assert [file.name for file in tmp_path.iterdir()] == [name]
    before = path.read_bytes()
    assert write_annotations(arousals(), path).read_bytes() == before or suffix == "fif"


@pytest.mark.parametrize("suffix", ["csv", "edf", "xml", "annot"])
def test_no_annotations(tmp_path, suffix):
    path = write_annotations(arousals()[:0], tmp_path / f"night.{suffix}")
    if suffix == "csv":
        assert len(pd.read_csv(path)) == 0
    elif suffix == "edf":
        assert list(mne.read_annotations(path).description) == ["Recording starts"]
    else:
        assert len(read_annotation_file(path)) == 0


def test_onsets_count_from_the_start_of_a_cropped_recording(tmp_path):
    start = START.replace(second=10)
    path = write_annotations(arousals(), tmp_path / "night.annot", start=start)
    np.testing.assert_allclose(read_annotation_file(path).onset, [0.5, 30.25])
    early = mne.Annotations([10.5], [4.5], "arousal", START, extras=[{"onset_low": 10.2}])
    table = pd.read_csv(write_annotations(early, tmp_path / "night.csv", start=start))
    np.testing.assert_allclose(table[["onset", "onset_low"]], [[0.5, 0.2]])
    path = write_annotations(arousals(), tmp_path / "night.xml", start=start)
    assert read_annotation_file(path).orig_time == START.replace(second=10, microsecond=500000)


def test_luna_reads_what_was_written(tmp_path):
    luna = pytest.importorskip("lunapi", reason="lunapi is not installed")
    from .recordings import noise_raw, write_edf

    edf = write_edf(tmp_path / "night.edf", noise_raw(duration=120.0, names=["C3"]))
    path = write_annotations(arousals(None), tmp_path / "night.annot")
    recording = luna.proj().inst("night")
    recording.attach_edf(str(edf))
    recording.attach_annot(str(path))
    found = recording.fetch_annots(["arousal"])
    np.testing.assert_allclose(sorted(found["Start"]), [10.5, 40.25])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("night.xml", "<html/>", "not EDFbrowser's"),
        ("night.xml", "<annotationlist>", "can't be read"),
        ("night.xml", '<!DOCTYPE a [<!ENTITY b "c">]><annotationlist/>', "declares entities"),
        ("night.annot", "N2\t0\n", "has 2 columns"),
        ("night.annot", "N2\tsoon\tlater\n", "could not convert"),
        ("night.csv", "what\nN2\n", "can't be read"),
        ("night.doc", "", r"\.annot, \.xml"),
    ],
)
def test_files_that_are_none(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(RecordingError, match=message):
        read_annotation_file(path)


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(RecordingError, match="are written as"):
        write_annotations(arousals(), tmp_path / "night.mat")
    with pytest.raises(RecordingError, match="holds dates"):
        write_annotations(arousals(None), tmp_path / "night.xml")
    with pytest.raises(RecordingError, match="can't be written"):
        write_annotations(arousals(), tmp_path / "no folder" / "night.csv")
    assert list(tmp_path.iterdir()) == []


def test_formats_of_the_command(tmp_path, capsys):
    raw = simulate_psg(duration=1800, random_state=1, verbose="error").raw
    raw.set_meas_date(START)
    raw.crop(600, None).save(tmp_path / "night_raw.fif", verbose="error")
    command = ["detect", str(tmp_path / "night_raw.fif"), "--output", str(tmp_path / "out")]
    options = ["--features", "spectral", "--verbose", "error", "--format", "csv,edf,xml,annot"]
    assert main([*command, *options]) == 0
    onset = pd.read_csv(tmp_path / "out" / "night_raw_arousals.csv")["onset"]
    assert len(onset)
    stem = str(tmp_path / "out" / "night_raw_arousals")
    np.testing.assert_allclose(read_annotation_file(f"{stem}.annot").onset, onset, atol=1e-3)
    np.testing.assert_allclose(mne.read_annotations(f"{stem}.edf").onset, onset, atol=1e-3)
    dated = read_annotation_file(f"{stem}.xml")
    seconds = (dated.orig_time - START).total_seconds() - 600 + dated.onset
    np.testing.assert_allclose(seconds, onset, atol=1e-3)
    with pytest.raises(SystemExit):
        main([*command, "--format", "mat"])
    assert "choose from csv, fif, edf, xml, annot" in capsys.readouterr().err
