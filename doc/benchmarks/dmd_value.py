"""What DMD adds: stages of a real night and arousals of simulated ones, by features."""

from __future__ import annotations

import warnings

import numpy as np
from dmd_page import data_folder, table, write

from mne_arousal import make_arousal_pipeline
from mne_arousal.datasets import simulate_psg
from mne_arousal.hypnogram import hypnogram_to_stages
from mne_arousal.metrics import score_evidence, score_stages

SEEDS = range(5)
NIGHTS = [(difficulty, seed) for difficulty in ("easy", "medium", "hard") for seed in (0, 1, 2)]
SIMULATED = 3 * 3600.0  # s


def features(recording):
    """Spectral and DMD features of a recording, as the default pipeline has them."""
    pipeline = make_arousal_pipeline(features=("spectral", "dmd"))
    return pipeline[:-1].fit_transform(recording)


def choices(X):
    """Tables to compare. Chin EMG's level is in each: DMD takes no envelopes.

    The evidence reads band powers by name, so that DMD's get the names of the spectral ones where
    they stand alone.
    """
    dmd = [name for name in X if ":dmd_" in name]
    level = [name for name in X if name.endswith(":level")]
    alone = X[level + dmd].rename(columns=lambda name: name.replace(":dmd_", ":"))
    return {"spectral": X.drop(columns=dmd), "DMD": alone, "both": X}


def clusterer(seed):
    """The last step of the default pipeline."""
    return make_arousal_pipeline(random_state=seed)[-1]


def stages():
    """Adjusted mutual information and kappa on SC4001, five seeds each."""
    folder = data_folder() / "physionet-sleep-data"
    found = {}
    X = features(folder / "SC4001E0-PSG.edf")
    for name, columns in choices(X).items():
        for seed in SEEDS:
            clusters = clusterer(seed).fit(columns).predict_stages(columns)["cluster"].to_numpy()
            true = hypnogram_to_stages(folder / "SC4001EC-Hypnogram.edf", len(clusters))
            scores = score_stages(true, clusters)
            asleep = np.flatnonzero(true > 0)
            night = slice(asleep[0] - 60, asleep[-1] + 61)  # and half an hour of wake around it
            night = score_stages(true[night], clusters[night])
            found.setdefault(name, []).append((scores["ami"], night["ami"], night["kappa"]))
    return found


def arousals():
    """Average precision of the evidence on simulated nights."""
    found = {}
    for difficulty, seed in NIGHTS:
        night = simulate_psg(SIMULATED, 100.0, seed, difficulty=difficulty, verbose="error")
        X = features(night.raw)
        for name, columns in choices(X).items():
            evidence = clusterer(0).fit(columns).decision_function(columns)
            onsets = columns.index.get_level_values("onset").to_numpy()
            scores = score_evidence(night.arousals, evidence, onsets)
            found.setdefault((name, difficulty), []).append(scores["average_precision"])
    return found


def main():
    warnings.simplefilter("ignore")
    rows = []
    by_stage, by_arousal = stages(), arousals()
    for name, scores in by_stage.items():
        shown = [
            f"{m:.3f} ({lo:.3f} to {hi:.3f})"
            for m, lo, hi in zip(
                np.median(scores, axis=0),
                np.min(scores, axis=0),
                np.max(scores, axis=0),
                strict=True,
            )
        ]
        precisions = [by_arousal[name, d] for d in ("easy", "medium", "hard")]
        shown += [f"{np.mean(p):.3f} ({min(p):.3f} to {max(p):.3f})" for p in precisions]
        rows.append([name, *shown])
    header = ["features", "stages: AMI, 22 h", "AMI, sleep ± 30 min", "kappa, sleep ± 30 min"]
    header += [f"arousals: average precision, {d}" for d in ("easy", "medium", "hard")]
    write("value", table(header, rows))


if __name__ == "__main__":
    main()
