"""
=================================
3. A BIDS dataset to a derivative
=================================

A whole dataset in one call: results are a BIDS derivative beside it, and a run that was ended goes
on where it stopped.
"""

# %%
# A small dataset: two people, half an hour each, written by MNE-BIDS.

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import mne_bids

from mne_arousal.datasets import simulate_psg

root = Path(tempfile.mkdtemp()) / "study"
for subject, seed in (("01", 1), ("02", 2)):
    raw = simulate_psg(duration=1800.0, random_state=seed, verbose="error").raw
    raw.set_meas_date(datetime(2020, 1, 1, 22, tzinfo=UTC))
    raw.info["line_freq"] = 50
    mne_bids.write_raw_bids(
        raw,
        mne_bids.BIDSPath(subject=subject, task="sleep", datatype="eeg", root=root),
        allow_preload=True,
        format="BrainVision",
        verbose="error",
    )
mne_bids.print_dir_tree(root, max_depth=2)

# %%
# One call, or ``mne-arousal detect study`` in the shell. ``n_jobs`` is the number of recordings
# worked on at once.

from mne_arousal import annotate_bids

summary = annotate_bids(root, features=("spectral",), n_jobs=1, verbose="error")
summary[["filename", "status", "sleep_hours", "n_arousals", "arousal_index", "flags"]]

# %%
# What it wrote.

derivative = root / "derivatives" / "mne-arousal"
mne_bids.print_dir_tree(derivative)

# %%
# Arousals are ordinary ``events.tsv`` files.

import pandas as pd

path = next(derivative.glob("sub-01/eeg/*_desc-arousal_events.tsv"))
pd.read_csv(path, sep="\t").head()

# %%
# Called again, it does only what is missing. ``dry_run`` tells what that would be.

annotate_bids(root, features=("spectral",), dry_run=True, verbose="error")

# %%
# One page of HTML for the dataset, or ``mne-arousal report study --output study.html``.

from mne_arousal.report import make_report, save_report

save_report(make_report(root, verbose="error"), root.parent / "study.html").name

# %%
# The derivative is enough to look at the study: stages and arousals of each night, from its files.

import matplotlib.pyplot as plt

order = {"R": 4, "W": 3, "N1": 2, "N2": 1, "N3": 0}
nights = sorted(derivative.glob("sub-*/eeg/*_desc-stages_events.tsv"))
fig, axes = plt.subplots(len(nights), figsize=(8, 4.4), sharex=True, layout="constrained")
for axis, path in zip(axes, nights, strict=True):
    stages = pd.read_csv(path, sep="\t")
    found = pd.read_csv(str(path).replace("desc-stages", "desc-arousal"), sep="\t")
    names = stages["trial_type"].str.removeprefix("Sleep stage ")
    edges = [*(stages["onset"] / 60), stages["onset"].iloc[-1] / 60 + 0.5]
    axis.stairs(names.map(order), edges, baseline=None, color="black")
    axis.vlines(found["onset"] / 60, 4.4, 5.2, color="#D55E00")
    axis.set_yticks([*order.values(), 4.8], [*order, "arousals"])
    row = summary[summary["filename"].str.contains(path.name[:6])].iloc[0]
    axis.set_title(f"{path.name[:6]}: {row['arousal_index']:.1f} arousals per hour of sleep")
axes[-1].set_xlabel("Time (min)")
