"""The training objective: what is computed for a batch, and how parts are weighed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from .losses import (
    augment_signals,
    augment_spectra,
    body_loss,
    contrast,
    foresight_loss,
    mask_bands,
    mask_spans,
)
from .losses import reconstruction as rebuild

# Most pairs in a contrast: its cost grows with their square.
_MAX_PAIRS = 256


@dataclass
class Settings:
    """What the training loop needs to know; the encoder's parameters of the same names.

    Parameters
    ----------
    sequence_length, batch_size, max_epochs, steps_per_epoch, patience, n_workers : int
        Amounts.
    learning_rate, mask_ratio, temperature : float
        Rates.
    mask_span : int
        Windows hidden in a row.
    contrast : str
        Kind of contrast.
    weights : dict of str to float
        Weight of each part of the objective.
    """

    sequence_length: int
    batch_size: int
    max_epochs: int
    steps_per_epoch: int
    patience: int
    n_workers: int
    learning_rate: float
    mask_ratio: float
    mask_span: int
    temperature: float
    contrast: str
    weights: dict


class Heads(nn.Module):
    """All parts of a network in one forward pass, which a distributed wrapper needs.

    Parameters
    ----------
    network : EncoderNetwork
        Network.
    """

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x, masked):
        """Encode, rebuild, project and predict.

        Parameters
        ----------
        x : tensor, shape (n_sequences, n_windows, ...)
            Inputs.
        masked : tensor of bool, shape (n_sequences, n_windows)
            Hidden windows.

        Returns
        -------
        rebuilt, projected, predicted, foreseen : tensor
            Log spectra, projections, levels of EOG and EMG (None without that head), and what is
            foreseen of windows that are not hidden (None without those heads).
        """
        network = self.network
        embedding = network.embed(x)
        latent = network.put_in_context(embedding, masked)
        predicted = None if network.cross_modal is None else network.cross_modal(latent)
        foreseen = network.foresee(embedding) if hasattr(network, "foresee") else None
        return network.decoder(latent), network.projector(latent), predicted, foreseen


class Objective:
    """Losses of one batch.

    Parameters
    ----------
    settings : Settings
        Weights and rates.
    importance : tensor, shape (n_channels, n_features)
        Weights of the features in the reconstruction; they add up to 1.
    groups : tensor, shape (n_groups, n_channels, n_features)
        Which features make up each level that the cross-modal head predicts; rows add up to 1.
    eeg : tensor of bool, shape (n_channels,)
        What the cross-modal head may look at.
    augmentation : braindecode.augmentation.Transform | None
        Makes the second view.
    rng : numpy.random.RandomState
        Source of chance.
    on_signals : bool
        True when the network reads signals and not spectrograms.
    """

    def __init__(self, settings, importance, groups, eeg, augmentation, rng, on_signals=False):
        self.settings = settings
        self.importance = importance
        self.groups = groups
        self.eeg = eeg
        self.augmentation = augmentation
        self.rng = rng
        self.on_signals = on_signals

    def __call__(self, heads, spectra, inputs, targets=None) -> dict:
        """Losses by part, and their weighted sum ``"loss"``.

        Parameters
        ----------
        heads : Heads
            Network, or its distributed wrapper.
        spectra : tensor, shape (n_sequences, n_windows, n_frames, n_channels, n_features)
            Log spectrograms to rebuild.
        inputs : tensor, shape (n_sequences, n_windows, ..., n_channels, n)
            What the network reads.
        targets : tensor, shape (n_sequences, n_windows, n_targets) | None
            What the body does after each window; NaN where unknown.

        Returns
        -------
        losses : dict of str to tensor, shape ()
            Losses.
        """
        weights = self.settings.weights
        target = spectra.mean(dim=2)
        n, n_windows = target.shape[:2]
        views = [self._hide_bands(inputs)]
        if weights["views"]:
            change = augment_signals if self.on_signals else augment_spectra
            views.append(change(inputs, self.augmentation))
        n_rebuilt = n * len(views)
        masked = mask_spans(
            n_rebuilt, n_windows, self.settings.mask_ratio, self.settings.mask_span, self.rng
        ).to(target.device)
        if weights["cross_modal"]:
            views.append(only_eeg(inputs, self.eeg))
            masked = torch.cat([masked, torch.zeros_like(masked[:n])])
        rebuilt, projected, predicted, foreseen = heads(torch.cat(views), masked)
        losses = {
            "reconstruction": rebuild(
                rebuilt[:n_rebuilt],
                target.repeat(n_rebuilt // n, 1, 1, 1),
                self.importance,
                masked[:n_rebuilt],
            )
        }
        if weights["views"]:
            losses["views"] = self._contrast(projected[:n], projected[n:n_rebuilt])
        if weights["neighbors"] and n_windows > 1:
            losses["neighbors"] = self._contrast(projected[:n, :-1], projected[:n, 1:])
        if weights["cross_modal"]:
            levels = torch.einsum("swcf,gcf->swg", target, self.groups)
            losses["cross_modal"] = nn.functional.mse_loss(predicted[n_rebuilt:], levels)
        if foreseen is not None:
            plain = type(foreseen)(*(part[:n] for part in foreseen))
            losses["foresight"] = foresight_loss(plain, target, self.importance)
            if targets is not None:
                losses["body"] = body_loss(plain.body, targets)
        losses["loss"] = sum(weights[part] * loss for part, loss in losses.items())
        return losses

    def _hide_bands(self, inputs):
        lone = inputs.shape[1] == 1 and not self.on_signals
        if not lone or not self.settings.mask_ratio:
            return inputs
        return mask_bands(inputs, self.settings.mask_ratio, self.rng)

    def _contrast(self, a, b):
        settings = self.settings
        return contrast(
            a.flatten(0, 1),
            b.flatten(0, 1),
            settings.contrast,
            settings.temperature,
            _MAX_PAIRS,
            self.rng,
        )


def only_eeg(inputs: torch.Tensor, eeg: torch.Tensor) -> torch.Tensor:
    """Silence every channel but EEG.

    Parameters
    ----------
    inputs : tensor, shape (..., n_channels, n)
        Inputs.
    eeg : tensor of bool, shape (n_channels,)
        Which channels to keep.

    Returns
    -------
    silenced : tensor, same shape
        With 0, the typical value, elsewhere.
    """
    return inputs * eeg[:, None].to(inputs.dtype)
