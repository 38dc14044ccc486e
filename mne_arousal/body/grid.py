"""Windows as places on a continuous signal, and what is measured on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..utils.rolling import rolling_median

BASELINE = 120.0  # s; "relative to the last minutes", as the AASM manual judges breathing
GUARD = (
    10.0  # s before a window that are no baseline for it: the answer to an arousal lasts as long
)
_FEWEST = 10.0  # s of known windows that make a baseline


@dataclass(frozen=True)
class Grid:
    """Where the windows of one recording lie.

    Parameters
    ----------
    starts : array of int, shape (n_windows,)
        First sample of each window, rising.
    n_times : int
        Length of a window, samples.
    sfreq : float
        Sampling frequency, Hz.
    """

    starts: np.ndarray
    n_times: int
    sfreq: float

    @property
    def length(self) -> float:
        """Length of a window, s."""
        return self.n_times / self.sfreq

    @property
    def centers(self) -> np.ndarray:
        """Middle of each window, s."""
        return (self.starts + self.n_times / 2) / self.sfreq

    @property
    def hop(self) -> float:
        """Time from one window to the next, s; 1 s for a single window."""
        if len(self.starts) < 2:
            return 1.0
        return float(np.median(np.diff(self.starts))) / self.sfreq

    def means(self, signal: np.ndarray) -> np.ndarray:
        """Mean of a signal in each window.

        Parameters
        ----------
        signal : array, shape (n_samples,)
            Signal at the grid's rate.

        Returns
        -------
        means : array, shape (n_windows,)
            NaN where a window holds NaN.
        """
        hop = int(self.starts[1] - self.starts[0]) if len(self.starts) > 1 else 0
        if hop and self.n_times % hop == 0 and (np.diff(self.starts) == hop).all():
            return self._means_of_blocks(signal[self.starts[0] :], hop)
        bounds = np.stack((self.starts, self.starts + self.n_times), axis=1).ravel()
        # reduceat wants its last bound inside the array
        return np.add.reduceat(np.append(signal, 0.0), bounds)[::2] / self.n_times

    def _means_of_blocks(self, signal: np.ndarray, hop: int) -> np.ndarray:
        """Add up the blocks that neighboring windows share."""
        shared = self.n_times // hop
        n = len(self.starts) + shared - 1
        blocks = signal[: n * hop].reshape(n, hop).sum(axis=1)
        total = np.zeros(len(self.starts))
        for i in range(shared):
            total += blocks[i : i + len(total)]
        return total / self.n_times

    def at_centers(self, values: np.ndarray, rate: float) -> np.ndarray:
        """Read a slower signal at the middle of each window.

        Parameters
        ----------
        values : array, shape (n,)
            Means of consecutive pieces of the signal; NaN where unknown.
        rate : float
            Pieces a second.

        Returns
        -------
        read : array, shape (n_windows,)
            Interpolated; NaN next to what is unknown.
        """
        return np.interp(self.centers, (np.arange(len(values)) + 0.5) / rate, values)

    def relative(self, values: np.ndarray) -> np.ndarray:
        """Subtract from each window the median of the last minutes.

        Parameters
        ----------
        values : array, shape (n_windows,)
            Logarithms.

        Returns
        -------
        relative : array, shape (n_windows,)
            Difference to the median of two minutes that end 10 s before; the first windows are
            compared with the first median that is known.
        """
        medians = pd.Series(self._medians(values, BASELINE)).bfill().to_numpy()
        return values - self._delayed(medians, GUARD)

    def highest(self, values: np.ndarray, length: float) -> np.ndarray:
        """Highest value of the last seconds, at each window.

        Parameters
        ----------
        values : array, shape (n_windows,)
            Values; NaN where unknown.
        length : float
            How far back, s.

        Returns
        -------
        highest : array, shape (n_windows,)
            The window itself among them; NaN where all are unknown.
        """
        size = max(round(length / self.hop), 1)
        return pd.Series(values).rolling(size, min_periods=1).max().to_numpy()

    def _medians(self, values, length):
        step = self._step
        size = max(round(length / (self.hop * step)), 3)
        fewest = min(max(round(_FEWEST / (self.hop * step)), 1), size)
        return rolling_median(values[::step], size, fewest)

    def _delayed(self, thinned, delay):
        at = (np.arange(len(self.starts)) - round(delay / self.hop)) // self._step
        return thinned[np.clip(at, 0, len(thinned) - 1)]

    @property
    def _step(self) -> int:
        return max(round(1.0 / self.hop), 1)  # a median a second will do


def block_means(signal: np.ndarray, sfreq: float, rate: float) -> tuple[np.ndarray, float]:
    """Average consecutive pieces of a signal.

    Parameters
    ----------
    signal : array, shape (n_samples,)
        Signal.
    sfreq : float
        Its rate, Hz.
    rate : float
        Rate to come near to, Hz.

    Returns
    -------
    means : array, shape (n,)
        NaN where a piece holds NaN.
    rate : float
        Its rate, Hz.
    """
    size = max(int(sfreq / rate), 1)
    n = max(len(signal) // size, 1)
    return signal[: n * size].reshape(n, -1).mean(axis=1), sfreq / size


def fill_gaps(signal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw lines across gaps, so that a filter can pass over them.

    Parameters
    ----------
    signal : array, shape (n,)
        Signal; NaN in gaps.

    Returns
    -------
    filled : array, shape (n,)
        Zeros where the whole signal is a gap.
    gaps : array of bool, shape (n,)
        Where it was NaN.
    """
    gaps = np.isnan(signal)
    if not gaps.any():
        return signal, gaps
    if gaps.all():
        return np.zeros(len(signal)), gaps
    places = np.arange(len(signal))
    return np.interp(places, places[~gaps], signal[~gaps]), gaps
