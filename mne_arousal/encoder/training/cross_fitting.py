"""Cross-fitting along the night: no window's own answer enters its prediction."""

from __future__ import annotations

import copy

import numpy as np
from mne.utils import use_log_level
from scipy.ndimage import binary_dilation

from ..._array import resolve_device
from ..foresight import average_bands, foresee_windows
from ..prepared import Prepared
from ..sequences import find_sequences
from .fitting import start_fit, train_further, train_network

# s around a fold that training does not see: answers reach 10 s ahead, and sleep remembers itself
_GAP = 60.0


def fit_and_foresee(encoder, X, targets=None):
    """Fit an encoder, and foresee each window by a network that never learned from its answer.

    Parameters
    ----------
    encoder : PSGEncoder
        Encoder, which gets what is learned as attributes.
    X : array | dataset
        Windows, V.
    targets : array, shape (n_windows, n_targets) | None
        What the body does after each window, of `body_targets`; None measures it.

    Returns
    -------
    prepared : Prepared
        The windows as the network takes them.
    foreseen : array, shape (n_windows, n_foreseen) | None
        Cross-fitted; None where nothing was trained, so that the network may be asked.
    """
    rng, prepared = start_fit(encoder, X, targets)
    with use_log_level(encoder.verbose):
        foreseen = None
        if encoder.targets_ and encoder.max_epochs:
            foreseen = cross_fit(encoder, prepared, rng)
        train_further(encoder, prepared, rng, align=True)
    return prepared, foreseen


def cross_fit(encoder, prepared: Prepared, rng) -> np.ndarray:
    """Foresee each stretch of the recordings by a network trained on the others.

    Parameters
    ----------
    encoder : PSGEncoder
        With the network that training starts from, left as it is.
    prepared : Prepared
        The windows.
    rng : numpy.random.RandomState
        Source of chance.

    Returns
    -------
    foreseen : array, shape (n_windows, n_foreseen)
        NaN where the rest is too short to train on.
    """
    windows, source, _ = prepared
    eeg = np.array([label.startswith("eeg") for label in encoder.channels_])
    names, weights = average_bands(encoder.present_, eeg)
    out = np.full((len(windows), len(encoder.targets_) + 2 * len(names)), np.nan)
    device = resolve_device(encoder.device)
    for fold in range(encoder.n_folds):
        inside = [_fold(recording, fold, encoder.n_folds) for recording in source.recordings]
        away = [
            _widened(mask, recording)
            for mask, recording in zip(inside, source.recordings, strict=True)
        ]
        if not len(find_sequences(source.recordings, True, away)):
            continue
        one = copy.copy(encoder)
        one.network_ = copy.deepcopy(encoder.network_)
        if source.targets is not None:
            source.scale_targets(away)
        train_network(one, source, True, rng, lambda record: False, align=False, away=away)
        near = find_sequences(source.recordings, True, [~mask for mask in away])
        found = foresee_windows(one.network_, source, near, len(windows), device, weights)
        rows = np.concatenate(inside)
        out[rows] = found[rows]
    if source.targets is not None:
        source.scale_targets()
    return out


def _fold(recording, fold: int, n_folds: int) -> np.ndarray:
    n = len(recording.starts)
    return np.arange(n) * n_folds // n == fold


def _widened(mask: np.ndarray, recording) -> np.ndarray:
    """Windows of a fold, and those within the gap around it."""
    if len(mask) < 2 or not mask.any():
        return mask
    step = recording.duration / len(mask)  # s from window to window
    return binary_dilation(mask, iterations=max(round(_GAP / step), 1))
