"""Draw arousals and rejected candidates of a real night, to be looked at.

Chosen by chance, not by score::

    python doc/benchmarks/arousals/pages_by_eye.py FOLDER --arousals 25
    python doc/benchmarks/arousals/pages_by_eye.py FOLDER --night ucddbnight --arousals 10
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import mne
import numpy as np
from ucddb_night import NIGHT, load_ucddb_night

from mne_arousal import analyze_recording
from mne_arousal.datasets import fetch_sleep_edf
from mne_arousal.viz import plot_arousal


def load_night(name: str):
    """Load a whole real night to draw, and what of it to analyze: the file, where there is one."""
    if name == NIGHT:
        raw = load_ucddb_night()[0]
        return raw, raw
    ((recording, _),) = fetch_sleep_edf(subjects=[0], recordings=[1])
    return mne.io.read_raw_edf(recording, preload=True, verbose="error"), recording


def main() -> None:
    """Draw the pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--night", default="SC4001", choices=("SC4001", NIGHT))
    parser.add_argument("--arousals", type=int, default=20)
    parser.add_argument("--rejected", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    raw, recording = load_night(arguments.night)
    night = analyze_recording(
        recording, features=("spectral", "body"), random_state=0, verbose="error"
    )
    print(f"{len(night.arousals)} arousals, index {night.arousal_index:.1f} per hour")
    print(night.candidates["reason"].value_counts().to_string())
    rng = np.random.default_rng(arguments.seed)
    tables = {"arousal": (night.arousals, arguments.arousals)}
    tables["rejected"] = (night.candidates, arguments.rejected)
    for kind, (table, n) in tables.items():
        for i in np.sort(rng.choice(len(table), min(n, len(table)), replace=False)):
            event = table.iloc[i]
            figure = plot_arousal(raw, event, night=night, show=False)
            figure.savefig(arguments.folder / f"{kind}_{event['onset']:08.1f}.png", dpi=70)
            plt.close(figure)


if __name__ == "__main__":
    main()
