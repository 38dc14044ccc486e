"""Cuts a night into pieces of windows that are decomposed at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from array_api_compat import array_namespace

from ..utils.windows import Run, Windows, read_windows
from .gram import can_share, embed, extended_gram, shared_extended_gram, shared_lag_sums


@dataclass
class Piece:
    """Consecutive windows of one recording.

    Cases are what is decomposed: groups of channels (one group when joint, as many as channels
    when not) times windows, windows fast.

    Parameters
    ----------
    backend : ArrayBackend
        Where the work is done.
    rows : slice
        Rows of the output.
    starts : array of int, shape (n_windows,)
        Start of each window in the signal, samples.
    signal : array, shape (n_groups, n_channels, n_samples)
        Signal, V, of any library.
    n_times, n_delays : int
        Samples in a window and in a snapshot.
    """

    backend: object
    rows: slice
    starts: np.ndarray
    signal: object
    n_times: int
    n_delays: int

    def __post_init__(self):
        xp = self.backend.xp
        self.signal = xp.astype(self.backend.asarray(self.signal), xp.float64, copy=False)
        missing = xp.isnan(self.signal)
        shape = len(self.starts), self.n_groups
        self.has_nan = np.zeros(shape, dtype=bool)  # one lead that is off spoils no other
        if bool(xp.any(missing)):
            per_window = self._cut(xp.astype(missing, xp.float64))
            found = xp.any(xp.reshape(per_window, (*shape, -1)) > 0, axis=2)
            self.has_nan = self.backend.to_numpy(found)
            self.signal = xp.where(missing, xp.zeros_like(self.signal), self.signal)

    @property
    def n_groups(self) -> int:
        return self.signal.shape[0]

    @property
    def n_channels(self) -> int:
        """Channels that are decomposed together."""
        return self.signal.shape[1]

    @property
    def n_columns(self) -> int:
        """Pairs of consecutive snapshots in a window."""
        return self.n_times - self.n_delays

    def gram(self):
        """Extended Gram matrices, shape (n_cases, n_rows + n_channels, n_rows + n_channels)."""
        with np.errstate(over="ignore", invalid="ignore"):  # squares of what no recorder gives
            gram = self._multiply()
        gram = self.backend.xp.permute_dims(gram, (1, 0, 2, 3))
        gram = self.backend.xp.reshape(gram, (-1, *gram.shape[2:]))
        infinite = self._find_infinite(self.backend.xp.linalg.diagonal(gram))
        if infinite is not None:
            gram[infinite] = 0.0
        return gram

    def triangles(self):
        """Their upper triangles for single channels, shape (d + 1, d + 1, n_cases)."""
        xp, starts, size = self.backend.xp, self.starts, self.n_delays + 1
        with np.errstate(over="ignore", invalid="ignore"):
            if can_share(starts, self.n_times, self.n_delays):
                gram = shared_lag_sums(xp, self.signal[:, 0], *self._grid())
            else:
                gram = xp.permute_dims(self._multiply(), (2, 3, 1, 0))
        gram = xp.reshape(gram, (size, size, -1))
        diagonal = xp.stack([gram[i, i] for i in range(size)], axis=1)
        infinite = self._find_infinite(diagonal)
        if infinite is not None:
            gram[:, :, infinite] = 0.0
        return gram

    def _find_infinite(self, diagonal):
        """Find cases whose squares are beyond float64, and note them as missing."""
        xp = self.backend.xp
        finite = xp.all(xp.isfinite(diagonal), axis=1)
        if bool(xp.all(finite)):
            return None
        self.has_nan |= ~self.backend.to_numpy(finite).reshape(self.n_groups, -1).T
        return ~finite

    def _grid(self) -> tuple:
        starts = self.starts
        hop = int(starts[1] - starts[0])
        return int(starts[0]), hop, len(starts), self.n_times, self.n_delays

    def _multiply(self):
        """Extended Gram matrices, shape (n_windows, n_groups, ...)."""
        xp = self.backend.xp
        if can_share(self.starts, self.n_times, self.n_delays):
            return shared_extended_gram(xp, self.signal, *self._grid())
        return extended_gram(xp, embed(xp, self._cut(self.signal), self.n_delays + 1))

    def embedded(self, cases: np.ndarray, n_delays: int | None = None):
        """Embedded windows of some cases, shape (n, n_snapshots, n_delays * n_channels).

        Parameters
        ----------
        cases : array of int, shape (n,)
            Which cases.
        n_delays : int | None
            Samples in a snapshot; None takes one more than the decomposition has, as the extended
            Gram matrix.

        Returns
        -------
        embedded : array
            One snapshot a row.
        """
        xp = self.backend.xp
        group, which = np.divmod(cases, len(self.starts))
        chosen = self._cut(self.signal, which)[np.arange(len(cases)), group][:, None]
        width = self.n_delays + 1 if n_delays is None else n_delays
        return embed(xp, chosen, width)[:, 0]

    def _cut(self, signal, which=slice(None)):
        """Windows, shape (n, n_groups, n_channels, n_times)."""
        xp, starts = self.backend.xp, self.starts[which]
        g, c, _ = signal.shape
        places = self.backend.asarray((starts[:, None] + np.arange(self.n_times)).ravel())
        cut = xp.reshape(xp.take(signal, places, axis=2), (g, c, len(starts), self.n_times))
        return xp.permute_dims(cut, (2, 0, 1, 3))


def iterate_pieces(
    backend, windows: Windows, picks: list[int], joint: bool, n_delays: int, batch_size: int
) -> Iterator[Piece]:
    """Cut windows into pieces.

    Parameters
    ----------
    backend : ArrayBackend
        Where the work is done.
    windows : Windows
        All windows.
    picks : list of int
        Channels in use.
    joint : bool
        Whether channels are decomposed together.
    n_delays : int
        Samples in a snapshot.
    batch_size : int
        Most windows in a piece.

    Yields
    ------
    piece : Piece
        Consecutive windows.
    """
    n_times = windows.shape[2]
    on_device = is_device_array(windows.runs[0].signal)
    signals = _device_signals(windows, batch_size) if on_device else windows.signals()
    for rows, starts, signal in signals:
        picked = signal[picks]
        picked = picked[None] if joint else picked[:, None]
        for lo in range(0, len(starts), batch_size):
            part = starts[lo : lo + batch_size]
            span = picked[..., part[0] : part[-1] + n_times]
            out = slice(rows.start + lo, rows.start + lo + len(part))
            yield Piece(backend, out, part - part[0], span, n_times, n_delays)


def is_device_array(X) -> bool:
    """Tell whether X is an array of torch or CuPy, to be used where it is."""
    return hasattr(X, "__dlpack__") and not isinstance(X, np.ndarray)


def device_windows(estimator, X, sfreq, channels, reset: bool) -> Windows:
    """View an array of torch or CuPy as `Windows`, leaving it on its device.

    Parameters
    ----------
    estimator : BaseEstimator
        As for `read_windows`.
    X : array, shape (n_windows, n_channels, n_times) or (n_windows, n_times)
        Signal, V. Not searched for infinity, which would have to wait for the device: such windows
        get NaN.
    sfreq : float | None
        As for `read_windows`.
    channels : list of str | None
        As for `read_windows`.
    reset : bool
        As for `read_windows`.

    Returns
    -------
    windows : Windows
        The view.
    """
    if X.ndim == 2:
        X = X[:, None]
    alike = np.zeros((1, *X.shape[1:]))
    windows = read_windows(estimator, alike, sfreq=sfreq, channels=channels, reset=reset)
    run = Run(slice(0, len(X)), np.arange(len(X)), X)
    return replace(windows, shape=tuple(X.shape), runs=[run])


def _device_signals(windows: Windows, batch_size: int):
    X, n_times = windows.runs[0].signal, windows.shape[2]
    xp = array_namespace(X)
    for lo in range(0, len(X), batch_size):
        part = X[lo : lo + batch_size]
        signal = xp.reshape(xp.permute_dims(part, (1, 0, 2)), (part.shape[1], -1))
        yield slice(lo, lo + len(part)), np.arange(len(part)) * n_times, signal
