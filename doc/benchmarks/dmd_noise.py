"""Bias and spread of exact, forward-backward and total-least-squares DMD under noise."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from dmd_page import PAGE, table, write

from mne_arousal.dmd import DMDTransformer

SFREQ, FREQUENCY, GROWTH = 100.0, 10.0, -0.5
SNR = np.arange(0, 41, 5)  # dB
METHODS = {"exact": "exact", "fb": "forward-backward", "tls": "total least squares"}
N_WINDOWS = 1000


def oscillator(rng):
    """Damped oscillators of 2 s with random phases, mean square 1."""
    t = np.arange(200) / SFREQ
    phase = rng.uniform(0, 2 * np.pi, (N_WINDOWS, 1))
    x = np.exp(GROWTH * t) * np.cos(2 * np.pi * FREQUENCY * t + phase)
    return x / np.sqrt(np.mean(x**2, axis=1, keepdims=True))


def errors(x, method):
    """Error of frequency (Hz) and of growth rate (1/s) in each window."""
    dmd = DMDTransformer(sfreq=SFREQ, rank=2, method=method).fit(x)
    result = dmd.decompose(x)
    strongest = np.argmax(np.where(result.frequencies > 0, result.energies, -1), axis=-1)[..., None]
    frequency = np.take_along_axis(result.frequencies, strongest, -1)[:, 0, 0]
    growth = np.take_along_axis(result.growth_rates, strongest, -1)[:, 0, 0]
    return frequency - FREQUENCY, growth - GROWTH


def main():
    rng = np.random.default_rng(0)
    clean = oscillator(rng)
    rows = [
        [name, "none", *(f"{np.abs(e).max():.0e}" for e in errors(clean, method)), "", ""]
        for method, name in METHODS.items()
    ]
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    noise = rng.standard_normal(clean.shape)
    for shift, (method, name) in zip((-0.7, 0, 0.7), METHODS.items(), strict=True):
        found = [errors(clean + 10 ** (-snr / 20) * noise, method) for snr in SNR]
        bias = np.array([[np.mean(e) for e in pair] for pair in found])
        spread = np.array([[np.std(e) for e in pair] for pair in found])
        for i, axis in enumerate(axes):
            axis.errorbar(
                SNR + shift, bias[:, i], spread[:, i], label=name, capsize=2, marker="o", ms=3
            )
        for at in (1, 2, 4, 6):
            shown = [f"{b:+.3f}" for b in bias[at]] + [f"{s:.3f}" for s in spread[at]]
            rows.append([name, f"{SNR[at]} dB", *shown])
    for axis, title in zip(axes, ("frequency (Hz)", "growth rate (1/s)"), strict=True):
        axis.axhline(0, color="0.7", lw=0.8)
        axis.set(xlabel="signal-to-noise ratio (dB)", title=f"Error of the {title}")
    axes[0].set_ylim(-0.15, 0.15)
    axes[1].legend()
    figure.savefig(PAGE.parents[1] / "_static" / "dmd_noise.png", dpi=80)
    header = ["method", "noise", "frequency (Hz): bias", "growth (1/s): bias"]
    header += ["frequency: SD", "growth: SD"]
    write("noise", table(header, rows))


if __name__ == "__main__":
    main()
