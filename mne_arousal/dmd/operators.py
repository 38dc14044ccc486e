"""Kinds of DMD: from whitened snapshots to eigenvalues and eigenvectors.

Each kind takes `Snapshots` and returns eigenvalues, shape (n, rank), and eigenvectors in
whitened coordinates, shape (n, rank, rank).
"""

from __future__ import annotations

from .snapshots import Snapshots


def exact(backend, snapshots: Snapshots):
    """Least squares: ``A = Y X⁺`` (Tu et al., 2014).

    Noise in X makes it shrink: modes seem to decay faster than they do.
    """
    return backend.eig(snapshots.cross)


def forward_backward(backend, snapshots: Snapshots):
    """Geometric mean of the step forward and the inverse of the step back.

    The bias of one undoes that of the other (Dawson et al., 2016). The sign of each square root is
    that which is nearest to the forward step. A negative real square, which has no real root, gets
    its modulus' root and the forward step's sign.
    """
    xp = backend.xp
    forward = snapshots.cross
    back_inverse = snapshots.ahead @ backend.inv(xp.matrix_transpose(snapshots.cross))
    squares, vectors = backend.eig(forward @ back_inverse)
    complex_forward = xp.astype(forward, squares.dtype)
    seen = xp.linalg.diagonal(backend.inv(vectors) @ complex_forward @ vectors)
    real = xp.imag(squares) == 0
    roots = xp.where(real, xp.astype(xp.sqrt(xp.abs(squares)), squares.dtype), xp.sqrt(squares))
    agrees = xp.real(roots) * xp.real(seen) + xp.imag(roots) * xp.imag(seen) >= 0
    return xp.where(agrees, roots, -roots), vectors


def total_least_squares(backend, snapshots: Snapshots):
    """Errors in X as much as in Y: project both on what they share (Hemati et al., 2017)."""
    xp = backend.xp
    q = snapshots.scale / snapshots.scale[:, :1]
    column, row = q[:, :, None], q[:, None, :]
    cross, ahead = column * snapshots.cross * row, column * snapshots.ahead * row
    here = (q * q)[:, :, None] * xp.eye(q.shape[1], dtype=q.dtype, device=q.device)
    top = xp.concat([here, xp.matrix_transpose(cross)], axis=2)
    both = xp.concat([top, xp.concat([cross, ahead], axis=2)], axis=1)
    leading = backend.eigh(both)[1][:, :, -q.shape[1] :]
    upper, lower = leading[:, : q.shape[1]], leading[:, q.shape[1] :]
    operator = lower @ backend.inv(upper)
    return backend.eig(operator * row / column)


METHODS = {"exact": exact, "fb": forward_backward, "tls": total_least_squares}
