"""Runs on one output folder: again, after a change, with other settings, two at once."""

import json
import os
import signal
import sys
import time

import pandas as pd
import pytest
from mne.utils import catch_logging

from mne_arousal.bids.lock import output_lock
from mne_arousal.bids.output_tree import OutputTree
from mne_arousal.cli import main
from mne_arousal.utils.errors import RecordingError

from .processes import start
from .small_dataset import DEFAULT_OUTPUT, FAST, add_noise, annotate, errors, tree_bytes

CLI_FAST = ["--features", "spectral", "--device", "cpu", "--verbose", "error"]


def finished(root):
    """When each recording was last worked on."""
    table = pd.read_csv(root / DEFAULT_OUTPUT / "timing.tsv", sep="\t")
    return dict(zip(table["recording"], table["total"], strict=True))


def test_a_second_run_does_nothing(noise_dataset, monkeypatch):
    """Finished recordings are left as they are."""
    annotate(noise_dataset)
    before = tree_bytes(noise_dataset / DEFAULT_OUTPUT, leave_out=())
    monkeypatch.setattr("mne_arousal.bids.process.analyze_recording", None)
    table = annotate(noise_dataset)
    assert list(table["status"]) == ["ok"] * 3
    assert tree_bytes(noise_dataset / DEFAULT_OUTPUT, leave_out=()) == before


def test_dry_run_tells_and_writes_nothing(noise_dataset):
    """New, done, changed and again."""
    table = annotate(noise_dataset, dry_run=True)
    assert list(table["state"]) == ["new"] * 3
    assert not (noise_dataset / "derivatives").exists()
    annotate(noise_dataset, subjects=["01", "02"])
    add_noise(noise_dataset, "02", 420.0)
    before = tree_bytes(noise_dataset, leave_out=())
    assert list(annotate(noise_dataset, dry_run=True)["state"]) == ["done", "changed", "new"]
    again = annotate(noise_dataset, dry_run=True, overwrite=True)
    assert list(again["state"]) == ["again", "again", "new"]
    assert tree_bytes(noise_dataset, leave_out=()) == before


def test_a_changed_recording_is_done_again(noise_dataset):
    """Its result is that of a fresh run."""
    annotate(noise_dataset)
    times = finished(noise_dataset)
    add_noise(noise_dataset, "02", 420.0)
    table = annotate(noise_dataset)
    assert table.loc[1, "hours"] == pytest.approx(420 / 3600, abs=1e-5)
    changed = {name for name, total in finished(noise_dataset).items() if total != times[name]}
    assert changed <= {"sub-02_task-sleep_eeg"}
    annotate(noise_dataset, noise_dataset.parent / "fresh")
    fresh = tree_bytes(noise_dataset.parent / "fresh", leave_out=elsewhere())
    assert tree_bytes(noise_dataset / DEFAULT_OUTPUT, leave_out=elsewhere()) == fresh


def elsewhere():
    """Files that differ between outputs in different places."""
    return ("timing.tsv", ".mne-arousal", "dataset_description.json")


def test_a_damaged_result_is_made_again(noise_dataset):
    """A table that was cut or edited no longer fits the record's checksum."""
    annotate(noise_dataset)
    whole = tree_bytes(noise_dataset / DEFAULT_OUTPUT)
    table = next(noise_dataset.rglob("sub-01*desc-stages_events.tsv"))
    table.write_bytes(table.read_bytes()[:-30])
    next(noise_dataset.rglob("sub-02*_parameters.json")).write_text("{")
    assert list(annotate(noise_dataset, dry_run=True)["state"]) == ["new", "new", "done"]
    annotate(noise_dataset)
    assert tree_bytes(noise_dataset / DEFAULT_OUTPUT) == whole


def test_other_settings_are_refused(noise_dataset):
    """Results of different settings don't mix, unless all are made anew."""
    annotate(noise_dataset, subjects=["01", "02"])
    before = tree_bytes(noise_dataset / DEFAULT_OUTPUT)
    for options in ({"random_state": 1}, {"subjects": "03", "false_alarms_per_hour": 3.0}):
        with pytest.raises(RecordingError, match="made with other settings"):
            annotate(noise_dataset, **options)
    with pytest.raises(RecordingError, match=r"random_state was 0 and is 1"):
        annotate(noise_dataset, subjects="01", overwrite=True, random_state=1)
    assert tree_bytes(noise_dataset / DEFAULT_OUTPUT) == before
    annotate(noise_dataset, overwrite=True, random_state=1)
    record = json.loads(next(noise_dataset.rglob("sub-01*_parameters.json")).read_text())
    assert record["Parameters"]["random_state"] == 1


def test_a_failure_is_tried_again(noise_dataset):
    """Repaired, a recording gets its result, and its error is gone."""
    path = noise_dataset / "sub-02" / "eeg" / "sub-02_task-sleep_eeg.edf"
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    table = annotate(noise_dataset)
    assert errors(table)["01"] is None
    assert errors(table)["02"].startswith("sub-02_task-sleep_eeg: ")
    path.write_bytes(whole)
    assert list(annotate(noise_dataset)["status"]) == ["ok"] * 3


def test_exit_status(noise_dataset, tmp_path, capsys):
    """0 when all went well, 1 when some failed, 2 when the call can't be used."""
    command = ["detect", str(noise_dataset), *CLI_FAST]
    assert main([*command, "--dry-run"]) == 0
    assert "new" in capsys.readouterr().out
    assert main(command) == 0
    assert "3 recordings have results, 0 failed" in capsys.readouterr().out
    add_noise(noise_dataset, "04", 200.0)
    assert main(command) == 1
    captured = capsys.readouterr()
    assert "1 failed" in captured.out
    assert "sub-04_task-sleep_eeg: lasts 200 s" in captured.err
    for unusable in (
        ["detect", str(tmp_path / "noise" / "sub-01"), *CLI_FAST],
        [*command, "--subject", "07"],
        [*command, "--output", str(noise_dataset / "sub-01")],
        [*command, "--hypnogram", "x.txt"],
        [*command, "--fit-on", "01", "--pipeline", "x"],
        [*command, "--pipeline", str(tmp_path / "absent.safetensors")],
        ["detect", str(next(noise_dataset.rglob("*.edf"))), "--jobs", "2", *CLI_FAST],
        ["detect", str(next(noise_dataset.rglob("*.edf"))), *CLI_FAST],
    ):
        assert main(unusable) == 2
        assert capsys.readouterr().err.startswith("mne-arousal: error: ")


def test_two_runs_at_once(noise_dataset):
    """The second is told who works there; afterwards the folder is free."""
    annotate(noise_dataset, subjects="01")
    tree = OutputTree(noise_dataset / DEFAULT_OUTPUT)
    with (
        output_lock(tree),
        pytest.raises(RecordingError, match=r"Another run works on .* \(process \d+, host "),
    ):
        annotate(noise_dataset)
    assert list(annotate(noise_dataset)["status"]) == ["ok"] * 3


def test_two_processes_at_once(noise_dataset):
    """Of two commands started together one works, and the other ends with status 2."""
    command = ["detect", str(noise_dataset), *CLI_FAST]
    first = start(command)
    lock = noise_dataset / DEFAULT_OUTPUT / ".mne-arousal" / "lock"
    limit = time.monotonic() + 60
    while not (lock.exists() and lock.read_text()) and time.monotonic() < limit:
        time.sleep(0.02)
    os.kill(first.pid, signal.SIGSTOP)  # or it would end while the second one starts
    assert main(command) == 2
    os.kill(first.pid, signal.SIGCONT)
    first.join(120)
    assert first.exitcode == 0


def test_a_stale_lock_is_explained(noise_dataset):
    """One of this machine is taken over; of another machine one is asked to look."""
    annotate(noise_dataset, subjects="01")
    lock = noise_dataset / DEFAULT_OUTPUT / ".mne-arousal" / "lock"
    with output_lock(OutputTree(noise_dataset / DEFAULT_OUTPUT)):
        left = lock.read_text()
    lock.write_text(left)
    with catch_logging() as log:
        assert list(annotate(noise_dataset, verbose="warning")["status"]) == ["ok"] * 3
    assert "ended without finishing" in log.getvalue()
    lock.write_text(json.dumps(json.loads(left) | {"host": "another-machine"}))
    with pytest.raises(RecordingError, match="remove that file"):
        annotate(noise_dataset)
    lock.unlink()
    assert list(annotate(noise_dataset)["status"]) == ["ok"] * 3


def test_a_lock_cut_short_is_taken_over(noise_dataset):
    """The machine stopped while the lock was written."""
    annotate(noise_dataset, subjects="01")
    (noise_dataset / DEFAULT_OUTPUT / ".mne-arousal" / "lock").write_text('{"tok')
    assert list(annotate(noise_dataset)["status"]) == ["ok"] * 3


def test_jobs_and_order_change_nothing(noise_dataset, tmp_path):
    """One worker or two, from one end or piece by piece: the same bytes."""
    annotate(noise_dataset, tmp_path / "one")
    annotate(noise_dataset, tmp_path / "two", n_jobs=2)
    for subject in ("03", "01", "02"):
        annotate(noise_dataset, tmp_path / "pieces", subjects=subject)
    expected = tree_bytes(tmp_path / "one")
    assert tree_bytes(tmp_path / "two") == expected
    assert tree_bytes(tmp_path / "pieces") == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"random_state": None}, "random_state is a number"),
        ({"false_alarms_per_hour": 0}, "false_alarms_per_hour is a positive number"),
        ({"fit_on": "01", "pipeline": "x"}, "not both"),
    ],
)
def test_unusable_options(noise_dataset, options, message):
    """Told before anything is made."""
    with pytest.raises(RecordingError, match=message):
        annotate(noise_dataset, **options)
    assert not (noise_dataset / "derivatives").exists()


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_over_recordings(noise_dataset, capsys, monkeypatch, terminal):
    """A bar on a terminal says how many are done; a file gets none."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    annotate(noise_dataset, **(FAST | {"verbose": "info"}))
    assert ("3/3 [" in capsys.readouterr().err) == terminal


def test_interrupted_by_the_user(noise_dataset, monkeypatch, capsys):
    """Control-C leaves what is finished, summed up; the next run goes on."""
    from mne_arousal.bids import process

    analyze = process.analyze_recording

    def interrupted(raw, **kwargs):
        if "sub-02" in str(raw.filenames[0]):
            raise KeyboardInterrupt
        return analyze(raw, **kwargs)

    monkeypatch.setattr(process, "analyze_recording", interrupted)
    command = ["detect", str(noise_dataset), *CLI_FAST]
    assert main(command) == 130
    assert "interrupted" in capsys.readouterr().err
    summary = pd.read_csv(noise_dataset / DEFAULT_OUTPUT / "arousals.tsv", sep="\t")
    assert list(summary["status"]) == ["ok"]
    monkeypatch.setattr(process, "analyze_recording", analyze)
    assert main(command) == 0
