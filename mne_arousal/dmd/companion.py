"""DMD of one channel at full rank, where the operator is a companion matrix.

Delays of one channel shift: all rows of ``A`` but the last only pass samples on, and the last
predicts the next sample by least squares. Eigenvalues are then the roots of the prediction
polynomial, as in Prony's method, modes are powers of their eigenvalue, and no eigenproblem is left
to solve. All follows from the triangle R with ``RᵀR`` the extended Gram matrix.

Arrays here have the windows last: for small matrices elementwise work over windows is faster
than a LAPACK call a window.
"""

from __future__ import annotations

import numpy as np

from .decomposition import Modes
from .roots import polynomial_roots
from .snapshots import take

#: Condition number up to which rounding in the Gram matrix moves eigenvalues by less than 1e-8.
LARGEST_CONDITION = 1e7
#: Ratio on the diagonal of R from QR below which the window has not full rank.
SMALLEST_DIAGONAL = 1e-11


def companion_modes(backend, gram, embedded, n_columns: int):
    """Decompose windows of one channel at full rank.

    Parameters
    ----------
    backend : ArrayBackend
        Where the arrays are.
    gram : array, shape (n, d + 1, d + 1)
        Extended Gram matrices.
    embedded : callable
        Takes row numbers, returns their embedded windows, shape (m, n_columns, d + 1).
    n_columns : int
        Number of snapshot pairs, more than d.

    Returns
    -------
    modes : Modes | None
        Modes of the windows that have full rank.
    deficient : array of int
        The other windows, zeros among them.
    """
    xp = backend.xp
    with np.errstate(over="ignore", invalid="ignore"):  # where a matrix is not positive definite
        triangle, condition = _cholesky(xp, xp.permute_dims(gram, (1, 2, 0)))
    good = backend.to_numpy(condition) <= LARGEST_CONDITION
    weak = np.flatnonzero(~good & (backend.to_numpy(gram[:, 0, 0]) > 0))
    if len(weak):
        r = backend.triangle(embedded(weak))
        diagonal = np.abs(backend.to_numpy(xp.linalg.diagonal(r)))[:, :-1]
        good[weak] = diagonal.min(axis=1) > SMALLEST_DIAGONAL * diagonal.max(axis=1)
        triangle[:, :, backend.asarray(weak)] = xp.permute_dims(r, (1, 2, 0))
    rows = np.flatnonzero(good)
    if not len(rows):
        return None, np.flatnonzero(~good)
    if not good.all():
        triangle = xp.take(triangle, backend.asarray(rows), axis=2)
        gram = take(backend, gram, rows)
    total = xp.sum(xp.linalg.diagonal(gram)[:, 1:], axis=1)
    return _modes(backend, rows, triangle, total, n_columns), np.flatnonzero(~good)


def _modes(backend, rows, triangle, total, n_columns: int) -> Modes:
    xp = backend.xp
    d = triangle.shape[0] - 1
    a = _back_substitute(xp, triangle)
    roots = polynomial_roots(backend, a)
    powers = [xp.ones_like(roots)]
    for _ in range(d - 1):
        powers.append(powers[-1] * roots)
    powers = xp.stack(powers)  # (delay, mode, window)
    length = xp.sum(_square(xp, powers), axis=0)
    energies = _coefficient_energies(xp, triangle, a, roots, powers) * length / (n_columns * d)
    profiles = xp.permute_dims(powers / xp.astype(xp.sqrt(length), powers.dtype), (2, 0, 1))
    residuals = triangle[d, d] ** 2 / total
    transposed = xp.matrix_transpose
    return Modes(rows, transposed(roots), profiles, transposed(energies), residuals, profiles)


def _cholesky(xp, gram):
    """Upper triangles, shape (m, m, n), and condition numbers of the matrices without last row.

    The last row only holds the residual, which may be 0. A matrix that is not positive definite
    has condition infinity and a triangle without meaning.
    """
    m = gram.shape[0]
    r = xp.zeros_like(gram)
    definite = xp.ones_like(gram[0, 0])
    for j in range(m):
        row = gram[j, j:]
        if j:
            row = row - xp.sum(r[:j, j, None] * r[:j, j:], axis=0)
        positive = row[0] > 0
        root = xp.sqrt(xp.where(positive, row[0], xp.ones_like(definite)))
        r[j, j:] = row / root
        if j < m - 1:
            r[j, j] = root
            definite = xp.where(positive, definite, xp.zeros_like(definite))
        else:
            r[j, j] = xp.where(positive, root, xp.zeros_like(root))
    condition = xp.sum(r[: m - 1] ** 2, axis=(0, 1)) * _inverse_norm(xp, r[: m - 1, : m - 1])
    return r, xp.where(definite > 0, condition, xp.full_like(condition, np.inf))


def _inverse_norm(xp, r):
    """Sum of squares of the inverses of upper triangles, shape (m, m, n)."""
    inverse = xp.zeros_like(r)
    for j in range(len(r)):
        inverse[j, j] = 1 / r[j, j]
        if j:
            inverse[:j, j] = -xp.sum(inverse[:j, :j] * r[None, :j, j], axis=1) * inverse[j, j]
    return xp.sum(inverse * inverse, axis=(0, 1))


def _back_substitute(xp, r):
    """Prediction coefficients a, shape (d, n): ``R[:d, :d] a = R[:d, d]``."""
    d = r.shape[0] - 1
    a = xp.zeros_like(r[:d, d])
    for i in range(d - 1, -1, -1):
        known = xp.sum(r[i, i + 1 : d] * a[i + 1 :], axis=0) if i < d - 1 else 0.0
        a[i] = (r[i, d] - known) / r[i, i]
    return a


def _coefficient_energies(xp, r, a, roots, powers):
    """Summed squares of the coefficient of each mode ``(1, λ, ..., λ^(d-1))``, shape (d, n).

    The coefficient of a snapshot x is ``q(x) / p'(λ)``, where q has the coefficients of the
    polynomial p divided by ``z - λ``.
    """
    d = len(a)
    quotient = [xp.ones_like(roots)]
    for i in range(d - 1, 0, -1):
        quotient.append(quotient[-1] * roots - a[i])
    quotient = xp.stack(quotient[::-1])  # (delay, mode, window)
    slope = xp.sum(quotient * powers, axis=0)
    total = xp.zeros_like(a)
    for i in range(d):
        total = total + _square(xp, xp.sum(r[i, i:d, None] * quotient[i:], axis=0))
    size = _square(xp, slope)
    return total / xp.where(size > 0, size, xp.ones_like(size))


def _square(xp, z):
    return xp.real(z) ** 2 + xp.imag(z) ** 2
