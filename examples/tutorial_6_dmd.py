"""
====================================
6. Inside Dynamic Mode Decomposition
====================================

A window as a sum of modes, each with a frequency and a rate at which it grows or decays (Schmid
2010; Tu et al. 2014).
"""

# sphinx_gallery_thumbnail_number = -1

# %%
# An hour of simulated sleep in windows of 2 s.

import matplotlib.pyplot as plt
import numpy as np

from mne_arousal import DMDTransformer, PSGWindower
from mne_arousal.datasets import simulate_psg
from mne_arousal.viz import plot_dmd_spectrum

night = simulate_psg(duration=3600.0, random_state=4, n_eeg=4, verbose="error")
windower = PSGWindower(window_length=2.0, hop=2.0, picks=night.raw.ch_names[:4], verbose="error")
windows = windower.fit_transform(night.raw)

# %%
# Each channel by itself
# ----------------------
# A snapshot is ten consecutive samples; the step from each snapshot to the next is a matrix, whose
# eigenvalues tell frequency and growth.

dmd = DMDTransformer(rank=12).fit(windows)
result = dmd.decompose(windows)
names = [label.split(":", 1)[1] for label in windower.channels_]
at = 400
plot_dmd_spectrum(result, at, ch_names=names)

# %%
# What is kept as features depends on neither the order nor the sign of the modes: the power of
# modes in each band, mean frequency and growth, spread, residual.

features = dmd.transform(windows)
features.iloc[:3, :6].round(2)

# %%
# All channels together
# ---------------------
# A mode then has a place on the scalp: its magnitude over the channels.

joint = DMDTransformer(rank=8, joint=True).fit(windows)
plot_dmd_spectrum(joint.decompose(windows), at, ch_names=names, n_maps=4)

# %%
# How many modes?
# ---------------
# Fixed, by their share of energy, or by the optimal threshold for singular values in noise (Gavish
# and Donoho 2014).

fig, axis = plt.subplots(figsize=(7, 3), layout="constrained")
for rank, style in ((0.9, "-"), (0.99, "--"), (0, ":")):
    ranks = DMDTransformer(rank=rank).fit(windows).decompose(windows).ranks.mean(axis=1)
    label = "optimal threshold" if rank == 0 else f"{rank:.0%} of energy"
    axis.hist(ranks, np.arange(0.5, 11), histtype="step", linestyle=style, label=label)
axis.set(xlabel="Modes kept, mean over channels", ylabel="Windows")
axis.legend()

# %%
# What the modes predict
# ----------------------
# Modes that decay do not rebuild two seconds from their start: EEG is excited again and again,
# and how soon a mode dies out is what its growth rate tells. What they do is the step from each
# snapshot to the next, here for the last sample of each.

channel, delays = 0, dmd.n_delays_
known = np.isfinite(result.eigenvalues[at, channel])
modes = result.modes[at, channel][:, known]  # (n_delays, rank)
step = modes * result.eigenvalues[at, channel, known] @ np.linalg.pinv(modes)
signal = windows[at][0][channel]
snapshots = np.lib.stride_tricks.sliding_window_view(signal, delays)
predicted = (snapshots[:-1] @ step.T).real[:, -1]
times = np.arange(delays, len(signal)) / 100
fig, axis = plt.subplots(figsize=(7, 3), layout="constrained")
axis.plot(times, 1e6 * signal[delays:], color="black", label="EEG")
axis.plot(times, 1e6 * predicted, color="#D55E00", linestyle="--", label="one step ahead")
axis.set(xlabel="Time (s)", ylabel=f"{names[channel]} (µV)")
axis.legend()

# %%
# What it tells of a night
# ------------------------
# Two of the features by the simulated stage of their window, which the decomposition has not seen,
# and for windows in an arousal: the mean frequency of the modes tells deep sleep from the rest and
# an arousal from the sleep around it; growth rates say how soon an oscillation dies out.

from mne_arousal.hypnogram import hypnogram_to_stages

onsets = features.index.get_level_values("onset").to_numpy()
codes = hypnogram_to_stages(night.hypnogram, duration=night.raw.times[-1])
epochs = np.minimum(onsets // 30, len(codes) - 1).astype(int)
stage = np.array(["W", "N1", "N2", "N3", "R"])[codes[epochs]]
spans = zip(night.arousals.onset, night.arousals.duration, strict=True)
aroused = np.any([(onsets + 2 > a) & (onsets < a + d) for a, d in spans], axis=0)
groups = {name: (stage == name) & ~aroused for name in ("W", "R", "N1", "N2", "N3")}
groups = {name: rows for name, rows in groups.items() if rows.any()} | {"arousal": aroused}

fig, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for axis, (name, label) in zip(
    axes,
    {"frequency": "Mean frequency of modes (Hz)", "growth": "Mean growth of modes (1/s)"}.items(),
    strict=True,
):
    values = features[f"{windower.channels_[0]}:dmd_{name}"].to_numpy()
    boxes = axis.boxplot(
        [values[rows] for rows in groups.values()],
        tick_labels=list(groups),
        showfliers=False,
        patch_artist=True,
        medianprops={"color": "black"},
    )
    for patch in boxes["boxes"]:
        patch.set_facecolor("#56B4E9")
    boxes["boxes"][-1].set_facecolor("#D55E00")
    axis.set_ylabel(label)
