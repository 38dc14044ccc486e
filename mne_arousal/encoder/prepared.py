"""Windows as an encoder takes them: read, its channels picked, standardized."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._array import resolve_device
from ..utils.windows import Windows, is_windows_dataset, read_windows
from .preparation import FrameStore, prepare
from .sequences import find_sequences

if TYPE_CHECKING:
    from .batches import WindowSource


class Prepared(NamedTuple):
    """Windows that are ready for the network.

    Parameters
    ----------
    windows : Windows
        The windows.
    source : WindowSource
        What the network reads.
    sequential : bool
        Whether rows are consecutive.
    """

    windows: Windows
    source: WindowSource
    sequential: bool


def read_encoder_windows(encoder, X, *, reset: bool) -> tuple[Windows, bool]:
    """Read the windows that an encoder was given.

    Parameters
    ----------
    encoder : PSGEncoder
        The encoder.
    X : array | dataset
        Windows, V.
    reset : bool
        True in ``fit``.

    Returns
    -------
    windows : Windows
        The windows.
    sequential : bool
        Whether rows are consecutive.
    """
    windows = read_windows(encoder, X, sfreq=encoder.sfreq, channels=encoder.channels, reset=reset)
    ordered = is_windows_dataset(X) or np.asarray(X).ndim == 3
    return windows, ordered if encoder.sequence == "auto" else bool(encoder.sequence)


def standardized_spectrograms(encoder, windows: Windows, sequential: bool, statistics=None):
    """Compute the standardized spectrograms of an encoder's channels.

    Parameters
    ----------
    encoder : PSGEncoder
        With ``picks_`` and ``present_``.
    windows : Windows
        The windows.
    sequential : bool
        Whether rows are consecutive.
    statistics : tuple of array | None
        Center and scale for short recordings; None measures them.

    Returns
    -------
    recordings : list of RecordingSpectrogram
        One a recording.
    statistics : tuple of array
        Center and scale.
    """
    return prepare(
        windows,
        encoder.picks_,
        encoder.present_,
        frame_length=encoder.frame_length,
        frame_hop=encoder.frame_hop,
        sequential=sequential,
        statistics=statistics,
        store=None if encoder.cache is None else FrameStore(encoder.cache),
    )


def prepare_windows(encoder, X, *, targets: bool = False) -> Prepared:
    """Prepare windows for a fitted encoder.

    Parameters
    ----------
    encoder : PSGEncoder
        Fitted encoder.
    X : array | dataset
        Windows, V.
    targets : bool
        Whether to measure what the body does, to train further.

    Returns
    -------
    prepared : Prepared
        The windows.

    Raises
    ------
    ValueError
        If roles of the channels or their order differ from the fit's.
    """
    from .batches import make_source

    windows, sequential = read_encoder_windows(encoder, X, reset=False)
    found = [str(windows.channels[i]) for i in encoder.picks_]
    roles = [[label.split(":")[0] for label in labels] for labels in (found, encoder.channels_)]
    if roles[0] != roles[1]:
        raise ValueError(
            f"PSGEncoder was fitted on the channels {encoder.channels_}, but got {found}: "
            "their roles and order have to agree."
        )
    statistics = (encoder.center_, encoder.scale_)
    recordings, _ = standardized_spectrograms(encoder, windows, sequential, statistics)
    answers = None
    if targets and encoder.targets_ and sequential:
        from .body_targets import TARGETS, measure_targets

        at = [list(TARGETS).index(name) for name in encoder.targets_]
        answers = measure_targets(windows, X)[:, at]
    return Prepared(windows, make_source(encoder, windows, recordings, answers), sequential)


def encode_prepared(encoder, prepared: Prepared, foreseen=None):
    """Encode windows by a fitted encoder's network.

    Parameters
    ----------
    encoder : PSGEncoder
        Fitted encoder.
    prepared : Prepared
        The windows.
    foreseen : array, shape (n_windows, n_foreseen) | None
        What is foreseen of them, where it is cross-fitted; None asks the network.

    Returns
    -------
    latent : array or DataFrame, shape (n_windows, n_features)
        Latents; a DataFrame where windows carry times.
    """
    import torch

    from .encoding import encode
    from .foresight import average_bands, foresee_windows

    windows, source, sequential = prepared
    sequences = find_sequences(source.recordings, sequential)
    eeg = np.array([label.startswith("eeg") for label in encoder.channels_])
    dtype = torch.float32 if sequential else torch.float64
    how = (sequences, len(windows), resolve_device(encoder.device))
    latent = encode(encoder.network_, source, *how, dtype, eeg)
    if encoder.targets_:
        if foreseen is None:
            weights = average_bands(encoder.present_, eeg)[1]
            foreseen = foresee_windows(encoder.network_, source, *how, weights, dtype)
        latent = np.concatenate([latent, foreseen], axis=1)
    return windows.frame(latent, list(encoder.get_feature_names_out()))
