"""Breathing, oxygen saturation and leg EMG of a simulated patient."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ._background import CONTROL_RATE, wander
from ._hypnogram_simulation import N3
from ._periphery import BREATH_UNREST, add_interpolated, amplify, muscle_noise

_SATURATION = (93.5, 97.5)  # %, range of people's usual values in sleep
_DELAY = (10.0, 25.0)  # s from the end of an apnea to the lowest saturation at the finger
_DIP = 0.16  # %, median fall per second of apnea
_LEG_TONE = 2.5  # uV RMS, at rest: AASM asks for no more than 10 (manual, chapter VII)


def breathing(weights, person, events, apneas, sfreq, rng):
    """Return phase (rad), depth and effort of breathing, each of shape (n_control,).

    Depth is that of the airflow, effort that of the chest; they part in obstructive apneas,
    where effort goes on and grows.
    """
    n_control = weights.shape[1]
    unrest = BREATH_UNREST @ weights
    rate = person.breathing_rate * (1 + unrest * wander(rng, n_control, period=4.0))
    depth = np.exp(1.3 * unrest * wander(rng, n_control, period=3.0))
    depth *= np.exp(0.15 * wander(rng, n_control, period=60.0))
    for event in events:
        _answer(rate, depth, event, sfreq, rng)
    effort = depth.copy()
    for apnea in apneas:
        _stop_breath(depth, effort, apnea, rng)
    phase = 2 * np.pi * np.cumsum(np.clip(rate, 0.1, 0.6)) / CONTROL_RATE
    smooth = (gaussian_filter1d(x, 0.6 * CONTROL_RATE) for x in (depth, effort))
    return phase, *smooth


def _answer(rate, depth, event, sfreq, rng):
    start = event.start / sfreq
    if event.name == "sigh":
        length = rng.uniform(1.2, 1.6) / rate[min(int(start * CONTROL_RATE), len(rate) - 1)]
        depth[_span(start, start + length)] *= rng.uniform(1.8, 2.8)
        depth[_span(start + length, start + length + rng.uniform(4, 10))] *= rng.uniform(0.4, 0.9)
    elif event.name == "swallow":  # breath halts
        depth[_span(start, event.stop / sfreq + 0.3)] *= 0.1
    elif event.breath != 1:
        begin = start + event.breath_lag
        span = _span(begin, begin + event.breath_duration)
        n = len(depth[span])
        course = np.minimum(1, np.minimum(np.arange(n) + 1, n - np.arange(n)) / (0.35 * n + 1))
        depth[span] *= 1 + (event.breath - 1) * course
        rate[span] *= 1 + rng.uniform(-0.05, 0.25) * course


def _stop_breath(depth, effort, apnea, rng):
    """Make breath shallow; periodic breathing grows and fades, others end at once."""
    span = _span(apnea.start, apnea.stop)
    n = len(depth[span])
    part = (np.arange(n) + 0.5) / max(n, 1)
    if apnea.central:
        depth[span] *= apnea.depth + (1 - apnea.depth) * np.abs(2 * part - 1) ** 3
        after = _span(apnea.stop, apnea.stop + 20.0)
        depth[after] *= 1 + 0.5 * np.sin(np.pi * np.linspace(0, 1, len(depth[after])))
        effort[:] = np.where(np.isin(np.arange(len(depth)), np.r_[span, after]), depth, effort)
        return
    depth[span] *= apnea.depth + (1 - apnea.depth) * np.exp(-6 * part)
    effort[span] *= 0.5 + rng.uniform(0.2, 0.9) * part
    if rng.random() < 0.7:  # deep breaths end it, with or without an arousal
        after = _span(apnea.stop, apnea.stop + rng.uniform(6, 16))
        depth[after] *= rng.uniform(1.1, 1.6)
        effort[after] *= rng.uniform(1.1, 1.5)


def _span(start, stop):
    return slice(max(int(start * CONTROL_RATE), 0), max(int(stop * CONTROL_RATE), 0))


def flow(phase, depth, events, n_times, sfreq, rng):
    """Return the airflow, uV (of a cannula's output), shape (n_times,)."""
    limited = rng.uniform(0.0, 0.5)  # flattening of the breath in
    wave = np.sin(phase) + 0.25 * np.sin(2 * phase)
    wave = (1 - limited) * wave + limited * np.tanh(2.0 * wave)
    out = np.zeros(n_times)
    gain = np.exp(0.3 * wander(rng, len(phase), period=1800.0))  # the cannula shifts
    add_interpolated(out, 150 * gain * depth * wave, sfreq)
    _move(out, events, sfreq, 120.0, rng)
    out += 3.0 * rng.standard_normal(n_times)
    return out


def belt(phase, effort, events, n_times, sfreq, rng):
    """Return the excursion of the chest, uV (of a belt's output), shape (n_times,).

    A position change moves the belt: its amplitude is another one from then on.
    """
    gain = np.ones(len(phase))
    for event in events:
        if event.name in ("position change", "movement"):
            gain[int(event.start / sfreq * CONTROL_RATE) :] *= rng.uniform(0.7, 1.4)
    gain = np.clip(gain, 0.3, 3.0)
    out = np.zeros(n_times)
    add_interpolated(out, -200 * gain * effort * np.cos(phase), sfreq)
    _move(out, events, sfreq, 300.0, rng)
    out += 3.0 * rng.standard_normal(n_times)
    return out


def _move(out, events, sfreq, size, rng):
    for event in events:
        if event.name in ("movement", "position change", "awakening"):
            n = event.stop - event.start
            knots = rng.normal(0, size, max(4, int(2 * n / sfreq)))
            at = np.linspace(0, len(knots) - 1, n)
            out[event.start : event.stop] += np.interp(at, np.arange(len(knots)), knots) * (
                np.hanning(n)
            )


def saturation(apneas, n_times, sfreq, rng):
    """Return the oxygen saturation, whole %, shape (n_times,), as an oximeter shows it each s."""
    n = int(np.ceil(n_times / sfreq)) + 1
    seconds = np.arange(n)
    usual, delay = rng.uniform(*_SATURATION), rng.uniform(*_DELAY)
    value = usual + 0.5 * np.interp(
        seconds, np.arange(n + 8) / CONTROL_RATE * 4, wander(rng, n + 8, period=120.0)
    )
    for apnea in apneas:
        length = apnea.stop - apnea.start
        dip = _DIP * length * (1 - apnea.depth) * rng.lognormal(0, 0.4)
        lowest = apnea.stop + delay + rng.normal(0, 1.5)
        spread = np.where(seconds < lowest, 0.45 * length, 5.0)
        value -= dip * np.exp(-0.5 * ((seconds - lowest) / spread) ** 2)
    value = np.round(np.clip(value, 50, 100))
    return value[(np.arange(n_times) / sfreq).astype(int)]


def leg_emg(weights, events, n_times, sfreq, rng):
    """Return the EMG of the tibialis anterior, uV, shape (n_times,)."""
    out = _LEG_TONE * muscle_noise(n_times, sfreq, rng)
    tone = np.exp(0.15 * wander(rng, weights.shape[1], period=300.0) - 0.1 * weights[N3])
    at = np.arange(weights.shape[1]) / CONTROL_RATE
    out *= np.interp(np.arange(n_times) / sfreq, at, tone)
    for event in events:
        start, duration, factor = event.leg_lag, event.leg_duration, event.leg
        if event.name in ("movement", "awakening") and rng.random() < 0.7:
            duration, factor = (event.stop - event.start) / sfreq, rng.uniform(3, 12)
        first = max(event.start + round(start * sfreq), 0)
        amplify(out, first, round(duration * sfreq), factor, sfreq)
    out += 0.4 * rng.standard_normal(n_times)
    return out
