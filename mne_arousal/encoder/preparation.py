"""From windows to standardized log spectrograms, each recording by its own statistics."""

from __future__ import annotations

import shutil
import tempfile
import weakref

import numpy as np

from ..utils.windows import Channel, Windows
from .spectrogram import MIN_DURATION, recording_spectrograms, robust_statistics, standardize

_PER_RECORDING = 5000


class FrameStore:
    """Keeps spectrograms in a folder of its own, for as long as something uses them.

    Parameters
    ----------
    folder : path-like
        Where to make that folder.
    """

    def __init__(self, folder):
        self._folder = tempfile.mkdtemp(dir=folder, prefix="mne-arousal-")
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def __call__(self, number: int, frames: np.ndarray) -> np.ndarray:
        """Move an array to disk.

        Parameters
        ----------
        number : int
            Number of the recording.
        frames : array
            Log spectrogram.

        Returns
        -------
        mapped : numpy.memmap
            The same, read from disk when needed.
        """
        path = f"{self._folder}/{number}.npy"
        mapped = np.lib.format.open_memmap(path, "w+", frames.dtype, frames.shape)
        mapped[:] = frames
        return mapped


def pick_channels(channels: list[Channel], roles) -> list[int]:
    """Channels whose role is wanted, or all when none is.

    Parameters
    ----------
    channels : list of Channel
        Channels of the windows.
    roles : sequence of str | None
        Wanted roles; None wants all.

    Returns
    -------
    picks : list of int
        Channel numbers.
    """
    picks = [i for i, channel in enumerate(channels) if roles is None or channel.role in roles]
    return picks or list(range(len(channels)))


def prepare(
    windows: Windows,
    picks: list[int],
    present: np.ndarray,
    *,
    frame_length: float,
    frame_hop: float,
    sequential: bool,
    statistics=None,
    store=None,
):
    """Compute and standardize the log spectrograms of all recordings.

    A recording of half an hour or more is standardized by its own median and
    spread, which takes out the amplifier, the electrode and the person; a shorter
    one, or windows of unknown order, by the statistics of the fit.

    Parameters
    ----------
    windows : Windows
        Windows of one or more recordings.
    picks : list of int
        Channels to use.
    present : array of bool, shape (n_channels, n_features)
        What carries content.
    frame_length, frame_hop : float
        Of the short-time Fourier frames, s.
    sequential : bool
        True when windows follow each other in time.
    statistics : tuple of array | None
        Centre and scale of the fit; None computes them from these windows.
    store : FrameStore | None
        Moves frames out of memory.

    Returns
    -------
    recordings : list of RecordingSpectrogram
        Standardized.
    statistics : tuple of array, shape (n_channels, n_features)
        Centre and scale used for short recordings.
    """
    # Rows of unknown order must not depend on their company, which float32 rounding does.
    dtype = np.float32 if sequential else np.float64
    recordings, samples, short = [], [], []
    for i, recording in enumerate(
        recording_spectrograms(
            windows, picks, frame_length=frame_length, frame_hop=frame_hop, dtype=dtype
        )
    ):
        if statistics is None:
            stride = max(len(recording.frames) // _PER_RECORDING, 1)
            samples.append(recording.frames[::stride].copy())
        if sequential and recording.duration >= MIN_DURATION and recording.finite.any():
            standardize(recording.frames, *robust_statistics(recording.frames), present)
        else:
            short.append(recording)
        if store is not None:
            recording.frames = store(i, recording.frames)
            recording.store = store  # which removes its folder when nothing refers to it
        recordings.append(recording)
    if statistics is None:
        statistics = robust_statistics(np.concatenate(samples), limit=_PER_RECORDING * 4)
    for recording in short:
        standardize(recording.frames, *statistics, present)
    return recordings, statistics
