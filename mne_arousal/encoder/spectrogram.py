"""Log spectrograms of windows, computed once from the continuous signal.

Neighboring windows overlap, so most of their short-time Fourier frames are the
same: each frame is computed once and windows look their frames up. The bands
are fixed in Hz, whatever the sampling frequency, so that one network reads
recordings of any rate; bands above the recording's content are marked absent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.fft import rfft, rfftfreq
from scipy.signal.windows import hann

from ..utils.windows import Channel, Windows

# 1 Hz wide where sleep's rhythms lie close together, wider where only level matters.
BAND_EDGES = np.array(
    [*np.arange(0.5, 17.5), 18.5, 20.5, 23.0, 26.0, 30.0, 35.0, 40.0, 48.0, 64.0, 96.0]
)
BAND_CENTRES = (BAND_EDGES[:-1] + BAND_EDGES[1:]) / 2
N_BANDS = len(BAND_CENTRES)
# Each channel has its bands and, last, its level: all that a slow envelope can tell, and
# for waveforms but the EMG no more than their lowest bands do.
N_FEATURES = N_BANDS + 1

# Far below any amplifier's noise in V²/Hz; keeps the logarithm of a flat signal finite.
FLOOR = 1e-20
# Standard deviations beyond which a frame is an artifact, not information.
CLIP = 5.0
# A recording shorter than this cannot tell its own typical spectrum (s).
MIN_DURATION = 1800.0
_BLOCK = 4096


@dataclass
class RecordingSpectrogram:
    """Log spectrogram of one recording and where its windows' frames are.

    Parameters
    ----------
    rows : slice
        Rows of the whole input that are this recording's windows.
    frames : array, shape (n_frames, n_channels, n_features)
        Common logarithm of power in bands (V²/Hz) and of the level (V²), later standardized.
    lookup : array of int, shape (n_windows, n_frames_per_window)
        Frames of each window.
    starts : array of int, shape (n_windows,)
        Start of each window; in samples, or in rows where an array carries no times.
    finite : array of bool, shape (n_windows,)
        False for windows that contain NaN.
    spacing : int
        Distance of windows that touch without overlap, in the unit of `starts`.
    duration : float
        Length of the recording, s.
    store : object
        Owner of the folder that `frames` are read from, if they are not in memory.
    """

    rows: slice
    frames: np.ndarray
    lookup: np.ndarray
    starts: np.ndarray
    finite: np.ndarray
    spacing: int
    duration: float
    store: object = None


def band_weights(freqs: np.ndarray) -> np.ndarray:
    """Weights that average a spectrum's bins within each band.

    Parameters
    ----------
    freqs : array, shape (n_freqs,)
        Frequency of each bin, Hz.

    Returns
    -------
    weights : array, shape (n_freqs, n_bands)
        A band that holds no bin interpolates between its neighbors.
    """
    inside = (freqs[:, None] >= BAND_EDGES[:-1]) & (freqs[:, None] < BAND_EDGES[1:])
    weights = inside / np.maximum(inside.sum(axis=0), 1)
    empty = ~inside.any(axis=0)
    hats = np.stack([np.interp(BAND_CENTRES, freqs, one) for one in np.eye(len(freqs))])
    weights[:, empty] = hats[:, empty]
    return weights


def present_features(channels: list[Channel], lowpass: float) -> np.ndarray:
    """Tell which bands of which channel carry content.

    Parameters
    ----------
    channels : list of Channel
        Channels; an envelope has a level only, and none but it and the EMG need one.
    lowpass : float
        Highest frequency with content, Hz.

    Returns
    -------
    present : array of bool, shape (n_channels, n_features)
        A channel without a band has its level.
    """
    present = np.ones((len(channels), N_FEATURES), dtype=bool)
    present[:, :N_BANDS] = lowpass >= BAND_CENTRES
    present[[c.kind == "envelope" for c in channels], :N_BANDS] = False
    present[:, N_BANDS] = ~present.any(axis=1, where=np.arange(N_FEATURES) < N_BANDS)
    present[[c.role == "emg" for c in channels], N_BANDS] = True
    return present


def feature_importance(present: np.ndarray) -> np.ndarray:
    """Weights of features in the reconstruction: the same for all that is present.

    Parameters
    ----------
    present : array of bool, shape (n_channels, n_features)
        What carries content.

    Returns
    -------
    importance : array, shape (n_channels, n_features)
        Weights that add up to 1.
    """
    return present / present.sum()


def frame_offsets(n_times: int, sfreq: float, length: float, hop: float) -> tuple[int, np.ndarray]:
    """Length of a frame and starts of the frames in a window, in samples.

    Parameters
    ----------
    n_times : int
        Length of a window, samples.
    sfreq : float
        Sampling frequency, Hz.
    length, hop : float
        Of frames, s. A window shorter than a frame is one frame.

    Returns
    -------
    n_frame : int
        Samples in a frame.
    offsets : array of int, shape (n_frames_per_window,)
        Starts of frames.
    """
    n_frame = min(max(round(length * sfreq), 1), n_times)
    step = max(round(hop * sfreq), 1)
    return n_frame, np.arange(0, n_times - n_frame + 1, step)


def log_spectrum(
    signal: np.ndarray,
    positions: np.ndarray,
    n_frame: int,
    sfreq: float,
    envelope: bool,
    dtype=np.float32,
) -> np.ndarray:
    """Log power in bands and log level of one channel's frames.

    Parameters
    ----------
    signal : array, shape (n_samples,)
        Signal, V.
    positions : array of int, shape (n_frames,)
        Where frames start.
    n_frame : int
        Samples in a frame.
    sfreq : float
        Sampling frequency, Hz.
    envelope : bool
        True for a rectified envelope: its level is its mean, not its variance.
    dtype : dtype
        Precision.

    Returns
    -------
    values : array, shape (n_frames, n_features)
        Common logarithm of V²/Hz in the bands and of V² for the level.
    """
    taper = hann(n_frame, sym=False) if n_frame > 3 else np.ones(n_frame)
    scale = 2 / (sfreq * np.sum(taper**2))
    weights = (band_weights(rfftfreq(n_frame, 1 / sfreq)) * scale).astype(dtype)
    taper = taper.astype(dtype)
    view = np.lib.stride_tricks.sliding_window_view(signal, n_frame)
    values = np.empty((len(positions), N_FEATURES), dtype=dtype)
    for lo in range(0, len(positions), _BLOCK):
        frames = view[positions[lo : lo + _BLOCK]]
        mean = frames.mean(axis=1, keepdims=True)
        centered = (frames - mean).astype(dtype)
        level = mean[:, 0] ** 2 if envelope else np.mean(centered**2, axis=1)
        spectrum = rfft(centered * taper, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        block = values[lo : lo + _BLOCK]
        np.matmul(power, weights, out=block[:, :N_BANDS])
        block[:, N_BANDS] = level
    np.maximum(values, dtype(FLOOR), out=values)
    return np.log10(values, out=values)


def recording_spectrograms(
    windows: Windows,
    picks: list[int],
    *,
    frame_length: float,
    frame_hop: float,
    dtype=np.float32,
):
    """Yield the log spectrogram of each recording.

    Parameters
    ----------
    windows : Windows
        Windows of one or more recordings.
    picks : list of int
        Channels to use.
    frame_length, frame_hop : float
        Of the short-time Fourier frames, s.
    dtype : dtype
        Precision.

    Yields
    ------
    recording : RecordingSpectrogram
        Not yet standardized.
    """
    n_times, sfreq = windows.shape[2], windows.sfreq
    n_frame, offsets = frame_offsets(n_times, sfreq, frame_length, frame_hop)
    pieces, run = [], iter(windows.runs)
    current = next(run)
    for rows, starts, signal in windows.signals():
        positions, lookup = np.unique(starts[:, None] + offsets, return_inverse=True)
        frames = np.empty((len(positions), len(picks), N_FEATURES), dtype=dtype)
        for i, pick in enumerate(picks):
            envelope = windows.channels[pick].kind == "envelope"
            frames[:, i] = log_spectrum(
                np.ascontiguousarray(signal[pick]), positions, n_frame, sfreq, envelope, dtype
            )
        nan = np.r_[0, np.cumsum(np.isnan(signal).any(axis=0))]
        finite = nan[starts + n_times] == nan[starts]
        pieces.append((frames, lookup.reshape(len(starts), -1), finite))
        if rows.stop == current.rows.stop:
            yield _join(pieces, current, windows)
            pieces, current = [], next(run, None)


def _join(pieces, run, windows: Windows) -> RecordingSpectrogram:
    shifts = np.cumsum([0] + [len(frames) for frames, _, _ in pieces[:-1]])
    timed = windows.index is not None
    n_times = windows.shape[2]
    span = run.starts[-1] - run.starts[0] + n_times if timed else len(run.starts) * n_times
    return RecordingSpectrogram(
        rows=run.rows,
        frames=np.concatenate([frames for frames, _, _ in pieces]),
        lookup=np.concatenate(
            [lookup + shift for (_, lookup, _), shift in zip(pieces, shifts, strict=True)]
        ).astype(np.int32),
        starts=run.starts,
        finite=np.concatenate([finite for _, _, finite in pieces]),
        spacing=n_times if timed else 1,
        duration=float(span / windows.sfreq),
    )


def robust_statistics(frames: np.ndarray, limit: int = 5000) -> tuple[np.ndarray, np.ndarray]:
    """Median and winsorised standard deviation of each channel's features.

    Parameters
    ----------
    frames : array, shape (n_frames, n_channels, n_features)
        Log spectrogram; frames with NaN are left out.
    limit : int
        Most frames to look at, evenly spread: enough for a standard error of 2 %.

    Returns
    -------
    center, scale : array, shape (n_channels, n_features)
        Scale is 1 for what does not vary.
    """
    frames = frames[np.isfinite(frames).all(axis=(1, 2))]
    frames = frames[:: max(len(frames) // limit, 1)].astype(np.float64)
    if len(frames) == 0:
        raise ValueError("Every window contains NaN: nothing is left to learn from.")
    # Not the interquartile range: the EMG of a day with one night in it has two levels, and a
    # range that holds one of them would clip the other away.
    low, center, high = np.percentile(frames, [1, 50, 99], axis=0)
    scale = np.clip(frames, low, high).std(axis=0)
    return center, np.where(scale > 1e-6, scale, 1.0)


def standardize(frames: np.ndarray, center, scale, present) -> None:
    """Standardize a log spectrogram in place; what is absent becomes 0.

    Parameters
    ----------
    frames : array, shape (n_frames, n_channels, n_features)
        Log spectrogram.
    center, scale : array, shape (n_channels, n_features)
        Statistics.
    present : array of bool, shape (n_channels, n_features)
        What carries content.
    """
    frames -= center.astype(frames.dtype)
    frames /= scale.astype(frames.dtype)
    np.clip(frames, -CLIP, CLIP, out=frames)
    frames[:, ~present] = 0
