"""Files of every format tell the same half hour."""

import mne
import numpy as np
import pytest

from mne_arousal import RecordingError
from mne_arousal.hypnogram import hypnogram_to_stages, read_arousals, read_hypnogram

from .files import AROUSALS, CODES, START, TEXTS, annotations, edf_plus


@pytest.mark.parametrize("name", TEXTS)
def test_stages_of_text(tmp_path, name):
    path = tmp_path / name
    path.write_text(TEXTS[name][0], encoding="utf-8")
    found = hypnogram_to_stages(path, duration=1800, start=START)
    np.testing.assert_array_equal(found, CODES)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("name", ["yasa.csv", "luna.annot", "remlogic.txt", "Schlafprofil.txt"])
def test_encodings(tmp_path, name, encoding):
    path = tmp_path / name
    path.write_bytes(TEXTS[name][0].encode(encoding))
    np.testing.assert_array_equal(hypnogram_to_stages(path, duration=1800, start=START), CODES)


@pytest.mark.parametrize("name", [name for name, (_, marks) in TEXTS.items() if marks])
def test_arousals_of_text(tmp_path, name):
    path = tmp_path / name
    path.write_text(TEXTS[name][0], encoding="utf-8")
    found = read_arousals(path, start=START)
    if name != "remlogic.txt":  # whole seconds
        np.testing.assert_allclose(found[["onset", "duration"]], AROUSALS)
    np.testing.assert_allclose(found["onset"], [o for o, _ in AROUSALS], atol=0.5)
    assert all("arousal" in kind.lower() for kind in found["kind"])


def test_files_of_mne_and_edf(tmp_path):
    edf_plus(tmp_path / "night.edf")
    annotations().save(tmp_path / "night-annot.fif")
    for name in ("night.edf", "night-annot.fif"):
        np.testing.assert_array_equal(
            hypnogram_to_stages(tmp_path / name, duration=1800, start=START), CODES
        )
        found = read_arousals(tmp_path / name, start=START)
        np.testing.assert_allclose(found[["onset", "duration"]], AROUSALS)
        assert read_hypnogram(tmp_path / name).orig_time == START


def test_domino_events_are_arousals(tmp_path):
    from .files import domino_events

    path = tmp_path / "Arousals.txt"
    path.write_text(domino_events())
    found = read_arousals(path, start=START)
    np.testing.assert_allclose(found[["onset", "duration"]], AROUSALS, atol=2e-3)


def test_visbrain_says_beside_how_long_a_number_lasts(tmp_path):
    path = tmp_path / "hypno.txt"
    path.write_text("".join(f"{c}\n" for c in np.repeat(CODES, 3)))
    (tmp_path / "hypno_description.txt").write_text("time 10.0\nWake 0\n")
    np.testing.assert_array_equal(hypnogram_to_stages(path, duration=1800), CODES)


def test_epochs_that_are_left_out_are_not_scored(tmp_path):
    path = tmp_path / "night.csv"
    path.write_text("Epoch,Stage\n1,W\n2,N1\n5,N2\n")
    np.testing.assert_array_equal(hypnogram_to_stages(path), [0, 1, -1, -1, 2])


def test_arousals_without_a_duration(tmp_path):
    path = tmp_path / "marks.tsv"
    path.write_text("onset\tduration\ttrial_type\n12.5\tn/a\tarousal\n3\t4\tarousal_limb\n")
    found = read_arousals(path)
    np.testing.assert_allclose(found["onset"], [3, 12.5])
    np.testing.assert_array_equal(found["duration"], [4, np.nan])
    assert list(found["kind"]) == ["arousal_limb", "arousal"]
    assert not len(read_arousals(mne.Annotations([0], [30], ["Sleep stage W"])))


BOMB = '<!DOCTYPE a [<!ENTITY b "c">]><annotationlist>&b;</annotationlist>'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xml", BOMB.encode(), "declares entities"),
        ("a.xml", ('<?xml version="1.0" encoding="UTF-16"?>' + BOMB).encode("utf-16"), "entities"),
        ("a.txt", BOMB.encode(), "declares entities"),
        ("a.xml", b"<a>" * 200, "nested too deep"),
        ("a.xml", b"", "can't be read as XML"),
        ("a.txt", b"", "is empty"),
        ("a.csv", b"onset,duration,description\n1e9,30,N2\n", "within 7 days"),
        ("a.csv", b"onset,duration,description\n0,inf,N2\n", "no duration"),
        ("a.csv", b"onset,duration,description\nnan,30,N2\n", "no time"),
        ("a.csv", b"onset,duration,description\n0,30,N2\n22:13:00,30,N2\n", "mix seconds"),
        ("a.annot", b"N2 . . e:999999999 . .\n", "within 7 days"),
        (
            "a.csv",
            b"Epoch,Stage\n1,W\n2,banana\n",
            r"Not sleep stages: '...' \(the .* entry 2",
        ),
        ("a.csv", b"epoch,mood\n1,good\n2,bad\n", "No sleep stage|no column"),
        ("a.edf", b"0       " + b" " * 300, "no EDF\\+ header"),
        ("a-annot.fif", b"\0\0\0\x64" + b"\0" * 30, "Not a hypnogram"),
        ("a.txt", bytes(range(256)) * 4, "no text"),
        ("a.hyp", b"0\n1\n", "epoch_list"),
    ],
)
def test_one_sentence(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=message) as error:
        hypnogram_to_stages(path)
    assert name in str(error.value)


def test_only_regular_files(tmp_path):
    import os

    with pytest.raises(RecordingError, match="no regular file"):
        read_hypnogram(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.txt")
        with pytest.raises(RecordingError, match="no regular file"):
            read_hypnogram(tmp_path / "pipe.txt")
    with pytest.raises(FileNotFoundError, match="No such annotation file"):
        read_arousals(tmp_path / "none.xml")


def test_large_files_are_refused(tmp_path):
    path = tmp_path / "night.txt"
    with open(path, "wb") as file:
        file.truncate(65 * 2**20)
    with pytest.raises(RecordingError, match="65 MiB"):
        read_hypnogram(path)


def test_annotations_in_a_large_edf(tmp_path, monkeypatch):
    """A recording that holds its own stages may be of any size: it is not read as a whole."""
    from mne_arousal.hypnogram import document

    monkeypatch.setattr(document, "LARGEST", 1000)
    edf_plus(tmp_path / "night.edf")
    found = hypnogram_to_stages(tmp_path / "night.edf", duration=1800, start=START)
    np.testing.assert_array_equal(found, CODES)


def test_a_week_of_seconds_takes_seconds(tmp_path):
    """What grows with the square of the length shows here."""
    path = tmp_path / "week.csv"
    path.write_text("onset,duration,description\n" + "".join(f"{i},1,N2\n" for i in range(60000)))
    assert (hypnogram_to_stages(path, duration=60000) == 2).all()
    with pytest.raises(RecordingError, match="no recording's"):
        hypnogram_to_stages([0, 1, 2], duration=1e5, epoch_length=1e-9)
