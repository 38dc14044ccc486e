"""The EEG's background: colored noise whose spectrum follows the stage.

One white noise per channel, correlated between channels, is cut into overlapping bands; each
band is multiplied by an amplitude that follows the stage, its spontaneous fluctuation and the
events. So spectra can change slowly from stage to stage and at once at an arousal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.ndimage import gaussian_filter1d

from ._person import Person

CONTROL_RATE = 4.0  # Hz, of slowly varying amplitudes

# Power spectral density at C3-M2, dB re 1 uV²/Hz, without alpha rhythm, spindles and
# K-complexes. Read from a night of Sleep-EDF (Kemp et al. 2000; SC4001, Fpz-Cz), wake lowered where
# that night shows eye and muscle artifacts.
ANCHORS = np.array([0.6, 1.5, 3.0, 6.0, 10.0, 15.0, 22.0, 35.0])  # Hz
_DENSITY = np.array(
    [
        [19.0, 14.0, 9.0, 4.0, 0.0, -3.5, -5.0, -7.0],  # W
        [15.5, 12.0, 8.5, 4.5, -1.5, -5.0, -8.0, -13.0],  # N1
        [20.0, 17.5, 13.5, 6.5, 0.0, -5.5, -10.5, -15.0],  # N2
        [28.5, 25.5, 17.5, 9.0, 2.5, -6.0, -12.0, -16.0],  # N3
        [16.0, 12.0, 8.5, 4.8, -1.5, -6.5, -9.5, -13.5],  # R
    ]
)
_ALPHA = np.array([6.0, 1.8, 0.4, 0.2, 0.6])  # uV RMS at the vertex, eyes closed
_BANDS = len(ANCHORS) + 1  # the last is the alpha rhythm
# How much each band swells and ebbs within seconds, relative to the background's unrest; with the
# unrest of medium difficulty, band power of 2 s spreads around its local median as in SC4001.
_BURSTS = np.array([[1.2, 1.6, 1.6, 1.6, 1.3, 1.0, 0.5, 0.5, 0.5]]).T
_TOPOGRAPHY = {  # amplitude by lobe, relative to central
    "F": np.array([1.15, 1.15, 1.1, 1.0, 0.9, 0.95, 1.0, 1.0, 0.6]),
    "C": np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
    "O": np.array([0.7, 0.7, 0.75, 0.9, 1.0, 0.85, 0.85, 0.9, 1.6]),
    "E": np.array([0.6, 0.6, 0.55, 0.5, 0.5, 0.7, 1.1, 1.6, 0.3]),
}
_NOISE_FLOOR = 0.1  # uV per square root of Hz, of amplifier and electrodes
_HIGHPASS = 0.3  # Hz, the AASM's low filter setting for EEG and EOG
_BLOCK, _CROSSFADE = 64.0, 4.0  # s


def topography(names):
    """Return the amplitude of each band at each channel, shape (n_channels, n_bands)."""
    return np.array([_TOPOGRAPHY[name[0]] for name in names])


def stage_weights(stages, epoch, n_control):
    """Return how much each stage takes part, shape (5, n_control), sums 1.

    Stages melt into each other over some 20 s.
    """
    index = (np.arange(n_control) / CONTROL_RATE // epoch).astype(int)
    index = stages[np.minimum(index, len(stages) - 1)]
    weights = np.eye(5)[index].T
    return gaussian_filter1d(weights, 8 * CONTROL_RATE, axis=1, mode="nearest")


def wander(rng, n_control, shape=(), *, period):
    """Return noise of unit variance, shape (*shape, n_control), that varies within `period` s."""
    sigma = period * CONTROL_RATE
    pad = int(4 * sigma)
    # long periods are drawn coarsely: what a Gaussian would average anyway
    step = max(1, int(sigma // 4))
    noise = rng.standard_normal((*shape, (n_control + 2 * pad) // step + 2))
    smooth = gaussian_filter1d(noise, sigma / step, axis=-1)
    smooth *= np.sqrt(2 * np.sqrt(np.pi) * sigma / step)
    if step == 1:
        return smooth[..., pad : pad + n_control]
    at = (np.arange(n_control) + pad) / step
    low = at.astype(int)
    part = at - low
    return smooth[..., low] * (1 - part) + smooth[..., low + 1] * part


def band_levels(weights, person: Person, rng, unrest):
    """Return the level of each band over time.

    Parameters
    ----------
    weights : array, shape (5, n_control)
        Part of each stage.
    person : Person
        Traits.
    rng : numpy.random.Generator
        Source of chance.
    unrest : float
        Spread of spontaneous fluctuation, dB.

    Returns
    -------
    levels : array, shape (9, n_control)
        Spectral density at `ANCHORS`, dB re 1 uV²/Hz, then the alpha rhythm, dB re 1 uV².
    """
    n_control = weights.shape[1]
    levels = np.empty((_BANDS, n_control))
    levels[:-1] = _DENSITY.T @ weights
    levels[:-1] += person.tilt * np.log10(ANCHORS / 4)[:, np.newaxis]
    levels[:2] += 20 * np.log10(person.slow_gain)
    levels[-1] = 20 * np.log10(_ALPHA * person.alpha_gain) @ weights
    # alpha waxes and wanes within seconds, and goes when the eyes open
    levels[-1] += 4.0 * wander(rng, n_control, period=0.8)
    eyes_open = wander(rng, n_control, period=25.0) > 0.4
    levels[-1] -= 12 * gaussian_filter1d(eyes_open * weights[0], 2.0)
    for period, share in ((1.0, _BURSTS), (12.0, 0.6), (90.0, 0.6)):
        own = wander(rng, n_control, (_BANDS,), period=period)
        common = wander(rng, n_control, period=period)
        levels += unrest * share * (0.8 * own + 0.6 * common)
    levels += 20 * np.log10(person.gain)
    drift = wander(rng, n_control, period=3600.0)  # electrodes and skin over the night
    return levels + np.clip(drift, -2, 2)


def density(levels, freqs):
    """Return the spectral density (uV²/Hz) at `freqs`, without the alpha rhythm."""
    amplitude = 10 ** (np.asarray(levels)[:-1] / 20) / _slope(ANCHORS)
    return (amplitude @ (_hats(freqs) * _slope(freqs))) ** 2


@dataclass(frozen=True)
class Modulation:
    """A change of the background for a while.

    Parameters
    ----------
    start : int
        First sample.
    gains : array, shape (9, n_samples) or (9, 1)
        Factor on the amplitude of each band.
    alpha : array, shape (n_samples,)
        Amplitude that adds to the alpha rhythm, uV.
    """

    start: int
    gains: np.ndarray
    alpha: np.ndarray


class Background:
    """Colored noise for several channels.

    Parameters
    ----------
    names : sequence of str
        Channels, for their topography.
    positions : array, shape (n_channels, 2)
        Where they are, in head radii.
    sfreq : float
        Sampling frequency, Hz.
    alpha_frequency : float
        Frequency of the alpha rhythm, Hz.
    """

    def __init__(self, names, positions, sfreq, alpha_frequency):
        self.sfreq = sfreq
        self._crossfade = int(_CROSSFADE * sfreq)
        self._hop = fft.next_fast_len(int(_BLOCK * sfreq), real=True)
        self._length = fft.next_fast_len(self._hop + self._crossfade, real=True)
        self._crossfade = self._length - self._hop
        self._topography = topography(names).astype(np.float32)
        self._filters = _filters(self._length, sfreq, alpha_frequency)
        self._mix_slow, self._mix_fast, self._share = _mixing(positions, self._length, sfreq)

    def add_to(self, data, levels, modulations, rng):
        """Add noise to `data` (n_channels, n_times), uV, in place."""
        n_times = data.shape[1]
        control = np.arange(levels.shape[1]) / CONTROL_RATE
        amplitudes = (10 ** (levels / 20)).astype(np.float32)
        amplitudes[:-1] /= _slope(ANCHORS)[:, np.newaxis]
        fade = np.ones(self._length, np.float32)
        ramp = np.sin(0.5 * np.pi * (np.arange(self._crossfade) + 0.5) / self._crossfade)
        fade[: self._crossfade], fade[-self._crossfade :] = ramp, ramp[::-1]
        floor = _NOISE_FLOOR * np.sqrt(self.sfreq / 2)
        for start in range(-self._crossfade, n_times, self._hop):
            bands = self._bands(len(data), rng)
            times = np.arange(start, start + self._length) / self.sfreq
            extra = np.zeros(self._length, np.float32)
            for band, amplitude in enumerate(amplitudes):
                bands[:, band] *= np.interp(times, control, amplitude).astype(np.float32) * fade
            for change in modulations:
                _apply(change, start, bands, extra)
            block = np.einsum("cbt,cb->ct", bands, self._topography, optimize=False)
            if extra.any():
                block += self._topography[:, -1:] * extra * fade * self._alpha
            block += floor * rng.standard_normal(block.shape, np.float32) * fade
            lo, hi = max(start, 0), min(start + self._length, n_times)
            data[:, lo:hi] += block[:, lo - start : hi - start]

    def _bands(self, n_channels, rng):
        """Draw one block: array, shape (n_channels, n_bands, length), unit spectral density."""
        shape = (2, n_channels, self._length // 2 + 1)
        real, imaginary = rng.standard_normal(shape, np.float32)
        white = real + 1j * imaginary
        mixed = self._share[:, 0] * (self._mix_slow @ white)
        mixed += self._share[:, 1] * (self._mix_fast @ white)
        bands = fft.irfft(mixed[:, np.newaxis] * self._filters, self._length, axis=-1)
        sharpen_slow_waves(bands[:, 0])
        self._alpha = bands[:, -1].copy()
        return bands


def sharpen_slow_waves(wave):
    """Make troughs steep and crests broad, in place, without changing the power much.

    Slow waves are not sinusoids: the down state is short and deep (Massimini et al. 2004,
    J. Neurosci. 24:6862).
    """
    spread = wave.std(axis=-1, keepdims=True) + np.finfo(wave.dtype).tiny
    bent = np.tanh(wave / spread)
    wave -= np.float32(0.35) * wave * bent
    wave -= wave.mean(axis=-1, keepdims=True)


def _apply(change, start, bands, extra):
    n = len(change.alpha)
    lo, hi = max(change.start, start), min(change.start + n, start + len(extra))
    if lo >= hi:
        return
    inside, here = slice(lo - change.start, hi - change.start), slice(lo - start, hi - start)
    gains = np.broadcast_to(change.gains, (bands.shape[1], n))[:, inside]
    bands[:, :, here] *= gains.astype(np.float32)
    extra[here] += change.alpha[inside].astype(np.float32)


def _slope(freqs):
    return 1.0 / np.maximum(freqs, 0.1)


def _hats(freqs):
    """Overlapping bands around `ANCHORS`, shape (8, n_freqs), that sum to 1 in amplitude."""
    at = np.log(np.maximum(freqs, 1e-3))
    return np.array([np.interp(at, np.log(ANCHORS), row) for row in np.eye(len(ANCHORS))])


def _filters(length, sfreq, alpha_frequency):
    """Spectra of the bands, shape (9, n_freqs), for `irfft` of white noise of unit variance."""
    freqs = fft.rfftfreq(length, 1 / sfreq)
    filters = np.empty((_BANDS, len(freqs)))
    filters[:-1] = _hats(freqs) * _slope(freqs)
    shape = np.exp(-0.5 * ((freqs - alpha_frequency) / 1.2) ** 2)
    filters[-1] = shape / np.sqrt(np.sum(shape**2) * sfreq / length)  # unit power
    filters *= freqs**2 / (freqs**2 + _HIGHPASS**2)
    filters /= np.sqrt(1 + (freqs / (0.45 * sfreq)) ** 20)  # anti-aliasing
    filters[:, 0] = 0
    # noise of one-sided density 1/Hz has a spectrum of variance length * sfreq / 2, in two parts
    return (filters * np.sqrt(length * sfreq / 4)).astype(np.float32)


def _mixing(positions, length, sfreq):
    """Matrices that correlate channels: far at low frequency, near at high.

    Coherence falls with distance, faster at higher frequency (Nunez et al. 1997,
    Electroencephalogr. Clin. Neurophysiol. 103:499).
    """
    distance = np.linalg.norm(positions[:, np.newaxis] - positions, axis=-1)
    slow = np.linalg.cholesky(np.exp(-distance / 3.0))
    fast = np.linalg.cholesky(np.exp(-distance / 0.8))
    freqs = fft.rfftfreq(length, 1 / sfreq)
    part = 1 / (1 + (freqs / 8.0) ** 2)
    share = np.stack([part, 1 - part])
    overlap = np.sum(slow * fast, axis=1)[:, np.newaxis]
    share = share / np.sqrt(part**2 + (1 - part) ** 2 + 2 * part * (1 - part) * overlap)[:, None]
    return slow.astype(np.float32), fast.astype(np.float32), share.astype(np.float32)
