"""Leading eigenpairs of many symmetric matrices by products of matrices.

LAPACK decomposes a matrix of 60 rows in the time of 100 products with a block of 20 vectors, and
finds all pairs. Where only the leading ones are needed, subspace iteration with a Chebyshev filter
takes about ten products. What it finds is checked: the residuals bound how far the subspace is from
the true one, and the norm of what is left of the matrix bounds all eigenvalues that were not found.
Matrices that fail are for LAPACK.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from .triangles import cholesky, invert

#: Vectors that are iterated beside those wanted: the more, the fewer iterations.
EXTRA = 4
#: Rows for each vector of the block, at least; with fewer, LAPACK is as fast.
FEWEST_ROWS = 3.5
#: Most pairs: for 20 of 120, whose eigenvalues lie closer, LAPACK is faster.
MOST_PAIRS = 16
#: The block's smallest eigenvalue is estimated too low by about this factor (the windows of
#: ``doc/benchmarks/dmd_speed.py``); what lies between it and the wanted ones need not be damped.
BOUND_FACTOR = 1.5
#: Largest angle (rad) between the subspace and the true one, beside what rounding leaves.
LARGEST_ANGLE = 1e-11
_ROUNDING = 1e-14
#: Degrees of the filters. A higher one needs vectors that are nearly eigenvectors, or they become
#: parallel; the matrix itself (1) tells how large the eigenvalues are that the filter is to damp.
DEGREES = (1, 3, 1, 3, 4, 4)
LAST_DEGREE = 5
_BLOCK = 32  # matrices that fit a processor's cache


def pays_off(n_rows: int, n_pairs: int) -> bool:
    """Tell whether the leading pairs are found faster here than by LAPACK."""
    return n_pairs <= MOST_PAIRS and n_rows >= FEWEST_ROWS * (n_pairs + EXTRA)


def leading_pairs(backend, matrices, n_channels: int, n_pairs: int):
    """Find leading eigenpairs of positive semidefinite matrices.

    Parameters
    ----------
    backend : ArrayBackend
        Where the arrays are.
    matrices : array, shape (n, m, m)
        Symmetric.
    n_channels : int
        Channels, fast along the rows; delays are slow.
    n_pairs : int
        Pairs wanted, much fewer than m.

    Returns
    -------
    values : array, shape (n, n_pairs)
        Falling.
    vectors : array, shape (n, m, n_pairs)
        Orthonormal.
    found : array of bool, shape (n,)
        Whether the pairs were found; others have no meaning.

    References
    ----------
    Zhou et al. (2006). Self-consistent-field calculations using Chebyshev-filtered subspace
    iteration. J. Comput. Phys. 219(1), 172-184.
    """
    xp = backend.xp
    m = matrices.shape[1]
    bound, start = None, backend.asarray(_slow_waves(m, n_channels, n_pairs + EXTRA))
    with np.errstate(all="ignore"):  # matrices of low rank fail the check
        basis = _in_blocks(backend, lambda a: a @ start, matrices)
        for degree in DEGREES:
            args = (basis,) if bound is None else (basis, bound)
            filtered = _in_blocks(backend, _filter, matrices, *args, degree=degree)
            basis, smallest = _orthonormalize(xp, filtered)
            bound = BOUND_FACTOR * smallest if degree == 1 else bound
        select = partial(_rayleigh_ritz, backend, n_pairs)
        values, basis, found = _in_blocks(backend, select, matrices, basis)
        left = np.flatnonzero(~backend.to_numpy(found))
        if len(left):
            rows = backend.asarray(left)
            some = xp.take(matrices, rows, axis=0), xp.take(basis, rows, axis=0)
            bound = xp.take(values, rows, axis=0)[:, -1, None, None]
            filtered = _in_blocks(backend, _filter, *some, bound, degree=LAST_DEGREE)
            again, _ = _orthonormalize(xp, filtered)
            found_now = _in_blocks(backend, select, some[0], again)
            values[rows], basis[rows], found[rows] = found_now
    return values[:, :n_pairs], basis[:, :, :n_pairs], found


def _in_blocks(backend, function, *arrays, **options):
    """Apply a function to some windows at a time, whose matrices fit a processor's cache."""
    n = arrays[0].shape[0]
    if backend.device != "cpu" or n <= _BLOCK:
        return function(*arrays, **options)
    cuts = [slice(lo, lo + _BLOCK) for lo in range(0, n, _BLOCK)]
    parts = [function(*(a[cut] for a in arrays), **options) for cut in cuts]
    if isinstance(parts[0], tuple):
        return tuple(backend.xp.concat(some) for some in zip(*parts, strict=True))
    return backend.xp.concat(parts)


def _slow_waves(n_rows: int, n_channels: int, n: int) -> np.ndarray:
    """Cosines over the delays of one channel each, slow ones first: most of EEG is slow."""
    n_delays = n_rows // n_channels
    waves = np.cos(np.pi * np.arange(n)[:, None] * (np.arange(n_delays) + 0.5) / n_delays)
    start = np.zeros((n_delays, n_channels, n))
    for j in range(n):
        start[:, j % n_channels, j] = waves[j // n_channels]
    return start.reshape(n_rows, n)


def _filter(matrices, basis, bound=None, *, degree: int):
    """Chebyshev polynomial, small for eigenvalues from 0 to `bound`; of degree 1 the matrix."""
    if degree == 1:
        return matrices @ basis
    for j in range(degree):
        root = 0.5 + 0.5 * np.cos(np.pi * (j + 0.5) / degree)
        image = matrices @ basis
        image -= (root * bound) * basis
        basis = image
    return basis


def _orthonormalize(xp, vectors):
    """Orthonormal basis by Cholesky, and a lower estimate of the smallest singular value."""
    product = xp.matrix_transpose(vectors) @ vectors
    r, _ = cholesky(xp, xp.permute_dims(product, (1, 2, 0)))
    inverse = invert(xp, r)
    smallest = 1 / xp.sqrt(xp.sum(inverse * inverse, axis=(0, 1)))
    turn = xp.zeros_like(product)
    turn[...] = xp.permute_dims(inverse, (2, 0, 1))
    return vectors @ turn, smallest[:, None, None]


def _rayleigh_ritz(backend, n_pairs: int, matrices, basis):
    """All pairs in the subspace, falling, and whether the first `n_pairs` are the matrix's."""
    xp = backend.xp
    basis = 1.5 * basis - basis @ (0.5 * (xp.matrix_transpose(basis) @ basis))  # orthonormal
    image = matrices @ basis
    inside = xp.matrix_transpose(basis) @ image
    inside = xp.where(xp.isfinite(inside), inside, xp.zeros_like(inside))
    values, turn = backend.eigh(inside)
    values, turn = xp.flip(values, axis=1), xp.flip(turn, axis=2)
    vectors = basis @ turn
    rest = (image @ turn)[:, :, :n_pairs]
    rest -= vectors[:, :, :n_pairs] * values[:, None, :n_pairs]
    residual = xp.sqrt(xp.max(xp.sum(rest * rest, axis=1), axis=1))
    last = values[:, n_pairs - 1]
    gap = last - _bound_rest(xp, matrices, values)
    found = residual <= LARGEST_ANGLE * gap + _ROUNDING * values[:, 0]
    return values, vectors, found & (gap > 0)


def _bound_rest(xp, matrices, values):
    """Upper bound of the eigenvalues outside of a subspace with these eigenvalues."""
    trace = xp.sum(xp.linalg.diagonal(matrices), axis=1)
    flat = xp.reshape(matrices, (matrices.shape[0], -1))
    square = xp.vecdot(flat, flat)
    by_trace = trace - xp.sum(values, axis=1) + _ROUNDING * trace
    by_norm = square - xp.sum(values * values, axis=1) + _ROUNDING * square
    return xp.minimum(by_trace, xp.sqrt(xp.clip(by_norm, min=0.0)))
