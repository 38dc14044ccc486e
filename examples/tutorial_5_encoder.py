"""
=====================
5. Inside the encoder
=====================

:class:`~mne_arousal.PSGEncoder` is a small network that learns without labels: it hides parts of
a night and learns to rebuild them. It is no part of the default pipeline;
``features=("spectral", "encoder", "body")`` adds it, with pretrained weights as they are, to states
and stage clusters. Here a new one is trained for a few epochs on one short night, to show how it
is used. What it adds, measured, is on the page of its :doc:`benchmarks </benchmarks/encoder>`.
"""

# sphinx_gallery_thumbnail_number = -1

# %%
# Windows of 2 s, one after the other.

import numpy as np

from mne_arousal import PSGEncoder, PSGWindower
from mne_arousal.datasets import simulate_psg
from mne_arousal.hypnogram import hypnogram_to_stages
from mne_arousal.viz import plot_embedding, plot_history

night = simulate_psg(duration=1.5 * 3600.0, random_state=3, verbose="error")
windows = PSGWindower(window_length=2.0, hop=2.0, verbose="error").fit_transform(night.raw)
print(f"{len(windows)} windows")

# %%
# Train
# -----

encoder = PSGEncoder(
    max_epochs=6, steps_per_epoch=20, random_state=0, device="cpu", verbose="error"
)
latent = encoder.fit_transform(windows)
latent.iloc[:3, :5].round(2)

# %%
# The loss on stretches of the night that were held out chooses the epoch whose weights are kept.

plot_history(encoder.history_)

# %%
# The latent in the plane
# -----------------------
# Colored by the simulated stages, which the encoder has not seen.

stages = hypnogram_to_stages(night.hypnogram, duration=night.raw.times[-1])
epochs = (latent.index.get_level_values("onset") // 30).astype(int)
labels = stages[np.minimum(epochs, len(stages) - 1)]
names = {-1: "unscored", **dict(enumerate(["W", "N1", "N2", "N3", "R"]))}
plot_embedding(latent, labels, names=names, n_samples=1000)

# %%
# Pretrained weights
# ------------------
# The package brings weights from several nights (see their :doc:`model card
# </encoder_model_card>`). They map to whatever EEG, EOG and EMG channels there are, and work
# without any training.

pretrained = PSGEncoder(weights="default", max_epochs=0, device="cpu", verbose="error")
plot_embedding(pretrained.fit_transform(windows), labels, names=names, n_samples=1000)

# %%
# Save and load
# -------------
# Weights are kept as safetensors: a file of numbers, that can't run code when it is loaded.

import tempfile
from pathlib import Path

path = Path(tempfile.mkdtemp()) / "night.safetensors"
encoder.save(path)
again = PSGEncoder.load(path)
np.testing.assert_allclose(again.transform(windows), latent, atol=1e-5)
print(f"{path.stat().st_size / 1024:.0f} KiB")

# %%
# What the night looks like to the encoder
# ----------------------------------------
# Each row is one of the 16 numbers that the pretrained encoder gives a window, averaged over 30 s.
# Blocks of color change where the simulated stage changes: nobody told the encoder of stages. This
# is what is clustered, beside band powers, where ``features=`` names the encoder.

import matplotlib.pyplot as plt

seen = pretrained.transform(windows)
rows = seen.groupby(epochs).mean().iloc[: len(stages)]
rows = (rows - rows.mean()) / rows.std()
hours = np.arange(len(rows) + 1) / 120
fig, (top, bottom) = plt.subplots(
    2, figsize=(9, 5), sharex=True, height_ratios=(1, 2.5), layout="constrained"
)
height = np.array([3, 2, 1, 0, 4])[stages[: len(rows)]]  # W, N1, N2, N3, R
top.stairs(height, hours, baseline=None, color="black")
top.set_yticks(range(5), ["N3", "N2", "N1", "W", "R"])
image = bottom.pcolormesh(hours, np.arange(17), rows.T, cmap="RdBu_r", vmin=-2.5, vmax=2.5)
bottom.set(xlabel="Time (h)", ylabel="Embedding")
fig.colorbar(image, ax=bottom, label="Standard deviations", pad=0.01)
