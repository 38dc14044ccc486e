"""Damaged files: an answer, or one sentence, never another error.

``HYPNOGRAM_FUZZ=5000`` in the environment sets how many damaged files each reader gets.
"""

import os
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mne_arousal import RecordingError
from mne_arousal.annotation_files import read_annotation_file
from mne_arousal.hypnogram import hypnogram_to_stages, read_arousals
from mne_arousal.utils.notes import collect_notes

from .files import (
    AROUSALS,
    START,
    TEXTS,
    annotations,
    challenge_marks,
    domino_events,
    edf_plus,
    mit_annotations,
)

N_FILES = int(os.environ.get("HYPNOGRAM_FUZZ", "40"))
_WORDS = (
    *(b"\0", b"\n", b"\t", b";", b",", b'"', b"<", b"&", b"]]>", b"\xff\xfe", b"\xef\xbb\xbf"),
    *(
        b"1e999",
        b"nan",
        b"inf",
        b"-1",
        b"999999999",
        b"9" * 400,
        b"24:61:99",
        b"0+",
        b"e:1",
        b"...",
    ),
    *(
        b"2020-13-45T99:99:99",
        b"31/12/9999 23:59:59",
        b"0001-01-01T00:00:00+14:00",
        b"\x14",
        b"\x15",
    ),
    *(b"<!ENTITY a 'b'>", b"arousal", b"Sleep stage 2", b"n/a", "é".encode(), b"\r", b"#", b"*"),
)
_EDIT = 8  # bytes that tell one edit; bytes are drawn far faster than tuples
_EDITS = st.binary(min_size=_EDIT, max_size=6 * _EDIT)


def decoded(drawn: bytes):
    """Turn drawn bytes into edits: kind, place, length, what to insert."""
    kinds = ("cut", "insert", "replace", "repeat", "flip")
    for i in range(0, len(drawn) - _EDIT + 1, _EDIT):
        kind, *where, length, index = drawn[i : i + _EDIT]
        word = _WORDS[index % len(_WORDS)] if index % 4 else drawn[i : i + 1 + index % 6]
        yield kinds[kind % len(kinds)], int.from_bytes(bytes(where), "big"), length, word


def damaged(data: bytes, drawn: bytes) -> bytes:
    for kind, where, length, word in decoded(drawn):
        # most formats say in their first bytes what they are
        at = where % (min(len(data), 600) + 1) if where % 2 else where % (len(data) + 1)
        if kind == "cut":
            data = data[:at] + data[at + length :]
        elif kind == "insert":
            data = data[:at] + word + data[at:]
        elif kind == "replace":
            data = data[:at] + word + data[at + len(word) :]
        elif kind == "repeat":
            data = data[:at] + data[at : at + length] * 3 + data[at + length :]
        elif at < len(data):
            data = data[:at] + bytes([data[at] ^ (1 << (length % 8))]) + data[at + 1 :]
    return data


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    files = {name: text.encode() for name, (text, _) in TEXTS.items()}
    files["Arousals.txt"] = domino_events().encode()
    files["tr.arousal"] = mit_annotations(challenge_marks())
    marks = "".join(f"{o} {d}\n" for o, d in AROUSALS)
    files["Visual_scoring1_n.txt"] = f"[vis1_Arousals/C3-A1]\n{marks}".encode()
    files["utf16.csv"] = TEXTS["yasa.csv"][0].encode("utf-16")
    files["mne.txt"], files["mne.csv"] = (
        saved(folder, f"mne{suffix}") for suffix in (".txt", ".csv")
    )
    files["night-annot.fif"] = saved(folder, "night-annot.fif")
    edf_plus(folder / "night.edf")
    files["night.edf"] = (folder / "night.edf").read_bytes()
    return files


def saved(folder, name) -> bytes:
    annotations().save(folder / name, verbose="error")
    return (folder / name).read_bytes()


_MORE = (
    "Arousals.txt",
    "tr.arousal",
    "Visual_scoring1_n.txt",
    "utf16.csv",
    "mne.txt",
    "mne.csv",
    "night-annot.fif",
    "night.edf",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*TEXTS, *_MORE])
def test_damaged_files(name, whole_files, tmp_path):
    path = tmp_path / name

    @settings(
        max_examples=N_FILES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(edits=_EDITS)
    def check(edits):
        path.write_bytes(damaged(whole_files[name], edits))
        for read in (stages, arousals, read_annotation_file):
            try:
                read(path)
            except RecordingError as error:
                text = str(error)
                assert text, edits
                assert "Traceback" not in text, edits
                assert len(text) < 1000, edits

    check()


def stages(path):
    with collect_notes(), warnings.catch_warnings():
        warnings.simplefilter("error")
        found = hypnogram_to_stages(path, duration=1800, start=START)
        assert len(found) == 60
        assert np.isin(found, np.arange(-1, 5)).all()


def arousals(path):
    found = read_arousals(path, start=START)
    assert np.isfinite(found["onset"]).all()
    assert (found["onset"].abs() <= 8 * 86400 + 86400).all()


def test_whole_files_are_read(whole_files, tmp_path):
    for name, data in whole_files.items():
        path = tmp_path / name
        path.write_bytes(data)
        if name not in ("Arousals.txt", "Visual_scoring1_n.txt"):  # these hold no stages
            stages(path)
        arousals(path)
