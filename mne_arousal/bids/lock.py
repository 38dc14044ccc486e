"""One run at a time: the lock on an output folder, and turns at the GPU."""

from __future__ import annotations

import errno
import getpass
import json
import os
import socket
import sys
import tempfile
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from mne.utils import logger

from ..utils.errors import OutputError, RecordingError
from .output_tree import STATE, OutputTree

LOCK = f"{STATE}/lock"  # says who works there
HELD = f"{STATE}/lock.held"  # locked while somebody does
_PATIENCE = 1.0  # s; a run that is just ending may still hold it


@contextmanager
def output_lock(tree: OutputTree):
    """Keep other runs off an output folder.

    The operating system frees the lock when the process ends, however it ends, so that a run that
    was killed can simply be started again. A note beside it says who holds it.

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
        If another run works there, or the file system has no locks.
    """
    note = tree.path(LOCK)
    for path in (note.parent, note, tree.path(HELD)):
        if path.is_symlink():
            raise RecordingError(f"{path} is a link. Remove it, or name another output folder.")
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {note.parent} can't be made ({error.strerror}).") from error
    lock = FileLock(tree.path(HELD))
    _take(lock, tree)
    try:
        owner = _read_owner(tree)
        if owner:
            _explain_stale(owner, note)
        token = uuid.uuid4().hex
        _write_owner(tree, token)
        try:
            yield token
        finally:
            tree.remove(LOCK)  # without a note: the run ended by itself
    finally:
        lock.release()


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
    return _read_owner(tree).get("token") == token


def _take(lock: FileLock, tree: OutputTree) -> None:
    try:
        lock.acquire(timeout=_PATIENCE)
    except Timeout as error:
        if not _has_locks(tree):
            raise _no_locks(tree, "none can be taken") from error
        raise RecordingError(
            f"Another run works on {tree.root} ({_describe(_read_owner(tree))}). Wait until it "
            "ends, or name another output folder."
        ) from error
    except NotImplementedError as error:
        raise _no_locks(tree, "they are not implemented") from error
    except OSError as error:
        if error.errno in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise _no_locks(tree, str(error.strerror)) from error
        raise OutputError(f"The lock {lock.lock_file} can't be made ({error.strerror}).") from error


def _has_locks(tree: OutputTree) -> bool:
    """Tell whether a lock that nobody can hold can be taken: some systems refuse every one."""
    path = tree.path(f"{HELD}.{uuid.uuid4().hex}")
    probe = FileLock(path)
    try:
        with probe.acquire(timeout=0):
            return True
    except (OSError, Timeout, NotImplementedError):
        return False
    finally:
        path.unlink(missing_ok=True)


def _no_locks(tree: OutputTree, reason: str) -> OutputError:
    return OutputError(
        f"The file system of {tree.root} has no file locks ({reason}), so that two runs there "
        "could not be kept apart. Name an output folder on another disk, and copy it afterwards."
    )


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


def _write_owner(tree: OutputTree, token: str) -> None:
    owner = {
        "token": token,
        "host": socket.gethostname(),
        "process": os.getpid(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    tree.write(LOCK, json.dumps(owner).encode())


def _read_owner(tree: OutputTree) -> dict:
    data = tree.read(LOCK)
    if not data:
        return {}
    try:
        owner = json.loads(data)
    except (ValueError, RecursionError):  # cut short when the machine stopped
        owner = None
    return owner if isinstance(owner, dict) else {"host": socket.gethostname()}


def _describe(owner: dict) -> str:
    known = [f"{key} {owner[key]}" for key in ("process", "host", "since") if owner.get(key)]
    return ", ".join(known) or "of which nothing is known"


class GpuTurn:
    """Make processes compute with a step on the GPU one at a time.

    Several workers with batches on the GPU at the same time would need several times the memory.

    Parameters
    ----------
    step : estimator
        Extractor that computes on the GPU.
    """

    def __init__(self, step):
        self.step = step

    def fit_transform(self, X):
        """Fit the step and apply it, when this process has its turn."""
        with gpu_turn():
            return self.step.fit_transform(X)

    def transform(self, X):
        """Apply the step, when this process has its turn."""
        with gpu_turn():
            return self.step.transform(X)


@contextmanager
def gpu_turn():
    """Wait until no other process of this user computes on the GPU of this machine."""
    path = Path(tempfile.gettempdir(), f"mne-arousal-gpu-{_user()}.lock")
    if path.is_symlink():
        raise OutputError(f"{path} is a link. Remove it.")
    with FileLock(path, mode=0o600):
        yield
        _free_gpu_memory()


def _user() -> str:
    """Return what tells the users of a machine apart in the name of a file."""
    return str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()


def _free_gpu_memory() -> None:
    torch = sys.modules.get("torch")  # nothing is on a GPU where it was not imported
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
