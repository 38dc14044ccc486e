"""Versions and devices, for a bug report."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import IO

_PACKAGES = (
    "mne-arousal",
    "mne",
    "mne-bids",
    "braindecode",
    "torch",
    "scikit-learn",
    "numpy",
    "scipy",
    "pandas",
    "matplotlib",
    "safetensors",
    "pooch",
)
_OPTIONAL = ("cupy-cuda12x", "cupy-cuda13x", "edfio", "pydmd")


def sys_info(fid: IO[str] | None = None) -> None:
    """Print versions of what mne-arousal runs on.

    Versions are read from the installed packages' metadata; torch alone is imported,
    since nothing else tells whether it can use a CUDA device.

    Parameters
    ----------
    fid : file-like | None
        Where to write, anything with ``write``. None means standard output.

    Examples
    --------
    >>> from io import StringIO
    >>> from mne_arousal import sys_info
    >>> text = StringIO()
    >>> sys_info(text)
    >>> text.getvalue().splitlines()[0].split()[0]
    'Platform'
    """
    lines = [
        ("Platform", platform.platform()),
        ("Python", platform.python_version()),
        ("CPU cores", str(os.cpu_count())),
        ("CUDA device", _cuda_device()),
        *((name, _version(name) or "not found") for name in _PACKAGES),
        *((name, found) for name in _OPTIONAL if (found := _version(name))),
    ]
    width = max(len(name) for name, _ in lines) + 2
    for name, value in lines:
        print(f"{name:<{width}}{value}", file=fid)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cuda_device() -> str:
    try:
        import torch
    except (ImportError, OSError) as error:  # OSError: a shared library that does not load
        return f"unknown, torch can't be imported ({error})"
    if not torch.cuda.is_available():
        return "none that torch can use"
    names = (torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))
    return f"{', '.join(names)} (CUDA {torch.version.cuda})"
