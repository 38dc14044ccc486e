"""The command as a newcomer uses it: folders, results read back, near misses, one bar."""

import io
import re
import shutil

import pandas as pd
import pytest

from mne_arousal import load_night
from mne_arousal.cli import main
from mne_arousal.datasets import simulate_psg
from mne_arousal.encoder.training.fitting import _make_bar
from mne_arousal.utils.progress import announce, is_shown, progress_bar, shows_bars
from mne_arousal.written_results import read_result

from .recordings import noise_raw, write_edf

FAST = ["--features", "spectral", "--verbose", "error"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two patients whose recordings have one name, and a file that is no recording."""
    folder = tmp_path_factory.mktemp("ward")
    for seed in (3, 4):
        raw = simulate_psg(1800.0, random_state=seed, verbose="error").raw
        (folder / f"patient{seed}").mkdir()
        write_edf(folder / f"patient{seed}" / "PSG.edf", raw)
    (folder / "notes.txt").write_text("seen today\n")
    return folder


@pytest.fixture(scope="module")
def results(folder, tmp_path_factory):
    """What detect wrote of one of them."""
    output = tmp_path_factory.mktemp("results")
    source = folder / "patient3" / "PSG.edf"
    assert main(["detect", str(source), "--output", str(output), "--save-night", *FAST]) == 0
    return output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["detect", "x.edf", "--seed", "-3"], "must be a whole number from 0 to"),
        (["detect", "x.edf", "--seed", "one"], "got 'one'"),
        (["detect", "x.edf", "--jobs", "0"], "must be a positive whole number, or -1"),
        (["report", "x.edf", "--output", "x.html", "--examples", "-1"], "0 or more"),
        (["detect", "x.edf", "--min-probability", "2"], "above 0 and at most 1"),
        (["detect", "x.edf", "--epoch-length", "0"], "a positive number"),
        (["detect", "x.edf", "--hypnogam", "y"], "Did you mean --hypnogram?"),
        (["detct", "x.edf"], "Did you mean detect?"),
        (["detect", "x.edf", "--features", "spectral,encodr"], "Did you mean encoder?"),
        (["detect", "x.edf", "--device", "cuad"], "Did you mean cuda?"),
    ],
)
def test_arguments_are_checked_at_parsing(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_a_text_is_no_recording(folder, tmp_path, capsys):
    assert main(["detect", str(folder / "notes.txt"), "--output", str(tmp_path), *FAST]) == 2
    assert ".txt is no format of recordings" in capsys.readouterr().err


def test_a_folder_of_recordings(folder, tmp_path, capsys):
    arguments = ["detect", str(folder), "--output", str(tmp_path), *FAST]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "2 recordings have results, 0 failed." in printed
    assert f"Results are in {tmp_path}." in printed
    tables = [tmp_path / f"patient{seed}" / "PSG_arousals.csv" for seed in (3, 4)]
    assert tables[0].read_bytes() != tables[1].read_bytes()
    table = pd.read_csv(tmp_path / "arousals.tsv", sep="\t", na_values="n/a")
    assert table["filename"].tolist() == ["patient3/PSG.edf", "patient4/PSG.edf"]
    assert main(arguments) == 0  # goes on where it stopped
    assert capsys.readouterr().out.count("has results already") == 2
    assert table.equals(pd.read_csv(tmp_path / "arousals.tsv", sep="\t", na_values="n/a"))
    page = tmp_path / "page.html"
    assert main(["report", str(tmp_path), "--output", str(page)]) == 0
    assert 'href="#night-patient3-PSG"' in page.read_text(encoding="utf-8")


def test_finished_recordings_of_a_folder_are_kept_with_formats(folder, tmp_path, capsys):
    arguments = ["detect", str(folder), "--output", str(tmp_path), *FAST]
    with_formats = [*arguments, "--format", "annot,yasa"]
    assert main(with_formats) == 0
    written = {p.name for p in (tmp_path / "patient3").iterdir()}
    assert {"PSG_arousals.annot", "PSG_hypnogram.annot", "PSG_hypnogram.csv"} <= written
    for again, n_kept in ((with_formats, 2), (arguments, 2), ([*arguments, "--format", "xml"], 0)):
        capsys.readouterr()
        assert main(again) == 0
        assert capsys.readouterr().out.count("has results already") == n_kept


def test_a_folder_with_a_broken_recording(folder, tmp_path, capsys):
    source = tmp_path / "in"
    shutil.copytree(folder / "patient3", source)
    write_edf(source / "short.edf", noise_raw(100.0))
    assert main(["detect", str(source), "--output", str(tmp_path / "out"), *FAST]) == 1
    assert "lasts 100 s" in capsys.readouterr().err
    table = pd.read_csv(tmp_path / "out" / "arousals.tsv", sep="\t")
    assert table["status"].tolist() == ["ok", "failed"]


def test_what_a_user_can_do_nothing_about_is_not_warned_of(folder, tmp_path, capsys):
    """Each channel has its own filter in the header, and a FIF file any name."""
    data = bytearray((folder / "patient3" / "PSG.edf").read_bytes())
    n_signals = int(data[252:256])
    begin = 256 + n_signals * 136  # after label, transducer, unit, ranges
    for i in range(n_signals):
        text = f"HP:{0.1 * (i + 1):.1f}Hz LP:{30 + i}Hz".encode().ljust(80)
        data[begin + 80 * i : begin + 80 * (i + 1)] = text
    (tmp_path / "filtered.edf").write_bytes(data)
    raw = simulate_psg(900.0, random_state=3, verbose="error").raw
    raw.save(tmp_path / "night.fif", verbose="error")
    for name in ("filtered.edf", "night.fif"):
        source = str(tmp_path / name)
        main(["detect", source, "--output", str(tmp_path / "out"), "--features", "spectral"])
        lines = capsys.readouterr().err.splitlines()
        stem = name.partition(".")[0]
        assert lines
        assert [line for line in lines if "arning" in line and f"{stem}:" not in line] == []


def test_an_empty_folder(tmp_path, capsys):
    assert main(["detect", str(tmp_path), "--output", str(tmp_path / "out"), *FAST]) == 2
    assert "holds no recording" in capsys.readouterr().err


def test_two_patients_of_one_name_are_kept_apart(folder, results, capsys):
    before = {p.name: p.read_bytes() for p in results.iterdir()}
    other = ["detect", str(folder / "patient4" / "PSG.edf"), "--output", str(results), *FAST]
    assert main(other) == 2
    assert "results of another recording of this name" in capsys.readouterr().err
    assert {p.name: p.read_bytes() for p in results.iterdir()} == before


def test_runs_with_other_settings_are_not_mixed(folder, tmp_path):
    source = str(folder / "patient3" / "PSG.edf")
    run = ["detect", source, "--output", str(tmp_path), *FAST]
    assert main([*run, "--save-night", "--format", "annot"]) == 0
    (tmp_path / "PSG_reviewed.csv").write_text("kept\n")  # a person's work is no result
    assert main([*run, "--seed", "1"]) == 0
    names = {p.name for p in tmp_path.iterdir()}
    assert "PSG_reviewed.csv" in names
    assert not {n for n in names if n.endswith((".annot", ".night.zip"))}
    other = str(folder / "patient4" / "PSG.edf")
    assert main(["detect", other, "--output", str(tmp_path), "--overwrite", *FAST]) == 0


def test_a_page_of_results_without_an_analysis(results, folder, tmp_path, monkeypatch, capsys):
    monkeypatch.delattr("mne_arousal.annotate.analyze_recording")
    page = tmp_path / "night.html"
    command = ["report", str(results), "--output", str(page), "--examples", "1"]
    assert main([*command, "--recording", str(folder / "patient3" / "PSG.edf")]) == 0
    text = page.read_text(encoding="utf-8")
    assert "Close up" in text
    assert str(folder) not in text
    night = load_night(results / "PSG.night.zip")
    onset = night.arousals["onset"].iloc[0] if len(night.arousals) else 600.0
    row = f"{onset:.3f},5.0,rejected,arousal,{onset:.3f},5.0,0.9,2025-01-01T00:00:00+00:00\n"
    head = "onset,duration,decision,found,found_onset,found_duration,probability,time\n"
    reviewed = tmp_path / "PSG_reviewed.csv"
    reviewed.write_text(head + row)
    assert main([*command, "--reviewed", str(reviewed)]) == 0
    assert "with the review in" in capsys.readouterr().out
    assert "rejected by the reviewer" in page.read_text(encoding="utf-8")


def test_tables_alone_make_a_night(results, tmp_path):
    for path in results.iterdir():
        if path.suffix in (".csv", ".fif"):
            shutil.copy(path, tmp_path)
    night, saved = read_result(tmp_path), read_result(results)
    assert night.name == saved.name
    assert night.start == saved.start
    assert night.sleep_hours == pytest.approx(saved.sleep_hours)
    assert len(night.arousals) == len(saved.arousals)
    assert main(["report", str(tmp_path), "--output", str(tmp_path / "x.html")]) == 0


def test_review_needs_a_night(tmp_path, capsys):
    assert main(["review", str(tmp_path), "x.edf"]) == 2
    assert "holds no results" in capsys.readouterr().err


class Terminal(io.StringIO):
    """A terminal, or what looks like one."""

    def isatty(self):
        return True


def test_one_bar_with_the_name_of_the_step():
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        with progress_bar("night", ("spectral", "encoder"), stream=stream):
            assert is_shown()
            announce("reading")
            announce("encoder", 0.5)
            announce("onsets")
    assert not is_shown()
    shown = terminal.getvalue()
    assert "night: encoder" in shown
    percents = [int(number) for number in re.findall(r"(\d+)%", shown)]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert "left" in shown
    assert file.getvalue() == ""


def test_no_bar_of_training_where_lines_are_kept(monkeypatch):
    assert not shows_bars(io.StringIO())
    assert shows_bars(Terminal())
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert _make_bar(5) is None


def test_demo_keeps_recording_truth_and_report(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("mne_arousal.cli.demo.DEMO_DURATION", 1800.0)
    assert main(["demo", "--output", str(tmp_path), *FAST]) == 0
    names = {p.name for p in tmp_path.iterdir()}
    wanted = {"demo_raw.fif", "demo_truth.csv", "demo_truth_hypnogram.csv", "demo.html"}
    assert wanted | {"demo_arousals.csv", "demo.night.zip"} <= names
    assert "0/0" not in capsys.readouterr().err
