"""Heart rate and ECG of a simulated patient."""

from __future__ import annotations

import numpy as np

from ._background import CONTROL_RATE, wander
from ._hypnogram_simulation import R, W

# By stage W, N1, N2, N3, R, beats per minute, added; steps are small and scatter is wide (Trinder
# et al. 2001, J. Sleep Res. 10:253)
_STAGE = np.array([7.0, 1.5, 0.0, 0.0, 3.0])
_NIGHT_FALL, _NIGHT_TIME = 5.0, 2.0  # beats per minute, h: fall over the night (the same)
_MAYER_WAVE = 0.1  # Hz, low frequency peak of heart rate variability (Task Force 1996)
# Answer to an arousal: the peak and the undershoot after it, s. They are set so that the median
# answer rises from the onset (.35 of the peak) to 5 to 7.5 s, is gone at 15 s and undershoots at
# 20 s by a third, as in a clinical night; Sforza et al. 2000, Clin. Neurophysiol. 111:1611, show
# the same course.
_PEAK, _RISE, _FALL = 6.2, 4.2, 4.5
_UNDERSHOOT, _UNDERSHOOT_SPREAD, _UNDERSHOOT_SHARE = 21.0, 4.5, 0.4
_ANSWER = np.arange(-8.0, 36.0, 1 / CONTROL_RATE)  # s around the onset
# Rate falls during an apnea and rises when breath returns (Guilleminault et al. 1984, Lancet 1:126)
_APNEA_FALL, _APNEA_RISE = 2.5, 2.5  # beats per minute, median

_WAVES = (  # P, Q, R, S, T: time s, width s, height uV
    (-0.15, 0.025, 100.0),
    (-0.03, 0.010, -100.0),
    (0.0, 0.011, 1000.0),
    (0.03, 0.011, -220.0),
    (0.25, 0.045, 250.0),
)
# premature ventricular beat: no P, wide and tall, T opposite
_ECTOPIC_WAVES = ((0.0, 0.035, 1300.0), (0.09, 0.04, -500.0), (0.30, 0.06, -350.0))


def heart_answer(times, width=1.0):
    """Return the course of heart rate after an arousal, peak about 1, at `times` (s)."""
    times = np.asarray(times, dtype=float) / width
    spread = np.where(times < _PEAK, _RISE, _FALL)
    peak = np.exp(-0.5 * ((times - _PEAK) / spread) ** 2)
    under = np.exp(-0.5 * ((times - _UNDERSHOOT) / _UNDERSHOOT_SPREAD) ** 2)
    return peak - _UNDERSHOOT_SHARE * under


def heart_rate(weights, person, events, apneas, breath, sfreq, rng):
    """Return the heart rate, beats per minute, shape (n_control,).

    Parameters
    ----------
    weights : array, shape (5, n_control)
        Part of each stage.
    person : Person
        Traits.
    events : list of BodyEvent
        Arousals and look-alikes.
    apneas : list of Apnea
        Apneas.
    breath : tuple of array, shape (n_control,)
        Phase (rad) and depth of breathing, for respiratory sinus arrhythmia.
    sfreq : float
        Rate of the events' samples, Hz.
    rng : numpy.random.Generator
        Source of chance.
    """
    n_control = weights.shape[1]
    hours = np.arange(n_control) / CONTROL_RATE / 3600
    rate = person.heart_rate + _STAGE @ weights
    rate -= _NIGHT_FALL * rng.uniform(0.3, 1.4) * (1 - np.exp(-hours / _NIGHT_TIME))
    restless = 1 + 0.8 * (weights[R] + weights[W])  # REM sleep and wake are more variable
    for spread, period in ((0.7, 0.5), (1.0, 5.0), (1.2, 25.0), (1.5, 200.0), (1.5, 1500.0)):
        rate += spread * restless * wander(rng, n_control, period=period)
    rate += _mayer_wave(n_control, rng) * rng.lognormal(np.log(1.0), 0.4)
    rate += _sinus_arrhythmia(weights, *breath, rng)
    for event in events:
        if event.heart:
            answer = event.heart * heart_answer(_ANSWER - event.heart_lag, event.heart_width)
            _add(rate, event.start / sfreq + _ANSWER[0], answer)
    for apnea in apneas:
        _add_apnea(rate, apnea, rng)
    return np.clip(rate, 36, 150)


def _mayer_wave(n_control, rng):
    """A rhythm near 0.1 Hz that waxes and wanes."""
    frequency = _MAYER_WAVE * (1 + 0.15 * wander(rng, n_control, period=10.0))
    phase = 2 * np.pi * np.cumsum(frequency) / CONTROL_RATE + rng.uniform(0, 2 * np.pi)
    return np.exp(0.5 * wander(rng, n_control, period=20.0)) * np.sin(phase)


def _sinus_arrhythmia(weights, phase, depth, rng):
    """Heart rate rises with each breath in: less in REM sleep and wake, and in older people."""
    size = rng.lognormal(np.log(1.7), 0.5) * (1 - 0.4 * (weights[R] + weights[W]))
    swell = np.exp(0.25 * wander(rng, weights.shape[1], period=60.0))
    return size * swell * np.minimum(depth, 1.8) * np.sin(phase - 0.5)


def _add_apnea(rate, apnea, rng):
    n = int((apnea.stop - apnea.start) * CONTROL_RATE)
    fall = rng.lognormal(np.log(_APNEA_FALL), 0.5) * (1 - apnea.depth)
    _add(rate, apnea.start, -fall * np.sin(0.5 * np.pi * np.arange(n) / max(n, 1)) ** 2)
    rise = rng.lognormal(np.log(_APNEA_RISE), 0.5) if rng.random() < 0.7 else 0.0
    # back to normal within a few seconds, and over it
    t = np.arange(int(20 * CONTROL_RATE)) / CONTROL_RATE
    _add(rate, apnea.stop, -fall * np.exp(-t / 1.5))
    _add(rate, apnea.stop, rise * np.exp(-0.5 * ((t - 6.0) / 4.0) ** 2))


def _add(rate, start, values):
    at = round(start * CONTROL_RATE)
    lo, hi = max(at, 0), min(at + len(values), len(rate))
    if lo < hi:
        rate[lo:hi] += values[lo - at : hi - at]


def beat_times(rate, ectopic_rate, rng):
    """Return the times of beats (s) and which are ectopic, both of shape (n_beats,).

    An ectopic beat comes early and the next one on time (compensatory pause). They come in
    clusters.
    """
    phase = np.cumsum(rate / 60 / CONTROL_RATE)
    beats = np.interp(np.arange(1, int(phase[-1])), phase, np.arange(len(rate)) / CONTROL_RATE)
    cluster = np.exp(1.2 * wander(rng, len(rate), period=120.0) - 0.7)
    at = np.minimum((beats * CONTROL_RATE).astype(int), len(rate) - 1)
    per_beat = ectopic_rate / 60 / rate[at] * cluster[at]
    early = rng.random(len(beats)) < per_beat
    early[:2] = False
    early[1:] &= ~early[:-1]
    before = np.r_[np.inf, np.diff(beats)]
    beats = beats - np.where(early, rng.uniform(0.25, 0.42, len(beats)) * before, 0.0)
    return beats, early


def ecg(beats, early, breath, events, n_times, sfreq, rng):
    """Return the ECG, uV, shape (n_times,).

    Two thirds of the ectopic beats are ventricular, the others look like any beat. Breathing
    moves the baseline and the amplitude; movements add swings and muscle.
    """
    out = np.zeros(n_times)
    t = np.arange(int(0.75 * sfreq)) / sfreq - 0.25
    person = rng.uniform(0.75, 1.25, len(_WAVES)) * rng.lognormal(0, 0.3)
    usual = _sum_waves(t, _WAVES, person)
    wide = _sum_waves(t, _ECTOPIC_WAVES, np.full(3, person.mean()))
    size = 1 + 0.08 * np.sin(breath[0]) * np.minimum(breath[1], 1.5)
    ventricular = early & (rng.random(len(beats)) < 2 / 3)
    for beat, odd in zip(beats, ventricular, strict=True):
        start = int(np.ceil((beat - 0.25) * sfreq))
        shift = start / sfreq - (beat - 0.25)  # beats fall between samples
        wave = np.interp(t + shift, t, wide if odd else usual)
        lo, hi = max(start, 0), min(start + len(wave), n_times)
        if lo < hi:
            factor = size[min(int(beat * CONTROL_RATE), len(size) - 1)]
            out[lo:hi] += factor * wave[lo - start : hi - start]
    out += 6.0 * rng.standard_normal(n_times)
    baseline = 40 * wander(rng, len(size), period=2.0) + 30 * np.sin(breath[0] + 0.7) * breath[1]
    out += np.interp(np.arange(n_times) / sfreq, np.arange(len(size)) / CONTROL_RATE, baseline)
    _disturb(out, events, sfreq, rng)
    return out


def _sum_waves(t, waves, factors):
    return sum(
        factor * height * np.exp(-0.5 * ((t - center) / width) ** 2)
        for (center, width, height), factor in zip(waves, factors, strict=True)
    )


def _disturb(out, events, sfreq, rng):
    """Add swings of the electrodes and muscle during movements, in place."""
    for event in events:
        if event.name in ("movement", "position change", "awakening"):
            n = event.stop - event.start
            size = rng.uniform(0.2, 1.0) * np.hanning(n)
            knots = rng.normal(0, 350, max(4, int(n / sfreq)))
            swing = np.interp(np.linspace(0, len(knots) - 1, n), np.arange(len(knots)), knots)
            out[event.start : event.stop] += size * (swing + 60 * rng.standard_normal(n))
