"""Building an encoder's network: which channels it sees, and what it predicts."""

from __future__ import annotations

import copy

import numpy as np
import torch

from ...utils.windows import BRAIN_ROLES
from ..body_targets import TARGETS, known_targets, measure_targets
from ..foresight import ForesightNetwork
from ..network import EncoderNetwork, SignalModule, WindowCNN, module_features


def input_roles(encoder) -> tuple[str, ...] | None:
    """Roles of the channels that the network sees.

    Parameters
    ----------
    encoder : PSGEncoder
        The encoder.

    Returns
    -------
    roles : tuple of str | None
        Without chin EMG where it is to be predicted; None for all.
    """
    if encoder.target != "body":
        return encoder.roles
    return tuple(r for r in encoder.roles or BRAIN_ROLES if r in BRAIN_ROLES and r != "emg")


def learn_targets(encoder, windows, X, sequential: bool, targets=None):
    """Learn which targets the network has a head for.

    Parameters
    ----------
    encoder : PSGEncoder
        The encoder.
    windows : Windows
        The windows.
    X : array | dataset
        The same, as the encoder got them.
    sequential : bool
        Whether rows are consecutive; without, nothing comes after a window.
    targets : array, shape (n_windows, n_targets) | None
        Of `body_targets`, where they are measured already.

    Returns
    -------
    names : list of str
        Those that this recording shows, or those of pretrained weights.
    values : array, shape (n_windows, n_names) | None
        NaN where unknown; None where all are.

    Raises
    ------
    ValueError
        If there is no LSTM to predict from.
    """
    if encoder.target != "body" or not sequential:
        return [], None
    if encoder.n_hidden == 0:
        raise ValueError('target="body" is told by the LSTM: set n_hidden to 1 or more.')
    targets = measure_targets(windows, X) if targets is None else targets
    names = known_targets(targets)
    if encoder.weights is not None:  # their heads, whatever this recording shows of the body
        from ..weights import pretrained_targets

        names = pretrained_targets(encoder)
    at = [list(TARGETS).index(name) for name in names]
    return names, targets[:, at] if np.isfinite(targets[:, at]).any() else None


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
        sizes = (encoder.n_embedding, encoder.n_hidden, encoder.n_latent, encoder.n_projection)
        if encoder.targets_:
            return ForesightNetwork(window, n_channels, *sizes, len(encoder.targets_))
        n_levels = len(predicted_roles(encoder.channels_)) if encoder.cross_modal_weight else 0
        return EncoderNetwork(window, n_channels, *sizes, n_levels)


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
