"""Latents of all windows of recordings."""

from __future__ import annotations

import copy

import numpy as np
import torch

from .batches import WindowSource
from .sequences import Sequences, cut_pieces
from .training.objective import only_eeg

# Windows that a piece answers for, and context on either side: longer pieces wait
# for the LSTM, shorter ones compute much context twice.
_CORE = 448
_MARGIN = 32
_BATCH = 8192
_GPU_BATCH = 131_072


@torch.inference_mode()
def encode_pieces(network, source: WindowSource, pieces: Sequences) -> np.ndarray:
    """Encode pieces of equal length on the CPU.

    Parameters
    ----------
    network : EncoderNetwork
        Network, left as it is.
    source : WindowSource
        Where windows come from.
    pieces : Sequences
        Which windows.

    Returns
    -------
    latent : array, shape (n_pieces * n_windows, n_latent)
        Latents.
    """
    x = source.inputs(pieces, source.spectra(pieces)).float().cpu()
    return network.eval()(x).flatten(0, 1).double().numpy()


@torch.inference_mode()
def encode(
    network,
    source: WindowSource,
    sequences: Sequences,
    n_rows: int,
    device,
    dtype=torch.float32,
    eeg=None,
) -> np.ndarray:
    """Encode every window.

    Parameters
    ----------
    network : EncoderNetwork
        Network, left as it is.
    source : WindowSource
        Where windows come from.
    sequences : Sequences
        Sequences that hold every window to encode once.
    n_rows : int
        Rows of the result.
    device : str
        Where to compute.
    dtype : torch.dtype
        Precision; float64 makes a row independent of the rows it is computed with.
    eeg : array of bool, shape (n_channels,) | None
        EEG channels; when the network has a cross-modal head, its predictions from these
        follow the latents.

    Returns
    -------
    latent : array, shape (n_rows, n_latent + n_levels)
        NaN for windows in no sequence.
    """
    device = torch.device(device)
    network = copy.deepcopy(network).to(device, dtype).eval()
    source.place(device)
    batch = _GPU_BATCH if source.on_gpu else _BATCH
    width = network.decoder.in_features
    if network.cross_modal is not None:
        width += network.cross_modal.out_features
        eeg = torch.from_numpy(eeg).to(device)
    latent = np.full((n_rows, width), np.nan)
    offsets = np.array([recording.rows.start for recording in source.recordings])
    # TF32 would round to 1e-3: embeddings are to be the same on every device.
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        for pieces, answers in cut_pieces(sequences, _CORE, _MARGIN):
            size = max(batch // pieces.length[0], 1)
            for lo in range(0, len(pieces), size):
                chosen = pieces[lo : lo + size]
                x = source.inputs(chosen, source.spectra(chosen)).to(device, dtype)
                found = network(x)[:, answers]
                if network.cross_modal is not None:
                    levels = network.cross_modal(network(only_eeg(x, eeg))[:, answers])
                    found = torch.cat([found, levels], dim=-1)
                rows = chosen.rows()[:, answers] + offsets[chosen.recording][:, None]
                latent[rows] = found.cpu().numpy()
    return latent
