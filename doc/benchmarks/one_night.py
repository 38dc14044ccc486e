"""Picture of one real night: stage clusters and arousals of Sleep-EDF SC4001 below its hypnogram.

Looked at: N2, N3 and REM sleep have a cluster each; restless wake is cluster 0; quiet wake after
the night shares cluster 1 with N1, so that arousals are found in it that are none. REM sleep has
more of them than an expert would mark::

    python doc/benchmarks/one_night.py --output doc/_static/one_night.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from mne_arousal import analyze_recording
from mne_arousal.datasets import fetch_sleep_edf
from mne_arousal.hypnogram import hypnogram_to_stages
from mne_arousal.viz import plot_night


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("one_night.png"))
    arguments = parser.parse_args()
    ((recording, hypnogram),) = fetch_sleep_edf(subjects=[0], recordings=[1])
    night = analyze_recording(recording, random_state=0, verbose="error")
    stages = hypnogram_to_stages(hypnogram, n_epochs=len(night.stages))
    figure = plot_night(night.stages, arousals=night.annotations, hypnogram=stages, show=False)
    asleep = np.flatnonzero(stages > 0)
    figure.axes[0].set_xlim((asleep[0] - 60) / 120, (asleep[-1] + 60) / 120)
    figure.savefig(arguments.output, dpi=90)


if __name__ == "__main__":
    main()
