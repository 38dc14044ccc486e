"""Which array namespace and device does the work.

The decomposition is written once, against an array namespace (NumPy, PyTorch or
CuPy). This module picks the namespace and moves arrays; nothing else in the
package knows about GPUs.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
from threadpoolctl import threadpool_limits

_TORCH_BATCHED = 32  # largest side of the matrices that torch decomposes at once on a GPU
_MOST_AT_ONCE = 1 << 15  # cuSOLVER's batched call (CUDA 13.0) took 43,000 matrices, not 86,000

BACKENDS = ("auto", "numpy", "torch", "cupy")


@cache
def _driver_present() -> bool:
    """Tell whether NVIDIA's driver can be loaded, without importing torch."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


@cache
def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _count_gpus(library: str) -> int:
    """Count the CUDA devices that `library` ("torch" or "cupy") can use."""
    if not (_driver_present() and _installed(library)):
        return 0
    module = importlib.import_module(library)
    if library == "torch":
        return module.cuda.device_count() if module.cuda.is_available() else 0
    try:
        return module.cuda.runtime.getDeviceCount()
    except module.cuda.runtime.CUDARuntimeError:
        return 0


def resolve_device(device="auto", library: str = "torch") -> str:
    """Name the device to compute on.

    Parameters
    ----------
    device : str | torch.device
        ``"cpu"``, ``"cuda"``, ``"cuda:n"``, or ``"auto"`` for ``"cuda"`` where there is one and
        ``"cpu"`` elsewhere.
    library : str
        ``"torch"`` or ``"cupy"``: which library has to see the device.

    Returns
    -------
    device : str
        ``"cpu"``, ``"cuda"`` or ``"cuda:n"``.

    Raises
    ------
    ValueError
        If the name is unknown, or names a CUDA device that is not there.
    """
    name = str(device)
    if name == "cpu":
        return name
    if name == "auto":
        return "cuda" if _count_gpus(library) else "cpu"
    match = re.fullmatch(r"cuda(?::(\d+))?", name)
    if not match:
        raise ValueError(f"device must be 'auto', 'cpu', 'cuda' or 'cuda:n', got {device!r}.")
    count = _count_gpus(library)
    if int(match[1] or 0) >= count:
        found = f"{count} CUDA device(s)" if count else "no CUDA device"
        raise ValueError(
            f"device={name!r} was asked for, but {library} finds {found}. Pass device='auto' to "
            "use the CPU then, or install a CUDA build of the library and NVIDIA's driver."
        )
    return name


@dataclass(frozen=True)
class ArrayBackend:
    """An array namespace and a device.

    Parameters
    ----------
    name : str
        ``"numpy"``, ``"torch"`` or ``"cupy"``.
    device : str
        ``"cpu"``, ``"cuda"`` or ``"cuda:n"``.
    """

    name: str
    device: str

    @property
    def xp(self):
        """Namespace that follows the Python array API standard."""
        return importlib.import_module(f"array_api_compat.{self.name}")

    def asarray(self, x):
        """Bring an array of any library here, by DLPack (no copy) where it is on the device."""
        if self.name == "numpy":
            return to_numpy(x)
        if not isinstance(x, np.ndarray) and hasattr(x, "__dlpack__"):
            x = self.xp.from_dlpack(x)
        if self.name == "torch":
            if isinstance(x, np.ndarray):
                # torch can neither read nor warn-free wrap read-only or negatively strided memory
                x = importlib.import_module("torch").from_numpy(np.array(x))
            return x.to(self.device)
        with self.xp.cuda.Device(self._index):
            return self.xp.asarray(x)

    def to_numpy(self, x) -> np.ndarray:
        """Bring an array to NumPy."""
        return to_numpy(x)

    def free_memory(self) -> int:
        """Bytes that can be taken now."""
        if self.device == "cpu":
            return _free_ram()
        if self.name == "torch":
            return importlib.import_module("torch").cuda.mem_get_info(self.device)[0]
        with self.xp.cuda.Device(self._index) as gpu:
            return gpu.mem_info[0] + self.xp.get_default_memory_pool().free_bytes()

    def eig(self, a):
        """Eigenvalues and right eigenvectors of a stack of general matrices.

        CUDA libraries solve general eigenproblems one matrix at a time, which for small matrices is
        slower than LAPACK, so from a GPU they travel to the CPU: the operators are small beside the
        signal.
        """
        if self.name == "torch" and self.device == "cpu":
            return importlib.import_module("torch").linalg.eig(a)
        if self.name == "numpy":  # NumPy gives real arrays where all eigenvalues are real
            values, vectors = np.linalg.eig(a)
            return values.astype(complex, copy=False), vectors.astype(complex, copy=False)
        values, vectors = _on_all_cores(np.linalg.eig, to_numpy(a))
        return self.asarray(values.astype(complex)), self.asarray(vectors.astype(complex))

    def eigh(self, a):
        """Eigenvalues, rising, and eigenvectors of a stack of symmetric matrices.

        torch solves them in one call on a GPU up to a side of 32, and one at a time beyond, which
        all cores of the CPU do sooner.
        """
        if self.name == "torch" and self.device != "cpu" and a.shape[-1] > _TORCH_BATCHED:
            values, vectors = _on_all_cores(np.linalg.eigh, to_numpy(a))
            return self.asarray(values), self.asarray(vectors)
        eigh = self.xp.linalg.eigh
        if self.device == "cpu" or len(a) <= _MOST_AT_ONCE:
            return eigh(a)
        parts = [eigh(a[lo : lo + _MOST_AT_ONCE]) for lo in range(0, len(a), _MOST_AT_ONCE)]
        return tuple(self.xp.concat(some) for some in zip(*parts, strict=True))

    def triangle(self, a):
        """R of the QR decomposition of a stack of matrices."""
        # the standard's own qr knows no mode without Q
        r = importlib.import_module(self.name).linalg.qr(a, mode="r")
        return r.R if self.name == "torch" else r

    def inv(self, a):
        """Inverses of a stack of matrices; pseudo-inverses if one of them is singular."""
        linalg = self.xp.linalg
        try:
            return linalg.inv(a)
        except (np.linalg.LinAlgError, RuntimeError):  # torch raises a RuntimeError
            return linalg.pinv(a)

    @property
    def _index(self) -> int:
        return int(self.device.partition(":")[2] or 0)


def _on_all_cores(solve, matrices: np.ndarray) -> list[np.ndarray]:
    """Solve a stack of matrices in threads: NumPy's linear algebra lets others run meanwhile."""
    n_cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        n_cores = len(os.sched_getaffinity(0))
    pieces = np.array_split(matrices, max(min(n_cores, len(matrices)), 1))
    # threads of their own inside of each would only be in the way
    with threadpool_limits(1), ThreadPoolExecutor(n_cores) as pool:
        return [np.concatenate(parts) for parts in zip(*pool.map(solve, pieces), strict=True)]


def to_numpy(x) -> np.ndarray:
    """Bring an array of any library to NumPy."""
    if isinstance(x, np.ndarray):
        return x
    if hasattr(x, "detach"):  # torch
        return x.detach().cpu().numpy()
    if hasattr(x, "get"):  # CuPy
        return x.get()
    return np.asarray(x)


def get_backend(backend: str = "auto", device: str = "auto") -> ArrayBackend:
    """Choose library and device.

    Parameters
    ----------
    backend : str
        ``"numpy"``, ``"torch"``, ``"cupy"``, or ``"auto"``: CuPy, else torch, where they find a
        GPU, and NumPy otherwise.
    device : str
        As for `resolve_device`.

    Returns
    -------
    backend : ArrayBackend
        The choice.

    Raises
    ------
    ValueError
        If the name is unknown, the library can't use the device, or there is no such device.
    ImportError
        If the library is not installed.
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend must be one of {BACKENDS}, got {backend!r}.")
    if backend == "auto":
        return _choose_backend(device)
    if backend == "numpy":
        if device not in ("auto", "cpu"):
            raise ValueError(
                f"backend='numpy' computes on the CPU, but device={device!r}: pass "
                "backend='torch' or 'cupy'."
            )
        return ArrayBackend("numpy", "cpu")
    if not _installed(backend):
        extra = "torch" if backend == "torch" else "mne-arousal[cuda12]' or 'mne-arousal[cuda13]"
        raise ImportError(f"backend={backend!r} needs {backend}: pip install '{extra}'.")
    if backend == "cupy" and device == "auto":
        device = "cuda"
    resolved = resolve_device(device, backend)
    if backend == "cupy" and resolved == "cpu":
        raise ValueError(
            "backend='cupy' computes on a GPU, but device='cpu': pass backend='numpy'."
        )
    return ArrayBackend(backend, resolved)


def _choose_backend(device: str) -> ArrayBackend:
    if device != "cpu":
        for library in ("cupy", "torch"):
            if _count_gpus(library):
                return ArrayBackend(library, resolve_device(device, library))
        resolve_device(device, "torch")  # says what is missing where a GPU was asked for
    return ArrayBackend("numpy", "cpu")


def _free_ram() -> int:
    """Bytes of memory left, by the system's own word; 1 GiB where it does not say."""
    try:
        with open("/proc/meminfo") as file:
            fields = dict(line.split(":") for line in file)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError):
        return 1 << 30
