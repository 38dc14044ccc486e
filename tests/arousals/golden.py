"""What is found on simulated nights, kept as a file.

``python -m tests.arousals.golden`` writes the file anew. Do so only after a change that is meant to
change what is found, and look at the difference.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np

from mne_arousal import analyze_recording
from mne_arousal.datasets import simulate_psg

GOLDEN = Path(__file__).with_name("golden.json")
SFREQ = 100.0
#: A healthy sleeper, patients, and one EEG channel alone; an hour and more each.
NIGHTS = {
    "limbs": {"duration": 3600.0, "random_state": 8, "patient": "limbs"},
    "one channel": {"duration": 4200.0, "random_state": 21, "n_eeg": 1, "difficulty": "hard"},
    "apnea": {"duration": 4200.0, "random_state": 5, "patient": "apnea"},
    "healthy": {"duration": 5400.0, "random_state": 11, "n_eeg": 2},
}
_ONE = {"picks": {"C3-M2": "eeg"}}


@cache
def simulated(name):
    """A simulated night and its truth."""
    return simulate_psg(sfreq=SFREQ, verbose="error", **NIGHTS[name])


@cache
def analyzed(name):
    """What is found on it."""
    return analyze_recording(
        simulated(name).raw,
        features=("spectral", "body"),
        random_state=0,
        verbose="error",
        **(_ONE if name == "one channel" else {}),
    )


def summary(name):
    """What is compared: events to the sample, probabilities, stages, candidates' reasons."""
    night = analyzed(name)
    events = night.arousals
    reasons = night.candidates["reason"]
    return {
        "onset": [int(x) for x in np.round(events["onset"] * SFREQ)],
        "duration": [int(x) for x in np.round(events["duration"] * SFREQ)],
        "onset_low": [round(float(x), 2) for x in events["onset_low"]],
        "end_high": [round(float(x), 2) for x in events["end_high"]],
        "probability": [round(float(x), 4) for x in events["probability"]],
        "score": [round(float(x), 3) for x in events["score"]],
        "kind": list(events["kind"]),
        "band": list(events["band"]),
        "stages": runs_of(night.stages["stage"]),
        "stage_probability": round(float(night.stages["probability"].mean()), 4),
        "reasons": {str(k): int(n) for k, n in reasons.value_counts().sort_index().items()},
    }


def runs_of(stages):
    """Stages as runs, such as ``"W20 N13 N240"``."""
    runs = []
    for stage in stages:
        if runs and runs[-1][0] == stage:
            runs[-1][1] += 1
        else:
            runs.append([stage, 1])
    return " ".join(f"{stage}:{n}" for stage, n in runs)


if __name__ == "__main__":
    kept = {name: summary(name) for name in NIGHTS}
    GOLDEN.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
