"""Files checked before a reader opens them: what kind they are, and how much they ask for.

A pipe in place of a file never ends, and a header of some bytes can ask for any memory. What a
header says is compared with the size of the file before a reader allocates anything.
"""

from __future__ import annotations

import re
import stat
import struct
import zlib
from pathlib import Path

from ..utils.errors import RecordingError
from ..utils.fif_tags import check_tags
from ..utils.privacy import reader_words
from .mat_checks import check_mat

MAX_CHANNELS = 4096  # far above any recorder
MAX_RATE = 1e6  # Hz; the fastest recorders of single neurons stay under 100 kHz
MAX_DURATION = 7 * 86400.0  # s; no recording of sleep is longer than a week
MAX_SIDECAR = 100e6  # bytes; a week of 30 s epochs needs 1 MB
_MAX_HEADER = 10e6  # bytes of a BrainVision header
_MAX_SAMPLES_PER_BYTE = 8
_VHDR_FILE = re.compile(r"^\s*(?:DataFile|MarkerFile)\s*=(.*)$", re.IGNORECASE | re.MULTILINE)
_VHDR_COUNT = re.compile(r"^\s*NumberOfChannels\s*=\s*(\d+)\s*$", re.IGNORECASE | re.MULTILINE)
_VHDR_FLOAT = re.compile(r"^\s*BinaryFormat\s*=\s*IEEE_FLOAT_32", re.IGNORECASE | re.MULTILINE)


def check_regular(path, name: str, *, inside: Path | None = None, what: str = "") -> None:
    """Make sure that a path is a file with content of its own: no pipe, device or socket.

    Parameters
    ----------
    path : path-like
        The path; links are followed.
    name : str
        Name of the recording, for errors.
    inside : Path | None
        Folder in which the file that a link leads to must lie; None lets it lie anywhere.
    what : str
        What to call the file in an error; empty for the recording itself.

    Raises
    ------
    RecordingError
        If it is something else.
    """
    path = Path(path)
    what = what or "it"
    try:
        mode = path.stat().st_mode
        real = path.resolve() if inside is not None else path
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead to each other
        reason = getattr(error, "strerror", None) or "it is a link that leads nowhere"
        raise RecordingError(f"can't be read: {what} can't be opened ({reason}).", name) from error
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise RecordingError(
            f"can't be read: {what} is no regular file but a pipe or a device. Put a copy of the "
            "file in its place.",
            name,
        )
    if inside is not None and not real.is_relative_to(inside.resolve()):
        raise RecordingError(
            f"can't be read: {what} is a link that leads out of the dataset. Put a copy of the "
            "file in its place.",
            name,
        )


def check_files(path, name: str, *, inside: Path | None = None) -> None:
    """Check the file of a recording, and those that its header names, before it is read.

    Parameters
    ----------
    path : path-like
        The recording.
    name : str
        Its name, for errors.
    inside : Path | None
        Folder of the dataset; None for a recording that the user named.

    Raises
    ------
    RecordingError
        If a file is none, or asks for more memory than it could fill.
    """
    path = Path(path)
    check_regular(path, name, inside=inside)
    if path.is_dir():
        return
    suffix = path.suffix.lower()
    if suffix == ".vhdr":
        _check_brainvision(path, name, inside)
    elif suffix == ".set":
        for companion in (path.with_suffix(".fdt"), path.with_suffix(".dat")):
            if companion.is_symlink() or companion.exists():
                check_regular(companion, name, inside=inside, what="its data file")
        _check_parts(check_mat, path, name)
    elif path.name.lower().endswith((".fif", ".fif.gz")):
        _check_parts(check_tags, path, name)


def _is_there(path: Path) -> bool:
    try:
        return path.is_symlink() or path.exists()
    except (OSError, ValueError):  # no name that a file can have
        return False


def _check_brainvision(path: Path, name: str, inside: Path | None) -> None:
    if path.stat().st_size > _MAX_HEADER:
        raise RecordingError("can't be read: its header is far too long. Export it again.", name)
    text = path.read_bytes().decode("latin-1")
    files = [
        path.parent / match[1].strip().replace("$b", path.stem)
        for match in _VHDR_FILE.finditer(text)
    ]
    files = [file for file in files if _is_there(file)]  # MNE says what is absent
    for file in files:
        check_regular(file, name, inside=inside, what="a file that its header names")
    sizes = [file.stat().st_size for file in files if file.suffix.lower() != ".vmrk"]
    count = _VHDR_COUNT.search(text)
    n_channels = 0 if count is None else int(count[1][:12])
    frame = n_channels * (4 if _VHDR_FLOAT.search(text) else 2)
    if n_channels > MAX_CHANNELS or (sizes and frame > max(sizes)):
        raise RecordingError(
            "can't be read: its header says that it has more channels than the data file can hold. "
            "It was damaged; copy or export it again.",
            name,
        )


def _check_parts(check, path: Path, name: str) -> None:
    """Follow the parts of a file by a check that raises ValueError."""
    try:
        check(path)
    except (OSError, EOFError, ValueError, zlib.error, struct.error) as error:
        raise RecordingError(
            f"can't be read: {reader_words(error)}. It was damaged or cut short; copy or export it "
            "again.",
            name,
        ) from error


def check_length(raw, name: str) -> None:
    """Make sure that a recording is no longer than its files can hold, and than a week.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        The recording, not loaded.
    name : str
        Its name, for errors.

    Raises
    ------
    RecordingError
        If it is.
    """
    if raw.n_times / raw.info["sfreq"] > MAX_DURATION:
        raise RecordingError(
            "says that it lasts longer than a week. Check its header, or split it into nights.",
            name,
        )
    if raw.info["sfreq"] > MAX_RATE:
        raise RecordingError(
            f"says that it has more than {MAX_RATE:g} samples a second. Check its header.", name
        )
    files = [Path(p) for p in raw.filenames if p is not None]
    size = sum(file.stat().st_size for file in files if file.is_file())
    if size and raw.n_times > _MAX_SAMPLES_PER_BYTE * size:
        raise RecordingError(
            "can't be read: its header says that it holds more samples than its file can. It was "
            "damaged; copy or export it again.",
            name,
        )
