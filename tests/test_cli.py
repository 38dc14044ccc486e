"""The command: what it writes, prints and refuses."""

import subprocess
import sys
import warnings

import mne
import numpy as np
import pandas as pd
import pytest

from mne_arousal.cli import main
from mne_arousal.datasets import simulate_psg

from .recordings import noise_raw, write_edf

FAST = ["--features", "spectral", "--verbose", "error"]


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """An hour of simulated sleep as a FIF file."""
    path = tmp_path_factory.mktemp("data") / "night_raw.fif"
    simulate_psg(3600.0, random_state=3, verbose="error").raw.save(path, verbose="error")
    return path


def test_detect_writes_its_files(recording, tmp_path, capsys):
    """Tables with the columns, units and decimals that are promised; the summary in words."""
    assert main(["detect", str(recording), "--output", str(tmp_path), *FAST]) == 0
    printed = capsys.readouterr().out
    words = ("night_raw: 1.00 h", "C3-M2", "Stages (found)", "N2", "sleep efficiency", "Time: ")
    for text in words:
        assert text in printed
    assert {p.name for p in tmp_path.iterdir()} == {
        "night_raw_arousals.csv",
        "night_raw_candidates.csv",
        "night_raw_stages.csv",
        "night_raw_sleep.csv",
        "night_raw-annot.fif",
        "night_raw_run.json",
    }
    arousals = pd.read_csv(tmp_path / "night_raw_arousals.csv", dtype=str)
    columns = ["onset", "duration", "score", "probability"]
    columns += ["onset_low", "onset_high", "end_low", "end_high", "stage_cluster", "kind", "band"]
    columns += ["cues", "respiratory_drop", "limb_movement", "desaturation"]
    assert list(arousals.columns) == columns
    assert (arousals["probability"].astype(float) >= 0.5).all()
    candidates = pd.read_csv(tmp_path / "night_raw_candidates.csv")
    front = ["onset", "duration", "score", "probability", "stage_cluster"]
    assert list(candidates.columns) == [*front, "kind", "band", "cues", "reason"]
    assert len(candidates)
    assert candidates["reason"].notna().all()
    assert arousals["onset"].str.fullmatch(r"\d+\.\d{3}").all()
    stages = pd.read_csv(tmp_path / "night_raw_stages.csv")
    shares = ["p_W", "p_N1", "p_N2", "p_N3", "p_R"]
    front = ["onset", "duration", "cluster", "stage", "probability"]
    assert list(stages.columns) == [*front, *shares]
    assert len(stages) == 120
    assert set(stages["stage"]) <= {"W", "N1", "N2", "N3", "R"}
    sleep = pd.read_csv(tmp_path / "night_raw_sleep.csv").set_index("name")["value"]
    assert sleep["TST"] == 0.5 * (stages["stage"] != "W").sum()
    assert f"arousal index {sleep['arousal_index']:.1f}" in printed
    annotations = mne.read_annotations(tmp_path / "night_raw-annot.fif")
    np.testing.assert_allclose(annotations.onset, arousals["onset"].astype(float), atol=1e-3)


def test_same_seed_same_bytes(recording, tmp_path):
    """Two runs write the same table, byte for byte."""
    texts = []
    for name in ("one", "two"):
        assert main(["detect", str(recording), "--output", str(tmp_path / name), *FAST]) == 0
        texts.append((tmp_path / name / "night_raw_arousals.csv").read_bytes())
    assert texts[0] == texts[1]


def test_encoder_and_seed_in_another_process(recording, tmp_path):
    """With every extractor, and as a module, the same bytes come out of two processes."""
    texts = []
    for name in ("one", "two"):
        command = [sys.executable, "-m", "mne_arousal", "detect", str(recording), "--seed", "4"]
        command += ["--output", str(tmp_path / name), "--device", "cpu", "--verbose", "error"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        texts.append((tmp_path / name / "night_raw_arousals.csv").read_bytes())
    assert texts[0] == texts[1]


def broken(kind, folder):
    """Make an unusable recording and return its path."""
    path = folder / "night.edf"
    if kind == "missing":
        return path
    if kind == "not an EDF":
        path.write_bytes(b"once upon a time" * 100)
        return path
    raw = noise_raw(200.0 if kind == "short" else 400.0)
    if kind == "no EEG":
        raw.rename_channels({"C3-M2": "Flow", "O1-M2": "Thorax"})
        raw.rename_channels({"E1-M2": "SpO2"})
    if kind == "flat":
        raw._data[:2] = 0.0
    write_edf(path, raw)
    if kind == "truncated":
        path.write_bytes(path.read_bytes()[:-20_000])
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "there is no file"),
        ("not an EDF", "can't be read"),
        ("truncated", "cut short"),
        ("no EEG", "no channel that is known as EEG"),
        ("short", "lasts 200 s"),
        ("flat", "no EEG channel is left"),
    ],
)
def test_unusable_recordings(kind, message, tmp_path, capsys):
    """One clear sentence, status 2, nothing written."""
    output = tmp_path / "results"
    path = broken(kind, tmp_path)
    assert main(["detect", str(path), "--output", str(output), *FAST]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert error[-1].startswith("mne-arousal: error: ")
    assert message in error[-1]
    assert "Traceback" not in "".join(error)
    assert list(output.iterdir()) == []


def test_flat_channel_is_dropped_with_a_warning(tmp_path, capsys):
    """One flat channel of several is named; the rest is used."""
    raw = noise_raw(400.0)
    raw._data[0] = 0.0
    path = write_edf(tmp_path / "night.edf", raw)
    arguments = ["detect", str(path), "--output", str(tmp_path / "out"), "--features", "spectral"]
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert main([*arguments, "--verbose", "warning"]) == 0
    captured = capsys.readouterr()
    assert "mne-arousal: warning: night: channel C3-M2 is flat; it is left out." in captured.err
    assert "O1-M2" in captured.out


def test_folder_that_cannot_be_written(recording, tmp_path, capsys):
    """The output folder is tried before the work begins."""
    blocker = tmp_path / "file"
    blocker.write_text("not a folder")
    assert main(["detect", str(recording), "--output", str(blocker / "x"), *FAST]) == 2
    assert "can't be written to" in capsys.readouterr().err


def test_nothing_half_written(recording, tmp_path, monkeypatch, capsys):
    """When writing fails in the middle, what was there before is still there, whole."""
    assert main(["detect", str(recording), "--output", str(tmp_path), *FAST]) == 0
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mne.Annotations, "save", full)
    arguments = ["detect", str(recording), "--output", str(tmp_path), "--seed", "1", *FAST]
    assert main(arguments) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


@pytest.mark.parametrize("arguments", [["detect"], ["detect", "x", "--features", "dmd"], []])
def test_unusable_calls(arguments, capsys):
    """The parser says what is missing."""
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "usage: mne-arousal" in capsys.readouterr().err


def test_hypnogram_file(recording, tmp_path, capsys):
    """A hypnogram that is no hypnogram is told; a real one gates."""
    notes = tmp_path / "notes.txt"
    notes.write_text("nothing\n")
    arguments = ["detect", str(recording), "--output", str(tmp_path / "out"), *FAST]
    assert main([*arguments, "--hypnogram", str(notes)]) == 2
    assert "mne-arousal: error" in capsys.readouterr().err
    stages = tmp_path / "hypnogram-annot.fif"
    mne.Annotations([0.0], [3600.0], ["Sleep stage W"]).save(stages, verbose="error")
    assert main([*arguments, "--hypnogram", str(stages)]) == 0
    assert "Arousals: 0 in 0.00 h of sleep" in capsys.readouterr().out


def test_demo_prints_agreement(capsys, tmp_path, monkeypatch):
    """The demo simulates, detects and scores, offline."""
    monkeypatch.setattr("mne_arousal.cli.demo.DEMO_DURATION", 3600.0)
    assert main(["demo", "--output", str(tmp_path), *FAST]) == 0
    printed = capsys.readouterr().out
    assert "Agreement with the simulated truth" in printed
    assert "onset error: median" in printed
    assert (tmp_path / "demo_arousals.csv").exists()


def test_sys_info(capsys):
    """Versions of what matters are printed."""
    assert main(["sys-info"]) == 0
    printed = capsys.readouterr().out
    for name in ("mne-arousal", "mne", "torch"):
        assert name in printed


def test_channels_are_told_without_an_analysis(tmp_path, capsys):
    """Role, use and reason of each channel; options change them."""
    raw = noise_raw(400.0)
    raw.rename_channels({raw.ch_names[0]: "C3"})
    path = tmp_path / "night_raw.fif"
    raw.save(path, verbose="error")
    assert main(["channels", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "night_raw: " in printed
    assert "C3" in printed
    assert "its name" in printed
    assert "used: eeg:C3" in printed
    assert main(["channels", str(path), "--picks", "C3=EOG", "--reference", "none"]) == 0
    printed = capsys.readouterr().out
    assert "used: eog:C3" in printed
    assert "No channel is known as EEG" in printed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--picks", "C3=brain"], "A role is one of eeg, eog"),
        (["--picks", "C3=eeg", "C4"], "C4 has no role"),
        (["--reference", "C3"], "--reference takes auto, none, or pairs"),
        (["--picks", "nothing"], "has no channel 'nothing'"),
    ],
)
def test_wrong_channel_options(recording, options, message, capsys):
    """They are refused with what is possible."""
    assert main(["channels", str(recording), *options]) == 2
    assert message in capsys.readouterr().err
