"""Roots of many small real polynomials at once.

General eigenproblems are solved one matrix at a time, by LAPACK as by CUDA's libraries. Where the
operator is a companion matrix, its eigenvalues are roots of a polynomial. Laguerre's method with
deflation finds all of them roughly, Newton's method on the whole polynomial makes them exact, and
the iteration of Ehrlich and Aberth is for windows where Newton's does not settle: all elementwise
arithmetic over windows.
"""

from __future__ import annotations

import numpy as np

_LAST_STEP = 1e-6  # relative; a step of Ehrlich and Aberth cubes the error, so this was the last
_LAST_NEWTON_STEP = 1e-8  # relative; a step of Newton squares the error
_SUM_TOLERANCE = 1e-9  # relative; roots of which two found the same one have another sum
_MAX_STEPS = 6
_FIRST_STEPS = 3
_LAGUERRE_STEPS = 8
_REAL = 1e-4  # imaginary to real part of what is taken for a real root while searching
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
    a = coefficients
    with np.errstate(all="ignore"):  # a window that divides by 0 does not settle
        rough = _deflate(backend, a)
        roots, settled = _newton(xp, rough, a)
        left = np.flatnonzero(~backend.to_numpy(settled))
        if len(left):
            some = backend.asarray(left)
            # not from Newton's roots, of which two may have become one
            z, a = xp.take(rough, some, axis=1), xp.take(a, some, axis=1)
            roots[:, some] = _iterate(backend, z, a)
    return roots


def _iterate(backend, z, a):
    """Roots by Ehrlich's and Aberth's iteration, then by LAPACK."""
    xp = backend.xp
    left, roots = np.arange(a.shape[1]), xp.zeros_like(z)
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

    Starts from 0, so that small roots come first, which keeps the division stable. A complex root
    is divided out with its conjugate, so that polynomials stay real, and windows are searched
    together that have the same degree left.
    """
    xp, degree = backend.xp, a.shape[0]
    roots = xp.zeros_like(xp.astype(a, xp.complex128))
    every = np.arange(a.shape[1])
    waiting = {m: [] for m in range(degree + 1)}
    waiting[degree].append((every, -a, roots[0]))
    for m in range(degree, 0, -1):
        if not waiting[m]:
            continue
        rows, p, z = _gather(xp, waiting.pop(m))
        if m < 3:
            _put(backend, roots, m - 1, rows, _solve_last(xp, p))
            continue
        z = _search(backend, p, z)
        re, im = xp.real(z), xp.imag(z)
        real = backend.to_numpy(xp.abs(im) <= _REAL * xp.abs(re))
        for which, divide, n_out in ((real, _divide_real, 1), (~real, _divide_pair, 2)):
            if not which.any():
                continue
            members = np.flatnonzero(which)
            chosen = backend.asarray(members)
            x, y, rest = (xp.take(v, chosen, axis=-1) for v in (re, im, p))
            found = [_complex(xp, x, y), _complex(xp, x, -y)] if n_out == 2 else [x + 0j]
            _put(backend, roots, m - 1, rows[members], found)
            waiting[m - n_out].append((rows[members], divide(xp, rest, x, y), found[0]))
    return roots


def _gather(xp, groups):
    if len(groups) == 1:
        return groups[0]
    rows, p, z = zip(*groups, strict=True)
    return np.concatenate(rows), xp.concat(p, axis=1), xp.concat(z)


def _put(backend, roots, last: int, rows, found) -> None:
    """Store roots of some windows in the rows of `roots` that end with `last`."""
    whole = len(rows) == roots.shape[1]
    rows = backend.asarray(rows)
    for i, z in enumerate(found):
        if whole:
            roots[last - i] = z  # all of them, in order
        else:
            roots[last - i, rows] = z


def _divide_real(xp, p, x, y):
    """Divide monic polynomials (constant term first) by ``z - x``."""
    m = p.shape[0]
    quotient = [p[m - 1] + x]
    for i in range(m - 2, 0, -1):
        quotient.append(quotient[-1] * x + p[i])
    return xp.stack(quotient[::-1])


def _divide_pair(xp, p, x, y):
    """Divide monic polynomials (constant term first) by ``z**2 - 2 x z + x**2 + y**2``."""
    m = p.shape[0]
    s, q = 2 * x, x * x + y * y
    quotient = [xp.ones_like(x), p[m - 1] + s]
    for i in range(m - 2, 1, -1):
        quotient.append(quotient[-1] * s - quotient[-2] * q + p[i])
    return xp.stack(quotient[:0:-1])


def _solve_last(xp, p):
    """Roots of monic polynomials of degree 1 or 2."""
    if p.shape[0] == 1:
        return [-p[0] + 0j]
    half = p[1] * -0.5
    inside = half * half - p[0]
    real = inside >= 0
    root = xp.sqrt(xp.abs(inside))
    far = half + xp.where(half >= 0, root, -root)
    near = p[0] / xp.where(far == 0, xp.ones_like(far), far)
    zero = xp.zeros_like(root)
    y = xp.where(real, zero, root)
    x, other = xp.where(real, far, half), xp.where(real, near, half)
    return [_complex(xp, x, y), _complex(xp, other, -y)]


def _search(backend, p, z):
    """Go from z to near a root of p: some steps for all windows, more for those that need them."""
    xp = backend.xp
    for _ in range(_FIRST_STEPS):
        step = _laguerre(xp, p, z)
        z = z - step
    some, rows = z, None
    for _ in range(_FIRST_STEPS, _LAGUERRE_STEPS):
        far = backend.to_numpy(_square(xp, step) > _NEAR**2 * _square(xp, some))
        if not far.any():
            break
        far = np.flatnonzero(far)
        rows = far if rows is None else rows[far]
        chosen = backend.asarray(far)
        p, some = xp.take(p, chosen, axis=1), xp.take(some, chosen)
        step = _laguerre(xp, p, some)
        some = some - step
        z[backend.asarray(rows)] = some
    return z


def _laguerre(xp, p, z):
    """Step of Laguerre's method towards a root of the monic p (constant term first)."""
    m = p.shape[0]
    value, slope, bend = z + p[m - 1], xp.ones_like(z), xp.zeros_like(z)
    for i in range(m - 2, -1, -1):
        bend *= z
        bend += slope
        slope *= z
        slope += value
        value *= z
        value += p[i]
    # m p / (p' ± √((m - 1) ((m - 1) p'² - m p p''))), with the sign that makes it small
    bend *= value
    bend *= 2 * m * (m - 1)
    root = slope * slope
    root *= (m - 1) ** 2
    root -= bend
    x, y = _sqrt(xp, root)
    re, im = xp.real(slope), xp.imag(slope)
    sign = xp.where(re * x + im * y >= 0, xp.ones_like(re), -xp.ones_like(re))
    re, im = re + sign * x, im + sign * y
    inverse = m / (re * re + im * im)
    step = value * _complex(xp, re * inverse, -im * inverse)
    return xp.where(xp.isfinite(inverse), step, xp.zeros_like(step))


def _sqrt(xp, z):
    """Real and imaginary part of square roots; NumPy's own of complex numbers take long."""
    x, y = xp.real(z), xp.imag(z)
    modulus = xp.sqrt(x * x + y * y)
    larger = xp.sqrt((modulus + xp.abs(x)) * 0.5)
    smaller = xp.abs(y) / xp.where(larger > 0, larger + larger, xp.ones_like(larger))
    right = x >= 0
    im = xp.where(right, smaller, larger)
    return xp.where(right, larger, smaller), xp.where(y < 0, -im, im)


def _complex(xp, re, im):
    z = xp.astype(re, xp.complex128)
    z += 1j * im
    return z


def _newton(xp, z, a):
    """Two steps of Newton's method for all roots; tells which windows settled."""
    z = z - _newton_step(xp, z, a)
    step = _newton_step(xp, z, a)
    z = z - step
    return z, _is_settled(xp, z, step, a, _LAST_NEWTON_STEP)


def _is_settled(xp, z, step, a, limit: float):
    """Tell whether the last step was small and no root was found twice, for each window."""
    size = _square(xp, z)
    near = xp.all(_square(xp, step) <= limit**2 * size, axis=0)
    wrong = _square(xp, xp.sum(z, axis=0) - a[-1])
    return near & (wrong <= _SUM_TOLERANCE**2 * xp.sum(size, axis=0))


def _newton_step(xp, z, a):
    value, slope = _evaluate(xp, z, a)
    re, im = xp.real(slope), xp.imag(slope)
    inverse = 1 / (re * re + im * im)
    value *= xp.conj(slope)
    value *= inverse
    return value


def _evaluate(xp, z, a):
    """Value and slope of the polynomials at z, shape (degree, n) each."""
    degree = z.shape[0]
    value, slope = z - a[degree - 1], xp.ones_like(z)
    for i in range(degree - 2, -1, -1):
        slope *= z
        slope += value
        value *= z
        value -= a[i]
    return value, slope


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
    value, slope = _evaluate(xp, z, a)
    apart = z[:, None] - z[None]
    same = xp.eye(z.shape[0], dtype=z.dtype, device=z.device)[:, :, None]
    others = xp.sum(1 / (apart + same), axis=1) - 1
    step = value / (slope - value * others)
    z = z - step
    return z, _is_settled(xp, z, step, a, _LAST_STEP)


def _square(xp, z):
    return xp.real(z) ** 2 + xp.imag(z) ** 2


def _companion_roots(backend, a):
    xp = backend.xp
    degree, n = a.shape
    companion = np.zeros((n, degree, degree))
    companion[:, np.arange(degree - 1), np.arange(1, degree)] = 1
    companion[:, -1] = backend.to_numpy(xp.real(a)).T
    values = np.linalg.eigvals(companion).astype(complex)
    return xp.matrix_transpose(backend.asarray(values))
