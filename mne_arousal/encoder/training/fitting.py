"""Between the transformer's parameters and the training loop."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import torch
from mne.utils import ProgressBar, logger, use_log_level
from sklearn.utils import check_random_state

from ..._array import resolve_device
from ...utils.progress import announce, is_shown, shows_bars
from ..batches import make_source, ordered_batches
from ..encoding import encode_pieces
from ..preparation import pick_channels
from ..prepared import Prepared, prepare_windows, read_encoder_windows, standardized_spectrograms
from ..sequences import Sequences, find_sequences, hold_out, sample_pieces, without_overlap
from ..spectrogram import BAND_EDGES, N_BANDS, N_FEATURES, feature_importance, present_features
from .building import build_network, input_roles, learn_targets, predicted_roles
from .callbacks import epoch_reports
from .loop import held_out_loss, is_distributed, train
from .losses import default_augmentation
from .objective import Objective, Settings
from .rotation import align_latent

# Masks of `score` are the same for every encoder, so that scores compare.
_SCORE_SEED = 0
# Batches of windows that tell the spread of the latent.
_N_ALIGN = 16


def fit_encoder(encoder, X) -> Prepared:
    """Build an encoder's network and train it.

    Parameters
    ----------
    encoder : PSGEncoder
        Encoder, which gets what is learned as attributes.
    X : array | dataset
        Windows, V.

    Returns
    -------
    prepared : Prepared
        The windows as the network takes them.
    """
    rng, prepared = start_fit(encoder, X)
    with use_log_level(encoder.verbose):
        train_further(encoder, prepared, rng, align=True)
    return prepared


def start_fit(encoder, X, targets=None):
    """Build an encoder's network, with the weights that training starts from.

    Parameters
    ----------
    encoder : PSGEncoder
        Encoder, which gets what is learned as attributes.
    X : array | dataset
        Windows, V.
    targets : array, shape (n_windows, n_targets) | None
        What the body does after each window, of `body_targets`, where it is known already.

    Returns
    -------
    rng : numpy.random.RandomState
        Source of chance of the training.
    prepared : Prepared
        The windows as the network takes them.
    """
    encoder._validate_params()
    with use_log_level(encoder.verbose):
        windows, sequential = read_encoder_windows(encoder, X, reset=True)
        encoder.picks_ = pick_channels(windows.channels, input_roles(encoder))
        channels = [windows.channels[i] for i in encoder.picks_]
        encoder.channels_ = [str(channel) for channel in channels]
        encoder.predicted_ = (
            predicted_roles(encoder.channels_) if encoder.cross_modal_weight else []
        )
        encoder.band_edges_ = BAND_EDGES.copy()
        encoder.present_ = present_features(channels, windows.lowpass)
        recordings, statistics = standardized_spectrograms(encoder, windows, sequential)
        encoder.center_, encoder.scale_ = statistics
        encoder.targets_, targets = learn_targets(encoder, windows, X, sequential, targets)
        source = make_source(encoder, windows, recordings, targets)
        prepared = Prepared(windows, source, sequential)
        rng = check_random_state(encoder.random_state)
        encoder.network_ = build_network(encoder, rng)
        if encoder.weights is not None:
            from ..weights import start_from

            start_from(encoder)
        encoder.history_ = pd.DataFrame()
    return rng, prepared


def continue_fit(encoder, X) -> None:
    """Train a fitted encoder further, in the coordinates of its latent.

    Parameters
    ----------
    encoder : PSGEncoder
        Fitted encoder.
    X : array | dataset
        Windows, V.
    """
    encoder._validate_params()
    with use_log_level(encoder.verbose):
        prepared = prepare_windows(encoder, X, targets=True)
        train_further(encoder, prepared, check_random_state(encoder.random_state), align=False)


def train_further(encoder, prepared: Prepared, rng, *, align: bool) -> None:
    """Train an encoder's network, and add to its history.

    Parameters
    ----------
    encoder : PSGEncoder
        With a network.
    prepared : Prepared
        The windows.
    rng : numpy.random.RandomState
        Source of chance.
    align : bool
        Whether to choose the latent's coordinates anew.
    """
    _, source, sequential = prepared
    history = train_network(encoder, source, sequential, rng, epoch_reports(encoder), align)
    encoder.history_ = pd.concat([encoder.history_, history], ignore_index=True)


def _make_objective(encoder, device, augmentation, rng) -> Objective:
    settings = Settings(
        sequence_length=encoder.sequence_length,
        batch_size=encoder.batch_size,
        max_epochs=encoder.max_epochs,
        steps_per_epoch=encoder.steps_per_epoch,
        patience=encoder.patience,
        n_workers=encoder.n_workers,
        learning_rate=encoder.learning_rate,
        mask_ratio=encoder.mask_ratio,
        mask_span=encoder.mask_span,
        temperature=encoder.temperature,
        contrast=encoder.contrast,
        weights={
            "reconstruction": encoder.reconstruction_weight,
            "views": encoder.view_weight,
            "neighbors": encoder.neighbor_weight,
            "cross_modal": encoder.cross_modal_weight
            if encoder.network_.cross_modal is not None
            else 0.0,
            "body": encoder.body_weight,
            "foresight": encoder.foresight_weight,
        },
    )
    roles = np.array([label.split(":")[0].split("/")[0] for label in encoder.channels_])
    groups = [level_weights(encoder.present_, roles == role) for role in encoder.predicted_]
    groups = np.stack(groups) if groups else np.zeros((0, *encoder.present_.shape))
    return Objective(
        settings,
        torch.from_numpy(feature_importance(encoder.present_)).float().to(device),
        torch.from_numpy(groups).float().to(device),
        torch.from_numpy(roles == "eeg").to(device),
        augmentation,
        rng,
        on_signals=encoder.module is not None,
    )


def level_weights(present: np.ndarray, channels: np.ndarray) -> np.ndarray:
    """Features that make up the level of some channels.

    Parameters
    ----------
    present : array of bool, shape (n_channels, n_features)
        What carries content.
    channels : array of bool, shape (n_channels,)
        The channels.

    Returns
    -------
    weights : array, shape (n_channels, n_features)
        They add up to 1: the level where there is one, else all bands.
    """
    weights = np.where(channels[:, None], present, False).astype(float)
    levelled = weights[:, N_BANDS] > 0
    weights[levelled, :N_BANDS] = 0
    return weights / weights.sum(axis=1, keepdims=True).clip(1) / channels.sum()


def train_network(
    encoder, source, sequential: bool, rng, on_epoch, align=True, away=None
) -> pd.DataFrame:
    """Train an encoder's network in place.

    Parameters
    ----------
    encoder : PSGEncoder
        Parameters, ``network_`` and ``present_``.
    source : WindowSource
        Where windows come from.
    sequential : bool
        True when windows follow each other in time.
    rng : numpy.random.RandomState
        Source of chance.
    on_epoch : callable
        Called with each epoch's record; returns True to stop.
    align : bool
        Whether to choose the latent's coordinates anew.
    away : list of array of bool, shape (n_windows,) | None
        Windows of each recording that training must not see.

    Returns
    -------
    history : pandas.DataFrame
        A row for each epoch.
    """
    device = torch.device(resolve_device(encoder.device))
    training, validation = _split(encoder, source.recordings, sequential, rng, away)
    augmentation = encoder.augmentation
    if augmentation is None and encoder.view_weight:
        width = source.recordings[0].lookup.shape[1] * N_FEATURES
        width = width if encoder.module is None else encoder.n_times_in_
        augmentation = default_augmentation(width, rng.randint(2**31 - 1))
    if is_distributed():  # equal networks so far, different batches from here
        rng = np.random.RandomState(rng.randint(2**31 - 1) + torch.distributed.get_rank())
    objective = _make_objective(encoder, device, augmentation, rng)
    source.place(device)
    verb = "Training" if encoder.max_epochs else "Preparing"
    logger.info(
        f"{verb} the encoder on {int(training.length.sum())} windows of "
        f"{len(source.recordings)} recording(s), {int(validation.length.sum())} held out, "
        f"on {device}."
    )
    bar = _make_bar(encoder.max_epochs)

    def show(record):
        announce("encoder", (record["epoch"] + 1) / encoder.max_epochs)
        if bar is None:
            return on_epoch(record)
        parts = ("reconstruction", "views", "neighbors", "cross_modal", "body", "foresight")
        parts += ("validation",)
        losses = " ".join(f"{part} {record[part]:.3f}" for part in parts if part in record)
        bar._tqdm.set_postfix_str(losses, refresh=False)
        bar.update(record["epoch"] + 1)
        return on_epoch(record)

    with torch.random.fork_rng(devices=[]):  # a module of the user's may drop out
        torch.manual_seed(rng.randint(2**31 - 1))
        history = train(
            encoder.network_, source, training, validation, objective, device, rng, show
        )
    if bar is not None:
        bar._tqdm.close()
    if align and history:
        _align(encoder, source, training, rng)
    if is_distributed():
        _share(encoder, device)
    return pd.DataFrame(history)


def _make_bar(n_epochs: int) -> ProgressBar | None:
    """Return a bar where there is something to train, it is seen, and none shows the whole."""
    if n_epochs < 1 or is_shown() or not shows_bars():
        return None
    return ProgressBar(n_epochs, mesg="Training the encoder")


def _align(encoder, source, training, rng) -> None:
    pieces = [sample_pieces(training, encoder.sequence_length, 1024, rng) for _ in range(_N_ALIGN)]
    latent = [encode_pieces(encoder.network_, source, some) for some in pieces]
    align_latent(encoder.network_, np.concatenate(latent), feature_importance(encoder.present_))


def _share(encoder, device) -> None:
    """Give every process the first one's coordinates and statistics."""
    encoder.network_.to(device)
    for tensor in encoder.network_.state_dict().values():
        torch.distributed.broadcast(tensor, 0)
    encoder.network_.to("cpu")
    for name in ("center_", "scale_"):
        shared = torch.from_numpy(getattr(encoder, name)).to(device)
        torch.distributed.broadcast(shared, 0)
        setattr(encoder, name, shared.cpu().numpy())


def _split(encoder, recordings, sequential, rng, apart=None) -> tuple[Sequences, Sequences]:
    """Sequences for training and for validation, which share no signal; none of what is `apart`."""
    held = hold_out(
        recordings, sequential, encoder.sequence_length, encoder.validation_fraction, rng
    )
    away = without_overlap(recordings, held) if sequential else held
    judged = [~mask for mask in held]
    if apart is not None:
        away = [a | b for a, b in zip(away, apart, strict=True)]
        judged = [a | b for a, b in zip(judged, apart, strict=True)]
    training = find_sequences(recordings, sequential, away)
    validation = find_sequences(recordings, sequential, judged)
    if len(training) == 0:  # too little to spare any
        return find_sequences(recordings, sequential, apart), validation[:0]
    return training, validation


def score_windows(encoder, source, sequential: bool) -> float:
    """Negative reconstruction error of an encoder.

    Parameters
    ----------
    encoder : PSGEncoder
        Fitted encoder.
    source : WindowSource
        Where windows come from.
    sequential : bool
        True when windows follow each other in time.

    Returns
    -------
    score : float
        Negative mean squared error.
    """
    sequences = find_sequences(source.recordings, sequential)
    if len(sequences) == 0:
        raise ValueError("Every window contains NaN: there is nothing to score.")
    device = torch.device(resolve_device(encoder.device))
    objective = _make_objective(encoder, device, None, None)
    source.place(device)
    n_windows = encoder.batch_size * encoder.sequence_length
    batches = ordered_batches(source, sequences, encoder.sequence_length, n_windows)
    network = copy.deepcopy(encoder.network_).to(device)
    return -held_out_loss(network, batches, objective, device, _SCORE_SEED, only_rebuilding=True)
