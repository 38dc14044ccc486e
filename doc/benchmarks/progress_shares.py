"""Share of each step in the time of an analysis: what the progress bar is divided by.

Simulated nights of 2 h, read from a file, with all extractors; median over nights, percent::

    python doc/benchmarks/progress_shares.py

The numbers stand in ``mne_arousal/utils/progress.py``.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import pandas as pd

from mne_arousal import analyze_recording
from mne_arousal.datasets import simulate_psg
from mne_arousal.pipeline import FEATURES

DURATION = 7200.0  # s


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nights", type=int, default=3)
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "night_raw.fif"
        for seed in range(arguments.nights + 1):
            raw = simulate_psg(DURATION, random_state=seed, verbose="error").raw
            raw.save(path, overwrite=True, verbose="error")
            night = analyze_recording(path, features=FEATURES, random_state=0, verbose="error")
            rows.append(night.seconds)
    table = pd.DataFrame(rows[1:])  # libraries are imported in the first
    print(table.round(2).to_string(index=False))
    shares = table.div(table.sum(axis=1), axis=0).median()
    print((100 * shares).round(1).to_string())


if __name__ == "__main__":
    main()
