"""Runs that are killed at chosen points of a write, and outputs that lost a file.

    python doc/benchmarks/reliability/kills.py --kills 60 --workers 6

Three recordings of five minutes. Each killed run, and each output that lost something, is started
again; then its files must have the bytes of a run that nobody disturbed.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from page import replace_section, table  # noqa: E402

from tests.bids.kill_points import POINTS, worker_environment  # noqa: E402
from tests.bids.processes import start  # noqa: E402
from tests.bids.small_dataset import VOLATILE, add_noise, tree_bytes  # noqa: E402

OPTIONS = ["--features", "spectral", "--device", "cpu", "--verbose", "error"]
SUBJECTS = ("01", "02", "03")
SUMMARY = ("arousals.tsv", "arousals.json", "timing.tsv")
IN_TABLES = ", in the tables of the dataset"
NAMELESS = ("inside folder fsync", "before the temporary folder goes")  # of no one file
N_WRITES = 30  # files that a run writes, one after the other; its last ones are those tables
ABOUT_KILLS = """A process that writes results is ended by SIGKILL at one of these points, the
first ones within `os.fsync` or between two system calls; which file that is is drawn from the
seed of the row. With one worker the run itself is killed; with two, one of the workers, and then
the whole run some time later. Then the run is started again. Compared are names and bytes of all
files but `timing.tsv` and the folder `.mne-arousal`, which hold dates."""
ABOUT_LOSS = """What a power cut may leave of a finished output: one file is cut to nothing or to
its half, filled with zeros (as a file system leaves it that knew the new length and not the
content), or gone; every file of the output is tried, those that hold the state of the run among
them, and `timing.tsv`. Then the run is started again."""


def make_study(folder):
    """Write the dataset; return it and what an undisturbed run makes of it."""
    dataset, whole = folder / "study", folder / "undisturbed"
    for subject in SUBJECTS:
        add_noise(dataset, subject, duration=310.0, sfreq=50.0)
    run(dataset, whole)
    return dataset, whole


def arguments_of(dataset, output):
    """The command's arguments."""
    return ["detect", str(dataset), "--output", str(output), *OPTIONS]


def run(dataset, output, **options):
    """Run the command in a process; return its status."""
    process = start(arguments_of(dataset, output), **options)
    process.join(600)
    return process.exitcode


def same(output, whole):
    """Whether an output has the bytes of another one, and no unfinished file."""
    return tree_bytes(output) == tree_bytes(whole) and not list(output.rglob("*.part"))


def aimed_kills(dataset, whole, n_kills):
    """Kill the run itself at each point in turns, at a file drawn from a seed."""
    names = [*POINTS, *(f"{point}{IN_TABLES}" for point in POINTS)]
    counts = {name: [0, 0, 0] for name in names}
    for seed in range(n_kills):
        point = POINTS[seed % len(POINTS)]
        rng = random.Random(seed)
        in_summary = seed // len(POINTS) % 3 == 2
        part, number = (rng.choice(SUMMARY), 1) if in_summary else ("", rng.randint(1, N_WRITES))
        if in_summary and point in NAMELESS:
            part, number = "", rng.randint(N_WRITES - 2, N_WRITES)
        output = whole.with_name(f"aimed{seed}")
        status = run(dataset, output, kill_at=(point, number, part))
        ended = status == -signal.SIGKILL
        again = run(dataset, output)
        fine = again == 0 and same(output, whole)
        row = counts[f"{point}{IN_TABLES}" if in_summary else point]
        row[0] += 1
        row[1] += ended
        row[2] += fine
        print(
            seed, point, number, part, "killed" if ended else f"ended ({status})", fine, flush=True
        )
        shutil.rmtree(output)
    return [("the run", point, *row) for point, row in counts.items() if row[0]]


def worker_kills(dataset, whole, n_kills):
    """Kill a worker at a point, and in every second run the parent a little later."""
    rows = []
    for seed in range(n_kills):
        rng = random.Random(seed)
        point = POINTS[seed % len(POINTS)]
        output = whole.with_name(f"worker{seed}")
        hooks = Path(tempfile.mkdtemp(dir=whole.parent))
        where = {"point": point, "number": rng.randint(1, 20), "once": str(hooks / "once")}
        command = [
            sys.executable,
            "-m",
            "mne_arousal",
            *arguments_of(dataset, output),
            "--jobs",
            "2",
        ]
        with (hooks / "log").open("w") as log:
            process = subprocess.Popen(
                command, env=worker_environment(hooks, **where), start_new_session=True,
                stdout=log, stderr=log,
            )  # fmt: skip
            died = _wait_for(hooks / "once", process)
            if seed % 2 and died:
                time.sleep(rng.uniform(0.0, 1.0))
                process.kill()
            status = process.wait(600)
        again = run(dataset, output)
        fine = again == 0 and same(output, whole)
        then = "then the run" if seed % 2 else "the run goes on"
        print("worker", seed, where, died, status, fine, flush=True)
        rows.append((f"a worker, {then} (status {status})", point, 1, int(died), int(fine)))
        shutil.rmtree(output)
    return rows


def _wait_for(path, process):
    while process.poll() is None:
        if path.exists():
            return True
        time.sleep(0.05)
    return path.exists()


LOSSES = {
    "cut to nothing": lambda path: path.write_bytes(b""),
    "cut to its half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "gone": lambda path: path.unlink(),
}


def _kind(relative):
    if relative.parts[0] == ".mne-arousal":
        return "state of the run (.mne-arousal)"
    of_recording = relative.parts[0].startswith("sub-")
    return "results of a recording" if of_recording else "dataset's files"


def losses(dataset, whole):
    """Damage every file of a finished output, one at a time, and run again."""
    counts = {}
    for relative in sorted(p.relative_to(whole) for p in whole.rglob("*") if p.is_file()):
        kind = _kind(relative)
        for loss, damage in LOSSES.items():
            output = whole.with_name("lost")
            shutil.copytree(whole, output)
            damage(output / relative)
            fine = run(dataset, output) == 0 and same(output, whole)
            fine = fine and all((output / name).is_file() for name in VOLATILE[:1])
            row = counts.setdefault((kind, loss), [0, 0])
            row[0] += 1
            row[1] += fine
            if not fine:
                print("DIFFERENT", relative, loss, flush=True)
            shutil.rmtree(output)
    return [(kind, loss, *row) for (kind, loss), row in counts.items()]


def main():
    """Run all and write the sections."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--workers", type=int, default=6)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        dataset, whole = make_study(Path(folder))
        rows = aimed_kills(dataset, whole, arguments.kills)
        heads = ("killed", "point", "runs", "killed there", "same bytes after the next run")
        replace_section("Kills at chosen points", [ABOUT_KILLS, "", *table(heads, rows)])
        lost = losses(dataset, whole)
        heads = ("file of", "loss", "files", "same bytes after the next run")
        replace_section("Power cuts", [ABOUT_LOSS, "", *table(heads, lost)])
        rows += worker_kills(dataset, whole, arguments.workers)
        heads = ("killed", "point", "runs", "killed there", "same bytes after the next run")
        replace_section("Kills at chosen points", [ABOUT_KILLS, "", *table(heads, rows)])


if __name__ == "__main__":
    main()
