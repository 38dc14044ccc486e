"""Eigenvalues, modes and amplitudes: against PyDMD and against signals that are known."""

import warnings

import mne
import numpy as np
import pytest
from numpy.testing import assert_allclose

from mne_arousal._array import get_backend
from mne_arousal.dmd import DMDTransformer
from mne_arousal.dmd.amplitudes import fit_amplitudes
from mne_arousal.dmd.snapshots import choose_rank

from .signals import SFREQ, apart, oscillators


def pydmd_fit(window, n_delays, rank, **options):
    """PyDMD of one window, shape (n_channels, n_times)."""
    pydmd = pytest.importorskip("pydmd")
    n_snapshots = window.shape[1] - n_delays + 1
    hankel = np.concatenate([window[:, i : i + n_snapshots] for i in range(n_delays)])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Input data condition number")
        return pydmd.DMD(svd_rank=rank, exact=True, **options).fit(hankel)


def decompose(X, **parameters):
    return DMDTransformer(sfreq=SFREQ, **parameters).fit(X).decompose(X)


@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("rank", [12, 5, 0.99, 0.7, 0, -1])
@pytest.mark.parametrize("n_delays", [6, 15])
def test_eigenvalues_are_pydmds(windows, joint, rank, n_delays):
    X = windows[:5]
    result = decompose(X, n_delays=n_delays, rank=rank, joint=joint)
    for i, window in enumerate(X):
        for j in range(1 if joint else 3):
            theirs = pydmd_fit(window if joint else window[j : j + 1], n_delays, rank)
            ours = result.eigenvalues[i] if joint else result.eigenvalues[i, j]
            assert apart(ours, theirs.eigs) < 1e-9
            assert result.ranks[i if joint else (i, j)] == len(theirs.eigs)


@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("rank", [-1, 4])
def test_amplitudes_and_modes_are_pydmds(windows, joint, rank):
    result = decompose(windows[:3], n_delays=5, rank=rank, joint=joint)
    for i, window in enumerate(windows[:3]):
        theirs = pydmd_fit(window if joint else window[:1], 5, rank, opt=True)
        at = i if joint else (i, 0)
        order = np.abs(result.eigenvalues[at][:, None] - theirs.eigs).argmin(axis=1)
        modes = result.modes[i].swapaxes(0, 1).reshape(15, -1) if joint else result.modes[at]
        # a mode's length and phase are free: only its product with its amplitude is not
        assert_allclose(
            modes * result.amplitudes[at], (theirs.modes * theirs.amplitudes)[:, order], atol=1e-14
        )


def test_real_windows_agree_with_pydmd(sleep_edf_night):
    raw = mne.io.read_raw_edf(
        sleep_edf_night[0], include=["EEG Fpz-Cz", "EOG horizontal"], verbose="error"
    )
    starts = np.random.default_rng(0).integers(0, raw.n_times - 200, 60)
    X = np.stack([raw.get_data(start=s, stop=s + 200) for s in starts])
    result = decompose(X)
    for i, window in enumerate(X):
        for j in range(2):
            theirs = pydmd_fit(window[j : j + 1], 10, 12)
            assert apart(result.eigenvalues[i, j], theirs.eigs) < 1e-8


@pytest.mark.parametrize("method", ["exact", "fb", "tls"])
@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("rank", [4, 0.999999, -1])
def test_damped_oscillators_are_recovered(method, joint, rank):
    frequencies, growth = [9.7, 21.3], [-0.8, 0.4]
    x = oscillators(frequencies, growth, [3e-5, 1e-5])
    X = np.stack([x, oscillators(frequencies, growth, [1e-5, 2e-5], seed=1)])[None]
    result = decompose(X, n_delays=8, rank=rank, joint=joint, method=method)
    found = result.frequencies.reshape(-1, result.frequencies.shape[-1])
    rates = result.growth_rates.reshape(found.shape)
    energies = result.energies.reshape(found.shape)
    for f, g, e in zip(found, rates, energies, strict=True):
        # at full rank, rounding is decomposed too: it has no energy
        strong = np.flatnonzero((f > 0) & (e > 1e-6 * np.nanmax(e)))
        order = strong[np.argsort(f[strong])]
        assert_allclose(f[order], frequencies, atol=1e-6)
        assert_allclose(g[order], growth, atol=1e-6)


def test_all_of_a_noise_free_signal_is_explained():
    x = oscillators([9.7, 21.3], [-0.8, 0.4], [3e-5, 1e-5])[None, None]
    result = decompose(x, n_delays=8, rank=4)
    assert result.residuals.item() < 1e-15
    steps = result.eigenvalues[0, 0] ** np.arange(193)[:, None]
    snapshots = (result.modes[0, 0] @ (result.amplitudes[0, 0] * steps).T).real
    assert_allclose(snapshots[0], x[0, 0, :193], atol=1e-12)
    assert_allclose(snapshots[-1], x[0, 0, 7:], atol=1e-12)


def test_modes_that_grow_over_all_bounds_have_amplitudes():
    n = np.arange(200)
    result = decompose((1e-300 * 30.0**n)[None, None], n_delays=2, rank=1)
    assert_allclose(result.eigenvalues[0, 0], [30], rtol=1e-10)
    assert_allclose(abs(result.amplitudes * result.modes[0, 0, 0]), 1e-300, rtol=1e-6)


@pytest.mark.parametrize("n_delays", [1, 7, 10])
def test_amplitudes_of_powers_are_those_of_any_modes(windows, n_delays):
    backend = get_backend("numpy")
    result = decompose(windows[:6, :1], n_delays=n_delays)
    cuts = np.lib.stride_tricks.sliding_window_view(windows[:6, 0], n_delays, axis=1)
    modes = result.modes[:, 0]
    expected = fit_amplitudes(backend, result.eigenvalues[:, 0], modes, cuts)
    assert_allclose(result.amplitudes[:, 0], expected, rtol=1e-9, atol=1e-16)


def test_energies_of_orthogonal_modes_are_those_of_the_signal():
    x = oscillators([10.0, 25.0], [0, 0], [3e-5, 1e-5])[None, None]
    result = decompose(x, n_delays=20, rank=4)
    by_frequency = result.energies[0, 0][np.argsort(np.abs(result.frequencies[0, 0]))]
    # a cosine of amplitude a has mean square a² / 2, half for each of its two modes
    assert_allclose(by_frequency, [2.25e-10, 2.25e-10, 2.5e-11, 2.5e-11], rtol=0.02)


def test_importance():
    x = oscillators([10.0, 25.0], [0, -8.0], [1e-5, 2e-5])[None, None]
    result = decompose(x, n_delays=8, rank=4)
    fast = np.abs(result.frequencies[0, 0]) > 20
    energy, amplitude = (result.mode_importance(kind)[0, 0] for kind in ("energy", "amplitude"))
    assert_allclose([energy.sum(), amplitude.sum()], 1)
    assert amplitude[fast].sum() > 0.6  # starts higher,
    assert energy[fast].sum() < 0.4  # but is gone soon
    with pytest.raises(ValueError, match="kind must be"):
        result.mode_importance("size")


def noisy(n_windows, noise=0.1):
    x = oscillators([10.0], [-0.3], [1.0])
    return x + noise * np.random.default_rng(1).standard_normal((n_windows, 1, 200))


@pytest.mark.parametrize("method", ["fb", "tls"])
def test_noise_damps_exact_dmd_but_not_the_others(method):
    X = noisy(300, noise=0.3)

    def bias(method):
        result = decompose(X, n_delays=8, rank=2, method=method)
        return np.median(result.growth_rates) + 0.3

    assert bias("exact") < -0.15
    assert abs(bias(method)) < abs(bias("exact")) / 3


@pytest.mark.parametrize("method", ["exact", "fb", "tls"])
@pytest.mark.parametrize(("joint", "rank"), [(False, 12), (False, 4), (True, 7), (True, 0.9)])
def test_torch_and_numpy_agree(windows, method, joint, rank):
    pytest.importorskip("torch")
    X = windows[:8]
    ours = [
        decompose(X, rank=rank, joint=joint, method=method, backend=name, device="cpu")
        for name in ("numpy", "torch")
    ]
    for a, b in zip(
        *(r.eigenvalues.reshape(-1, r.eigenvalues.shape[-1]) for r in ours), strict=True
    ):
        assert apart(a, b) < 1e-9


def test_tensors_stay_tensors_on_request(windows):
    torch = pytest.importorskip("torch")
    X = torch.from_numpy(windows)
    transformer = DMDTransformer(sfreq=SFREQ, backend="torch", device="cpu", batch_size=7).fit(X)
    result = transformer.decompose(X, output="backend")
    assert isinstance(result.eigenvalues, torch.Tensor)
    assert_allclose(transformer.transform(X), transformer.transform(windows), rtol=1e-9)
    with pytest.raises(ValueError, match="output must be"):
        transformer.decompose(X, output="torch")


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["torch", "cupy"])
@pytest.mark.parametrize(("joint", "rank"), [(False, 12), (False, 4), (True, 7)])
def test_gpu_and_numpy_agree(windows, name, joint, rank):
    try:
        get_backend(name, "cuda")
    except (ImportError, ValueError) as error:
        pytest.skip(str(error))
    ours = [
        decompose(windows, rank=rank, joint=joint, backend=which, device=device)
        for which, device in (("numpy", "cpu"), (name, "cuda"))
    ]
    for a, b in zip(
        *(r.eigenvalues.reshape(-1, r.eigenvalues.shape[-1]) for r in ours), strict=True
    ):
        assert apart(a, b) < 1e-6


@pytest.mark.parametrize("ratio", [1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize(("n_delays", "rank"), [(3, -1), (8, -1), (8, 4)])
def test_ill_conditioned_windows_agree_with_pydmd(ratio, n_delays, rank):
    """A weak rhythm in a strong one, whose singular values the Gram matrix alone would lose."""
    x = oscillators([5.0, 30.0], [-0.1, -0.1], [1.0, ratio])
    x += ratio * 1e-3 * np.random.default_rng(0).standard_normal(200)
    theirs = pydmd_fit(x[None], n_delays, rank)
    ours = decompose(x[None, None], n_delays=n_delays, rank=rank).eigenvalues[0, 0]
    condition = np.linalg.cond(np.lib.stride_tricks.sliding_window_view(x, n_delays))
    assert apart(ours, theirs.eigs) < max(1e-9, 1e-15 * condition)


def test_gram_matrices_alone_would_not_do(monkeypatch):
    x = oscillators([5.0, 30.0], [-0.1, -0.1], [1.0, 1e-6])
    x += 1e-9 * np.random.default_rng(0).standard_normal(200)
    theirs = pydmd_fit(x[None], 4, -1).eigs
    assert apart(decompose(x[None, None], n_delays=4).eigenvalues[0, 0], theirs) < 1e-8
    monkeypatch.setattr("mne_arousal.dmd.companion.LARGEST_CONDITION", 1e300)
    assert apart(decompose(x[None, None], n_delays=4).eigenvalues[0, 0], theirs) > 1e-6


def test_float32_windows_lose_no_more_than_their_rounding(windows):
    rounded = windows.astype(np.float32)
    narrow, wide = decompose(rounded), decompose(rounded.astype(float))
    assert np.array_equal(narrow.eigenvalues, wide.eigenvalues)
    for a, b in zip(
        narrow.eigenvalues.reshape(-1, 10),
        decompose(windows).eigenvalues.reshape(-1, 10),
        strict=True,
    ):
        assert apart(a, b) < 1e-4


class TestRank:
    s = np.array([[4.0, 2.0, 1.0, 0.5, 0.0]])

    @pytest.mark.parametrize(
        ("rank", "chosen"), [(2, 2), (9, 4), (-1, 4), (0.7, 1), (0.8, 2), (0.95, 3), (0.9999, 4)]
    )
    def test_rules(self, rank, chosen):
        assert choose_rank(self.s, (5, 100), rank) == [chosen]

    def test_hard_threshold(self):
        # 4 / √3 times the noise is about 2.86 times the median of a square matrix
        s = np.array([[9.0, 2.87, 1.0, 0.9, 0.9], [9.0, 2.85, 1.0, 0.9, 0.9], [2, 1, 1, 1, 1]])
        assert choose_rank(s, (5, 5), 0).tolist() == [2, 1, 1]

    def test_zeros_have_none(self):
        for rank in (0, 3, 0.9, -1):
            assert choose_rank(np.zeros((1, 4)), (4, 50), rank) == [0]


def test_gaps_and_flat_windows(windows):
    X = windows[:6].copy()
    X[1, 0] = 0
    X[3, 2, 17] = np.nan
    result = decompose(X, n_delays=4)
    assert result.ranks.tolist() == [[4] * 3, [0, 4, 4], [4] * 3, [4, 4, 0], [4] * 3, [4] * 3]
    assert np.isnan(result.eigenvalues[1, 0]).all()
    assert np.isnan(result.modes[3, 2]).all()
    assert np.isfinite(result.modes[3, :2]).all()
    assert np.isfinite(result.amplitudes[[0, 2, 4, 5]]).all()
    assert result.mode_importance()[1, 0].sum() == 0


def test_shapes(windows):
    apart_, together = decompose(windows, n_delays=7), decompose(windows, n_delays=7, joint=True)
    assert apart_.eigenvalues.shape == apart_.amplitudes.shape == (40, 3, 7)
    assert apart_.modes.shape == (40, 3, 7, 7)
    assert apart_.residuals.shape == (40, 3)
    assert together.eigenvalues.shape == (40, 12)
    assert together.modes.shape == (40, 3, 7, 12)
    assert_allclose(np.sum(np.abs(together.modes) ** 2, axis=(1, 2)), 1)
    assert_allclose(np.sum(np.abs(apart_.modes) ** 2, axis=2), 1)
