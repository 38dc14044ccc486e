"""Choice of array namespace and device."""

import subprocess
import sys

import numpy as np
import pytest

from mne_arousal import _array
from mne_arousal._array import ArrayBackend, get_backend, resolve_device, to_numpy


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(_array, "_driver_present", lambda: False)


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(_array, "_count_gpus", lambda library: 2)


@pytest.mark.usefixtures("no_gpu")
def test_auto_is_the_cpu_without_a_gpu():
    assert resolve_device("auto") == "cpu"
    assert get_backend() == ArrayBackend("numpy", "cpu")


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:3"])
def test_absent_gpu_is_an_error(device):
    with pytest.raises(ValueError, match=f"{device}.*no CUDA device.*device='auto'"):
        resolve_device(device)
    with pytest.raises(ValueError, match="no CUDA device"):
        get_backend("auto", device)


@pytest.mark.usefixtures("two_gpus")
def test_present_gpu_is_taken():
    assert resolve_device("auto") == "cuda"
    assert resolve_device("cuda:1") == "cuda:1"
    assert get_backend("torch") == ArrayBackend("torch", "cuda")
    assert get_backend("auto").name == "cupy"
    assert get_backend("auto", "cpu") == ArrayBackend("numpy", "cpu")
    with pytest.raises(ValueError, match=r"cuda:2.*finds 2 CUDA device"):
        resolve_device("cuda:2")


def test_torch_device_object_is_taken():
    torch = pytest.importorskip("torch")
    assert resolve_device(torch.device("cpu")) == "cpu"


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "", None])
def test_unknown_device(device):
    with pytest.raises(ValueError, match="device must be"):
        resolve_device(device)


def test_unknown_backend():
    with pytest.raises(ValueError, match="backend must be one of"):
        get_backend("jax")


def test_numpy_has_no_gpu():
    with pytest.raises(ValueError, match=r"numpy.*cuda"):
        get_backend("numpy", "cuda")


def test_cupy_has_no_cpu(monkeypatch):
    monkeypatch.setattr(_array, "_installed", lambda name: True)
    with pytest.raises(ValueError, match="pass backend='numpy'"):
        get_backend("cupy", "cpu")


def test_missing_library_names_the_extra(monkeypatch):
    monkeypatch.setattr(_array, "_installed", lambda name: False)
    with pytest.raises(ImportError, match=r"mne-arousal\[cuda12\].*mne-arousal\[cuda13\]"):
        get_backend("cupy")


def test_choice_does_not_import_torch():
    code = (
        "import sys; from mne_arousal import _array; _array._driver_present = lambda: False; "
        "_array.get_backend(); sys.exit('torch' in sys.modules or 'cupy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", ["numpy", "torch"])
class TestBackend:
    @pytest.fixture
    def backend(self, name):
        pytest.importorskip(name)
        return get_backend(name, "cpu")

    def test_arrays_survive_the_way_there_and_back(self, backend):
        x = np.arange(12.0).reshape(3, 4)[::-1]
        x.flags.writeable = False
        np.testing.assert_array_equal(to_numpy(backend.asarray(x)), x)
        np.testing.assert_array_equal(backend.to_numpy(backend.asarray(x)), x)

    def test_tensors_are_taken_without_a_copy(self, backend, name):
        torch = pytest.importorskip("torch")
        x = torch.arange(5.0, dtype=torch.float64)
        taken = backend.asarray(x)
        x[0] = 7
        assert float(taken[0]) == 7
        assert isinstance(taken, torch.Tensor if name == "torch" else np.ndarray)

    def test_eig(self, backend):
        a = np.random.default_rng(0).normal(size=(4, 5, 5))
        values, vectors = map(to_numpy, backend.eig(backend.asarray(a)))
        np.testing.assert_allclose(a @ vectors, vectors * values[:, None], atol=1e-12)

    def test_eig_is_complex_when_all_eigenvalues_are_real(self, backend):
        values, vectors = backend.eig(backend.asarray(np.eye(3)[None] * [[[1.0, 2.0, 3.0]]]))
        assert np.iscomplexobj(to_numpy(values))
        assert np.iscomplexobj(to_numpy(vectors))

    def test_singular_matrix_has_a_pseudo_inverse(self, backend):
        a = np.stack([np.diag([1.0, 2.0]), np.diag([4.0, 0.0])])
        inverse = to_numpy(backend.inv(backend.asarray(a)))
        np.testing.assert_allclose(inverse, [np.diag([1, 0.5]), np.diag([0.25, 0])], atol=1e-15)

    def test_triangle(self, backend):
        a = np.random.default_rng(0).normal(size=(3, 9, 4))
        r = to_numpy(backend.triangle(backend.asarray(a)))
        np.testing.assert_allclose(r.swapaxes(1, 2) @ r, a.swapaxes(1, 2) @ a, atol=1e-12)
        np.testing.assert_array_equal(r, np.triu(r))

    def test_free_memory(self, backend):
        assert backend.free_memory() > 1 << 20


def test_free_memory_without_proc(monkeypatch):
    def absent(*args):
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", absent)
    assert _array._free_ram() == 1 << 30


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["torch", "cupy"])
def test_gpu_arrays(name):
    if not _array._installed(name):
        pytest.skip(f"{name} is not installed")
    if not _array._count_gpus(name):
        pytest.skip(f"{name} finds no CUDA device")
    backend = get_backend(name, "cuda")
    x = np.arange(6.0).reshape(2, 3)
    on_gpu = backend.asarray(x)
    assert "cuda" in str(on_gpu.device).lower()
    np.testing.assert_array_equal(to_numpy(on_gpu), x)
    assert backend.free_memory() > 0


def test_threads_solve_what_one_call_does():
    a = np.random.default_rng(0).normal(size=(37, 4, 4))
    for solve in (np.linalg.eig, np.linalg.eigh):
        for found, expected in zip(_array._on_all_cores(solve, a), solve(a), strict=True):
            np.testing.assert_array_equal(found, expected)
    assert _array._on_all_cores(np.linalg.eigh, a[:0])[0].shape == (0, 4)


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["torch", "cupy"])
# torch decomposes the larger ones on the CPU; cuSOLVER fails on too many at once
@pytest.mark.parametrize(("n", "side"), [(5, 8), (5, 40), (100_000, 20)])
def test_gpu_eigenvectors(name, n, side):
    if not _array._count_gpus(name):
        pytest.skip(f"{name} finds no CUDA device")
    a = np.random.default_rng(0).normal(size=(n, side, side))
    a = a + a.swapaxes(1, 2)
    backend = get_backend(name, "cuda")
    values, vectors = backend.eigh(backend.asarray(a))
    assert "cuda" in str(vectors.device).lower()
    values, vectors = to_numpy(values), to_numpy(vectors)
    np.testing.assert_allclose(a @ vectors, vectors * values[:, None], atol=1e-12)
    assert np.all(np.diff(values) >= 0)
