"""Pretraining on recordings of any montage.

Each role (EEG, EOG, chin EMG) becomes one channel: the mean of the standardized log
spectrograms of its channels, or zeros, the typical value, where a recording has none. Weights
learned so are mapped back to actual channels by `mne_arousal.encoder.weights.start_from`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from ...utils.windows import read_windows
from ..batches import WindowSource
from ..preparation import pick_channels, prepare
from ..spectrogram import BAND_EDGES, N_FEATURES, present_features
from .fitting import build_network, train_network

ROLES = ("eeg", "eog", "emg")


def role_frames(frames: np.ndarray, roles: list[str], present: np.ndarray) -> np.ndarray:
    """Average the spectrograms of the channels of each role.

    Parameters
    ----------
    frames : array, shape (n_frames, n_channels, n_features)
        Standardized log spectrogram.
    roles : list of str
        Role of each channel.
    present : array of bool, shape (n_channels, n_features)
        What carries content.

    Returns
    -------
    averaged : array, shape (n_frames, n_roles, n_features)
        In the order of ``ROLES``; 0 where nothing is present.
    """
    averaged = np.zeros((len(frames), len(ROLES), N_FEATURES), dtype=frames.dtype)
    for i, role in enumerate(ROLES):
        here = np.array([r == role for r in roles])
        count = present[here].sum(axis=0)
        averaged[:, i] = frames[:, here].sum(axis=1) / np.maximum(count, 1)
    return averaged


def pretrain(encoder, datasets) -> None:
    """Train an encoder on recordings whose montages differ.

    Parameters
    ----------
    encoder : PSGEncoder
        Encoder to fit; it takes one channel per role afterwards.
    datasets : iterable of BaseConcatDataset
        Windows, each dataset with a montage and a rate of its own.
    """
    encoder._validate_params()
    recordings, row = [], 0
    for dataset in datasets:
        windows = read_windows(encoder, dataset, reset=True)
        picks = pick_channels(windows.channels, ROLES)
        chosen = [windows.channels[i] for i in picks]
        present = present_features(chosen, windows.lowpass)
        prepared, _ = prepare(
            windows,
            picks,
            present,
            frame_length=encoder.frame_length,
            frame_hop=encoder.frame_hop,
            sequential=True,
        )
        for recording in prepared:
            n = len(recording.starts)
            recording.frames = role_frames(recording.frames, [c.role for c in chosen], present)
            recording.rows = slice(row, row + n)
            row += n
            recordings.append(recording)
    encoder.channels_ = [f"{role}:{role.upper()}" for role in ROLES]
    encoder.picks_ = list(range(len(ROLES)))
    encoder.n_channels_in_ = len(ROLES)
    encoder.n_features_in_ = len(ROLES) * encoder.n_times_in_
    encoder.predicted_ = []
    encoder.band_edges_ = BAND_EDGES.copy()
    encoder.present_ = np.ones((len(ROLES), N_FEATURES), dtype=bool)
    encoder.center_ = np.zeros((len(ROLES), N_FEATURES))
    encoder.scale_ = np.ones((len(ROLES), N_FEATURES))
    rng = check_random_state(encoder.random_state)
    encoder.network_ = build_network(encoder, rng)
    encoder.history_ = pd.DataFrame()
    source = WindowSource(recordings)
    encoder.history_ = train_network(encoder, source, True, rng, lambda record: False)
