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
from ..network import EncoderNetwork, SignalModule, WindowCNN, module_features
from ..preparation import pick_channels
from ..prepared import Prepared, prepare_windows, read_encoder_windows, standardized_spectrograms
from ..sequences import Sequences, find_sequences, hold_out, sample_pieces, without_overlap
from ..spectrogram import BAND_EDGES, N_BANDS, N_FEATURES, feature_importance, present_features
from .callbacks import epoch_reports
from .loop import is_distributed, reconstruction_error, train
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
    encoder._validate_params()
    with use_log_level(encoder.verbose):
        windows, sequential = read_encoder_windows(encoder, X, reset=True)
        encoder.picks_ = pick_channels(windows.channels, encoder.roles)
        channels = [windows.channels[i] for i in encoder.picks_]
        encoder.channels_ = [str(channel) for channel in channels]
        encoder.predicted_ = (
            predicted_roles(encoder.channels_) if encoder.cross_modal_weight else []
        )
        encoder.band_edges_ = BAND_EDGES.copy()
        encoder.present_ = present_features(channels, windows.lowpass)
        recordings, statistics = standardized_spectrograms(encoder, windows, sequential)
        encoder.center_, encoder.scale_ = statistics
        prepared = Prepared(windows, make_source(encoder, windows, recordings), sequential)
        rng = check_random_state(encoder.random_state)
        encoder.network_ = build_network(encoder, rng)
        if encoder.weights is not None:
            from ..weights import start_from

            start_from(encoder, encoder.weights)
        encoder.history_ = pd.DataFrame()
        _train_further(encoder, prepared, rng, align=True)
    return prepared


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
        prepared = prepare_windows(encoder, X)
        _train_further(encoder, prepared, check_random_state(encoder.random_state), align=False)


def _train_further(encoder, prepared: Prepared, rng, *, align: bool) -> None:
    _, source, sequential = prepared
    history = train_network(encoder, source, sequential, rng, epoch_reports(encoder), align)
    encoder.history_ = pd.concat([encoder.history_, history], ignore_index=True)


def predicted_roles(channels: list[str]) -> list[str]:
    """Roles whose level can be predicted from EEG.

    Parameters
    ----------
    channels : list of str
        Labels ``"role:name"`` of the channels used.

    Returns
    -------
    roles : list of str
        Of ``"emg"`` and ``"eog"``, those present, when there is EEG; else none.
    """
    found = {label.split(":")[0].split("/")[0] for label in channels}
    return [role for role in ("emg", "eog") if role in found and "eeg" in found]


def build_network(encoder, rng) -> EncoderNetwork:
    """Build a network for a fitted encoder's channels.

    Parameters
    ----------
    encoder : PSGEncoder
        Parameters, ``channels_`` and shape of the windows.
    rng : numpy.random.RandomState
        Source of chance.

    Returns
    -------
    network : EncoderNetwork
        With random weights.

    Raises
    ------
    ValueError
        If `module` can't read the windows.
    """
    n_channels = len(encoder.channels_)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(rng.randint(2**31 - 1))
        if encoder.module is None:
            window = WindowCNN(n_channels, encoder.n_filters, encoder.n_embedding)
        else:
            window = _wrap_module(encoder, n_channels)
        n_levels = len(predicted_roles(encoder.channels_)) if encoder.cross_modal_weight else 0
        return EncoderNetwork(
            window,
            n_channels,
            encoder.n_embedding,
            encoder.n_hidden,
            encoder.n_latent,
            encoder.n_projection,
            n_levels,
        )


def _wrap_module(encoder, n_channels: int) -> SignalModule:
    module = copy.deepcopy(encoder.module).eval()
    shape = (1, n_channels, encoder.n_times_in_)
    try:
        with torch.inference_mode():
            n_features = module_features(module, torch.zeros(shape)).shape[1]
    except (RuntimeError, ValueError, IndexError, KeyError, TypeError) as error:
        raise ValueError(
            f"module={type(encoder.module).__name__} can't read windows of shape {shape[1:]} "
            f"(n_channels, n_times): {error}"
        ) from error
    return SignalModule(module, n_features, encoder.n_embedding)


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


def train_network(encoder, source, sequential: bool, rng, on_epoch, align=True) -> pd.DataFrame:
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

    Returns
    -------
    history : pandas.DataFrame
        A row for each epoch.
    """
    device = torch.device(resolve_device(encoder.device))
    training, validation = _split(encoder, source.recordings, sequential, rng)
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
        parts = ("reconstruction", "views", "neighbors", "cross_modal", "validation")
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


def _split(encoder, recordings, sequential, rng) -> tuple[Sequences, Sequences]:
    """Sequences for training and for validation, which share no signal."""
    held = hold_out(
        recordings, sequential, encoder.sequence_length, encoder.validation_fraction, rng
    )
    away = without_overlap(recordings, held) if sequential else held
    training = find_sequences(recordings, sequential, away)
    validation = find_sequences(recordings, sequential, [~mask for mask in held])
    if len(training) == 0:  # too little to spare any
        return find_sequences(recordings, sequential), validation[:0]
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
    return -reconstruction_error(network, batches, objective, device, _SCORE_SEED)
