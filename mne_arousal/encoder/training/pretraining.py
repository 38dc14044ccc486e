"""Pretraining on recordings of any montage.

Each role (EEG, EOG, chin EMG) becomes one channel: the mean of the standardized log
spectrograms of its channels, or zeros, the typical value, where a recording has none. Weights
learned so are mapped back to actual channels by `mne_arousal.encoder.weights.start_from`.
"""

from __future__ import annotations

import numpy as np
from mne.utils import use_log_level
from sklearn.utils import check_random_state

from ...utils.windows import BRAIN_ROLES, read_windows
from ..batches import WindowSource
from ..body_targets import TARGETS, known_targets, measure_targets
from ..preparation import pick_channels, prepare
from ..spectrogram import BAND_EDGES, N_FEATURES, RecordingSpectrogram, present_features
from .building import build_network
from .fitting import train_network


def pretrained_roles(encoder) -> tuple[str, ...]:
    """Roles that pretrained weights have a channel for.

    Parameters
    ----------
    encoder : PSGEncoder
        The encoder.

    Returns
    -------
    roles : tuple of str
        Without chin EMG where it is to be predicted.
    """
    return BRAIN_ROLES if encoder.target == "spectrum" else ("eeg", "eog")


def role_frames(
    frames: np.ndarray, roles: list[str], present: np.ndarray, wanted=BRAIN_ROLES
) -> np.ndarray:
    """Average the spectrograms of the channels of each role.

    Parameters
    ----------
    frames : array, shape (n_frames, n_channels, n_features)
        Standardized log spectrogram.
    roles : list of str
        Role of each channel.
    present : array of bool, shape (n_channels, n_features)
        What carries content.

    wanted : tuple of str
        Roles to make a channel of.

    Returns
    -------
    averaged : array, shape (n_frames, n_roles, n_features)
        In the order of `wanted`; 0 where nothing is present.
    """
    averaged = np.zeros((len(frames), len(wanted), N_FEATURES), dtype=frames.dtype)
    for i, role in enumerate(wanted):
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
        Windows, each dataset with a montage and a rate of its own. For ``target="body"`` they carry
        the body's channels, as far as there are any.
    """
    encoder._validate_params()
    recordings, targets = [], []
    for dataset in datasets:
        found, answers = role_recordings(encoder, dataset)
        recordings += found
        targets.append(answers)
    pretrain_prepared(encoder, recordings, np.concatenate(targets))


def role_recordings(encoder, dataset) -> tuple[list[RecordingSpectrogram], np.ndarray]:
    """Prepare windows for pretraining.

    Parameters
    ----------
    encoder : PSGEncoder
        Encoder, which learns the shape of the windows.
    dataset : BaseConcatDataset
        Windows.

    Returns
    -------
    recordings : list of RecordingSpectrogram
        One channel a role.
    targets : array, shape (n_windows, n_targets)
        What the body does after each window; NaN where unknown, and for ``target="spectrum"``.
    """
    windows = read_windows(encoder, dataset, reset=True)
    roles = pretrained_roles(encoder)
    picks = pick_channels(windows.channels, roles)
    chosen = [windows.channels[i] for i in picks]
    present = present_features(chosen, windows.lowpass)
    recordings, _ = prepare(
        windows,
        picks,
        present,
        frame_length=encoder.frame_length,
        frame_hop=encoder.frame_hop,
        sequential=True,
    )
    for recording in recordings:
        found = [channel.role for channel in chosen]
        recording.frames = role_frames(recording.frames, found, present, roles)
    if encoder.target != "body":
        return recordings, np.full((len(windows), len(TARGETS)), np.nan)
    return recordings, measure_targets(windows, dataset)


def pretrain_prepared(
    encoder, recordings: list[RecordingSpectrogram], targets: np.ndarray | None = None
) -> None:
    """Train an encoder on recordings with one channel a role.

    Parameters
    ----------
    encoder : PSGEncoder
        Encoder to fit, which knows the shape of the windows.
    recordings : list of RecordingSpectrogram
        Of `role_recordings`; their rows are counted anew.
    targets : array, shape (n_windows, n_targets) | None
        What the body does after each window.
    """
    roles, row = pretrained_roles(encoder), 0
    for recording in recordings:
        n = len(recording.starts)
        recording.rows = slice(row, row + n)
        row += n
    encoder.channels_ = [f"{role}:{role.upper()}" for role in roles]
    encoder.picks_ = list(range(len(roles)))
    encoder.n_channels_in_ = len(roles)
    encoder.n_features_in_ = len(roles) * encoder.n_times_in_
    encoder.predicted_ = []
    encoder.targets_ = known_targets(targets) if encoder.target == "body" else []
    encoder.band_edges_ = BAND_EDGES.copy()
    encoder.present_ = np.ones((len(roles), N_FEATURES), dtype=bool)
    encoder.center_ = np.zeros((len(roles), N_FEATURES))
    encoder.scale_ = np.ones((len(roles), N_FEATURES))
    rng = check_random_state(encoder.random_state)
    encoder.network_ = build_network(encoder, rng)
    at = [list(TARGETS).index(name) for name in encoder.targets_]
    source = WindowSource(recordings, targets=targets[:, at] if at else None)
    with use_log_level(encoder.verbose):
        encoder.history_ = train_network(encoder, source, True, rng, lambda record: False)
