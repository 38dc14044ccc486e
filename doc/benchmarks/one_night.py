"""Pictures of one real night, Sleep-EDF SC4001: the night, and one arousal of it.

The night: the expert's hypnogram, which no fit has seen, above what was found. The arousal: the
most probable one of N2 that lasts 5 to 10 s; no expert marked arousals in this night::

    python doc/benchmarks/one_night.py

writes ``doc/_static/one_night.png`` and ``doc/_static/one_arousal.png``. To be looked at after each
change of the detector: quiet wake around the night, and REM sleep, are where it errs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import mne
import numpy as np

from mne_arousal import analyze_recording
from mne_arousal.datasets import fetch_sleep_edf
from mne_arousal.stages.epochs import stages_at
from mne_arousal.viz import plot_arousal, plot_overview

STATIC = Path(__file__).parents[1] / "_static"
CHANNELS = ["EEG Fpz-Cz", "EEG Pz-Oz", "EOG horizontal"]


def main() -> None:
    """Draw the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=STATIC)
    folder = parser.parse_args().folder
    mpl.use("Agg")
    ((recording, hypnogram),) = fetch_sleep_edf(subjects=[0], recordings=[1])
    night = analyze_recording(recording, random_state=0, verbose="error")
    raw = mne.io.read_raw_edf(recording, preload=True, verbose="error")
    figure = plot_overview(night, raw=raw, hypnogram=hypnogram, show=False)
    figure.savefig(folder / "one_night.png", dpi=110)
    stages = np.array(stages_at(night.arousals["onset"].to_numpy(), night.stages))
    those = night.arousals[(stages == "N2") & night.arousals["duration"].between(5, 10)]
    event = those.sort_values("probability", kind="stable").iloc[-1]
    figure = plot_arousal(raw, event[["onset", "duration"]], picks=CHANNELS, show=False)
    figure.axes[0].set_title("")
    figure.savefig(folder / "one_arousal.png", dpi=110)
    print(f"one_arousal.png: {event['onset']:.1f} s, probability {event['probability']:.2f}")


if __name__ == "__main__":
    main()
