"""Simulated sleepers for the benchmark of stages, and the means of the cues that they show.

    python doc/benchmarks/stage_sleepers.py

prints the mean of each cue of `mne_arousal.stages.physiology` by stage, over the sleepers on which
settings were chosen (seeds 1 to 15). The benchmark reports on others.
"""

from __future__ import annotations

import mne_arousal.datasets._simulate as simulation
from mne_arousal.datasets import simulate_psg

_ARGUMENTS = {
    "young": {},
    "old": {"age": "old"},
    "apnea": {"respiratory": True},
    "without R": {},
    "without N3": {"age": "old"},
    "nap": {"duration": 5400.0},
    "wake": {"duration": 14400.0},
}
_KINDS = (
    *["young"] * 5,
    *["old"] * 5,
    *["apnea"] * 3,
    *["without R"] * 2,
    *["without N3"] * 2,
    "nap",
    *["wake"] * 2,
)
SLEEPERS = [(kind, 501 + number) for number, kind in enumerate(_KINDS)]
CHOSEN_ON = [
    *(("young", seed) for seed in (1, 2, 3)),
    *(("old", seed) for seed in (4, 5, 6)),
    *(("apnea", seed) for seed in (7, 8)),
    ("without R", 9),
    ("without N3", 10),
    *(("nap", seed) for seed in (11, 12)),
    *(("wake", seed) for seed in (13, 14)),
]
_draw = simulation.simulate_hypnogram


def simulate_sleeper(kind: str, seed: int):
    """Simulate one night; N2 stands where a stage is left out."""
    from mne_arousal.hypnogram import STAGES

    def draw(*args, **kwargs):
        stages = _draw(*args, **kwargs)
        if kind.startswith("without"):
            stages[stages == STAGES.index(kind.split()[1])] = STAGES.index("N2")
        if kind == "wake":
            stages[:] = 0
        return stages

    simulation.simulate_hypnogram = draw
    try:
        return simulate_psg(
            random_state=seed,
            n_eeg=2 + seed % 2,
            difficulty=("easy", "medium", "hard")[seed % 3],
            verbose="error",
            **_ARGUMENTS[kind],
        )
    finally:
        simulation.simulate_hypnogram = _draw


def main() -> None:
    """Print the means of the cues."""
    import pandas as pd
    from stage_names import features_of

    from mne_arousal.hypnogram import STAGES, hypnogram_to_stages
    from mne_arousal.stages.physiology import epoch_cues
    from mne_arousal.utils.columns import parse_columns

    parts = []
    for kind, seed in CHOSEN_ON:
        night = simulate_sleeper(kind, seed)
        stages = hypnogram_to_stages(night.hypnogram)
        features = features_of(night.raw)
        middle = features.index.get_level_values(1).to_numpy() + 1.0
        epochs = (middle // 30).astype(int)
        cues = epoch_cues(
            features.to_numpy(), parse_columns(features.columns), epochs, int(epochs[-1]) + 1
        )
        n = min(len(cues), len(stages))
        parts.append(cues.iloc[:n].groupby(stages[:n]).mean())
    means = pd.concat(parts).groupby(level=0).mean()
    print(means.set_axis([STAGES[code] for code in means.index]).round(2).to_string())


if __name__ == "__main__":
    main()
