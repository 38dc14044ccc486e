"""Which recording and which settings the files of a result are of, so that none are mixed."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

from ._version import __version__
from .utils.errors import RecordingError
from .utils.files import write_file

RECORD = "_run.json"
_PIECE = 1 << 20  # bytes that are read at the start and at the end of a recording
_RESULTS = ("_arousals.csv", "_stages.csv", "-annot.fif")


def source_digest(path) -> str:
    """Tell a recording from others without its name.

    Parameters
    ----------
    path : path-like
        File, or folder of a format that is one.

    Returns
    -------
    digest : str
        SHA-256 of its size and of its first and last MiB; of a folder, of those of its files.
    """
    path = Path(path)
    digest = hashlib.sha256()
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for file in files:
        size = file.stat().st_size
        digest.update(str(size).encode())
        with file.open("rb") as stream:
            digest.update(stream.read(_PIECE))
            stream.seek(max(size - _PIECE, 0))
            digest.update(stream.read(_PIECE))
    return digest.hexdigest()


def read_record(folder, name: str) -> dict | None:
    """Read the record of earlier results.

    Parameters
    ----------
    folder : path-like
        Where the results are.
    name : str
        Name of the recording.

    Returns
    -------
    record : dict | None
        ``source``, ``parameters``, ``version`` and ``files``; None where there is none.
    """
    try:
        path = Path(folder) / f"{name}{RECORD}"
        if not path.is_file():  # a pipe would be waited for
            return None
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def check_place(folder, name: str, source: str, *, overwrite: bool = False) -> None:
    """Refuse a place that holds results of another recording.

    Parameters
    ----------
    folder : path-like
        Where results would be written.
    name : str
        Name of the recording.
    source : str
        Its digest.
    overwrite : bool
        Whether results of another recording may be replaced.

    Raises
    ------
    RecordingError
        If there are results of another recording of the same name, or of an unknown one.
    """
    folder = Path(folder)
    there = [end for end in _RESULTS if (folder / f"{name}{end}").exists()]
    record = read_record(folder, name)
    if overwrite or not there or (record is not None and record.get("source") == source):
        return
    whose = "another recording of this name" if record is not None else "an earlier run"
    raise RecordingError(
        f"{folder} holds results of {whose} ({name}{there[0]}). Name another folder by --output, "
        "or replace them with --overwrite.",
        name,
    )


def write_record(folder, name: str, source: str, parameters: dict, paths) -> Path:
    """Write the record of results, and remove files of an earlier run that are not among them.

    Parameters
    ----------
    folder : path-like
        Where the results are.
    name : str
        Name of the recording.
    source : str
        Its digest.
    parameters : dict
        Settings that the results depend on.
    paths : list of Path
        Files of the results. What a reviewer did is no result, and stays.

    Returns
    -------
    path : Path
        The record, ``<name>_run.json``.
    """
    folder = Path(folder)
    earlier = read_record(folder, name) or {}
    files = sorted(path.name for path in paths)
    for old in earlier.get("files", []):
        if isinstance(old, str) and old not in files and Path(old).name == old:
            with suppress(FileNotFoundError):
                (folder / old).unlink()
    record = {
        "source": source,
        "parameters": parameters,
        "version": __version__,
        "files": files,
    }
    path = folder / f"{name}{RECORD}"
    write_file(path, json.dumps(record, indent=2, default=str).encode())
    return path
