"""Coordinates of the latent in which distance means difference of spectra.

The axes of a trained latent are arbitrary: any invertible map of it, undone in the
decoder, is the same network. Clusterers are not indifferent. They measure distance, and most
scale each feature to unit spread first, which blows up axes that carry noise. Here the
latent is mapped so that distances equal those of the rebuilt spectra, and rotated so
that every axis has the same variance, which leaves nothing for a scaler to distort.
"""

from __future__ import annotations

import numpy as np
import torch


def equalizing_rotation(covariance: np.ndarray) -> np.ndarray:
    """Rotate such that every axis has the same variance.

    Such a rotation always exists (Schur 1923; Horn 1954); n - 1 plane rotations find it.

    Parameters
    ----------
    covariance : array, shape (n, n)
        Covariance.

    Returns
    -------
    rotation : array, shape (n, n)
        Orthogonal; ``rotation @ covariance @ rotation.T`` has a constant diagonal.
    """
    n = len(covariance)
    values, vectors = np.linalg.eigh(covariance)
    rotation, turned = vectors.T.copy(), np.diag(values)
    mean = values.mean()
    left = list(range(n))
    for _ in range(n - 1):
        diagonal = turned[left, left]
        low, high = left[int(diagonal.argmin())], left[int(diagonal.argmax())]
        a, b, c = turned[low, low], turned[low, high], turned[high, high]
        if c - a <= 1e-12 * max(abs(mean), 1e-300):
            break
        # tan of the angle at which the low axis gets the mean variance
        root = np.sqrt(max(b**2 - (a - mean) * (c - mean), 0.0))
        tangent = (-b + root) / (c - mean) if c > mean else 0.0
        cosine = 1 / np.hypot(1, tangent)
        turn = np.eye(n)
        turn[low, [low, high]] = cosine, tangent * cosine
        turn[high, [low, high]] = -tangent * cosine, cosine
        turned = turn @ turned @ turn.T
        rotation = turn @ rotation
        left.remove(low)
    return rotation


@torch.no_grad()
def align_latent(network, latent: np.ndarray, importance: np.ndarray) -> None:
    """Give a network's latent the coordinates described above, in place.

    Parameters
    ----------
    network : EncoderNetwork
        Trained network, which rebuilds the same spectra before and after.
    latent : array, shape (n_windows, n_latent)
        Latents of some of its windows.
    importance : array, shape (n_channels, n_features)
        Weights of the spectrum's features in the distance.
    """
    decoder, out, projector = network.decoder, network.sequence.out, network.projector[0]
    weight = decoder.weight.double().numpy()
    seen = weight * np.sqrt(importance.reshape(-1, 1))
    values, vectors = np.linalg.eigh(seen.T @ seen)
    values = np.maximum(values, 1e-8 * max(values.max(), 1e-8))
    to_spectra = (vectors * np.sqrt(values)) @ vectors.T
    center = latent.mean(axis=0)
    spread = (latent - center) @ to_spectra
    rotation = equalizing_rotation(spread.T @ spread / len(spread))
    change = torch.from_numpy(rotation @ to_spectra)
    back = torch.from_numpy((vectors / np.sqrt(values)) @ vectors.T @ rotation.T)
    center = torch.from_numpy(center)
    readers = [decoder, projector] + ([network.cross_modal] if network.cross_modal else [])
    for layer in readers:
        layer.bias.add_((layer.weight.double() @ center).to(layer.bias.dtype))
        layer.weight.copy_(layer.weight.double() @ back)
    out.bias.copy_(change @ (out.bias.double() - center))
    out.weight.copy_(change @ out.weight.double())
