"""The network: a CNN in each window, an LSTM along the windows, a decoder, a projector.

All parts work on standardized log spectrograms, shape ``(n_sequences, n_windows,
n_frames, n_channels, n_features)``, in which the last feature is the level.
"""

from __future__ import annotations

import torch
from torch import nn

from .spectrogram import N_BANDS, N_FEATURES

_N_FRAMES = 3  # of the first convolution, in time
_N_NEIGHBOURS = 5  # bands that a convolution sees at once


class WindowCNN(nn.Module):
    """Convolutions over time and frequency within each window.

    Parameters
    ----------
    n_channels : int
        Channels of the recording.
    n_filters : int
        Of the first layer; the second has twice as many.
    n_embedding : int
        Length of a window's embedding.
    """

    def __init__(self, n_channels: int, n_filters: int, n_embedding: int):
        super().__init__()
        half = _N_NEIGHBOURS // 2
        self.first = nn.Conv2d(
            n_channels, n_filters, (_N_FRAMES, _N_NEIGHBOURS), stride=(1, 2), padding=(0, half)
        )
        self.second = nn.Conv2d(
            n_filters, 2 * n_filters, (1, _N_NEIGHBOURS), stride=(1, 2), padding=(0, half)
        )
        self.level = nn.Linear(n_channels, n_embedding, bias=False)
        n_left = -(-N_BANDS // 4)
        self.out = nn.Linear(2 * n_filters * n_left, n_embedding)
        self.norm = nn.LayerNorm(n_embedding)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Embed windows.

        Parameters
        ----------
        x : tensor, shape (n_windows, n_frames, n_channels, n_features)
            Standardized log spectrograms.

        Returns
        -------
        embedding : tensor, shape (n_windows, n_embedding)
            One vector a window.
        """
        level = x[..., N_BANDS].mean(dim=1)
        bands = x[..., :N_BANDS].transpose(1, 2)
        missing = _N_FRAMES - bands.shape[2]
        if missing > 0:  # short windows: their last frame is repeated
            bands = torch.cat([bands, bands[:, :, -1:].expand(-1, -1, missing, -1)], dim=2)
        hidden = nn.functional.gelu(self.first(bands))
        hidden = nn.functional.gelu(self.second(hidden)).mean(dim=2)
        return self.norm(self.out(hidden.flatten(1)) + self.level(level))


class SequenceLSTM(nn.Module):
    """Bidirectional LSTM along consecutive windows, to a latent for each.

    Parameters
    ----------
    n_embedding : int
        Length of a window's embedding.
    n_hidden : int
        Units in each direction; 0 leaves the LSTM out.
    n_latent : int
        Length of the latent.
    """

    def __init__(self, n_embedding: int, n_hidden: int, n_latent: int):
        super().__init__()
        self.lstm = (
            nn.LSTM(n_embedding, n_hidden, batch_first=True, bidirectional=True)
            if n_hidden
            else None
        )
        self.hidden = nn.Linear(n_embedding + 2 * n_hidden, n_embedding)
        self.out = nn.Linear(n_embedding, n_latent)

    def forward(self, embedding: torch.Tensor) -> torch.Tensor:
        """Put windows into their context.

        Parameters
        ----------
        embedding : tensor, shape (n_sequences, n_windows, n_embedding)
            Embeddings of windows.

        Returns
        -------
        latent : tensor, shape (n_sequences, n_windows, n_latent)
            Latents.
        """
        if self.lstm is not None:
            context, _ = self.lstm(embedding)
            embedding = torch.cat([embedding, context], dim=-1)
        return self.out(nn.functional.gelu(self.hidden(embedding)))


class Decoder(nn.Linear):
    """From a latent to the log spectrum of its window.

    It is linear, so that latents far apart are spectra far apart: what clusters latents then
    clusters spectra.

    Parameters
    ----------
    n_latent : int
        Length of the latent.
    n_channels : int
        Channels to rebuild.
    """

    def __init__(self, n_latent: int, n_channels: int):
        super().__init__(n_latent, n_channels * N_FEATURES)

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        """Rebuild log spectra.

        Parameters
        ----------
        latent : tensor, shape (..., n_latent)
            Latents.

        Returns
        -------
        spectrum : tensor, shape (..., n_channels, n_features)
            Standardized log spectrum, averaged over the window's frames.
        """
        return super().forward(latent).unflatten(-1, (-1, N_FEATURES))


class Projector(nn.Sequential):
    """From a latent to the space of the contrast, which the latent itself is spared.

    Parameters
    ----------
    n_latent : int
        Length of the latent.
    n_projection : int
        Length of the projection.
    """

    def __init__(self, n_latent: int, n_projection: int):
        super().__init__(
            nn.Linear(n_latent, 2 * n_projection),
            nn.GELU(),
            nn.Linear(2 * n_projection, n_projection),
        )


class SignalModule(nn.Module):
    """A network of the user's that reads signals, brought to the embedding's length.

    Parameters
    ----------
    module : torch.nn.Module
        Maps ``(n, n_channels, n_times)`` to features: a tensor, or a tuple or dict whose last
        entry or ``"features"`` they are.
    n_features : int
        Features of a window, flattened.
    n_embedding : int
        Length of the embedding.
    """

    def __init__(self, module: nn.Module, n_features: int, n_embedding: int):
        super().__init__()
        self.module = module
        self.out = nn.Linear(n_features, n_embedding)
        self.norm = nn.LayerNorm(n_embedding)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Embed windows.

        Parameters
        ----------
        x : tensor, shape (n_windows, n_channels, n_times)
            Scaled signals.

        Returns
        -------
        embedding : tensor, shape (n_windows, n_embedding)
            One vector a window.
        """
        return self.norm(self.out(module_features(self.module, x)))


def module_features(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Take the features out of whatever a module returns.

    Parameters
    ----------
    module : torch.nn.Module
        Module.
    x : tensor, shape (n_windows, n_channels, n_times)
        Signals.

    Returns
    -------
    features : tensor, shape (n_windows, n_features)
        Flattened features.
    """
    found = module(x)
    if isinstance(found, dict):
        found = found["features"]
    elif isinstance(found, tuple):
        found = found[-1]
    return found.reshape(len(x), -1)


class EncoderNetwork(nn.Module):
    """Encoder, decoder, projector and cross-modal head together.

    Parameters
    ----------
    window : torch.nn.Module
        From windows to embeddings.
    n_channels : int
        Channels to rebuild.
    n_embedding, n_hidden, n_latent, n_projection : int
        Sizes.
    n_levels : int
        Levels for the cross-modal head to predict; 0 leaves it out.
    """

    def __init__(
        self, window, n_channels, n_embedding, n_hidden, n_latent, n_projection, n_levels=0
    ):
        super().__init__()
        self.window = window
        self.mask_token = nn.Parameter(torch.zeros(n_embedding))
        self.sequence = SequenceLSTM(n_embedding, n_hidden, n_latent)
        self.decoder = Decoder(n_latent, n_channels)
        self.projector = Projector(n_latent, n_projection)
        self.cross_modal = nn.Linear(n_latent, n_levels) if n_levels else None

    def forward(self, x: torch.Tensor, masked: torch.Tensor | None = None) -> torch.Tensor:
        """Encode sequences of windows.

        Parameters
        ----------
        x : tensor, shape (n_sequences, n_windows, ...)
            Windows as `window` reads them.
        masked : tensor of bool, shape (n_sequences, n_windows) | None
            Windows to hide.

        Returns
        -------
        latent : tensor, shape (n_sequences, n_windows, n_latent)
            Latents.
        """
        return self.put_in_context(self.embed(x), masked)

    def embed(self, x: torch.Tensor) -> torch.Tensor:
        """Embed each window by itself.

        Parameters
        ----------
        x : tensor, shape (n_sequences, n_windows, ...)
            Windows as `window` reads them.

        Returns
        -------
        embedding : tensor, shape (n_sequences, n_windows, n_embedding)
            Embeddings.
        """
        return self.window(x.flatten(0, 1)).unflatten(0, x.shape[:2])

    def put_in_context(self, embedding: torch.Tensor, masked=None) -> torch.Tensor:
        """Encode embedded windows.

        Parameters
        ----------
        embedding : tensor, shape (n_sequences, n_windows, n_embedding)
            Embeddings.
        masked : tensor of bool, shape (n_sequences, n_windows) | None
            Windows to hide.

        Returns
        -------
        latent : tensor, shape (n_sequences, n_windows, n_latent)
            Latents.
        """
        if masked is not None:
            token = self.mask_token.to(embedding.dtype)
            embedding = torch.where(masked[..., None], token, embedding)
        return self.sequence(embedding)
