"""Transient waves of sleep: spindles, K-complexes, vertex waves, sawtooth waves.

Shapes, durations and where on the head they are largest follow the AASM manual (Berry et al. 2020,
version 2.6, chapter IV).
"""

from __future__ import annotations

import numpy as np

from ._background import CONTROL_RATE, wander
from ._hypnogram_simulation import N1, N2, N3, R

# amplitude by lobe (F, C, O) and at the EOG (E), relative to the largest
SPINDLE = {"F": 0.7, "C": 1.0, "O": 0.4, "E": 0.2}
_K_COMPLEX = {"F": 1.0, "C": 0.85, "O": 0.4, "E": 0.5}
_VERTEX = {"F": 0.6, "C": 1.0, "O": 0.3, "E": 0.2}
_SAWTOOTH = {"F": 0.8, "C": 1.0, "O": 0.4, "E": 0.3}


def lobe_amplitudes(by_lobe, names):
    """Return the amplitude at each channel, shape (n_channels,)."""
    return np.array([by_lobe[name[0]] for name in names])


def draw_times(rate, rng):
    """Draw times (s) of a Poisson process with a rate (per s) given at the control rate."""
    counts = rng.poisson(np.maximum(rate, 0) / CONTROL_RATE)
    index = np.repeat(np.arange(len(rate)), counts)
    return (index + rng.random(len(index))) / CONTROL_RATE


def add_wave(data, start, wave, amplitudes):
    """Add one wave to all channels, in place; what sticks out of the recording is cut off."""
    lo, hi = max(start, 0), min(start + len(wave), data.shape[1])
    if lo < hi:
        data[:, lo:hi] += np.multiply.outer(amplitudes, wave[lo - start : hi - start])


def phasic_rem(weights, rng):
    """Return how phasic REM sleep is, 0 outside REM, shape (n_control,), mean about 1 inside."""
    activity = np.maximum(wander(rng, weights.shape[1], period=6.0) - 0.3, 0) / 0.27
    return activity * np.where(weights[R] > 0.8, weights[R], 0.0)


def add_graphoelements(data, names, sfreq, weights, person, phasic, quiet, rng):
    """Add the transient waves of each stage to EEG and EOG, in place.

    Parameters
    ----------
    data : array, shape (n_channels, n_times)
        EEG and EOG, uV.
    names : list of str
        Channels.
    sfreq : float
        Sampling frequency, Hz.
    weights : array, shape (5, n_control)
        Part of each stage.
    person : Person
        Traits.
    phasic : array, shape (n_control,)
        From `phasic_rem`.
    quiet : array of bool, shape (n_control,)
        Where no event is under way: spindles stop at an arousal.
    rng : numpy.random.Generator
        Source of chance.
    """
    gain = person.gain
    # spindles come in waves of about 50 s (Lecci et al. 2017, Sci. Adv. 3:e1602026)
    waxing = np.exp(0.8 * wander(rng, len(quiet), period=10.0) - 0.32)
    rate = person.spindle_rate / 60 * (weights[N2] + 0.6 * weights[N3]) * waxing * quiet
    for time in draw_times(rate, rng):
        wave = gain * draw_spindle(sfreq, person, rng)
        add_wave(data, round(time * sfreq), wave, lobe_amplitudes(SPINDLE, names))
    rate = person.k_complex_rate / 60 * weights[N2] * quiet
    rate *= np.exp(0.7 * wander(rng, len(quiet), period=5.0) - 0.25)  # they come in groups
    for time in draw_times(rate, rng):
        add_k_complex(data, names, time, sfreq, gain * person.slow_gain, rng)
    for time in draw_times(weights[N1] / 60, rng):
        wave = -gain * rng.uniform(30, 70) * np.hanning(max(3, int(0.25 * sfreq)))
        add_wave(data, round(time * sfreq), wave, lobe_amplitudes(_VERTEX, names))
    for time in draw_times(phasic * 0.6 / 60, rng):
        wave = gain * _draw_sawtooth(sfreq, rng)
        add_wave(data, round(time * sfreq), wave, lobe_amplitudes(_SAWTOOTH, names))


def draw_spindle(sfreq, person, rng):
    """Draw a spindle of 0.5 to 2 s, uV at the vertex: it slows by a few tenths of a Hz."""
    duration = np.clip(rng.lognormal(np.log(0.9), 0.3), 0.5, 2.0)
    t = np.arange(int(duration * sfreq)) / sfreq
    frequency = person.spindle_frequency + rng.normal(0, 0.35) - 0.4 * (t / duration - 0.5)
    phase = 2 * np.pi * np.cumsum(frequency) / sfreq + rng.uniform(0, 2 * np.pi)
    envelope = np.sin(np.pi * t / duration) ** 1.5
    return person.spindle_gain * rng.lognormal(np.log(11), 0.45) * envelope * np.sin(phase)


def add_k_complex(data, names, time, sfreq, gain, rng):
    """Add a K-complex: a sharp negative wave, then a slower positive one, over 0.5 s in all."""
    stretch = rng.uniform(0.85, 1.2)
    t = np.arange(int(1.6 * stretch * sfreq)) / sfreq / stretch
    negative = np.exp(-0.5 * ((t - 0.35) / 0.10) ** 2)
    positive = np.exp(-0.5 * ((t - 0.80) / 0.20) ** 2)
    wave = gain * rng.lognormal(np.log(85), 0.25) * (0.5 * positive - negative)
    add_wave(data, round(time * sfreq), wave, lobe_amplitudes(_K_COMPLEX, names))


def add_delta_burst(data, names, time, duration, sfreq, gain, rng):
    """Add slow waves of 0.7 to 1.7 Hz, close to one another, in place: a delta burst of CAP.

    Each is at least a third larger than slow waves around it usually are (Terzano et al. 2001,
    Sleep Med. 2:537).
    """
    amplitudes = lobe_amplitudes(_K_COMPLEX, names)
    at, end = time, time + duration
    while at < end - 0.3:
        length = min(1 / rng.uniform(0.7, 1.7), end - at)
        t = np.arange(max(3, int(length * sfreq))) / (length * sfreq)
        wave = -np.sin(2 * np.pi * t) * np.sin(np.pi * t) ** 0.3
        size = gain * rng.lognormal(np.log(60), 0.3)
        add_wave(data, round(at * sfreq), size * wave, amplitudes)
        at += length * rng.uniform(0.9, 1.15)


def add_spindle_train(data, names, start, stop, sfreq, person, rng):
    """Add spindles close to one another, from `start` to `stop` (samples)."""
    amplitudes = 1.3 * person.gain * lobe_amplitudes(SPINDLE, names)
    at = start
    while True:
        wave = draw_spindle(sfreq, person, rng)
        wave = wave[: stop - at]
        add_wave(data, at, wave, amplitudes)
        at += len(wave) + int(rng.uniform(0.0, 0.4) * sfreq)
        if stop - at < 0.5 * sfreq:
            return


def _draw_sawtooth(sfreq, rng):
    """Draw a train of triangular waves of 2 to 5 Hz, uV."""
    t = np.arange(int(rng.uniform(2, 5) * sfreq)) / sfreq
    phase = (t * rng.uniform(2, 5)) % 1.0
    teeth = np.where(phase < 0.7, phase / 0.7, (1 - phase) / 0.3) - 0.5
    return rng.uniform(15, 35) * teeth * np.sin(np.pi * t / t[-1])
