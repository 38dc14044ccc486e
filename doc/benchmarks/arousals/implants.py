"""Real wake EEG implanted into real sleep of the same person, with known onsets.

How an implant is made, and why:

- The sleep is split at 3 Hz. Slow waves and drifts below carry most of the amplitude in deep sleep
  and would hide the match, so amplitudes are matched above 3 Hz only: the implant's RMS from 3 to
  35 Hz is 1, 1.5 or 2 times that of the 10 s before it.
- Above 3 Hz sleep gives way to wake at the onset: at once or along a raised cosine of 0.5 or 1 s
  that starts at the onset, in such a way that the power of the sum has no dip.
- Below 3 Hz the sleeper's slow waves fade into the slow part of the wake EEG, which is left as it
  is, over at least 0.6 s: a slow wave that is cut off would leave a jump that no sleeper makes and
  that would betray the onset.
- An abrupt implant starts at that sample of the chosen wake at which the signal goes on most
  smoothly, for the same reason.
- Wake is screened second by second for large, slow and muscle activity and for lost signal. A
  piece is drawn again when it would have to be amplified more than fourfold, or when no band from
  theta to beta would rise by half: that would be no arousal.
- Durations are those of the simulated arousals; 10 s of sleep at least lie before each implant.
- In SC4001 the level of the chin EMG rises in half of the implants and in REM sleep in all, as the
  AASM manual asks.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import mne
import numpy as np
from real_sleep import (
    EPOCH,
    continuous_runs,
    load_deep_sleep,
    load_sc4001,
    read_epochs,
    sc4001_half,
)
from scipy.signal import butter, sosfilt, sosfiltfilt

SPLIT, TOP = 3.0, 35.0  # Hz
RAMPS = (0.0, 0.0, 0.5, 1.0)  # s, half are abrupt
RATIOS = (1.0, 1.5, 2.0)  # of amplitude
STABLE = 10.0  # s
BANDS = ((4.0, 8.0), (8.0, 12.0), (16.0, 30.0))  # Hz, in which an arousal's power may rise
_SLOW_FADE, _FALL = 0.6, 0.3  # s
_TRIES = 30
_LARGEST_SCALE, _LEAST_STRENGTH = 4.0, 1.5
_FLAT = 0.5  # of the median fast activity, below which a second of wake is taken for lost signal
_QUIET = 60  # percentile of slow, muscle and peak-to-peak activity up to which wake is quiet


@dataclass
class Sleep:
    """Sleep to implant into, and wake to take from.

    Attributes
    ----------
    raw : mne.io.RawArray
        Sleep, changed in place.
    stages : array of int
        Stages of its epochs.
    allowed : array of bool, shape (n_times,)
        Samples that may hold an implant or the 10 s before it.
    wake : list of array, shape (n_channels, n_samples)
        Continuous wake of the same person and channels.
    """

    raw: mne.io.BaseRaw
    stages: np.ndarray
    allowed: np.ndarray
    wake: list


def implant(person: str, rate: int):
    """Implant `rate` pieces of wake an hour into a person's sleep.

    Parameters
    ----------
    person : str
        ``"ucddb..."``, or ``"SC4001choose"`` or ``"SC4001report"``, the halves of that night.
    rate : int
        Implants per hour of sleep that may hold them.

    Returns
    -------
    raw : mne.io.RawArray
        Signals, V.
    arousals : mne.Annotations
        Implants; ``extras`` give ``ramp`` (s), ``ratio`` (of amplitude), ``scale`` (of the
        wake's fast part), ``strength`` (greatest power ratio of theta, alpha and beta, as it came
        out), ``emg`` and ``stage``.
    stages : array of int
        Stages.
    """
    rng = np.random.default_rng(zlib.crc32(f"{person}-{rate}".encode()))
    sleep = _sc4001(person) if person.startswith("SC4001") else _deep_sleep(person)
    raw = sleep.raw
    sfreq = raw.info["sfreq"]
    eeg = mne.pick_types(raw.info, eeg=True)
    n = max(1, round(rate * sleep.allowed.sum() / sfreq / 3600))
    times = place(sleep.allowed, n, sfreq, rng)
    ramps = rng.permutation(np.resize(RAMPS, len(times)))
    ratios = rng.permutation(np.resize(RATIOS, len(times)))
    rises = rng.permutation(np.resize([True, False], len(times)))
    wake = QuietWake(sleep.wake, eeg, sfreq)
    original = raw._data.copy()
    fast = _above(original[eeg], sfreq)
    kept, extras = [], []
    for (start, stop), ramp, ratio, rise in zip(times, ramps, ratios, rises, strict=True):
        stage = sleep.stages[int(start / sfreq // EPOCH)]
        before = slice(start - round(STABLE * sfreq), start)
        inside = slice(start + round(ramp * sfreq), stop - round(_FALL * sfreq))
        level = _rms(_below(fast[:, before], sfreq)) * ratio
        for _ in range(_TRIES):
            piece, scale = wake.draw(stop - start, level, fast[:, start - 2 : start], ramp, rng)
            _mix(raw._data, original, fast, eeg, start, piece, scale, ramp, sfreq)
            strength = _strength(raw._data[eeg, inside], original[eeg, before], sfreq)
            if scale <= _LARGEST_SCALE and strength >= _LEAST_STRENGTH:
                break
        else:
            raw._data[:, start:stop] = original[:, start:stop]
            continue
        kept.append((start, stop))
        _mix_eyes(raw, original, start, piece, ramp)
        factor = 1.0
        if "EMG submental" in raw.ch_names and (rise or stage == 4):
            factor = rng.uniform(1.5, 3.0)
            _raise_emg(raw, start, stop, factor, rng)
        extras.append(
            {
                "ramp": float(ramp),
                "ratio": float(ratio),
                "scale": float(scale),
                "strength": strength,
                "emg": float(factor),
                "stage": int(stage),
            }
        )
    onsets = [start / sfreq for start, _ in kept]
    durations = [(stop - start) / sfreq for start, stop in kept]
    arousals = mne.Annotations(onsets, durations, ["arousal"] * len(kept), extras=extras)
    return raw, arousals, sleep.stages


def place(allowed, n: int, sfreq: float, rng) -> list[tuple[int, int]]:
    """Draw start and stop of `n` implants, with 10 s of allowed sleep before each."""
    blocked = np.r_[0, np.cumsum(~allowed)]
    gap = int(STABLE * sfreq) + 1
    taken: list[tuple[int, int]] = []
    for _ in range(300 * n):
        if len(taken) == n:
            break
        duration = np.clip(rng.lognormal(np.log(6.5), 0.45), 3.0, 15.0)
        start = int(rng.integers(gap, len(allowed) - 16 * sfreq))
        stop = start + round(duration * sfreq)
        if blocked[stop + int(2 * sfreq)] > blocked[start - gap]:
            continue
        if all(stop + gap <= lo or hi + gap <= start for lo, hi in taken):
            taken.append((start, stop))
    return sorted(taken)


class QuietWake:
    """Pieces of quiet wake.

    Parameters
    ----------
    segments : list of array, shape (n_channels, n_samples)
        Continuous wake.
    eeg : array of int
        Which channels are EEG.
    sfreq : float
        Sampling frequency, Hz.
    """

    def __init__(self, segments, eeg, sfreq):
        self.segments, self.eeg, self.sfreq = segments, eeg, sfreq
        self.fast = [_above(s[eeg], sfreq) for s in segments]
        quiet = self._quiet_seconds()
        self._until = [_run_lengths(q) * round(sfreq) for q in quiet]
        self.seconds = sum(int(q.sum()) for q in quiet)

    def draw(self, n, level, last, ramp, rng):
        """Draw `n` samples of which the fast part has RMS `level`.

        Returns
        -------
        piece : array, shape (n_channels, n)
            Wake as it is.
        scale : float
            Factor on its fast part.
        """
        rate = round(self.sfreq)
        slack = round(0.5 * rate)
        places = [
            (k, i * rate)
            for k, until in enumerate(self._until)
            for i in np.flatnonzero(until >= n + slack)
        ]
        if not places:
            raise RuntimeError(f"No {n / rate:.1f} s of quiet wake in one piece.")
        k, start = places[rng.integers(len(places))]
        fast = self.fast[k]
        scale = level / _rms(_below(fast[:, start : start + n], self.sfreq))
        shift = int(rng.integers(slack))
        if ramp == 0:
            expected = 2 * last[:, 1] - last[:, 0]
            jumps = scale * fast[:, start : start + slack] - expected[:, np.newaxis]
            shift = int(np.argmin(np.sum(jumps**2, axis=0)))
        at = slice(start + shift, start + shift + n)
        scale = level / _rms(_below(fast[:, at], self.sfreq))
        return np.concatenate([self.segments[k][:, at], fast[:, at]]), scale

    def _quiet_seconds(self):
        """Tell for each second of each segment whether it is quiet; the outer ones never are."""
        rate, measures, levels = round(self.sfreq), [], []
        for segment in self.segments:
            n = segment.shape[1] // rate
            x = segment[self.eeg, : n * rate]
            clear = _filter(x, "highpass", 0.5, self.sfreq)
            parts = (
                np.ptp(_seconds(clear, rate), axis=-1),
                _seconds(_filter(x, "lowpass", SPLIT, self.sfreq), rate).std(axis=-1),
                _seconds(_filter(x, "highpass", 30.0, self.sfreq), rate).std(axis=-1),
            )
            measures.append(np.array([part.max(axis=0) for part in parts]))
            band = _below(_above(x, self.sfreq), self.sfreq)
            levels.append(_seconds(band, rate).std(axis=-1))
        limits = np.percentile(np.concatenate(measures, axis=1), _QUIET, axis=1)[:, np.newaxis]
        floor = _FLAT * np.median(np.concatenate(levels, axis=1), axis=1)[:, np.newaxis]
        quiet = [
            np.all(m <= limits, axis=0) & np.all(level >= floor, axis=0)
            for m, level in zip(measures, levels, strict=True)
        ]
        for q in quiet:
            q[:1] = q[-1:] = False
        return quiet


def _mix(data, original, fast, eeg, start, piece, scale, ramp, sfreq):
    """Put a piece into the EEG, in place."""
    n = piece.shape[1]
    wake_fast = piece[-len(eeg) :]
    wake_slow = piece[eeg] - wake_fast
    at = slice(start, start + n)
    sleep_slow = original[eeg, at] - fast[:, at]
    mixed = np.zeros((len(eeg), n))
    for sleep, wake, rise, fall in (
        (fast[:, at], scale * wake_fast, ramp, _FALL),
        (sleep_slow, wake_slow, max(ramp, _SLOW_FADE), _SLOW_FADE),
    ):
        phase = 0.5 * np.pi * _share(n, rise, fall, sfreq)
        mixed += np.cos(phase) * sleep + np.sin(phase) * wake
    data[eeg, at] = mixed


def _mix_eyes(raw, original, start, piece, ramp):
    """Let the eyes of wake replace those of sleep, in place."""
    eog = mne.pick_types(raw.info, eog=True)
    n = piece.shape[1]
    phase = 0.5 * np.pi * _share(n, max(ramp, _FALL), _FALL, raw.info["sfreq"])
    at = slice(start, start + n)
    raw._data[eog, at] = np.cos(phase) * original[eog, at] + np.sin(phase) * piece[eog]


def _raise_emg(raw, start, stop, factor, rng):
    """Raise the level of the chin EMG, an envelope of 1 Hz, in place."""
    sfreq = raw.info["sfreq"]
    lag = round(rng.uniform(0, 0.5) * sfreq)
    lo, hi = start - round(5 * sfreq), min(stop + round(5 * sfreq), raw.n_times)
    shape = np.zeros(hi - lo)
    shape[start + lag - lo : stop - lo] = 1.0
    shape = sosfilt(butter(2, 0.7, fs=sfreq, output="sos"), shape)
    row = raw.ch_names.index("EMG submental")
    raw._data[row, lo:hi] *= 1 + (factor - 1) * np.clip(shape, 0, None)


def _share(n, rise, fall, sfreq):
    """Share of wake, shape (n,): rises from the first sample on, is 0 after the last."""
    share = np.ones(n)
    n_rise, n_fall = min(round(rise * sfreq), n // 2), min(round(fall * sfreq), n // 2)
    if n_rise:
        share[:n_rise] = 0.5 - 0.5 * np.cos(np.pi * (np.arange(n_rise) + 1) / (n_rise + 1))
    share[n - n_fall :] = 0.5 + 0.5 * np.cos(np.pi * (np.arange(n_fall) + 1) / (n_fall + 1))
    return share


def _strength(inside, before, sfreq):
    """Power of the implant over power before, in the band of `BANDS` that rises most."""
    densities = []
    for x in (inside, before):
        power = np.abs(np.fft.rfft(x * np.hanning(x.shape[1]), axis=1)) ** 2
        power = power.mean(axis=0) / np.sum(np.hanning(x.shape[1]) ** 2)
        freqs = np.fft.rfftfreq(x.shape[1], 1 / sfreq)
        densities.append([power[(lo <= freqs) & (freqs < hi)].mean() for lo, hi in BANDS])
    return float(np.max(np.divide(*densities)))


def _deep_sleep(person) -> Sleep:
    raw, stages, joins = load_deep_sleep(person)
    sfreq = raw.info["sfreq"]
    allowed = np.ones(raw.n_times, dtype=bool)
    for join in [0, *joins]:
        allowed[round(max(join - 10, 0) * sfreq) : round((join + 60) * sfreq)] = False
    eeg, index, stage, _ = read_epochs(person)
    runs = continuous_runs(index, stage == 0)
    return Sleep(raw, stages, allowed, [eeg[run].ravel()[np.newaxis] for run in runs])


def _sc4001(person) -> Sleep:
    half = person.removeprefix("SC4001")
    start, stop = sc4001_half(half)
    raw, stages = load_sc4001(start, stop)
    sfreq = raw.info["sfreq"]
    asleep = (stages >= 2) & ~np.convolve(stages <= 0, np.ones(3), "same").astype(bool)
    allowed = np.repeat(asleep, round(EPOCH * sfreq))
    # wake from outside the piece, the evening's or the morning's
    wake_span = (start - 480, start) if half == "choose" else (stop, stop + 480)
    wake, scored = load_sc4001(*wake_span)
    runs = continuous_runs(np.arange(len(scored)), scored == 0)
    n = round(EPOCH * sfreq)
    return Sleep(raw, stages, allowed, [wake._data[:, r[0] * n : (r[-1] + 1) * n] for r in runs])


def _run_lengths(quiet):
    """Seconds for which it stays quiet, from each second on."""
    lengths = np.zeros(len(quiet), dtype=int)
    for i in range(len(quiet) - 1, -1, -1):
        if quiet[i]:
            lengths[i] = 1 + (lengths[i + 1] if i + 1 < len(quiet) else 0)
    return lengths


def _seconds(x, rate):
    return x.reshape(len(x), -1, rate)


def _filter(x, kind, frequency, sfreq):
    return sosfiltfilt(butter(4, frequency, kind, fs=sfreq, output="sos"), x, axis=1)


def _above(x, sfreq):
    return _filter(x, "highpass", SPLIT, sfreq)


def _below(x, sfreq):
    return _filter(x, "lowpass", TOP, sfreq)


def _rms(x):
    return float(np.sqrt(np.mean(x**2)))
