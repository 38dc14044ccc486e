"""Datasets, output folders and file systems that are not as they should be."""

import fcntl
import json
import os
import re

import mne
import pytest

from mne_arousal.bids.dataset import find_recordings
from mne_arousal.bids.sidecars import find_sidecars
from mne_arousal.cli import main

from ..recordings import noise_raw
from .small_dataset import (
    DEFAULT_OUTPUT,
    add_fif,
    annotate,
    eeg_file,
    errors,
    tree_bytes,
)
from .test_runs import CLI_FAST

RECORD = "sub-01/eeg/sub-01_task-sleep_desc-arousal_parameters.json"
SPACE = b'{"EEGCoordinateSystem": "CapTrak", "EEGCoordinateUnits": "m"}'
EVENTS = "onset\tduration\ttrial_type\n0\t400\tSleep stage W\n"


@pytest.fixture
def root(tmp_path):
    """A dataset of one recording, with its result."""
    add_fif(tmp_path / "study", "01", noise_raw(400.0))
    annotate(tmp_path / "study")
    return tmp_path / "study"


def state(root):
    """What a run would do with the recording."""
    return annotate(root, dry_run=True)["state"].item()


@pytest.mark.parametrize(
    "place",
    [
        "task-sleep_events.tsv",
        "events.json",
        "sub-01/sub-01_task-sleep_channels.tsv",
        "sub-01/eeg/sub-01_task-sleep_events.tsv",
        "sub-01/eeg/sub-01_task-sleep_hypnogram.tsv",
        "task-sleep_eeg.json",
    ],
)
def test_a_sidecar_that_appears_changes_or_vanishes(root, place):
    """At any level of inheritance, it makes the recording due again."""
    texts = {"events.tsv": EVENTS, "channels.tsv": "name\ttype\tunits\tstatus\n"}
    path = root / place
    for text in (texts.get(path.name.rpartition("_")[2], "{}"), None):
        assert state(root) == "done"
        path.unlink() if text is None else path.write_text(text)
        assert state(root) == "changed"
        annotate(root)
    assert state(root) == "done"


def test_sidecars_of_others_do_not_apply(root):
    """Of another task, another subject, or a table of all subjects."""
    for name in ("task-rest_events.tsv", "participants.tsv", "sub-02_events.tsv"):
        (root / name).write_text(EVENTS)
    assert state(root) == "done"
    assert find_sidecars(find_recordings(root)[0]) == []


@pytest.mark.parametrize(
    ("name", "pattern", "new"),
    [
        (RECORD, rb'("n_arousals": ")\d+', rb"\g<1>777"),
        (RECORD, rb'("n_states": )\d+', rb"\g<1>3"),
        ("dataset_description.json", rb"(?s).*", b""),
        ("dataset_description.json", rb"mne-arousal", b"another"),
        ("arousals.tsv", rb"(?s).{40}$", b""),
        ("README", rb"(?s).*", b"\xff"),
    ],
)
def test_damage_to_a_result_is_mended(root, name, pattern, new):
    """A record's own checksum tells a changed digit; the folder is known by its other files."""
    whole = tree_bytes(root / DEFAULT_OUTPUT)
    path = root / DEFAULT_OUTPUT / name
    path.write_bytes(re.sub(pattern, new, path.read_bytes(), count=1))
    assert tree_bytes(root / DEFAULT_OUTPUT) != whole
    annotate(root)
    assert tree_bytes(root / DEFAULT_OUTPUT) == whole


def test_a_name_that_is_too_long_fails_alone(root):
    """Names of results are longer than the recording's."""
    path = eeg_file(root, "02", ".fif")
    path = path.with_name(path.name.replace("sleep", "s" * (255 - len(path.name) + 5)))
    path.write_bytes(next(root.rglob("sub-01*.fif")).read_bytes())
    found = errors(annotate(root))
    assert found["01"] is None
    assert "names of 276 bytes, and file systems allow 255" in found["02"]


@pytest.mark.parametrize(
    ("extension", "data"),
    [
        (".vhdr", b"hello\nName: somebody\n"),
        (".vhdr", b"Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\n" * 2),
        (".set", b""),
        (".fif", b""),
        (".fif", b"\x00" * 500),
        (".bdf", b"\xff" * 1000),
    ],
)
def test_any_exception_of_a_reader_costs_one_recording(root, extension, data):
    """In a sentence that asks for no report."""
    eeg_file(root, "02", extension).write_bytes(data)
    found = errors(annotate(root))
    assert found["01"] is None
    assert found["02"].startswith("sub-02_task-sleep_eeg: ")
    assert "Please report" not in found["02"]


def test_a_link_out_of_the_dataset(root, tmp_path):
    """A dataset that was downloaded reads nothing else of this machine."""
    add_fif(tmp_path / "other", "02", noise_raw(400.0))
    eeg_file(root, "02", ".fif").symlink_to(next((tmp_path / "other").rglob("*.fif")))
    found = errors(annotate(root))
    assert found["01"] is None
    assert "leads out of the dataset" in found["02"]


@pytest.mark.parametrize(
    ("electrodes", "coordsystem"),
    [
        (b"name\tx\ty\nC3-M2\tfar\t?\n", SPACE),
        (b"\xff\xfe\x00", SPACE),
        (b"", SPACE),
        (b"name\tx\ty\tz\nC3-M2\t0.01\t0.05\t0.08\n", b"{"),
        (b"name\tx\ty\tz\nC3-M2\t0.01\t0.05\t0.08\n", b"[]"),
    ],
)
def test_damaged_positions_of_electrodes(root, electrodes, coordsystem):
    """Nothing needs them: they are left out, and a flag says so."""
    before = annotate(root)["flags"].item()
    (root / "sub-01" / "eeg" / "sub-01_electrodes.tsv").write_bytes(electrodes)
    (root / "sub-01" / "eeg" / "sub-01_coordsystem.json").write_bytes(coordsystem)
    (root / "participants.tsv").write_bytes(b"")  # nor this table
    found = annotate(root)
    assert errors(found)["01"] is None
    assert set(found["flags"].item().split(",")) == {*before.split(","), "no_positions"}


def test_a_pipe_in_place_of_a_sidecar(root):
    """Not waited for: a table of all subjects is left out, one of the recording fails it."""
    os.mkfifo(root / "participants.tsv")
    assert errors(annotate(root, overwrite=True))["01"] is None
    os.mkfifo(root / "sub-01" / "eeg" / "sub-01_task-sleep_channels.tsv")
    assert "a pipe or a device" in errors(annotate(root, overwrite=True))["01"]


def test_a_file_system_without_locks(root, monkeypatch, capsys):
    """Its own sentence, and not that of another run."""

    def refuse(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert main(["detect", str(root), *CLI_FAST]) == 2
    assert "has no file locks" in capsys.readouterr().err


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff\xfe\x00", b"[]", b"[" * 100_000, b"\x00" * 4096]
)
def test_a_lock_of_any_bytes(root, data):
    """Taken over."""
    (root / DEFAULT_OUTPUT / ".mne-arousal" / "lock").write_bytes(data)
    assert annotate(root)["status"].item() == "ok"


def test_a_disk_that_is_full_from_the_start(root, monkeypatch, capsys):
    """Status 2 and a sentence."""

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["detect", str(root), *CLI_FAST]) == 2
    assert "No space left on device" in capsys.readouterr().err


def test_a_file_system_with_few_abilities(root, monkeypatch, tmp_path):
    """Folders that can't be put on the disk, and rights that can't be given: done without."""
    sync = os.fsync

    def files_alone(handle):
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            raise OSError(22, "Invalid argument")
        sync(handle)

    def refuse(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fsync", files_alone)
    monkeypatch.setattr(os, "chmod", refuse)
    assert annotate(root, tmp_path / "out")["status"].item() == "ok"


def test_names_of_channels_break_no_table(tmp_path, capsys):
    """Neither rows of tables nor the terminal."""
    info = mne.create_info(["A\x1b[2J\x1b]0;owned\x07", "=1+1\n"], 100.0, "misc")
    raw = mne.io.RawArray(noise_raw(400.0).get_data()[:2], info, verbose="error")
    add_fif(tmp_path / "study", "01", raw)
    command = ["detect", str(tmp_path / "study"), "--features", "spectral", "--device", "cpu"]
    assert main([*command, "--verbose", "debug"]) == 1
    said = "".join(capsys.readouterr())
    table = (tmp_path / "study" / DEFAULT_OUTPUT / "arousals.tsv").read_text()
    assert "\x1b" not in said + table
    assert "\x07" not in said + table
    assert len(table.splitlines()) == 2
    for path in (tmp_path / "study" / DEFAULT_OUTPUT).rglob("*.json"):
        assert "\x1b" not in path.read_text()
        json.loads(path.read_text())
