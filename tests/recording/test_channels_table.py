"""Roles, types and states that a `channels.tsv` gives."""

import json

import mne
import numpy as np
import pytest
from mne_bids import get_bids_path_from_fname

from mne_arousal.recording.montage import Montage
from mne_arousal.recording.reading import read_recording
from mne_arousal.recording.roles import roles_without_signal
from mne_arousal.utils.errors import RecordingError

from ..recordings import write_edf

CHANNELS = {
    "C3-M2": "EEG",
    "C4-M1": "EEG",
    "left": "HEOG",
    "Chin": "EMG",
    "Leg L": "EMG",
    "Ear": "REF",
    "EKG": "ECG",
    "Oxi": "SPO2",
    "Skin": "TEMP",
    "Side": "POS",
    "Finger": "PPG",
    "Air": "RESP",
    "Thorax": "RESP",
}
ROLES = ["eeg", "eeg", "eog", "emg", "leg", "ref", "ecg", "spo2", "misc", "position", "pulse"]
ROLES = dict(zip(CHANNELS, [*ROLES, "resp", "effort"], strict=True))
USED = ["C3-M2", "C4-M1", "left", "Chin"]


def dataset(tmp_path, rows, extra="", encoding="utf-8"):
    """Write a recording with these rows; return its path."""
    folder = tmp_path / "sub-01" / "eeg"
    folder.mkdir(parents=True)
    (tmp_path / "dataset_description.json").write_text(
        json.dumps({"Name": "x", "BIDSVersion": "1.9.0"})
    )
    rng = np.random.default_rng(0)
    data = 2e-5 * rng.standard_normal((len(CHANNELS), 1000))
    info = mne.create_info(list(CHANNELS), 100.0, "eeg")
    path = folder / "sub-01_task-sleep_eeg.edf"
    write_edf(path, mne.io.RawArray(data, info, verbose="error"))
    text = "name\ttype\tunits\tstatus\n" + "".join(
        f"{name}\t{kind}\tn/a\t{extra or 'good'}\n" for name, kind in rows
    )
    (folder / "sub-01_task-sleep_channels.tsv").write_text(text, encoding=encoding)
    return get_bids_path_from_fname(path, check=False).update(root=tmp_path, datatype="eeg")


@pytest.mark.parametrize(
    ("change", "encoding"),
    [
        (lambda rows: rows, "utf-8"),
        (lambda rows: rows[::-1], "utf-8-sig"),
        (lambda rows: [(name, kind.lower()) for name, kind in rows], "utf-8"),
        (lambda rows: [*rows, ("Absent", "EEG")], "utf-8"),
    ],
    ids=["as the file", "another order, with a mark", "lower case", "one too many"],
)
def test_types_are_used_for_what_they_say(tmp_path, change, encoding):
    """In any order and case; types that MNE does not have too."""
    raw, _ = read_recording(dataset(tmp_path, change(list(CHANNELS.items())), encoding=encoding))
    assert roles_without_signal(raw) == ROLES
    assert Montage(raw).choose().names == USED


def test_unlisted_channels_are_no_eeg(tmp_path):
    """What the table leaves out is used for what its name says, but never as EEG, EOG or EMG."""
    raw, _ = read_recording(dataset(tmp_path, [("C4-M1", "EEG"), ("Skin", "TEMP")]))
    roles = roles_without_signal(raw)
    assert [name for name, role in roles.items() if role in ("eeg", "eog", "emg")] == ["C4-M1"]
    assert roles["Thorax"] == "effort"
    assert roles["Side"] == "misc"


def test_misc_goes_by_name(tmp_path):
    """MISC says nothing: a name may, except that it is EEG."""
    rows = [(name, "EEG" if name == "C4-M1" else "MISC") for name in CHANNELS]
    roles = roles_without_signal(read_recording(dataset(tmp_path, rows))[0])
    assert roles["C3-M2"] == "misc"
    assert roles["Thorax"] == "effort"


def test_bad_channels(tmp_path):
    """All rows are marked bad, and so are the channels."""
    raw, _ = read_recording(dataset(tmp_path, list(CHANNELS.items())[:2], extra="bad"))
    assert raw.info["bads"] == ["C3-M2", "C4-M1"]


def test_a_table_of_another_recording(tmp_path):
    """No row fits: it is said which table, and what the recording has."""
    path = dataset(tmp_path, [("F7", "EEG"), ("F8", "EEG")])
    with pytest.raises(RecordingError, match=r"none of the channels in .*channels.tsv.*C3-M2"):
        read_recording(path)


def test_a_table_that_is_no_text(tmp_path):
    """It is refused in a sentence."""
    path = dataset(tmp_path, list(CHANNELS.items()))
    table = next(tmp_path.rglob("*_channels.tsv"))
    table.write_bytes(b"name\ttype\n\xff\xfe\x00C3\tEEG\n")
    with pytest.raises(RecordingError, match="can't be read"):
        read_recording(path)
