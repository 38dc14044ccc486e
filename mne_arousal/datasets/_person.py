"""What is particular to one simulated person, and where electrodes sit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# x (left to right), y (back to front), in head radii, on the flattened head
_POSITIONS = {
    "F3": (-0.35, 0.42),
    "F4": (0.35, 0.42),
    "C3": (-0.45, 0.0),
    "C4": (0.45, 0.0),
    "O1": (-0.25, -0.85),
    "O2": (0.25, -0.85),
    "E1": (-0.6, 0.95),
    "E2": (0.6, 0.95),
}
EEG_NAMES = ("C3-M2", "C4-M1", "F3-M2", "O2-M1", "F4-M1", "O1-M2")
EOG_NAMES = ("E1-M2", "E2-M2")


def electrode_positions(names):
    """Return positions of channels named ``"C3-M2"``, shape (n, 2), in head radii."""
    return np.array([_POSITIONS[name[:2]] for name in names])


@dataclass(frozen=True)
class Person:
    """Traits that stay the same all night.

    Parameters
    ----------
    gain : float
        Amplitude of the whole EEG.
    slow_gain : float
        Amplitude below 4 Hz, further to `gain`.
    tilt : float
        Added spectral slope, dB per decade of frequency, pivoting at 4 Hz.
    alpha_frequency : float
        Of the wake rhythm, Hz.
    alpha_gain : float
        Its amplitude; one person in ten has hardly any.
    spindle_frequency : float
        Of central spindles, Hz.
    spindle_rate : float
        Spindles per minute of N2.
    spindle_gain : float
        Amplitude of spindles.
    k_complex_rate : float
        K-complexes per minute of N2.
    emg_gain : float
        Amplitude of the chin EMG.
    heart_rate : float
        Beats per minute in N2.
    breathing_rate : float
        Breaths per s.
    """

    gain: float
    slow_gain: float
    tilt: float
    alpha_frequency: float
    alpha_gain: float
    spindle_frequency: float
    spindle_rate: float
    spindle_gain: float
    k_complex_rate: float
    emg_gain: float
    heart_rate: float
    breathing_rate: float


def draw_person(rng, *, old):
    """Draw the traits of a person.

    With age, slow waves shrink, spindles become rarer and smaller, and alpha slows
    (Mander et al. 2017, Neuron 94:19; Klimesch 1999, Brain Res. Rev. 29:169).
    Deep sleep of eleven people of the UCD sleep apnea database falls off with frequency by 3 to 12
    dB less, from 3 to 22 Hz, than the night that the background is modeled on; `tilt` lies
    between. Adults show 2 to 5 spindles a minute of N2 (Purcell et al. 2017, Nat. Commun. 8:15930).
    """
    return Person(
        gain=rng.lognormal(0, 0.15) * (0.85 if old else 1.0),
        slow_gain=rng.lognormal(0, 0.12) * (0.7 if old else 1.0),
        tilt=rng.normal(2.0, 2.2),
        alpha_frequency=float(np.clip(rng.normal(9.2 if old else 10.0, 0.7), 8.0, 12.0)),
        alpha_gain=rng.lognormal(-0.25, 0.45) * (0.3 if rng.random() < 0.1 else 1.0),
        spindle_frequency=rng.normal(13.3, 0.35),
        spindle_rate=rng.uniform(1.5, 3.5) if old else rng.uniform(2.5, 5.0),
        spindle_gain=rng.lognormal(0, 0.2) * (0.75 if old else 1.0),
        k_complex_rate=rng.uniform(0.4, 0.9) if old else rng.uniform(0.7, 1.6),
        emg_gain=rng.lognormal(0, 0.3),
        heart_rate=rng.uniform(50, 66),
        breathing_rate=rng.uniform(0.21, 0.29),
    )
