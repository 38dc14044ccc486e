"""Files that are written whole, or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import OutputError, RecordingError

PARTIAL = ".mne-arousal-"  # how names of unfinished files begin; MNE and BIDS skip dot files
# What is wrong with one path and not with the disk.
_OF_ONE_PATH = (errno.ENAMETOOLONG, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR)
_SCANNED = (0.05, 0.2, 0.5, 1.0)  # s to wait where a virus scanner holds a file (Windows)


def check_output_folder(folder) -> Path:
    """Make a folder and make sure that files can be written to it.

    Parameters
    ----------
    folder : path-like
        Folder, made with its parents where absent.

    Returns
    -------
    folder : Path
        The folder.

    Raises
    ------
    OutputError
        If it can't be made or written to.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(
            f"The output folder {folder} can't be written to ({error.strerror}). Name another one."
        ) from error
    return folder


def write_file(path, data: bytes) -> None:
    """Write a file so that nobody ever sees a part of it, even when the power fails.

    Parameters
    ----------
    path : path-like
        File; its folder must be there. A file or link of that name is replaced.
    data : bytes
        What to write.

    Raises
    ------
    OutputError
        If it can't be written; what was there before is kept.
    """
    with partial_file(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def partial_file(path) -> Iterator[Path]:
    """Give a file to fill that gets its name once it is whole.

    Parameters
    ----------
    path : path-like
        File to write; its folder must be there. A file or link of that name is replaced.

    Yields
    ------
    temporary : Path
        Path in a new folder beside it, with the same name, so that writers which go by the ending
        find it.

    Raises
    ------
    OutputError
        If it can't be written; what was there before is kept.
    """
    with partial_folder(Path(path).parent) as folder:
        temporary = folder / Path(path).name
        yield temporary
        publish(temporary, path)


@contextmanager
def partial_folder(folder) -> Iterator[Path]:
    """Give a folder to fill with files that are published together.

    Parameters
    ----------
    folder : path-like
        Where the files will be, which must be there.

    Yields
    ------
    work : Path
        Temporary folder inside, removed at the end with all that was not published.

    Raises
    ------
    OutputError
        If something can't be written because of the disk.
    RecordingError
        If something can't be written because of its path.
    """
    work = None
    try:
        work = Path(tempfile.mkdtemp(prefix=PARTIAL, suffix=".part", dir=folder))
        yield work
    except OSError as error:
        raise write_error(folder, error) from error
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)


def write_error(place, error: OSError) -> RecordingError:
    """Say why something can't be written.

    Parameters
    ----------
    place : path-like
        Where to.
    error : OSError
        What the system said.

    Returns
    -------
    error : RecordingError
        An `OutputError` where other files could not be written either.
    """
    reason = error.strerror or error
    if error.errno in _OF_ONE_PATH:
        return RecordingError(
            f"its results can't be written to {place} ({reason}). Give the recording a "
            "shorter name, or mend the rights of that folder."
        )
    return OutputError(
        f"The results can't be written to {place} ({reason}). Free some space or name "
        "another folder."
    )


def publish(temporary, path) -> None:
    """Give a finished file its name, once its content is on the disk.

    Parameters
    ----------
    temporary, path : path-like
        The file and the name that it gets, in the same file system.
    """
    with suppress(OSError):  # some network file systems know no rights; the file keeps what it got
        os.chmod(temporary, 0o666 & ~_umask())
    _sync(temporary, os.O_RDWR)
    for wait in (*_SCANNED, None):
        try:
            os.replace(temporary, path)
            break
        except PermissionError:
            if os.name != "nt" or wait is None:
                raise
            time.sleep(wait)
    if os.name == "posix":  # the name itself is kept in the folder
        _sync_folder(Path(path).parent)


def _sync(path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    """Put a folder's names on the disk, where the file system can do that."""
    try:
        _sync(folder, os.O_RDONLY)
    except OSError as error:
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None), errno.EIO):
            raise


def _umask() -> int:
    """Read the process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
