"""Run the README's lines of Python as they stand, and photograph the plot that they end in.

A simulated night of two hours, written as EDF, is their ``night.edf``::

    python doc/benchmarks/six_lines.py

writes ``doc/_static/six_lines.png``.
"""

from __future__ import annotations

import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import mne

from mne_arousal.datasets import simulate_psg

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "doc" / "_static"
START = datetime(2025, 3, 2, 22, 47, tzinfo=UTC)


def lines_of_readme() -> str:
    """Return the first block of Python of the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)[0]


def write_night(path: Path, duration: float = 7200.0) -> None:
    """Write a simulated night as EDF, s."""
    raw = simulate_psg(duration, random_state=5, verbose="error").raw
    raw.set_meas_date(START)
    mne.export.export_raw(path, raw, physical_range="channelwise", verbose="error")


def main() -> None:
    """Run and photograph."""
    mpl.use("Agg")
    mne.viz.set_browser_backend("matplotlib", verbose="error")
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        write_night(Path(folder) / "night.edf")
        os.chdir(folder)
        try:
            exec(compile(lines_of_readme(), "README.md", "exec"), {})
        finally:
            os.chdir(before)
    figure = plt.figure(plt.get_fignums()[-1])
    figure.set_size_inches(11, 6)
    figure.savefig(STATIC / "six_lines.png", dpi=110)


if __name__ == "__main__":
    main()
