"""From a piece of a night to features or modes, as NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..utils.bands import POWER_FLOOR
from .amplitudes import fit_amplitudes, fit_companion_amplitudes
from .companion import companion_modes, profiles
from .decomposition import Modes, find_modes
from .features import (
    QUANTITIES,
    RESIDUAL_FLOOR,
    effective_rank,
    effective_rank_of_triangles,
    frequencies_and_growth,
    line_shares,
    line_widths,
    spread_power,
    summarize,
)
from .gram import mirror
from .pieces import Piece
from .snapshots import whiten

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
    backend, n_groups = piece.backend, piece.n_groups
    gram, squares, ranks = _measure(piece, rank, method)
    power = squares / (piece.n_columns * piece.n_delays)
    kinds = [edges] if n_groups == 1 else [[e] for e in edges]  # bands of the channels of a group
    n_bands = max(sum(map(len, kind)) for kind in kinds)
    values = np.zeros((n_bands + len(QUANTITIES), power.shape[1]))
    values[:n_bands] = np.log(POWER_FLOOR)
    values[-2] = np.log(RESIDUAL_FLOOR)
    values[-1] = backend.to_numpy(ranks)
    for modes in iterate_modes(piece, gram, rank, method):
        for members, kind in _by_kind(modes.rows // len(piece.starts), kinds):
            some = modes if len(members) == len(modes.rows) else modes.take(backend, members)
            columns = backend.to_numpy(_columns(backend, some, power, sfreq, piece.n_times, kind))
            width = len(columns) - 4
            values[:width, some.rows] = columns[:width]
            values[n_bands:-1, some.rows] = columns[width:]
    return _arrange(values, [sum(map(len, kind)) for kind in kinds], n_bands, piece.has_nan)


def _measure(piece: Piece, rank, method: str):
    """Gram matrices, sums of squares of each channel, and effective ranks.

    The matrices are upper triangles, windows last, where modes are found from the companion
    matrix. The sums have shape (n_channels, n_cases).
    """
    xp, d, c = piece.backend.xp, piece.n_delays, piece.n_channels
    if _is_companion(piece, rank, method):
        gram = piece.triangles()
        squares = gram[0, 0]
        for i in range(1, d):
            squares = squares + gram[i, i]
        return gram, squares[None], effective_rank_of_triangles(xp, gram[:d, :d])
    gram = piece.gram()
    here = gram[:, : d * c, : d * c]
    squares = xp.sum(xp.reshape(xp.linalg.diagonal(here), (-1, d, c)), axis=1)
    return gram, xp.matrix_transpose(squares), effective_rank(xp, here)


def _by_kind(group: np.ndarray, kinds: list) -> Iterator[tuple[np.ndarray, list]]:
    """Part cases by the bands that their channels have."""
    keys = [tuple(map(np.ndarray.tobytes, kind)) for kind in kinds]
    for key in dict.fromkeys(keys):
        of_key = np.array([k == key for k in keys])
        members = np.flatnonzero(of_key[group])
        if len(members):
            yield members, kinds[keys.index(key)]


def _columns(backend, modes: Modes, power, sfreq: float, n_times: int, kind: list):
    """Bands of each channel, then frequency, growth and spread, then the residual, a row each."""
    xp = backend.xp
    if len(modes.rows) != power.shape[1]:
        power = xp.take(power, backend.asarray(modes.rows), axis=1)
    counts = backend.asarray(modes.counts[:, None])
    frequencies, growth = frequencies_and_growth(xp, modes.eigenvalues, sfreq)
    widths = line_widths(xp, growth, sfreq, n_times)
    rows, shares = [], {}
    for i, edges in enumerate(kind):
        key = edges.tobytes()
        if key not in shares:  # channels that are decomposed together share their modes
            shares[key] = line_shares(xp, frequencies, widths, edges)
        energies = modes.channel_energies(i) * counts
        rows.append(spread_power(xp, shares[key], energies, power[i]))
    rows.append(summarize(xp, frequencies, growth, modes.energies, counts))
    rows.append(xp.log(xp.clip(modes.residuals, min=RESIDUAL_FLOOR))[None])
    return xp.concat(rows)


def _arrange(values, widths: list[int], n_bands: int, has_nan) -> np.ndarray:
    """Put the groups of a window side by side, without the columns that a group does not have."""
    n_groups = len(widths)
    values = values.reshape(len(values), n_groups, -1)
    values[:, has_nan.T] = np.nan
    parts = []
    for i, width in enumerate(widths):
        parts += [values[:width, i], values[n_bands:, i]]
    return np.concatenate(parts).T


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
    backend, d, c = piece.backend, piece.n_delays, piece.n_channels
    gram = piece.triangles() if _is_companion(piece, rank, method) else piece.gram()
    n = piece.n_groups * len(piece.starts)
    found = list(iterate_modes(piece, gram, rank, method, needs_exact=True))
    r = max((int(modes.counts.sum()) for modes in found), default=0)
    arrays = {
        "eigenvalues": np.full((n, r), np.nan, dtype=complex),
        "modes": np.full((n, d, c, r), np.nan, dtype=complex),
        "amplitudes": np.full((n, r), np.nan, dtype=complex),
        "energies": np.full((n, r), np.nan),
        "residuals": np.zeros(n),
        "ranks": np.zeros(n, dtype=int),
    }
    for modes in found:
        k, paired = int(modes.counts.sum()), np.flatnonzero(modes.counts == 2)
        given = len(modes.counts)
        exact, amplitudes = _fit_amplitudes(piece, modes)
        columns = {
            "eigenvalues": backend.to_numpy(modes.eigenvalues).T,
            "modes": exact.reshape(-1, d, c, given),
            "amplitudes": amplitudes,
            "energies": backend.to_numpy(modes.energies).T,
        }
        for key, array in columns.items():
            arrays[key][modes.rows, ..., :given] = array
            arrays[key][modes.rows, ..., given:k] = array[..., paired].conj()
        arrays["residuals"][modes.rows] = backend.to_numpy(modes.residuals)
        arrays["ranks"][modes.rows] = k
    n_windows = len(piece.starts)
    grouped = {
        key: a.reshape(piece.n_groups, n_windows, *a.shape[1:]).swapaxes(0, 1)
        for key, a in arrays.items()
    }
    for key, array in grouped.items():
        array[piece.has_nan] = 0 if key == "ranks" else np.nan
    return grouped


def _fit_amplitudes(piece: Piece, modes: Modes) -> tuple[np.ndarray, np.ndarray]:
    """Exact modes, shape (n, n_rows, n_given), and their amplitudes, shape (n, n_given)."""
    backend, d = piece.backend, piece.n_delays
    if modes.exact_profiles is not None:
        amplitudes = _fit_in_blocks(piece, modes.rows, modes.eigenvalues, modes.exact_profiles)
        return backend.to_numpy(modes.exact_profiles), amplitudes

    def windows(block):
        return piece.embedded(modes.rows[block], 1)[:, :, 0]

    xp, paired = backend.xp, np.flatnonzero(modes.counts == 2).tolist()
    shapes = xp.permute_dims(profiles(xp, modes.eigenvalues, d), (2, 0, 1))
    fitted = fit_companion_amplitudes(backend, modes.eigenvalues, modes.counts, d, windows)
    amplitudes, fits = map(backend.to_numpy, fitted)
    left = np.flatnonzero(~fits)
    if len(left):
        some = xp.take(modes.eigenvalues, backend.asarray(left), axis=1)
        exact = xp.take(shapes, backend.asarray(left), axis=0)
        every = xp.concat([some, xp.conj(some[paired])]) if paired else some
        both = xp.concat([exact, xp.conj(exact[..., paired])], axis=2) if paired else exact
        again = _fit_in_blocks(piece, modes.rows[left], every, both)
        amplitudes[left] = again[:, : len(modes.counts)]
    return backend.to_numpy(shapes), amplitudes


def _fit_in_blocks(piece: Piece, rows, eigenvalues, shapes) -> np.ndarray:
    """A few windows at a time on a CPU: powers of modes are many times the signal."""
    backend, n = piece.backend, len(rows)
    size = _BLOCK if backend.device == "cpu" else n
    parts = []
    for lo in range(0, n, size):
        block = slice(lo, lo + size)
        snapshots = piece.embedded(rows[block], piece.n_delays)
        values = backend.xp.matrix_transpose(eigenvalues[:, block])
        parts.append(backend.to_numpy(fit_amplitudes(backend, values, shapes[block], snapshots)))
    return np.concatenate(parts)


def _is_companion(piece: Piece, rank, method: str) -> bool:
    """Tell whether the operator of a window of full rank is a companion matrix."""
    full = rank == -1 or rank >= piece.n_delays
    one = piece.n_channels == 1 and piece.n_columns > piece.n_delays
    return full and method == "exact" and one


def iterate_modes(
    piece: Piece, gram, rank, method: str, needs_exact: bool = False
) -> Iterator[Modes]:
    """Decompose the windows of a piece; windows of zeros are left out.

    The Gram matrices are those of `Piece.triangles` where `_is_companion`, else of `Piece.gram`.
    """
    backend, c, n_columns = piece.backend, piece.n_channels, piece.n_columns
    if _is_companion(piece, rank, method):
        found, cases = companion_modes(backend, gram, piece.embedded, n_columns)
        yield from found
        if not len(cases):
            return
        some = backend.xp.take(gram, backend.asarray(cases), axis=2)
        gram = backend.xp.permute_dims(mirror(backend.xp, some), (2, 0, 1))
    else:
        cases = np.arange(len(gram))
    ahead = method != "exact"
    args = n_columns, c, rank, ahead
    for snapshots in whiten(backend, gram, lambda i: piece.embedded(cases[i]), *args):
        snapshots.rows = cases[snapshots.rows]
        yield find_modes(backend, snapshots, method, n_columns, c, needs_exact)
