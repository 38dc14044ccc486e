"""Files that results are written to: whole, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from .annotate import Night
from .context import CONTEXT_COLUMNS
from .location import AROUSAL_COLUMNS
from .utils.errors import RecordingError

PARTIAL = ".mne-arousal-"  # how names of unfinished files begin; MNE and BIDS skip dot files


class OutputError(RecordingError):
    """A result can't be written, which is the fault of the disk and not of the recording."""


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


def write_whole(path, data: bytes) -> None:
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
    path = Path(path)
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=PARTIAL, suffix=".part", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp's files are for their owner alone
        move_whole(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise OutputError(
            f"{path.name} can't be written to {path.parent} ({error.strerror}). "
            "Free some space or name another folder."
        ) from error


def move_whole(temporary, path) -> None:
    """Give a finished file its name, once its content is on the disk.

    Parameters
    ----------
    temporary, path : path-like
        The file and the name that it gets, in the same file system.
    """
    handle = os.open(temporary, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    os.replace(temporary, path)
    if os.name == "posix":  # the name itself is kept in the folder
        folder = os.open(Path(path).parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _umask() -> int:
    """Read the process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def write_night(night: Night, folder) -> list[Path]:
    """Write arousals, stages and annotations of one recording.

    The files are made in a temporary folder beside their place and renamed when all are whole.

    Parameters
    ----------
    night : Night
        What was found.
    folder : path-like
        Where to.

    Returns
    -------
    paths : list of Path
        ``<name>_arousals.csv`` (onset, duration, onset_low, onset_high, score, stage_cluster; s
        from the start of the recording), ``<name>_stages.csv`` (onset, duration, cluster) and
        ``<name>-annot.fif``.
    """
    folder = check_output_folder(folder)
    work = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=folder))
    names = [f"{night.name}_arousals.csv", f"{night.name}_stages.csv", f"{night.name}-annot.fif"]
    try:
        night.arousals[[*AROUSAL_COLUMNS, *CONTEXT_COLUMNS]].to_csv(
            work / names[0], index=False, float_format="%.3f", lineterminator="\n"
        )
        night.stages.to_csv(work / names[1], index=False, float_format="%.3f", lineterminator="\n")
        night.annotations.save(work / names[2], verbose="error")
        for name in names:
            move_whole(work / name, folder / name)
    except OSError as error:
        raise OutputError(
            f"The results can't be written to {folder} ({error.strerror}). "
            "Free some space or name another folder.",
            night.name,
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return [folder / name for name in names]
