"""
================================
10. Evaluating with an expert
================================

An expert marked arousals in some of your nights. How well does the program agree, and how well do
two experts agree with each other?

Simulated nights stand in for scored ones, with their truth as the first expert. A second expert is
made from it: some arousals missed, onsets moved. With marks of your own, everything below is the
same, and the shell does it in one line: ``mne-arousal evaluate results scored --output
evaluation``. :doc:`The guide </guide/evaluation>` lists the layouts that are read.
"""

# %%
# Four short nights, analyzed without any marks.

import mne
import numpy as np

from mne_arousal import analyze_recording
from mne_arousal.datasets import simulate_psg
from mne_arousal.metrics import evaluate_dataset

found, first, second = {}, {}, {}
rng = np.random.default_rng(0)
for seed in (21, 22, 23, 24):
    simulated = simulate_psg(duration=3600.0, random_state=seed, verbose="error")
    name = f"night{seed}"
    found[name] = analyze_recording(
        simulated.raw, features=("spectral",), random_state=0, verbose="error"
    )
    first[name] = simulated.arousals + simulated.hypnogram
    kept = simulated.arousals[rng.random(len(simulated.arousals)) < 0.85]
    moved = mne.Annotations(
        kept.onset + rng.normal(scale=0.7, size=len(kept)), kept.duration, kept.description
    )
    second[name] = moved + simulated.hypnogram

# %%
# Files as a laboratory has them: one folder an expert, one file a night. Here Luna's ``.annot``;
# NSRR's XML, EDF+, BIDS and others are read as well.

import tempfile
from pathlib import Path

from mne_arousal.annotation_files import write_annotations

folder = Path(tempfile.mkdtemp())
for expert, nights in (("first", first), ("second", second)):
    (folder / expert).mkdir()
    for name, marks in nights.items():
        write_annotations(marks, folder / expert / f"{name}.annot")

# %%
# One call compares what was found with each expert, and the experts with each other. Nothing is
# chosen by it: it judges a finished result.

evaluation = evaluate_dataset(found, [folder / "first", folder / "second"], random_state=0)
evaluation

# %%
# The scores with 95 % intervals by bootstrap over nights. Four nights are few, and the intervals
# say so. The last rows tell how well a second expert agrees with the first: a program can't be
# expected to do better than that.

measures = ["f1_overlap", "precision_overlap", "recall_overlap", "f1_onset", "kappa"]
scores = evaluation.scores.query("scope == 'all' and measure in @measures")
scores[["detector", "truth", "measure", "value", "low", "high"]].round(2)

# %%
# A page to pass on holds all of it, and :meth:`~mne_arousal.metrics.Evaluation.save` writes the
# tables.

from mne_arousal.report import save_evaluation_page

save_evaluation_page(evaluation, folder / "evaluation.html").name

# %%
# Three pictures to read
# ----------------------
# Left, is the arousal index right? Each point is a night; a bias that grows with the index would
# show as a slope. Middle, is a probability what it says? Of events with probability 0.8, 80 %
# should be an expert's arousals. Right, what would another ``min_probability`` do? Choose it for
# your purpose, and judge it on **other** nights.

import matplotlib.pyplot as plt

from mne_arousal.viz.agreement_figures import (
    plot_bland_altman,
    plot_min_probability,
    plot_reliability,
)


def of_first(table):
    """Rows of what was found against the first expert."""
    pair = table[["detector", "truth"]].iloc[0]
    return table[(table["detector"] == pair["detector"]) & (table["truth"] == pair["truth"])]


fig, axes = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
plot_bland_altman(of_first(evaluation.recordings), axes=axes[0], show=False)
plot_reliability(of_first(evaluation.reliability), axes=axes[1], show=False)
plot_min_probability(of_first(evaluation.curve), axes=axes[2], show=False)
fig
