"""Roots of many small real polynomials at once.

General eigenproblems are solved one matrix at a time, by LAPACK as by CUDA's libraries. Where the
operator is a companion matrix, its eigenvalues are roots of a polynomial, and the iteration of
Ehrlich and Aberth finds those of all windows with elementwise arithmetic.
"""

from __future__ import annotations

import numpy as np

_LAST_STEP = 1e-6  # relative; each step cubes the error, so that this one was the last
_MAX_STEPS = 6
_LAGUERRE_STEPS = 6
_NEAR = 1e-2  # relative; steps cube the error, too
_CACHED = 51_200  # pairs of roots that fit a processor's cache


def polynomial_roots(backend, coefficients):
    """Find the roots of monic polynomials.

    Parameters
    ----------
    backend : ArrayBackend
        Where the arrays are.
    coefficients : array, shape (degree, n)
        Real a, constant term first, of ``z**degree - a[degree - 1] * z**(degree - 1) - ... -
        a[0]``.

    Returns
    -------
    roots : array, shape (degree, n)
        Complex, in no order. From LAPACK where the iteration does not settle, as at multiple roots.

    References
    ----------
    Aberth (1973). Iteration methods for finding all zeros of a polynomial simultaneously. Math.
    Comput. 27(122), 339-344.
    """
    xp = backend.xp
    a = xp.astype(coefficients, xp.complex128)
    left, z = np.arange(a.shape[1]), None
    roots = xp.zeros_like(a)
    with np.errstate(all="ignore"):  # a window that divides by 0 does not settle
        z = _deflate(backend, a)
        for _ in range(_MAX_STEPS):
            z, settled = _refine_blocks(backend, z, a)
            settled = backend.to_numpy(settled)
            if not settled.any():
                continue
            done, keep = np.flatnonzero(settled), np.flatnonzero(~settled)
            roots[:, backend.asarray(left[done])] = xp.take(z, backend.asarray(done), axis=1)
            left, keep = left[keep], backend.asarray(keep)
            if not len(left):
                return roots
            z, a = xp.take(z, keep, axis=1), xp.take(a, keep, axis=1)
    roots[:, backend.asarray(left)] = _companion_roots(backend, a)
    return roots


def _deflate(backend, a):
    """Rough roots: one after the other by Laguerre's method, dividing each out.

    Starts from 0, so that small roots come first, which keeps the division stable.
    """
    xp, degree = backend.xp, a.shape[0]
    p = [-a[i] for i in range(degree)] + [xp.ones_like(a[0])]
    z, roots = xp.zeros_like(a[0]), []
    for m in range(degree, 0, -1):
        z = _search(backend, p, z)
        roots.append(z)
        quotient = [p[m]]
        for i in range(m - 1, 0, -1):
            quotient.append(quotient[-1] * z + p[i])
        p, z = quotient[::-1], xp.conj(z)
    return xp.stack(roots)


def _search(backend, p, z):
    """Go from z to near a root of p: two steps for all windows, more for those that need them."""
    xp = backend.xp
    if len(p) == 2:
        return z - _laguerre(xp, p, z)
    for _ in range(2):
        step = _laguerre(xp, p, z)
        z = z - step
    far = backend.to_numpy(xp.abs(step) > _NEAR * xp.abs(z))
    if not far.any():
        return z
    far = backend.asarray(np.flatnonzero(far))
    p, some = [xp.take(c, far) for c in p], xp.take(z, far)
    for _ in range(_LAGUERRE_STEPS - 2):
        some = some - _laguerre(xp, p, some)
    z[far] = some
    return z


def _laguerre(xp, p, z):
    """Step of Laguerre's method towards a root of p (constant term first)."""
    m = len(p) - 1
    value, slope, bend = p[m], xp.zeros_like(z), xp.zeros_like(z)
    for i in range(m - 1, -1, -1):
        bend = bend * z + slope
        slope = slope * z + value
        value = value * z + p[i]
    # m p / (p' ± √((m - 1) ((m - 1) p'² - m p p''))), with the sign that makes it small
    root = _sqrt(xp, (m - 1) * ((m - 1) * slope * slope - (2 * m) * value * bend))
    agrees = xp.real(slope) * xp.real(root) + xp.imag(slope) * xp.imag(root) >= 0
    below = slope + xp.where(agrees, root, -root)
    step = m * value / below
    return xp.where(xp.isfinite(step), step, xp.zeros_like(step))


def _sqrt(xp, z):
    """Square root of complex numbers; NumPy's own takes ten times as long."""
    x, y = xp.real(z), xp.imag(z)
    modulus = xp.sqrt(x * x + y * y)
    re = xp.sqrt(xp.abs(modulus + x) / 2)
    im = xp.sqrt(xp.abs(modulus - x) / 2)
    return re + 1j * xp.where(y < 0, -im, im)


def _refine_blocks(backend, z, a):
    degree, n = z.shape
    size = max(_CACHED // degree**2, 1)
    if backend.device != "cpu" or n <= size:
        return _refine(backend.xp, z, a)
    blocks = [slice(lo, lo + size) for lo in range(0, n, size)]
    z, settled = zip(*(_refine(backend.xp, z[:, b], a[:, b]) for b in blocks), strict=True)
    return backend.xp.concat(z, axis=1), backend.xp.concat(settled)


def _refine(xp, z, a):
    """One step of Ehrlich and Aberth for all roots; tells which windows settled."""
    degree = z.shape[0]
    value, slope = z - a[degree - 1], xp.ones_like(z)
    for i in range(degree - 2, -1, -1):
        slope = slope * z + value
        value = value * z - a[i]
    apart = z[:, None] - z[None]
    same = xp.eye(degree, dtype=z.dtype, device=z.device)[:, :, None]
    others = xp.sum(1 / (apart + same), axis=1) - 1
    step = value / (slope - value * others)
    z = z - step
    return z, xp.all(xp.abs(step) <= _LAST_STEP * xp.abs(z), axis=0)


def _companion_roots(backend, a):
    xp = backend.xp
    degree, n = a.shape
    companion = np.zeros((n, degree, degree))
    companion[:, np.arange(degree - 1), np.arange(1, degree)] = 1
    companion[:, -1] = backend.to_numpy(xp.real(a)).T
    values = np.linalg.eigvals(companion).astype(complex)
    return xp.matrix_transpose(backend.asarray(values))
