"""EOG, chin EMG, ECG and airflow of a simulated night."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, sosfilt

from ._background import CONTROL_RATE, wander
from ._graphoelements import add_wave, draw_times, lobe_amplitudes
from ._hypnogram_simulation import N3, W

# by stage W, N1, N2, N3, R
_EMG_LEVEL = np.array([12.0, 7.5, 5.8, 5.0, 1.3])  # uV RMS
_HEART_RATE = np.array([8.0, 2.0, 0.0, -1.0, 4.0])  # beats per minute, added
BREATH_UNREST = np.array([0.25, 0.15, 0.07, 0.04, 0.2])  # spread of depth and rate
_ROLLING = np.array([12.0, 13.0, 3.0, 2.0, 5.0])  # uV RMS, slow eye movements
_EYES = {"F": 0.12, "C": 0.04, "O": 0.0}  # leak of vertical eye movements to EEG
_BLINKS, _SACCADES = 14.0, 18.0  # per minute of wake
_REMS = 10.0  # rapid eye movements per minute of REM sleep


def add_eye_movements(data, names, n_eeg, sfreq, weights, phasic, rng):
    """Add blinks, saccades, slow rolling and rapid eye movements to EOG and frontal EEG, in place.

    E1 and E2 lie on either side of and below and above the eyes, so that eye movements
    have opposite signs in them (AASM manual, chapter IV).
    """
    leak = lobe_amplitudes(_EYES, names[:n_eeg])
    opposite = np.r_[np.zeros(n_eeg), 1.0, -1.0]
    n_control = weights.shape[1]
    rolling = np.diff(wander(rng, n_control + 1, period=0.5))
    rolling *= (_ROLLING @ weights) / rolling.std()
    add_interpolated(data[n_eeg], rolling, sfreq)
    add_interpolated(data[n_eeg + 1], -rolling, sfreq)
    open_eyes = np.exp(0.7 * wander(rng, n_control, period=20.0) - 0.25)
    for time in draw_times(_BLINKS / 60 * weights[W] * open_eyes, rng):
        wave = rng.lognormal(np.log(90), 0.3) * np.hanning(max(3, int(0.35 * sfreq)))
        add_wave(data, round(time * sfreq), wave, np.r_[leak * 2.5, -0.9, 1.0])
    for rate, size in ((_SACCADES * weights[W] * open_eyes, 60.0), (_REMS * phasic, 55.0)):
        for time in draw_times(rate / 60, rng):
            wave = rng.choice([-1, 1]) * rng.lognormal(np.log(size), 0.45) * _saccade(sfreq, rng)
            add_wave(data, round(time * sfreq), wave, opposite + np.r_[leak, 0.0, 0.0])


def _saccade(sfreq, rng):
    """A step of the eyes within 50 ms that decays through the high-pass of the amplifier."""
    t = np.arange(int(2.5 * sfreq)) / sfreq
    return np.minimum(t / 0.05, 1.0) * np.exp(-t / rng.uniform(0.25, 0.7))


def add_interpolated(channel, control, sfreq):
    at = np.arange(len(control)) / CONTROL_RATE
    for start in range(0, len(channel), 1 << 20):
        piece = channel[start : start + (1 << 20)]
        piece += np.interp((start + np.arange(len(piece))) / sfreq, at, control)


def chin_emg(n_times, sfreq, weights, person, phasic, events, rng):
    """Return the chin EMG, uV, shape (n_times,).

    Tone falls from wake to deep sleep and is lowest in REM sleep, where muscles twitch.
    """
    n_control = weights.shape[1]
    level = 20 * np.log10(_EMG_LEVEL) @ weights
    level += 1.2 * wander(rng, n_control, period=4.0) + 1.5 * wander(rng, n_control, period=180.0)
    level = person.emg_gain * 10 ** (level / 20)
    emg = muscle_noise(n_times, sfreq, rng)
    at = np.arange(n_control) / CONTROL_RATE
    for start in range(0, n_times, 1 << 20):
        piece = emg[start : start + (1 << 20)]
        piece *= np.interp((start + np.arange(len(piece))) / sfreq, at, level)
    for event in events:
        start, duration, factor = event.start, event.emg_duration, event.emg
        if event.name in ("movement", "awakening"):
            duration = (event.stop - event.start) / sfreq
            factor = 6.0 * event.strength if event.name == "movement" else event.emg
        amplify(emg, start + round(event.emg_lag * sfreq), round(duration * sfreq), factor, sfreq)
    for time in draw_times(phasic * 2.0 / 60, rng):  # twitches
        n = int(rng.uniform(0.1, 0.5) * sfreq)
        amplify(emg, round(time * sfreq), n, rng.uniform(2, 6), sfreq)
    emg += 0.4 * rng.standard_normal(n_times)  # amplifier
    return emg


def amplify(emg, start, n, factor, sfreq):
    """Raise the amplitude of a stretch, with edges of 0.1 s inside it, in place."""
    stop = min(start + n, len(emg))
    if stop <= start or factor == 1.0:
        return
    i = np.arange(stop - start)
    edge = np.minimum(1.0, np.minimum(i + 1, i[::-1] + 1) / max(1.0, 0.1 * sfreq))
    emg[start:stop] *= 1 + (factor - 1) * edge


def muscle_noise(n_times, sfreq, rng):
    """Noise of unit variance from 10 Hz to 100 Hz, or to what `sfreq` lets through."""
    highest = min(100.0, 0.45 * sfreq)
    sos = butter(2, (10.0, highest), "bandpass", fs=sfreq, output="sos")
    noise = sosfilt(sos, rng.standard_normal(n_times))
    noise /= noise.std()
    return noise


def heart(n_times, sfreq, weights, person, events, breathing, rng):
    """Return the ECG, uV, shape (n_times,): rate follows stage, breathing and arousals.

    At an arousal it jumps by about 10 beats per minute within 5 s and then falls back (Sforza et
    al. 2000, Clin. Neurophysiol. 111:1611).
    """
    n_control = weights.shape[1]
    rate = person.heart_rate + _HEART_RATE @ weights
    rate += 1.5 * wander(rng, n_control, period=8.0) + 1.5 * wander(rng, n_control, period=200.0)
    rate += 1.8 * np.sin(breathing)  # respiratory sinus arrhythmia
    t = np.arange(int(25 * CONTROL_RATE)) / CONTROL_RATE
    surge = t / 4 * np.exp(1 - t / 4)
    for event in events:
        if event.name in ("arousal", "awakening", "movement"):
            start = int(event.start / sfreq * CONTROL_RATE)
            n = min(len(surge), n_control - start)
            rate[start : start + n] += rng.uniform(6, 14) * surge[:n]
    phase = np.cumsum(np.clip(rate, 35, 150) / 60 / CONTROL_RATE)
    beats = np.interp(np.arange(1, int(phase[-1])), phase, np.arange(n_control) / CONTROL_RATE)
    ecg = np.zeros(n_times)
    t = np.arange(int(0.6 * sfreq)) / sfreq - 0.2
    wave = np.zeros(len(t))
    for center, width, height in (  # P, Q, R, S, T
        (-0.15, 0.025, 100.0),
        (-0.03, 0.010, -100.0),
        (0.0, 0.011, 1000.0),
        (0.03, 0.011, -220.0),
        (0.25, 0.045, 250.0),
    ):
        wave += height * np.exp(-0.5 * ((t - center) / width) ** 2)
    for beat in beats:
        start = round((beat - 0.2) * sfreq)
        lo, hi = max(start, 0), min(start + len(wave), n_times)
        if lo < hi:
            ecg[lo:hi] += wave[lo - start : hi - start]
    ecg += 5.0 * rng.standard_normal(n_times)
    return ecg


def breathing_phase(weights, person, rng):
    """Return the phase of breathing, rad, shape (n_control,)."""
    unrest = BREATH_UNREST @ weights
    rate = person.breathing_rate * (1 + unrest * wander(rng, weights.shape[1], period=4.0))
    return 2 * np.pi * np.cumsum(np.clip(rate, 0.1, 0.6)) / CONTROL_RATE


def airflow(n_times, sfreq, weights, phase, events, rng, *, respiratory):
    """Return the airflow, uV (of a cannula's output), shape (n_times,).

    With `respiratory`, arousals end apneas or hypopneas of at least 10 s.
    """
    n_control = weights.shape[1]
    depth = np.exp((BREATH_UNREST @ weights) * wander(rng, n_control, period=3.0))
    previous = 0.0
    for event in sorted(events, key=lambda event: event.start):
        start = event.start / sfreq
        if event.name == "arousal":
            if respiratory and event.stage != N3:
                begin = max(start - rng.uniform(12, 25), previous)
                _scale(depth, begin, start + 0.5, rng.uniform(0.03, 0.4))
            _scale(depth, start + 1, start + 9, rng.uniform(1.2, 1.7))
        previous = event.stop / sfreq
    depth = gaussian_filter1d(depth, 0.6 * CONTROL_RATE)
    flow = depth * (np.sin(phase) + 0.25 * np.sin(2 * phase))
    out = np.zeros(n_times)
    add_interpolated(out, 150 * flow, sfreq)
    for event in events:
        if event.name == "movement":
            n = event.stop - event.start
            swing = np.interp(np.arange(n), np.linspace(0, n, 12), rng.normal(0, 120, 12))
            out[event.start : event.stop] += swing * np.hanning(n)
    out += 2.0 * rng.standard_normal(n_times)
    return out


def _scale(depth, start, stop, factor):
    depth[int(start * CONTROL_RATE) : int(stop * CONTROL_RATE)] *= factor
