"""Weights on disk: safetensors with a JSON header, checked on the way in.

A file holds tensors and a JSON text, never code. Its digest covers both, so that a
file that was cut, changed or mixed up is refused.
"""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from ..utils.files import write_file
from ..utils.privacy import reader_words
from .body_targets import TARGETS
from .spectrogram import N_FEATURES

FORMAT = "mne-arousal PSGEncoder"
VERSION = 1
MAX_SIZE = 1e9  # bytes; the pretrained weights have less than a megabyte
_PAIR = ("weight", "bias")
# Layers whose rows are the spectra of channels.
_SPECTRA = [
    f"{layer}.{part}" for layer in ("decoder", "past.2", "sides.2") for part in ("weight", "bias")
]
_PARTS = {"parameters", "module", "fitted", "history"}
_FITTED = ("channels_", "picks_", "n_channels_in_", "n_times_in_", "n_features_in_", "sfreq_")
_ARRAYS = ("center_", "scale_", "present_", "band_edges_")
# Parameters that hold objects or say where and how loudly to compute, not what.
_LEFT_OUT = ("module", "augmentation", "weights", "cache", "device", "random_state", "verbose")


def _digest(tensors: dict, text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def write_encoder(encoder, path) -> None:
    """Write a fitted encoder to a file, all of it or nothing.

    Parameters
    ----------
    encoder : PSGEncoder
        Fitted encoder.
    path : path-like
        File to write; an existing one is replaced.
    """
    path = Path(path)
    params = {k: v for k, v in encoder.get_params(deep=False).items() if k not in _LEFT_OUT}
    fitted = {name: getattr(encoder, name) for name in _FITTED}
    about = {
        "parameters": params,
        "module": None if encoder.module is None else type(encoder.module).__name__,
        "fitted": fitted | {"targets_": encoder.targets_},
        "history": encoder.history_.to_dict(orient="list"),
    }
    text = json.dumps(about, default=_plain)
    tensors = {f"array.{name}": np.asarray(getattr(encoder, name)) for name in _ARRAYS}
    for name, tensor in encoder.network_.state_dict().items():
        tensors[f"network.{name}"] = tensor.contiguous().numpy()
    header = {
        "format": FORMAT,
        "version": str(VERSION),
        "about": text,
        "sha256": _digest(tensors, text),
    }
    write_file(path, save_tensors(tensors, metadata=header))


def _plain(value):
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} can't be saved: use plain numbers, strings and lists.")


def read_weights(path) -> tuple[dict, dict]:
    """Read and check a file of weights.

    Parameters
    ----------
    path : path-like
        File that `write_encoder` wrote.

    Returns
    -------
    about : dict
        Parameters and fitted attributes.
    tensors : dict of str to array
        Arrays ``"array.*"`` and network weights ``"network.*"``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is something else, was changed, or comes from a later version.
    """
    path = Path(path)
    if path.exists() and not (path.is_file() and path.stat().st_size <= MAX_SIZE):
        raise ValueError(f"{path} is no regular file, or far too large. Save the encoder again.")
    data = path.read_bytes()
    wrong = f"{path} is not a file that PSGEncoder.save wrote, or it is cut short"
    try:
        tensors = load_tensors(data)
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + size])["__metadata__"]
    except KeyError:
        header = {}
    except (SafetensorError, ValueError, TypeError, RecursionError) as error:
        reason = reader_words(error)
        raise ValueError(f"{wrong}: {reason}. Save the encoder again.") from error
    if header.get("format") != FORMAT or "about" not in header:
        raise ValueError(f"{wrong}: its header does not name the format {FORMAT!r}.")
    if header.get("version") != str(VERSION):
        raise ValueError(
            f"{path} has format version {header.get('version')}, but this mne-arousal reads "
            f"{VERSION}: save the encoder with the same version."
        )
    if _digest(tensors, header["about"]) != header.get("sha256"):
        raise ValueError(
            f"{path} was changed after it was saved: its SHA-256 does not fit. Get the file again."
        )
    try:
        about = json.loads(header["about"])
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{wrong}: its description is no JSON. Save the encoder again.") from error
    if not isinstance(about, dict) or not _PARTS.issubset(about):
        raise ValueError(f"{wrong}: its description lacks parts. Save the encoder again.")
    return about, tensors


def restore_encoder(cls, path, module=None):
    """Build an encoder from a file.

    Parameters
    ----------
    cls : type
        Class of the encoder.
    path : path-like
        File that `write_encoder` wrote.
    module : torch.nn.Module | None
        The custom module that the encoder was fitted with, if it was.

    Returns
    -------
    encoder : PSGEncoder
        Fitted encoder.
    """
    from .training.building import build_network, predicted_roles

    about, tensors = read_weights(path)
    if about["module"] is not None and module is None:
        raise ValueError(
            f"{path} holds weights for a module of yours, {about['module']}: pass it as "
            "PSGEncoder.load(path, module=...)."
        )
    try:
        encoder = cls(**about["parameters"], module=module)
        for name in _FITTED:
            setattr(encoder, name, about["fitted"][name])
        encoder.targets_ = _targets_of(about)
        for name in _ARRAYS:
            setattr(encoder, name, tensors[f"array.{name}"])
        encoder.predicted_ = (
            predicted_roles(encoder.channels_) if encoder.cross_modal_weight else []
        )
        state = _network_state(tensors)
        if module is None:  # a forged size would fill memory before a shape is compared
            with torch.device("meta"):
                _check_shapes(build_network(encoder, np.random.RandomState(0)), state)
        encoder.network_ = build_network(encoder, np.random.RandomState(0))
        encoder.network_.load_state_dict(state)
        encoder.network_.eval()
        encoder.history_ = pd.DataFrame(about["history"])
    except Exception as error:  # anybody can write a file that fits its checksum, with any content
        raise ValueError(f"{path} does not fit this PSGEncoder: {reader_words(error)}") from error
    return encoder


def _check_shapes(network, state: dict) -> None:
    """Compare the shapes that a network asks for with those that a file has."""
    asked = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    there = {name: tuple(tensor.shape) for name, tensor in state.items()}
    if asked != there:
        raise ValueError("its parameters ask for other shapes than its tensors have")


def _network_state(tensors: dict) -> dict:
    return {
        name.removeprefix("network."): torch.from_numpy(array.copy())
        for name, array in tensors.items()
        if name.startswith("network.")
    }


def pretrained_targets(encoder) -> list[str]:
    """Name what pretrained weights predict of the body.

    Parameters
    ----------
    encoder : PSGEncoder
        With ``weights`` and ``target="body"``.

    Returns
    -------
    targets : list of str
        Of `mne_arousal.encoder.body_targets.TARGETS`.

    Raises
    ------
    ValueError
        If the weights were trained without the body.
    """
    path = _path_of(encoder)
    targets = _targets_of(read_weights(path)[0])
    if not targets:
        raise ValueError(
            f'The weights {path.name} were trained with target="spectrum" and predict nothing of '
            'the body: leave weights=None, or take weights that were trained with target="body".'
        )
    return targets


def _targets_of(about: dict) -> list[str]:
    """Targets of the body that are saved, in the order of their heads; files of old have none."""
    targets = about["fitted"].get("targets_", [])
    if not isinstance(targets, list) or not set(targets) <= set(TARGETS):
        raise ValueError(f"its targets are {targets!r}, and may be {', '.join(TARGETS)}")
    return targets


def _path_of(encoder) -> Path:
    if encoder.weights == "default":
        return default_weights(encoder.target)
    return Path(encoder.weights)


def default_weights(target: str = "spectrum") -> Path:
    """Path of the weights that come with the package.

    Parameters
    ----------
    target : {"spectrum", "body"}
        What they were trained for.

    Returns
    -------
    path : pathlib.Path
        The file.

    Raises
    ------
    FileNotFoundError
        If this installation lacks it.
    """
    name = {"spectrum": "default", "body": "body"}[target]
    path = Path(str(files("mne_arousal") / "encoder" / f"{name}.safetensors"))
    if not path.exists():
        raise FileNotFoundError(f"This installation lacks the pretrained weights {path.name}.")
    return path


def start_from(encoder) -> None:
    """Start an encoder's network from pretrained weights, whatever its channels.

    Channels are mapped by role. A role's first-layer weights are shared out evenly
    among the channels that have it now, so that they act on the mean of their
    spectrograms; each such channel starts with the role's decoder. Channels of a
    role that the weights do not know start with zeros, roles that are absent now are
    dropped.

    Parameters
    ----------
    encoder : PSGEncoder
        With ``weights`` and a fresh ``network_``, changed in place.

    Raises
    ------
    ValueError
        If sizes differ from the parameters of the encoder.
    """
    path = _path_of(encoder)
    about, tensors = read_weights(path)
    if encoder.module is not None or about["module"] is not None:
        raise ValueError("weights= works for the encoder's own network only: leave module=None.")
    state = _network_state(tensors)
    share = _role_shares(about["fitted"]["channels_"], encoder.channels_)
    state["window.first.weight"] = torch.einsum(
        "fs...,cs->fc...", state["window.first.weight"], share
    )
    state["window.level.weight"] = state["window.level.weight"] @ share.T
    mean = (share > 0).float()
    mean = mean / mean.sum(dim=1, keepdim=True).clamp(min=1)
    for name in [name for name in _SPECTRA if name in state]:
        rows = state[name].unflatten(0, (-1, N_FEATURES))
        state[name] = torch.einsum("cs,s...->c...", mean, rows).flatten(0, 1)
    own = encoder.network_.state_dict()
    for name in [name for name in own if name.startswith("cross_modal.")]:
        state.pop(name, None)
        state[name] = own[name]  # which levels there are depends on the montage
    state = {k: v for k, v in state.items() if k in own}
    unfit = [k for k in own if k not in state or own[k].shape != state[k].shape]
    if unfit:
        sizes = {k: about["parameters"][k] for k in ("n_latent", "n_filters", "n_embedding")}
        sizes |= {k: about["parameters"][k] for k in ("n_hidden", "n_projection")}
        raise ValueError(f"The weights {path.name} need an encoder with {sizes}.")
    encoder.network_.load_state_dict(state)


def _role_shares(known: list[str], channels: list[str]) -> torch.Tensor:
    """How much of each known channel's weights each channel gets, shape (n_channels, n_known)."""
    here = np.array([label.split(":")[0].split("/")[0] for label in channels])
    there = np.array([label.split(":")[0].split("/")[0] for label in known])
    same = (here[:, None] == there).astype(np.float32)
    return torch.from_numpy(same / np.maximum(same.sum(axis=0), 1))
