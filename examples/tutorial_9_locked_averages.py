"""
==========================================
9. Heart rate and EEG around an arousal
==========================================

What happens before and after an arousal? Average what is around many of them: heart rate, a
spectrogram, beta power.

A caution first. Whatever finds the events shapes their average: a program that looks for fast EEG
finds events with fast EEG. So heart rate is studied here with arousals that were found **without**
the heart, and beta power is shown for what it is, part of the definition.
"""

# %%
# Arousals from EEG, EOG and EMG alone
# ------------------------------------
# ``features=("spectral",)`` uses no heart, breath or legs.

import matplotlib.pyplot as plt
import mne
import numpy as np

from mne_arousal import BodyTransformer, PSGWindower, analyze_recording
from mne_arousal.datasets import simulate_psg

raw = simulate_psg(duration=3 * 3600.0, random_state=12, verbose="error").raw
night = analyze_recording(raw, features=("spectral",), random_state=0, verbose="error")
onsets = night.arousals["onset"].to_numpy()
print(f"{len(onsets)} arousals in {night.sleep_hours:.1f} h of sleep")

# %%
# Moments to compare with: as many in each stage, in sleep, and at least 30 s from any arousal.

rng = np.random.default_rng(0)
stage = night.stages["stage"].to_numpy()


def stage_at(times):
    """Stage of the 30 s that hold each time."""
    return stage[np.minimum((times // 30).astype(int), len(stage) - 1)]


candidates = np.arange(60.0, night.duration - 60.0)
apart = np.abs(candidates[:, None] - onsets).min(axis=1) > 30
controls = np.concatenate(
    [
        rng.choice(candidates[apart & (stage_at(candidates) == name)], size=n)
        for name, n in zip(*np.unique(stage_at(onsets), return_counts=True), strict=True)
        if (apart & (stage_at(candidates) == name)).any()
    ]
)

# %%
# Heart rate
# ----------
# :class:`~mne_arousal.BodyTransformer` gives the heart rate of each window. Windows of 2 s every
# half second are fine enough. Each trace is the change from its own mean of the 10 to 2 s before.

windows = PSGWindower(window_length=2.0, hop=0.5, body=True, verbose="error").fit_transform(raw)
body = BodyTransformer().fit_transform(windows)
name = next(name for name in body if name.endswith(":heart_rate"))
times = body.index.get_level_values("onset").to_numpy() + 1.0  # the middle of a window
lags = np.arange(-15.0, 30.5, 0.5)


def around(moments, times, values):
    """Change of a signal around moments, shape (n_moments, n_lags)."""
    traces = np.interp(moments[:, None] + lags, times, values)
    return traces - traces[:, (lags >= -10) & (lags <= -2)].mean(axis=1, keepdims=True)


def mean_and_interval(traces, n=1000):
    """Mean over moments, and its 95 % interval by bootstrap."""
    draws = rng.integers(len(traces), size=(n, len(traces)))
    return traces.mean(axis=0), np.percentile(traces[draws].mean(axis=1), (2.5, 97.5), axis=0)


def plot_locked(axis, at_arousals, at_controls):
    """Draw both averages with their intervals."""
    for traces, color, label in (
        (at_controls, "0.5", f"{len(at_controls)} moments of quiet sleep"),
        (at_arousals, "#D55E00", f"{len(at_arousals)} arousals"),
    ):
        mean, (low, high) = mean_and_interval(traces)
        axis.fill_between(lags, low, high, color=color, alpha=0.25, linewidth=0)
        axis.plot(lags, mean, color=color, label=label)
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set(xlim=lags[[0, -1]])
    axis.legend(frameon=False)


known = np.isfinite(body[name].to_numpy())
heart = [around(at, times[known], body[name].to_numpy()[known]) for at in (onsets, controls)]
peak = heart[0].mean(axis=0).argmax()
print(f"heart rate rises by {heart[0].mean(axis=0)[peak]:.1f} a minute, {lags[peak]:.1f} s after")

# %%
# EEG
# ---
# Found arousals are annotations, so :class:`mne.Epochs` takes them as they are. The spectrogram is
# relative to the same 10 to 2 s before.

channel = night.channels[0].split(":", 1)[1]
samples = (onsets * raw.info["sfreq"]).round().astype(int) + raw.first_samp
events = np.column_stack([samples, np.zeros_like(samples), np.ones_like(samples)])
epochs = mne.Epochs(
    raw, events, tmin=-16, tmax=31, picks=[channel], baseline=None, preload=True, verbose="error"
)
freqs = np.arange(1.0, 31.0)
power = epochs.compute_tfr(
    "morlet", freqs, n_cycles=np.maximum(freqs, 3.0), average=False, decim=16, verbose="error"
)
decibels = 10 * np.log10(power.data[:, 0])  # of each arousal: one movement does not stand out
before = (power.times >= -10) & (power.times <= -2)
decibels = (decibels - decibels[..., before].mean(axis=-1, keepdims=True)).mean(axis=0)

# %%
# Beta power (16 to 30 Hz) in the same way as heart rate, in decibels.

beta = raw.copy().pick([channel]).load_data().filter(16, 30, verbose="error").get_data()[0]
step = int(raw.info["sfreq"] / 2)  # half a second
level = beta[: len(beta) // step * step].reshape(-1, step)
level = 10 * np.log10((level**2).mean(axis=1))
beta_times = (np.arange(len(level)) + 0.5) * step / raw.info["sfreq"]
fast = [around(at, beta_times, level) for at in (onsets, controls)]

# %%
# All three on one axis of time. EEG changes at the onset, and the heart answers in the seconds
# after it; quiet sleep shows nothing of the kind. In a patient, ask the same of airflow or legs
# **before** 0.

fig, axes = plt.subplots(3, figsize=(8, 8), sharex=True, layout="constrained")
mesh = axes[0].pcolormesh(
    power.times, freqs, decibels, cmap="RdBu_r", vmin=-6, vmax=6, shading="nearest"
)
axes[0].axvline(0, color="black", linewidth=0.8)
axes[0].set(ylabel=f"{channel} (Hz)")
fig.colorbar(mesh, ax=axes[0], label="dB against before", pad=0.01)
plot_locked(axes[1], *fast)
axes[1].set(ylabel="Beta power (dB)")
plot_locked(axes[2], *heart)
axes[2].set(ylabel="Heart rate (1/min)", xlabel="Time from the onset (s)")
