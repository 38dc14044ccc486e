"""What arousals and their look-alikes do to the signals."""

from __future__ import annotations

import numpy as np

from ._background import CONTROL_RATE, Modulation, density
from ._graphoelements import add_k_complex, add_spindle_train, add_wave
from ._hypnogram_simulation import W
from ._schedule import STABLE

# bands of the background (see _background.ANCHORS) that rise with each share of an arousal
_THETA, _BETA = [3], [6, 7]
_SLOW = {0: 1.0, 1: 1.0, 2: 0.5}  # and how much of the loss of delta each slow band takes


def modulations(events, levels, sfreq, rng):
    """Turn arousals and short bursts into changes of the background.

    Parameters
    ----------
    events : list of Event
        All events; only these two kinds are used.
    levels : array, shape (9, n_control)
        Levels of the background.
    sfreq : float
        Sampling frequency, Hz.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    changes : list of Modulation
        In order of time.
    """
    changes = []
    for event in events:
        if event.name in ("arousal", "short burst"):
            stop = int(event.start / sfreq * CONTROL_RATE)
            before = levels[:, max(0, stop - int(STABLE * CONTROL_RATE)) : stop]
            changes.append(_modulation(event, np.median(before, axis=1), sfreq, rng))
    return changes


def envelope(event, sfreq, rng):
    """Return how far an event is under way at each of its samples, 0 to about 1.

    The rise is a step at the first sample or a raised cosine; the fall ends with the event.
    """
    n = event.stop - event.start
    t = np.arange(n) / sfreq
    shape = 1 + 0.15 * np.sin(2 * np.pi * (t * rng.uniform(0.15, 0.5) + rng.random()))
    rise = int(event.ramp * sfreq)
    if rise:
        rise = min(rise, n // 2)
        shape[:rise] *= 0.5 - 0.5 * np.cos(np.pi * (np.arange(rise) + 1) / (rise + 1))
    fall = max(1, int(min(rng.uniform(0.1, 0.8), 0.25 * n / sfreq) * sfreq))
    shape[-fall:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fall) + 0.5) / fall)
    return shape


def _modulation(event, levels, sfreq, rng):
    shape = envelope(event, sfreq, rng)
    n = len(shape)
    gains = np.ones((len(levels), n))
    rise = (event.strength - 1) * shape
    gains[_THETA] = np.sqrt(1 + event.theta * rise)
    gains[_BETA] = np.sqrt(1 + event.beta * rise)
    # delta goes smoothly: cutting a slow wave off would leave a jump that no sleeper makes
    fade = np.minimum(1, np.minimum(np.arange(n), np.arange(n)[::-1]) / (0.6 * sfreq))
    fade = 0.5 - 0.5 * np.cos(np.pi * fade)
    for band, part in _SLOW.items():
        gains[band] = 1 - part * (1 - event.delta) * fade
    freqs = np.arange(8.0, 12.0, 0.25)
    rhythm = 10 ** (levels[-1] / 20)
    before = density(levels, freqs).sum() * 0.25 + rhythm**2
    alpha = np.sqrt(rhythm**2 + event.alpha * rise * before) - rhythm
    return Modulation(event.start, gains, alpha)


def wake_up(weights, events, sfreq):
    """Replace sleep by wake during awakenings, in place."""
    for event in events:
        if event.name == "awakening":
            start = round(event.start / sfreq * CONTROL_RATE)
            stop = round(event.stop / sfreq * CONTROL_RATE)
            weights[:, start:stop] = 0
            weights[W, start:stop] = 1


def quiet_times(events, n_control, sfreq):
    """Return where no event is under way, shape (n_control,), bool."""
    quiet = np.ones(n_control, bool)
    for event in events:
        start = int((event.start / sfreq - 2.0) * CONTROL_RATE)  # a spindle lasts up to 2 s
        quiet[max(start, 0) : int(event.stop / sfreq * CONTROL_RATE) + 1] = False
    return quiet


def add_events(data, names, n_eeg, events, sfreq, person, rng):
    """Add what events add to EEG and EOG (besides modulating the background), in place.

    Parameters
    ----------
    data : array, shape (n_channels, n_times)
        EEG, then EOG, uV.
    names : list of str
        Channels.
    n_eeg : int
        How many of them are EEG.
    events : list of Event
        All events.
    sfreq : float
        Sampling frequency, Hz.
    person : Person
        Traits.
    rng : numpy.random.Generator
        Source of chance.
    """
    for event in events:
        if event.k_complex:
            time = event.start / sfreq - event.k_complex
            add_k_complex(data, names, time, sfreq, person.gain * person.slow_gain, rng)
        if event.name == "spindle train":
            add_spindle_train(data, names, event.start, event.stop, sfreq, person, rng)
        elif event.name == "movement":
            add_movement(data, event, sfreq, rng)
        elif event.name == "electrode pop":
            _add_pops(data[:n_eeg][event.channel], event, sfreq, rng)


def add_movement(data, event, sfreq, rng):
    """Slow swings of cables and electrodes, and muscle, on all channels."""
    n = event.stop - event.start
    fade = np.minimum(1, np.minimum(np.arange(1, n + 1), np.arange(n, 0, -1)) / (0.3 * sfreq))
    n_knots = max(4, int(n / sfreq * 4))  # swings of up to 2 Hz
    swings = rng.standard_normal((len(data) + 1, n_knots))
    at = np.linspace(0, n_knots - 1, n)
    common = np.interp(at, np.arange(n_knots), swings[-1])
    for channel, knots in zip(data, swings[:-1], strict=True):
        wave = 0.7 * np.interp(at, np.arange(n_knots), knots) + 0.7 * common
        muscle = rng.standard_normal(n)
        channel[event.start : event.stop] += event.strength * fade * (70 * wave + 12 * muscle)


def _add_pops(channel, event, sfreq, rng):
    """Steps of the electrode's potential that decay through the amplifier's high-pass."""
    n = event.stop - event.start
    n_pops = 1 + rng.poisson(n / sfreq)
    starts = np.r_[0, np.sort(rng.integers(0, max(1, int(0.7 * n)), n_pops - 1))]
    for start in starts:
        t = np.arange(n - start) / sfreq
        height = rng.choice([-1, 1]) * event.strength * rng.uniform(120, 250)
        # gone at the end of the event, so that the marked time holds all of it
        decay = np.exp(-t / 0.25) * (1 - np.arange(n - start) / (n - start))
        add_wave(channel[np.newaxis], event.start + int(start), height * decay, np.ones(1))
