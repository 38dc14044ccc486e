"""Roots of real polynomials."""

import numpy as np
import pytest

from mne_arousal._array import get_backend, to_numpy
from mne_arousal.dmd import roots as module
from mne_arousal.dmd.roots import polynomial_roots


def coefficients(roots):
    """Of monic polynomials with the given roots, as `polynomial_roots` takes them."""
    return np.stack([-np.poly(r).real[:0:-1] for r in roots], axis=1)


def farthest(found, true):
    """Largest distance of a true root from the nearest found, and the other way round."""
    apart = np.abs(found[:, None] - true[None])
    return max(apart.min(axis=0).max(), apart.min(axis=1).max())


@pytest.mark.parametrize("degree", [2, 4, 10, 20])
def test_known_roots(backend_name, degree):
    rng = np.random.default_rng(degree)
    half = degree // 2 - 1
    angles = np.pi * (np.arange(half) + rng.uniform(0.3, 0.7, (700, half))) / max(half, 1)
    pairs = rng.uniform(0.7, 1.02, (700, half)) * np.exp(1j * angles)
    real = np.stack([rng.uniform(-0.9, -0.4, 700), rng.uniform(0.4, 0.9, 700)], axis=1)
    true = np.concatenate([pairs, pairs.conj(), real], axis=1)
    backend = get_backend(backend_name, "cpu")
    found = to_numpy(polynomial_roots(backend, backend.asarray(coefficients(true)))).T
    assert max(map(farthest, found, true)) < (1e-6 if degree == 20 else 1e-9)


def test_one_root():
    found = polynomial_roots(get_backend("numpy"), np.array([[0.5, -2.0, 0.0]]))
    np.testing.assert_allclose(found, [[0.5, -2.0, 0.0]])


@pytest.mark.parametrize(
    "roots",
    [[0.5, 0.5, 0.5, 0.5], [0, 0, 0, 0], [1j, -1j, 1j, -1j], [0.9, -0.9, 1e-9, -1e-9]],
    ids=str,
)
def test_multiple_roots(roots):
    """Rounding moves a root of multiplicity m by its m-th root, with any method."""
    found = polynomial_roots(get_backend("numpy"), coefficients([roots]))[:, 0]
    assert farthest(found, np.array(roots)) < 1e-3


def test_windows_that_do_not_settle_go_to_lapack(monkeypatch):
    monkeypatch.setattr(module, "_MAX_STEPS", 1)
    monkeypatch.setattr(module, "_deflate", lambda backend, a: 2.0 + 0j * a)
    true = np.array([0.9, 0.5 + 0.5j, 0.5 - 0.5j])
    found = polynomial_roots(get_backend("numpy"), coefficients([true]))[:, 0]
    assert farthest(found, true) < 1e-12


def test_roots_do_not_depend_on_the_batch():
    a = np.random.default_rng(0).normal(size=(10, 600)) * 0.3
    backend = get_backend("numpy")
    whole, part = polynomial_roots(backend, a), polynomial_roots(backend, a[:, 100:103])
    for i in range(3):
        assert farthest(part[:, i], whole[:, 100 + i]) < 1e-12


def test_no_root_is_found_twice(monkeypatch):
    """Two rough roots near the same one: Newton's method alone would give it twice."""
    true = np.array([0.9, 0.5, 0.3 + 0.6j, 0.3 - 0.6j])
    rough = np.array([[0.89, 0.91, 0.3 + 0.59j, 0.3 - 0.59j]]).T
    monkeypatch.setattr(module, "_deflate", lambda backend, a: rough)
    found = polynomial_roots(get_backend("numpy"), coefficients([true]))[:, 0]
    assert farthest(found, true) < 1e-12
