"""Workers and their run: they end together, and memory that is wanting costs one recording."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mne_arousal.bids import process
from mne_arousal.bids.run_process import end_with

from .small_dataset import DEFAULT_OUTPUT, add_noise, annotate, errors, tree_bytes
from .test_runs import CLI_FAST

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at Linux's /proc")


def processes_of(mark):
    """Processes whose environment holds a mark."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                found.add(int(folder.name))
        except OSError:  # ended meanwhile, or of somebody else
            continue
    return found


def wait_for(condition, seconds):
    """Wait until something is so, and say whether it came to be."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_run(tmp_path, number):
    """However the run ends, nothing of it computes on; the next run comes to the same bytes."""
    for subject in ("01", "02", "03", "04"):
        add_noise(tmp_path / "study", subject, 3000.0)
    output = tmp_path / "study" / DEFAULT_OUTPUT
    mark = f"MNE_AROUSAL_TEST={tmp_path}"
    command = [sys.executable, "-m", "mne_arousal", "detect", str(tmp_path / "study"), *CLI_FAST]
    run = subprocess.Popen(
        [*command, "--jobs", "2"],
        env=os.environ | dict([mark.split("=", 1)]),
        stderr=subprocess.PIPE,
    )
    started = output / ".mne-arousal" / "started"
    assert wait_for(lambda: started.is_dir() and len(list(started.glob("sub*"))) >= 2, 120)
    assert len(processes_of(mark)) >= 3
    run.send_signal(number)
    run.wait(20)
    run.stderr.close()
    assert wait_for(lambda: not processes_of(mark), 20)
    annotate(tmp_path / "study")
    annotate(tmp_path / "study", tmp_path / "study" / "derivatives" / "whole")
    assert tree_bytes(output) == tree_bytes(tmp_path / "study" / "derivatives" / "whole")


def test_a_process_of_somebody_else_is_not_followed(monkeypatch):
    """A worker on a cluster was not started by the run."""
    monkeypatch.setattr("threading.Thread", None)
    end_with(os.getpid())


def test_memory_that_is_wanting_costs_one_recording(tmp_path, monkeypatch):
    """The error says so; the others go on."""
    for subject in ("01", "02"):
        add_noise(tmp_path / "study", subject)
    analyze = process.analyze_recording

    def hungry(raw, **kwargs):
        if "sub-02" in str(raw.filenames[0]):
            bytearray(1 << 62)
        return analyze(raw, **kwargs)

    monkeypatch.setattr(process, "analyze_recording", hungry)
    found = errors(annotate(tmp_path / "study"))
    assert found["01"] is None
    assert "needs more memory than there is" in found["02"]
