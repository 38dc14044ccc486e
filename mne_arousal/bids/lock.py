"""One run at a time: the lock on an output folder, and turns at the GPU."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mne.utils import logger

from ..utils.errors import OutputError, RecordingError
from .output_tree import STATE, OutputTree

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK = f"{STATE}/lock"


@contextmanager
def output_lock(tree: OutputTree):
    """Keep other runs off an output folder.

    The operating system frees the lock when the process ends, however it ends, so that a run that
    was killed can simply be started again. The file tells who holds it.

    Parameters
    ----------
    tree : OutputTree
        The output folder.

    Yields
    ------
    token : str
        Marks this run; workers that outlive a killed run find another one.

    Raises
    ------
    RecordingError
        If another run works there.
    """
    path = tree.path(LOCK)
    if path.parent.is_symlink() or path.is_symlink():
        raise RecordingError(f"{path} is a link. Remove it, or name another output folder.")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    except OSError as error:
        raise OutputError(f"The lock {path} can't be made ({error.strerror}).") from error
    with os.fdopen(handle, "r+", encoding="utf-8") as file:
        owner = _owner(file)
        if not _take(file):
            raise RecordingError(
                f"Another run works on {tree.root} ({_describe(owner)}). Wait until it ends, or "
                "name another output folder."
            )
        if owner:
            _explain_stale(owner, path)
        token = uuid.uuid4().hex
        _write_owner(file, token)
        try:
            yield token
        finally:
            file.seek(0)
            file.truncate()  # empty: the run ended by itself


def holds_lock(tree: OutputTree, token: str) -> bool:
    """Tell whether a run still has the output folder.

    Parameters
    ----------
    tree : OutputTree
        The output folder.
    token : str
        What `output_lock` gave to the run.

    Returns
    -------
    holds : bool
        False when that run ended or another one took over.
    """
    owner = _parse_owner((tree.read(LOCK) or b"").decode(errors="replace"))
    return owner.get("token") == token


def _take(file) -> bool:
    if fcntl is None:
        owner = _owner(file)
        return not owner  # nothing tells whether the process lives: the message says what to do
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _explain_stale(owner: dict, path: Path) -> None:
    if owner.get("host") != socket.gethostname():
        # network file systems may not pass locks on from one host to another
        raise RecordingError(
            f"The lock {path} was left by a run on another machine ({_describe(owner)}), and "
            "whether it still works can't be told from here. If it doesn't, remove that file and "
            "start again: finished recordings are kept."
        )
    logger.warning(
        f"The run that worked on {path.parent.parent} before ({_describe(owner)}) ended without "
        "finishing. This run takes its place and keeps what it finished."
    )


def _write_owner(file, token: str) -> None:
    owner = {
        "token": token,
        "host": socket.gethostname(),
        "process": os.getpid(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    file.seek(0)
    file.truncate()
    file.write(json.dumps(owner))
    file.flush()
    os.fsync(file.fileno())


def _owner(file) -> dict:
    file.seek(0)
    return _parse_owner(file.read())


def _parse_owner(text: str) -> dict:
    if not text:
        return {}
    try:
        owner = json.loads(text)
    except ValueError:  # cut short when the machine stopped
        owner = None
    return owner if isinstance(owner, dict) else {"host": socket.gethostname()}


def _describe(owner: dict) -> str:
    known = [f"{key} {owner[key]}" for key in ("process", "host", "since") if owner.get(key)]
    return ", ".join(known) or "of which nothing is known"


class GpuTurn:
    """Let one process at a time compute with a step on the GPU.

    Several workers that hold their batches there at once would need several times its memory.

    Parameters
    ----------
    step : estimator
        Extractor that computes on the GPU.
    """

    def __init__(self, step):
        self.step = step

    def fit_transform(self, X):
        """Fit the step and apply it, when it is this process's turn."""
        with gpu_turn():
            return self.step.fit_transform(X)

    def transform(self, X):
        """Apply the step, when it is this process's turn."""
        with gpu_turn():
            return self.step.transform(X)


@contextmanager
def gpu_turn():
    """Wait until no other process of this user computes on the GPU of this machine."""
    if fcntl is None:
        yield
        return
    name = f"mne-arousal-gpu-{os.getuid()}.lock"
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    handle = os.open(Path(tempfile.gettempdir(), name), flags, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        _free_gpu_memory()
    finally:
        os.close(handle)


def _free_gpu_memory() -> None:
    import torch

    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()
