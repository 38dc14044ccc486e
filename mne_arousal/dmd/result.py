"""What a decomposition gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._array import to_numpy


@dataclass
class DMDResult:
    """Modes of many windows.

    Where a window has fewer modes than others, its entries are filled up with NaN; a channel with
    NaN in a window has only NaN, a flat one has rank 0. Without a channel axis below (`joint`),
    the decomposition is of all channels together; otherwise each channel has its own.

    Parameters
    ----------
    eigenvalues : array, shape (n_windows[, n_channels], rank)
        Factor λ by which a mode grows and turns from one sample to the next.
    modes : array, shape (n_windows, n_channels, n_delays, rank)
        Each mode over channels and delays, of unit norm over what is decomposed together.
    amplitudes : array, shape (n_windows[, n_channels], rank)
        Amplitudes b, V: the snapshots of the window are closest, by least squares, to
        ``modes @ (b * λ**t)``.
    energies : array, shape (n_windows[, n_channels], rank)
        Mean square of the mode's part of the signal over the window and the delays, V².
    residuals : array, shape (n_windows[, n_channels])
        Share of the energy of the snapshots that the step from each snapshot to the next misses.
    ranks : array of int, shape (n_windows[, n_channels])
        Number of modes.
    sfreq : float
        Sampling frequency, Hz.

    References
    ----------
    Tu et al. (2014). On dynamic mode decomposition: theory and applications. J. Comput. Dyn. 1(2).
    """

    eigenvalues: object
    modes: object
    amplitudes: object
    energies: object
    residuals: object
    ranks: object
    sfreq: float

    @property
    def frequencies(self) -> np.ndarray:
        """Frequency of each mode, Hz, negative for one of each conjugate pair."""
        return np.angle(to_numpy(self.eigenvalues)) * self.sfreq / (2 * np.pi)

    @property
    def growth_rates(self) -> np.ndarray:
        """Growth rate of each mode, 1/s, negative for decay (minus infinity at λ = 0)."""
        with np.errstate(divide="ignore"):
            return np.log(np.abs(to_numpy(self.eigenvalues))) * self.sfreq

    def mode_importance(self, kind: str = "energy") -> np.ndarray:
        """Share of each mode.

        Parameters
        ----------
        kind : str
            ``"energy"`` (default) for the energy over the window, which counts a mode that decays
            and is excited again by how much it moves the signal; ``"amplitude"`` for ``|b|``, what
            is usually taken, which only sees how the window starts.

        Returns
        -------
        importance : array, shape (n_windows[, n_channels], rank)
            Shares, which add up to 1 (0 for a flat window).

        Raises
        ------
        ValueError
            If `kind` is unknown.
        """
        if kind not in ("energy", "amplitude"):
            raise ValueError(f"kind must be 'energy' or 'amplitude', got {kind!r}.")
        weight = to_numpy(self.energies) if kind == "energy" else np.abs(to_numpy(self.amplitudes))
        total = np.nansum(weight, axis=-1, keepdims=True)
        return np.divide(weight, total, out=np.zeros_like(weight), where=total != 0)
