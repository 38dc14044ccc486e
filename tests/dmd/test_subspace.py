"""Leading eigenpairs by subspace iteration, against LAPACK."""

import numpy as np
import pytest

from mne_arousal._array import get_backend, to_numpy
from mne_arousal.dmd import DMDTransformer, snapshots
from mne_arousal.dmd.subspace import EXTRA, leading_pairs, pays_off

from .signals import SFREQ, apart


def matrices(falling: float, n=50, n_rows=60):
    """Symmetric matrices whose eigenvalues fall by a factor, down to rounding."""
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((n, n_rows, n_rows)))[0]
    values = falling ** -np.arange(float(n_rows)) * rng.uniform(0.8, 1.2, (n, n_rows))
    return (basis * values[:, None]) @ basis.swapaxes(1, 2)


def angles(found, expected):
    """Largest part of a vector outside of the expected subspace."""
    rest = found - expected @ (expected.swapaxes(1, 2) @ found)
    return np.sqrt(np.max(np.sum(rest**2, axis=1), axis=1))


@pytest.mark.parametrize(("falling", "share"), [(1.2, 0.3), (1.4, 0.9), (2.5, 0.0)])
def test_what_is_found_is_what_lapack_finds(backend_name, falling, share):
    a = matrices(falling)
    backend = get_backend(backend_name, "cpu")
    values, vectors, found = map(to_numpy, leading_pairs(backend, backend.asarray(a), 6, 12))
    w, v = np.linalg.eigh(a)
    assert found.mean() >= share
    np.testing.assert_allclose(values[found], w[found, :-13:-1], rtol=1e-9)
    assert angles(vectors[found], v[found][:, :, :-13:-1]).max(initial=0) < 1e-9


def test_flat_spectra_are_left_to_lapack():
    """A subspace of nearly equal eigenvalues can't be found by iteration, and is not said to be."""
    a = np.eye(60) + 0.1 * matrices(1.01, 8)
    assert not leading_pairs(get_backend("numpy"), a, 6, 12)[2].any()


def test_pairs_that_the_start_does_not_see_are_not_missed():
    """The start holds no fast cosine at all: the norm of the rest tells that some are missing."""
    d = 10
    k = np.arange(d)
    waves = np.cos(np.pi * np.outer(k, k + 0.5) / d)
    waves /= np.linalg.norm(waves, axis=1, keepdims=True)
    basis = np.kron(waves.T, np.eye(6))  # columns: waves slow, channels fast
    a = (basis * np.repeat(1.5 ** np.arange(10.0), 6)) @ basis.T  # fast waves are largest
    _, vectors, found = leading_pairs(get_backend("numpy"), a[None], 6, 12)
    if found[0]:
        assert angles(vectors, np.linalg.eigh(a[None])[1][:, :, :-13:-1]).max() < 1e-9


def test_zeros_low_rank_and_nan_are_not_found():
    low = matrices(1.5, 3)
    low[0], low[1], low[2] = 0, np.diag([1.0, 1, 1] + 57 * [0.0]), np.nan
    assert not leading_pairs(get_backend("numpy"), low, 6, 12)[2].any()


def test_only_large_matrices_are_iterated():
    assert pays_off(60, 12)
    assert not pays_off(20, 12)
    assert EXTRA > 0


@pytest.mark.parametrize("method", ["exact", "fb", "tls"])
def test_joint_modes_are_those_of_lapack(windows, method, monkeypatch):
    def decompose():
        dmd = DMDTransformer(sfreq=SFREQ, n_delays=20, rank=6, joint=True, method=method)
        return dmd.fit(windows).decompose(windows)

    found = decompose()
    monkeypatch.setattr(snapshots, "pays_off", lambda n_rows, n_pairs: False)
    expected = decompose()
    assert max(map(apart, found.eigenvalues, expected.eigenvalues)) < 1e-8
    for name in ("energies", "residuals", "ranks"):
        ours, theirs = (np.sort(getattr(r, name), axis=-1) for r in (found, expected))
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-15)
