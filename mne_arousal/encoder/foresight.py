"""Foresight: what a window's past says of the body after it, and of the window itself.

The forward LSTM knows a window and what came before; with the backward one, what comes after.
A head reads from the former what the body does next. Two others rebuild a window's log spectrum
that they did not see: from its past alone, and from both sides. How far the spectrum lies from
that is the surprise.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..utils.bands import BANDS
from .batches import WindowSource
from .encoding import _BATCH, _CORE, _GPU_BATCH, _MARGIN
from .network import EncoderNetwork
from .sequences import Sequences, cut_pieces
from .spectrogram import BAND_CENTRES, N_BANDS, N_FEATURES

SIDES = ("past", "sides")


class Foreseen(NamedTuple):
    """What is foreseen of windows.

    Parameters
    ----------
    body : tensor, shape (n_sequences, n_windows, n_targets)
        Targets of the body, from a window and its past.
    past, sides : tensor, shape (n_sequences, n_windows, n_channels, n_features)
        Standardized log spectrum of a window, from its past and from both sides.
    """

    body: Tensor
    past: Tensor
    sides: Tensor


class ForesightNetwork(EncoderNetwork):
    """An encoder's network with heads for the body and for foreseen spectra.

    Parameters
    ----------
    window : torch.nn.Module
        From windows to embeddings.
    n_channels : int
        Channels to rebuild.
    n_embedding, n_hidden, n_latent, n_projection : int
        Sizes.
    n_targets : int
        Targets of the body.
    """

    def __init__(
        self, window, n_channels, n_embedding, n_hidden, n_latent, n_projection, n_targets
    ):
        super().__init__(window, n_channels, n_embedding, n_hidden, n_latent, n_projection)
        self.body = _head(n_embedding + n_hidden, n_embedding, n_targets)
        self.past = _head(n_hidden, n_embedding, n_channels * N_FEATURES)
        self.sides = _head(2 * n_hidden, n_embedding, n_channels * N_FEATURES)

    def foresee(self, embedding: Tensor) -> Foreseen:
        """Predict the body after windows, and the spectra of windows from those around.

        Parameters
        ----------
        embedding : tensor, shape (n_sequences, n_windows, n_embedding)
            Embeddings of windows.

        Returns
        -------
        foreseen : Foreseen
            Predictions.
        """
        states, _ = self.sequence.lstm(embedding)
        ahead, back = states.chunk(2, dim=-1)
        before = nn.functional.pad(ahead[:, :-1], (0, 0, 1, 0))
        after = nn.functional.pad(back[:, 1:], (0, 0, 0, 1))
        return Foreseen(
            self.body(torch.cat([embedding, ahead], dim=-1)),
            self.past(before).unflatten(-1, (-1, N_FEATURES)),
            self.sides(torch.cat([before, after], dim=-1)).unflatten(-1, (-1, N_FEATURES)),
        )


def _head(n_in: int, n_hidden: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.GELU(), nn.Linear(n_hidden, n_out))


def foresight_names(targets: list[str], bands: list[str]) -> list[str]:
    """Name the columns of what is foreseen.

    Parameters
    ----------
    targets : list of str
        Targets of the body.
    bands : list of str
        Bands that the channels have.

    Returns
    -------
    names : list of str
        ``"psg:body:predicted_heart"`` and so on; ``"psg:body:surprise_past_delta"`` and so on.
        They belong to the body, hence make no states and no stages.
    """
    names = [f"predicted_{target}" for target in targets]
    names += [f"surprise_{side}_{band}" for side in SIDES for band in bands]
    return [f"psg:body:{name}" for name in names]


def average_bands(present: np.ndarray, eeg: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Weights that average the features of EEG channels within each band.

    Parameters
    ----------
    present : array of bool, shape (n_channels, n_features)
        What carries content.
    eeg : array of bool, shape (n_channels,)
        EEG channels; without any, all serve.

    Returns
    -------
    names : list of str
        Bands that a channel has.
    weights : array, shape (n_channels, n_features, n_bands)
        They add up to 1 for each band.
    """
    chosen = present & (eeg if eeg.any() else np.ones_like(eeg))[:, None]
    weights = np.zeros((*present.shape, len(BANDS)))
    for i, (low, high) in enumerate(BANDS.values()):
        inside = (low <= BAND_CENTRES) & (high > BAND_CENTRES)
        weights[:, :N_BANDS, i] = chosen[:, :N_BANDS] & inside
    total = weights.sum(axis=(0, 1))
    there = total > 0
    names = [name for name, some in zip(BANDS, there, strict=True) if some]
    return names, weights[..., there] / total[there]


@torch.inference_mode()
def foresee_windows(
    network: ForesightNetwork,
    source: WindowSource,
    sequences: Sequences,
    n_rows: int,
    device,
    weights: np.ndarray,
    dtype=torch.float32,
) -> np.ndarray:
    """Foresee every window.

    Parameters
    ----------
    network : ForesightNetwork
        Network, left as it is.
    source : WindowSource
        Where windows come from.
    sequences : Sequences
        Sequences that hold every window once.
    n_rows : int
        Rows of the result.
    device : str
        Where to compute.
    weights : array, shape (n_channels, n_features, n_bands)
        Of `average_bands`.
    dtype : torch.dtype
        Precision.

    Returns
    -------
    foreseen : array, shape (n_rows, n_targets + 2 * n_bands)
        Predicted targets, and in each band how far the log spectrum lies above the one foreseen,
        from the past and from both sides, in standard deviations of the recording. NaN for windows
        in no sequence.
    """
    device = torch.device(device)
    network = copy.deepcopy(network).to(device, dtype).eval()
    source.place(device)
    batch = _GPU_BATCH if source.on_gpu else _BATCH
    width = network.body[-1].out_features + len(SIDES) * weights.shape[2]
    out = np.full((n_rows, width), np.nan)
    averaging = torch.from_numpy(weights).to(device, dtype)
    offsets = np.array([recording.rows.start for recording in source.recordings])
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        for pieces, answers in cut_pieces(sequences, _CORE, _MARGIN):
            size = max(batch // pieces.length[0], 1)
            for lo in range(0, len(pieces), size):
                chosen = pieces[lo : lo + size]
                spectra = source.spectra(chosen)
                x = source.inputs(chosen, spectra).to(device, dtype)
                found = network.foresee(network.embed(x))
                spectrum = spectra.to(device, dtype).mean(dim=2)
                errors = [
                    torch.einsum("swcf,cfb->swb", spectrum - side, averaging) for side in found[1:]
                ]
                joined = torch.cat([found.body, *errors], dim=-1)[:, answers]
                rows = chosen.rows()[:, answers] + offsets[chosen.recording][:, None]
                out[rows] = joined.cpu().numpy()
    return out
