"""Settings of a run, the same for all its recordings."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from threadpoolctl import threadpool_limits

from .._version import __version__
from ..utils.text import escape_json

PACKAGES = ("mne", "mne-bids", "braindecode", "torch", "scikit-learn", "scipy", "numpy", "pandas")


@dataclass(frozen=True)
class Settings:
    """Settings of a run.

    Attributes
    ----------
    output : str
        Output folder.
    features : tuple of str
        Extractors.
    picks : "auto" | tuple of str | dict
        Channels.
    min_probability : float
        Probability from which a candidate is an arousal; at 0.5 it is more likely one than not.
    false_alarms_per_hour : float | None
        False events an hour of sleep that are expected, at most, in place of `min_probability`.
    hypnogram : bool
        Whether stages in ``events.tsv`` gate wake.
    random_state : int
        Seed.
    device : str
        Where to compute.
    pipeline : str | None
        File of the pipeline shared by all recordings; None fits one on each.
    pipeline_digest : str | None
        SHA-256 of that file.
    token : str
        Random mark of the run.
    reference : "auto" | None | dict
        Derivations.
    process : int
        Id of the run's process; workers end when it ends.
    """

    output: str
    features: tuple[str, ...]
    picks: str | tuple[str, ...] | dict
    min_probability: float
    false_alarms_per_hour: float | None
    hypnogram: bool
    random_state: int
    device: str
    pipeline: str | None = None
    pipeline_digest: str | None = None
    token: str = ""
    reference: str | dict | None = "auto"
    process: int = 0

    @property
    def uses_torch(self) -> bool:
        """Whether an extractor may compute with PyTorch; a pipeline of a file may hold any."""
        return self.pipeline is not None or not {"dmd", "encoder"}.isdisjoint(self.features)

    def parameters(self) -> dict:
        """Return what the results depend on, for the record and for resumed runs.

        Returns
        -------
        parameters : dict
            Fit for JSON.
        """
        picks = self.picks if isinstance(self.picks, str | dict) else list(self.picks)
        return {
            "features": list(self.features),
            "picks": picks,
            "reference": self._reference(),
            "min_probability": self.min_probability,
            "false_alarms_per_hour": self.false_alarms_per_hour,
            "hypnogram": self.hypnogram,
            "random_state": self.random_state,
            "fit": "each recording" if self.pipeline is None else "one pipeline",
            "pipeline_sha256": self.pipeline_digest,
            "mne-arousal": __version__,
        }

    def _reference(self) -> str | dict[str, list[str]] | None:
        if isinstance(self.reference, dict):
            return {channel: list(others) for channel, others in self.reference.items()}
        return self.reference

    def digest(self) -> str:
        """Return the SHA-256 of the parameters."""
        return hashlib.sha256(to_json(self.parameters())).hexdigest()


def to_json(value) -> bytes:
    """Write a value as JSON: the same value, the same bytes.

    Parameters
    ----------
    value : dict | list
        Plain values.

    Returns
    -------
    data : bytes
        UTF-8, with a line break at its end.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return (escape_json(text) + "\n").encode()


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of what results depend on.

    Returns
    -------
    versions : dict
        Name to version.
    """
    found = {"python": platform.python_version(), "mne-arousal": __version__}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


@contextmanager
def one_thread(*, with_torch: bool = True):
    """Compute in one thread of BLAS and PyTorch.

    Otherwise workers would compete for cores, and the last digits of results would depend on the
    number of threads.

    Parameters
    ----------
    with_torch : bool
        False where nothing uses PyTorch, which takes more than a second to import.
    """
    if not with_torch and "torch" not in sys.modules:
        with threadpool_limits(1):
            yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)
