"""Cholesky triangles of many small matrices, elementwise over the windows, which come last.

For small matrices this is faster than a LAPACK call a window, and a matrix that is not positive
definite spoils no other.
"""

from __future__ import annotations


def cholesky(xp, gram):
    """Upper triangles R with ``RᵀR`` the matrix.

    Parameters
    ----------
    xp : module
        Array namespace.
    gram : array, shape (m, m, n)
        Symmetric matrices, of which the upper triangle is read.

    Returns
    -------
    r : array, shape (m, m, n)
        Without meaning below the diagonal, and where the matrix is not definite.
    definite : array of bool, shape (n,)
        Whether each matrix is positive definite but for its last row.
    """
    m = gram.shape[0]
    r = xp.zeros(gram.shape, dtype=gram.dtype, device=gram.device)  # windows together in memory
    for i in range(m):
        r[i, i:] = gram[i, i:]
    definite = xp.ones_like(r[0, 0]) > 0
    for j in range(m - 1):
        positive = r[j, j] > 0
        definite &= positive
        r[j, j:] /= xp.sqrt(xp.where(positive, r[j, j], xp.ones_like(r[j, j])))
        row = r[j, j + 1 :]
        r[j + 1 :, j + 1 :] -= row[:, None] * row[None]
    last = r[-1, -1]
    r[-1, -1] = xp.sqrt(xp.where(last > 0, last, xp.zeros_like(last)))
    return r, definite


def invert(xp, r):
    """Inverses of upper triangles, shape (m, m, n), zeros below the diagonal."""
    inverse = xp.zeros_like(r)
    for j in range(r.shape[0]):
        last = 1 / r[j, j]
        inverse[j, j] = last
        if j:
            inverse[:j, j] = -last * xp.sum(inverse[:j, :j] * r[None, :j, j], axis=1)
    return inverse


def square_sum(xp, r):
    """Sum of squares of upper triangles, shape (m, m, n)."""
    total = r[0, 0] * r[0, 0]
    for i in range(r.shape[0]):
        total = total + xp.sum(r[i, i + (i == 0) :] ** 2, axis=0)
    return total
