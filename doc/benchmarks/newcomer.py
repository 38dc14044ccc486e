"""What a newcomer does, from the README on, with times: a transcript.

In a fresh virtual environment: the README's first line, then a recording of one's own (a simulated
night of three hours, written as EDF, with its truth as an expert's marks)::

    python doc/benchmarks/newcomer.py

writes ``doc/benchmarks/newcomer.md``. Needs the network for pip, and edfio for the recording.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import mne

from mne_arousal.annotation_files import write_annotations
from mne_arousal.datasets import simulate_psg

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "doc" / "benchmarks" / "newcomer.md"
_HEAD, _TAIL = 4, 12  # lines of an output that are shown
_LONGEST = 110  # characters of a line that are shown
STEPS = (
    ("The README's first line: install, and see it work.", "{readme}"),
    ("What is each channel of my recording taken for?", "mne-arousal channels night.edf"),
    (
        "Find stages and arousals; keep all of it for a review.",
        "mne-arousal detect night.edf --output results --save-night",
    ),
    (
        "A page to read, from the results.",
        "mne-arousal report results --recording night.edf --output night.html",
    ),
    ("How would I accept and reject events?", "mne-arousal review --help"),
    (
        "How well does it agree with the expert's marks in the folder `scored`?",
        "mne-arousal evaluate results scored --output evaluation",
    ),
    ("A slip of the fingers.", "mne-arousal detcet night.edf"),
)


def readme_line() -> str:
    """Return the first command of the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"```sh\n(.*)\n", text)[0]


def prepare(folder: Path) -> None:
    """Copy the source, and write a recording and an expert's marks into it."""
    ignored = shutil.ignore_patterns(".git", "__pycache__", "generated", "tutorials", ".*_cache")
    shutil.copytree(ROOT, folder, ignore=ignored)
    simulated = simulate_psg(3 * 3600.0, random_state=31, verbose="error")
    simulated.raw.set_meas_date(datetime(2025, 3, 2, 22, 47, tzinfo=UTC))
    mne.export.export_raw(
        folder / "night.edf", simulated.raw, physical_range="channelwise", verbose="error"
    )
    (folder / "scored").mkdir()
    marks = simulated.arousals + simulated.hypnogram
    write_annotations(marks, folder / "scored" / "night.annot")


def run(command: str, folder: Path, environment: dict) -> tuple[float, int, str]:
    """Run a command; seconds, exit status and what it printed."""
    begun = time.perf_counter()
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return time.perf_counter() - begun, done.returncode, done.stdout


def shorten(text: str, folder: Path) -> str:
    """Cut an output, and leave out where it ran and where pip looked."""
    text = text.replace(f"{folder}/", "").replace(str(folder), ".")
    shown = [line for line in text.splitlines() if line.strip() and "Looking in" not in line]
    lines = [line[:_LONGEST].rstrip() for line in shown]
    if len(lines) > _HEAD + _TAIL + 1:
        cut = f"[... {len(lines) - _HEAD - _TAIL} lines ...]"
        lines = [*lines[:_HEAD], cut, *lines[-_TAIL:]]
    return "\n".join(lines)


def main() -> None:
    """Run the steps and write the page."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    parts = []
    with tempfile.TemporaryDirectory() as place:
        folder, venv = Path(place) / "mne-arousal", Path(place) / "venv"
        prepare(folder)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "OMP"))}
        environment["PATH"] = f"{venv / 'bin'}:{environment['PATH']}"
        total, loads = 0.0, []
        for why, command in STEPS:
            command = command.format(readme=readme_line())
            seconds, status, text = run(command, folder, environment)
            total += seconds
            loads.append(os.getloadavg()[0])
            print(f"{seconds:6.0f} s, status {status}: {command}", flush=True)
            ended = "" if status == 0 else f", exit status {status}"
            parts.append(
                f"{why}\n\n```console\n$ {command}\n{shorten(text, folder)}\n```\n\n"
                f"{seconds:.0f} s{ended}.\n"
            )
        size = (folder / "night.html").stat().st_size / 1e6
    head = (
        "# A newcomer's transcript\n\nWritten by `doc/benchmarks/newcomer.py`: a fresh virtual "
        f"environment (Python {platform.python_version()}, {platform.system()}, "
        f"{os.cpu_count()} cores shared with other work: load average {min(loads):.0f} to "
        f"{max(loads):.0f}), packages from the network. The recording is a simulated night of 3 h "
        "in EDF, with its truth as an expert's marks. Outputs are cut. Times are on the clock, "
        f"{total / 60:.0f} min in all. The page of HTML has {size:.1f} MB.\n\n"
    )
    PAGE.write_text(head + "\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
