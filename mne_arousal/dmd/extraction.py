"""From a piece of a night to features or modes, as NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..utils.bands import POWER_FLOOR
from .companion import companion_modes
from .decomposition import Modes, find_modes, fit_amplitudes
from .features import (
    QUANTITIES,
    RESIDUAL_FLOOR,
    band_powers,
    effective_rank,
    summaries,
)
from .pieces import Piece
from .snapshots import take, whiten

_BLOCK = 64  # windows whose modes' time courses fit a processor's cache


def describe(piece: Piece, rank, method: str, sfreq: float, edges: list) -> np.ndarray:
    """Features of the windows of a piece.

    Parameters
    ----------
    piece : Piece
        Windows.
    rank : int | float
        Modes kept.
    method : str
        Kind of DMD.
    sfreq : float
        Sampling frequency, Hz.
    edges : list of array, shape (n_bands, 2)
        Bands of each channel, Hz.

    Returns
    -------
    features : array, shape (n_windows, n_features)
        Bands of each channel, and the quantities after those of each group of channels.
    """
    backend, c = piece.backend, piece.n_channels
    gram = piece.gram()
    n_rows = piece.n_delays * c
    here = gram[:, :n_rows, :n_rows]
    squares = backend.xp.linalg.diagonal(here)
    power = backend.xp.sum(backend.xp.reshape(squares, (-1, piece.n_delays, c)), axis=1)
    power = power / (piece.n_columns * piece.n_delays)
    kinds = [edges] if c > 1 else [[e] for e in edges]  # bands of the channels of each group
    n_bands = max(sum(map(len, kind)) for kind in kinds)
    values = np.zeros((len(gram), n_bands + len(QUANTITIES)))
    values[:, :n_bands] = np.log(POWER_FLOOR)
    values[:, -2] = np.log(RESIDUAL_FLOOR)
    values[:, -1] = backend.to_numpy(effective_rank(backend.xp, here))
    for modes in iterate_modes(piece, gram, rank, method):
        for members, kind in _by_kind(modes.rows % piece.n_groups, kinds):
            some = modes if len(members) == len(modes.rows) else modes.take(backend, members)
            columns = _columns(backend, some, power, sfreq, piece.n_times, kind)
            columns = backend.to_numpy(backend.xp.concat(columns, axis=1))
            width = columns.shape[1] - 4
            values[some.rows, :width] = columns[:, :width]
            values[some.rows, n_bands:-1] = columns[:, width:]
    return _arrange(values, [sum(map(len, kind)) for kind in kinds], n_bands, piece.has_nan)


def _by_kind(group: np.ndarray, kinds: list) -> Iterator[tuple[np.ndarray, list]]:
    """Part cases by the bands that their channels have."""
    keys = [tuple(map(np.ndarray.tobytes, kind)) for kind in kinds]
    for key in dict.fromkeys(keys):
        of_key = np.array([k == key for k in keys])
        members = np.flatnonzero(of_key[group])
        if len(members):
            yield members, kinds[keys.index(key)]


def _columns(backend, modes: Modes, power, sfreq: float, n_times: int, kind: list) -> list:
    """Bands of each channel, then frequency, growth and spread, then the residual."""
    xp = backend.xp
    power = take(backend, power, modes.rows)
    columns = []
    for i, edges in enumerate(kind):
        energies = modes.channel_energies(xp, i, len(kind))
        columns.append(
            band_powers(xp, modes.eigenvalues, energies, power[:, i], sfreq, n_times, edges)
        )
    residual = xp.log(xp.clip(modes.residuals, min=RESIDUAL_FLOOR))
    return [*columns, summaries(xp, modes.eigenvalues, modes.energies, sfreq), residual[:, None]]


def _arrange(values, widths: list[int], n_bands: int, has_nan) -> np.ndarray:
    """Put the groups of a window side by side, without the columns that a group does not have."""
    n_groups = len(widths)
    values = values.reshape(-1, n_groups, values.shape[1])
    values[has_nan] = np.nan
    parts = []
    for i, width in enumerate(widths):
        parts += [values[:, i, :width], values[:, i, n_bands:]]
    return np.concatenate(parts, axis=1)


def decompose(piece: Piece, rank, method: str) -> dict[str, np.ndarray]:
    """Modes of the windows of a piece.

    Parameters
    ----------
    piece : Piece
        Windows.
    rank : int | float
        Modes kept.
    method : str
        Kind of DMD.

    Returns
    -------
    arrays : dict of array
        Fields of `DMDResult`, with an axis for groups, shape (n_windows, n_groups, ...), filled up
        with NaN; modes have shape (n_windows, n_groups, n_delays, n_channels, rank).
    """
    backend, gram = piece.backend, piece.gram()
    n, d, c = len(gram), piece.n_delays, piece.n_channels
    found = list(iterate_modes(piece, gram, rank, method))
    r = max((modes.eigenvalues.shape[1] for modes in found), default=0)
    arrays = {
        "eigenvalues": np.full((n, r), np.nan, dtype=complex),
        "modes": np.full((n, d, c, r), np.nan, dtype=complex),
        "amplitudes": np.full((n, r), np.nan, dtype=complex),
        "energies": np.full((n, r), np.nan),
        "residuals": np.zeros(n),
        "ranks": np.zeros(n, dtype=int),
    }
    for modes in found:
        k = modes.eigenvalues.shape[1]
        profiles = backend.to_numpy(modes.exact_profiles).reshape(-1, d, c, k)
        arrays["eigenvalues"][modes.rows, :k] = backend.to_numpy(modes.eigenvalues)
        arrays["modes"][modes.rows, ..., :k] = profiles
        arrays["amplitudes"][modes.rows, :k] = _fit_amplitudes(piece, modes)
        arrays["energies"][modes.rows, :k] = backend.to_numpy(modes.energies)
        arrays["residuals"][modes.rows] = backend.to_numpy(modes.residuals)
        arrays["ranks"][modes.rows] = k
    grouped = {key: a.reshape(-1, piece.n_groups, *a.shape[1:]) for key, a in arrays.items()}
    for key, array in grouped.items():
        array[piece.has_nan] = 0 if key == "ranks" else np.nan
    return grouped


def _fit_amplitudes(piece: Piece, modes: Modes) -> np.ndarray:
    """Amplitudes, a few windows at a time on a CPU: powers of modes are many times the signal."""
    backend, n = piece.backend, len(modes.rows)
    size = _BLOCK if backend.device == "cpu" else n
    parts = []
    for lo in range(0, n, size):
        block = slice(lo, lo + size)
        snapshots = piece.embedded(modes.rows[block], piece.n_delays)
        values, profiles = modes.eigenvalues[block], modes.exact_profiles[block]
        parts.append(backend.to_numpy(fit_amplitudes(backend, values, profiles, snapshots)))
    return np.concatenate(parts)


def iterate_modes(piece: Piece, gram, rank, method: str) -> Iterator[Modes]:
    """Decompose the windows of a piece; windows of zeros are left out."""
    backend, c, n_columns = piece.backend, piece.n_channels, piece.n_columns
    cases = np.arange(len(gram))
    full = rank == -1 or rank >= piece.n_delays
    if full and method == "exact" and c == 1 and n_columns > piece.n_delays:
        modes, cases = companion_modes(backend, gram, piece.embedded, n_columns)
        if modes is not None:
            yield modes
    if not len(cases):
        return
    some = take(backend, gram, cases)
    for snapshots in whiten(backend, some, lambda i: piece.embedded(cases[i]), n_columns, c, rank):
        snapshots.rows = cases[snapshots.rows]
        yield find_modes(backend, snapshots, method, n_columns)
