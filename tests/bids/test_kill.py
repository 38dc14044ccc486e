"""A run that is ended at any moment goes on and comes to the bytes of an undisturbed one."""

import random
import signal
import sys

import pytest

from .kill_points import POINTS
from .processes import start
from .small_dataset import add_noise, annotate, tree_bytes
from .test_runs import CLI_FAST

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
SUBJECTS = ("01", "02")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A dataset, and what a run writes that nobody disturbs."""
    folder = tmp_path_factory.mktemp("kill")
    for subject in SUBJECTS:
        add_noise(folder / "study", subject)
    annotate(folder / "study", folder / "undisturbed")
    return folder / "study", tree_bytes(folder / "undisturbed")


@pytest.fixture
def output(study, tmp_path):
    """A new folder beside them: results hold the way from there to the dataset."""
    return study[0].with_name(tmp_path.name)


def resume(study, output):
    """Start again and compare with the run that nobody disturbed."""
    dataset, undisturbed = study
    assert list(annotate(dataset, output)["status"]) == ["ok"] * len(SUBJECTS)
    assert tree_bytes(output) == undisturbed
    assert not list(output.rglob("*.part"))


@pytest.mark.parametrize(
    ("point", "number", "part"),
    [
        *((point, 3 + 4 * i, "") for i, point in enumerate(POINTS)),
        ("between fsync and rename", 1, "arousals.tsv"),
        ("between rename and folder fsync", 1, "arousals.tsv"),
        ("between rename and folder fsync", 2, "_parameters.json"),
    ],
)
def test_killed_at_a_point(study, output, point, number, part):
    """While a file is put on the disk, gets its name, and in the tables of the dataset."""
    command = ["detect", str(study[0]), "--output", str(output), *CLI_FAST]
    process = start(command, kill_at=(point, number, part))
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    resume(study, output)


def test_killed_at_random_moments(study, output):
    """Again and again, until one gets through; doc/benchmarks/faults.py does so more often."""
    rng = random.Random(20)
    command = ["detect", str(study[0]), "--output", str(output), *CLI_FAST]
    for moment in (0.02, rng.uniform(0.02, 0.3), rng.uniform(0.02, 0.6)):
        process = start(command)
        process.join(moment)
        process.kill()
        process.join()
        assert moment > 0.02 or process.exitcode == -signal.SIGKILL
    resume(study, output)
