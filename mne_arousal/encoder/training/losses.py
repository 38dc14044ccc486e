"""Losses: rebuild what was masked, agree with views and neighbors."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor
from torch.nn import functional


def mask_spans(n_sequences: int, n_windows: int, ratio: float, span: int, rng) -> Tensor:
    """Choose spans of windows to hide.

    Parameters
    ----------
    n_sequences, n_windows : int
        Shape.
    ratio : float
        Share of windows to hide, about.
    span : int
        Windows in a span: longer than the overlap of windows, or rebuilding is copying.
    rng : numpy.random.RandomState
        Source of chance.

    Returns
    -------
    masked : tensor of bool, shape (n_sequences, n_windows)
        True where hidden; a lone window is never hidden.
    """
    span = min(span, max(n_windows // 2, 1))
    begins = torch.from_numpy(rng.uniform(size=(n_sequences, n_windows)) < ratio / span)
    masked = begins.clone()
    for shift in range(1, span):
        masked[:, shift:] |= begins[:, : n_windows - shift]
    if n_windows == 1:
        masked[:] = False
    return masked


def mask_bands(x: Tensor, ratio: float, rng) -> Tensor:
    """Hide a run of neighboring bands in every channel, for windows without neighbors.

    Parameters
    ----------
    x : tensor, shape (n_sequences, n_windows, n_frames, n_channels, n_features)
        Standardized log spectrograms.
    ratio : float
        Share of bands to hide.
    rng : numpy.random.RandomState
        Source of chance.

    Returns
    -------
    hidden : tensor, same shape
        With 0, the typical value, in the hidden bands.
    """
    n = x.shape[-1]
    width = max(round(ratio * n), 1)
    begin = torch.from_numpy(rng.randint(0, n - width + 1, size=x.shape[0])).to(x.device)
    band = torch.arange(n, device=x.device)
    hidden = (band >= begin[:, None]) & (band < begin[:, None] + width)
    return x.masked_fill(hidden[:, None, None, None, :], 0)


def reconstruction(rebuilt: Tensor, target: Tensor, importance: Tensor, masked: Tensor) -> Tensor:
    """Mean squared error of log spectra: hidden and visible windows weigh the same.

    Parameters
    ----------
    rebuilt, target : tensor, shape (n_sequences, n_windows, n_channels, n_features)
        Standardized log spectra.
    importance : tensor, shape (n_channels, n_features)
        Weights that add up to 1.
    masked : tensor of bool, shape (n_sequences, n_windows)
        Hidden windows.

    Returns
    -------
    loss : tensor, shape ()
        The loss.
    """
    error = ((rebuilt - target) ** 2 * importance).sum(dim=(-2, -1))
    n_masked = masked.sum().clamp(min=1)
    n_visible = (~masked).sum().clamp(min=1)
    hidden = (error * masked).sum() / n_masked
    visible = (error * ~masked).sum() / n_visible
    return torch.where(masked.any(), (hidden + visible) / 2, visible)


def foresight_loss(foreseen, spectra: Tensor, importance: Tensor) -> Tensor:
    """Mean squared error of foreseen log spectra, from the past and from both sides.

    Parameters
    ----------
    foreseen : Foreseen
        Predictions of `mne_arousal.encoder.foresight`.
    spectra : tensor, shape (n_sequences, n_windows, n_channels, n_features)
        Standardized log spectra.
    importance : tensor, shape (n_channels, n_features)
        Weights of the features; they add up to 1.

    Returns
    -------
    loss : tensor, shape ()
        Mean of the two.
    """
    errors = [((found - spectra) ** 2 * importance).sum((-2, -1)).mean() for found in foreseen[1:]]
    return (errors[0] + errors[1]) / 2


def body_loss(predicted: Tensor, targets: Tensor) -> Tensor:
    """Mean squared error of what the body does, where it is known.

    Parameters
    ----------
    predicted, targets : tensor, shape (n_sequences, n_windows, n_targets)
        Predictions, and what was measured: NaN where a trace has a gap.

    Returns
    -------
    loss : tensor, shape ()
        Mean over the targets that are known in the batch; 0 where none is.
    """
    known = torch.isfinite(targets)
    errors = torch.where(known, predicted - torch.nan_to_num(targets), 0.0) ** 2
    count = known.flatten(0, -2).sum(dim=0)
    each = errors.flatten(0, -2).sum(dim=0) / count.clamp(min=1)
    return each.sum() / (count > 0).sum().clamp(min=1)


def nt_xent(a: Tensor, b: Tensor, temperature: float) -> Tensor:
    """Normalized temperature-scaled cross entropy of pairs (Chen et al. 2020, SimCLR).

    Parameters
    ----------
    a, b : tensor, shape (n_pairs, n_projection)
        Projections; row i of one belongs to row i of the other.
    temperature : float
        Lower is stricter.

    Returns
    -------
    loss : tensor, shape ()
        The loss.
    """
    n = len(a)
    both = functional.normalize(torch.cat([a, b]), dim=1)
    similarity = both @ both.T / temperature
    itself = torch.eye(2 * n, dtype=torch.bool, device=a.device)
    similarity = similarity.masked_fill(itself, float("-inf"))
    partner = torch.arange(2 * n, device=a.device).roll(n)
    return functional.cross_entropy(similarity, partner)


def vicreg(a: Tensor, b: Tensor) -> Tensor:
    """Variance, invariance, covariance (Bardes et al. 2022, VICReg, with its weights / 25).

    Parameters
    ----------
    a, b : tensor, shape (n_pairs, n_projection)
        Projections; row i of one belongs to row i of the other.

    Returns
    -------
    loss : tensor, shape ()
        The loss.
    """
    invariance = functional.mse_loss(a, b)
    n, d = a.shape
    variance, covariance = 0.0, 0.0
    for x in (a, b):
        x = x - x.mean(dim=0)
        cov = x.T @ x / max(n - 1, 1)
        variance = variance + functional.relu(1 - torch.sqrt(cov.diagonal() + 1e-4)).mean() / 2
        covariance = covariance + (cov - torch.diag(cov.diagonal())).pow(2).sum() / d
    return invariance + variance + covariance / 25


def contrast(a: Tensor, b: Tensor, kind: str, temperature: float, limit: int, rng) -> Tensor:
    """Contrast of at most `limit` random pairs: its cost grows with their square.

    Parameters
    ----------
    a, b : tensor, shape (n_pairs, n_projection)
        Projections.
    kind : "ntxent" | "vicreg"
        Which contrast.
    temperature : float
        Of NT-Xent.
    limit : int
        Most pairs.
    rng : numpy.random.RandomState
        Source of chance.

    Returns
    -------
    loss : tensor, shape ()
        0 when there are fewer than two pairs, which contrast with nothing.
    """
    if len(a) < 2:
        return a.sum() * 0
    if len(a) > limit:
        chosen = torch.from_numpy(rng.choice(len(a), limit, replace=False)).to(a.device)
        a, b = a[chosen], b[chosen]
    return nt_xent(a, b, temperature) if kind == "ntxent" else vicreg(a, b)


def default_augmentation(n_features: int, random_state):
    """Views of a window's log spectrogram that keep what it shows.

    Parameters
    ----------
    n_features : int
        Features of a channel, all frames together.
    random_state : int
        Seed.

    Returns
    -------
    augmentation : braindecode.augmentation.Compose
        Noise, a channel left out at times, a smooth gap in time and frequency.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what braindecode imports has deprecations of its own
        from braindecode.augmentation import (
            ChannelsDropout,
            Compose,
            GaussianNoise,
            SmoothTimeMask,
        )

    return Compose(
        [
            GaussianNoise(probability=1.0, std=0.3, random_state=random_state),
            ChannelsDropout(probability=0.5, p_drop=0.2, random_state=random_state),
            SmoothTimeMask(
                probability=0.5, mask_len_samples=max(n_features // 8, 1), random_state=random_state
            ),
        ]
    )


def augment_spectra(x: Tensor, augmentation) -> Tensor:
    """Apply a braindecode augmentation to each window's log spectrogram.

    Parameters
    ----------
    x : tensor, shape (n_sequences, n_windows, n_frames, n_channels, n_features)
        Standardized log spectrograms.
    augmentation : braindecode.augmentation.Transform
        Sees ``(n, n_channels, n_frames * n_features)``.

    Returns
    -------
    view : tensor, same shape
        The view.
    """
    n_frames, n_features = x.shape[2], x.shape[4]
    flat = x.transpose(2, 3).flatten(3)
    view = augment_signals(flat, augmentation)
    return view.unflatten(3, (n_frames, n_features)).transpose(2, 3)


def augment_signals(x: Tensor, augmentation) -> Tensor:
    """Apply a braindecode augmentation to each window.

    Parameters
    ----------
    x : tensor, shape (n_sequences, n_windows, n_channels, n_times)
        Windows.
    augmentation : braindecode.augmentation.Transform
        Sees ``(n, n_channels, n_times)``.

    Returns
    -------
    view : tensor, same shape
        The view.
    """
    flat = x.flatten(0, 1)
    # Compose wants a target, which no augmentation that makes a view looks at.
    view, _ = augmentation(flat, torch.zeros(len(flat), device=x.device))
    return view.unflatten(0, x.shape[:2])
