"""A run that is ended at any moment goes on and comes to the bytes of an undisturbed one."""

import random
import signal
import sys

import pytest

from .processes import start
from .small_dataset import annotate, tree_bytes
from .test_runs import CLI_FAST

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")


def resume(dataset, output):
    """Start again and compare with a run that nobody disturbed."""
    table = annotate(dataset, output)
    assert list(table["status"]) == ["ok"] * 3
    undisturbed = output.with_name("undisturbed")
    if not undisturbed.exists():
        annotate(dataset, undisturbed)
    assert tree_bytes(output) == tree_bytes(undisturbed)
    assert not list(output.rglob("*.part"))


@pytest.mark.parametrize("write", [1, 4, 9, 12, 17, 18, 26])
def test_killed_at_a_write(noise_dataset, tmp_path, write):
    """Before and after a file gets its name."""
    command = ["detect", str(noise_dataset), "--output", str(tmp_path / "out"), *CLI_FAST]
    process = start(command, kill_at_write=write)
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    resume(noise_dataset, tmp_path / "out")


def test_killed_at_random_moments(noise_dataset, tmp_path):
    """Again and again, until one gets through; doc/benchmarks/faults.py does so more often."""
    rng = random.Random(20)
    command = ["detect", str(noise_dataset), "--output", str(tmp_path / "out"), *CLI_FAST]
    killed = 0
    for _ in range(3):
        process = start(command)
        process.join(rng.uniform(0.1, 1.5))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
    assert killed > 0
    resume(noise_dataset, tmp_path / "out")
