"""Broken recordings, and runs killed at random moments: two sections of the page on reliability.

    python doc/benchmarks/faults.py

needs what `pip install '.[test]'` brings, and writes these sections of
doc/benchmarks/reliability.md. The others are written by the scripts in doc/benchmarks/reliability.
"""

import argparse
import ast
import collections
import contextlib
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent / "reliability")]

from page import replace_section  # noqa: E402

from tests.bids.small_dataset import add_noise, tree_bytes  # noqa: E402

FILES = (
    *("test_faults.py", "test_safety.py", "test_runs.py", "test_kill.py", "test_backends.py"),
    *("test_trust.py", "test_memory.py", "test_run_process.py"),
)
OPTIONS = ["--features", "spectral", "--device", "cpu", "--verbose", "error"]
N_RECORDINGS = 6
ABOUT_KILLS = """A run over {n} recordings gets SIGKILL at a moment drawn from its seed (to the
parent alone, or to all its processes at once) and is started again. Compared are names and bytes
of all files but `timing.tsv` and the folder `.mne-arousal` with those of a run that nobody
disturbed, which takes {one:.1f} s with one worker and {two:.1f} s with two. **{same} of {killed}
killed runs came to the same bytes**; {early} of {started} had ended before.
"""


def first_sentence(path, function):
    """First line of a test's docstring."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return (ast.get_docstring(node) or "").splitlines()[0]
    return ""


def run_tests():
    """Run the tests of faults and count the cases of each."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        paths = [str(ROOT / "tests" / "bids" / name) for name in FILES]
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *paths]
        subprocess.run(command, cwd=ROOT, check=False)
        cases = ET.parse(report).getroot().iter("testcase")
        counts = {}
        for case in cases:
            name = case.attrib["name"].partition("[")[0]
            module = case.attrib["classname"].rpartition(".")[2]
            count = counts.setdefault((module, name), collections.Counter())
            bad = case.find("failure") is not None or case.find("error") is not None
            skipped = case.find("skipped") is not None
            count["failed" if bad else "skipped" if skipped else "passed"] += 1
    lines = [
        "Each of these is a test; the other recordings of the dataset have their results in each.",
        "",
        "| fault | what happens | cases | passed | skipped |",
        "| --- | --- | --- | --- | --- |",
    ]
    total = collections.Counter()
    for (module, name), count in counts.items():
        total += count
        title = name.removeprefix("test_").replace("_", " ")
        text = first_sentence(ROOT / "tests" / "bids" / f"{module}.py", name)
        row = [title, text, sum(count.values()), count["passed"], count["skipped"]]
        lines.append("| " + " | ".join(map(str, row)) + " |")
    lines += ["", f"{sum(total.values())} cases: {total['passed']} passed, "
              f"{total['failed']} failed, {total['skipped']} skipped on this machine."]  # fmt: skip
    return lines


def command_in_a_session(arguments):
    """Run the command as the leader of its own processes, so that all can be killed at once."""
    os.setsid()
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    from mne_arousal.cli import main

    sys.exit(main(arguments))


def start(arguments, jobs, context):
    """Start the command; with one worker from a process that has imported everything already."""
    if jobs == 1:
        process = context.Process(target=command_in_a_session, args=(arguments,))
        process.start()
        return process
    command = [sys.executable, "-m", "mne_arousal", *arguments]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, start_new_session=True, cwd=ROOT, **quiet)


def wait(process, seconds=None):
    """Wait for a process; return its status, None when it goes on."""
    if isinstance(process, subprocess.Popen):
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
    process.join(seconds)
    return process.exitcode


def kill_once(seed, dataset, folder, context, seconds):
    """Start a run, kill it at a random moment, start it again, and compare with `undisturbed`."""
    rng = random.Random(seed)
    jobs = 2 if seed % 4 == 0 else 1
    whom = "parent" if seed % 8 == 0 else "all"
    output = Path(folder, f"out{seed}")
    arguments = ["detect", str(dataset), "--output", str(output), *OPTIONS]
    process = start([*arguments, "--jobs", str(jobs)], jobs, context)
    moment = rng.uniform(0.0, 0.8 * seconds[jobs])
    wait(process, moment)
    with contextlib.suppress(ProcessLookupError):
        (os.kill if whom == "parent" else os.killpg)(process.pid, signal.SIGKILL)
    killed = wait(process, 1.0)
    if killed is None:  # it had no session yet
        process.kill()
        killed = wait(process)
    finished = len(list(output.rglob("*_parameters.json")))
    status = wait(start(arguments, 1, context))
    same = status == 0 and tree_bytes(output) == tree_bytes(Path(folder, "undisturbed"))
    left = len(list(output.rglob("*.part")))
    ended = "killed" if killed == -signal.SIGKILL else f"ended ({killed})"
    return [seed, jobs, whom, f"{moment:.2f}", ended, f"{finished} of {N_RECORDINGS}",
            "same" if same and not left else "DIFFERENT"]  # fmt: skip


def run_kills(n_kills):
    """Kill runs with SIGKILL and let them go on."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", "braindecode.preprocessing", "mne_arousal.bids"])
    with tempfile.TemporaryDirectory() as folder:
        dataset = Path(folder, "study")
        for subject in range(1, N_RECORDINGS + 1):
            add_noise(dataset, f"{subject:02d}")
        seconds = {}
        for jobs, name in ((1, "warm"), (2, "two"), (1, "undisturbed")):
            arguments = ["detect", str(dataset), "--output", str(Path(folder, name))]
            arguments += ["--jobs", str(jobs), *OPTIONS]
            begin = time.perf_counter()
            wait(start(arguments, jobs, context))
            seconds[jobs] = time.perf_counter() - begin
        rows, seed = [], 0
        while sum(row[4] == "killed" for row in rows) < n_kills and seed < 4 * n_kills:
            seed += 1
            rows.append(kill_once(seed, dataset, folder, context, seconds))
            print(*rows[-1], flush=True)
    killed = [row for row in rows if row[4] == "killed"]
    same = sum(row[-1] == "same" for row in killed)
    heads = ["seed", "jobs", "SIGKILL to", "after s", "run", "finished by then", "bytes at the end"]
    about = ABOUT_KILLS.format(
        n=N_RECORDINGS,
        one=seconds[1],
        two=seconds[2],
        same=same,
        killed=len(killed),
        early=len(rows) - len(killed),
        started=len(rows),
    )
    return [
        about,
        "| " + " | ".join(heads) + " |",
        "|" + " --- |" * len(heads),
        *("| " + " | ".join(map(str, row)) + " |" for row in rows),
    ]


def main():
    """Run all parts and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=40)
    arguments = parser.parse_args()
    replace_section("Faults", run_tests())
    if arguments.kills:
        replace_section("Killed runs", run_kills(arguments.kills))


if __name__ == "__main__":
    main()
