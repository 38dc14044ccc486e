"""Reading a recording of a dataset with its sidecar files."""

from __future__ import annotations

import hashlib
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import mne
from mne.io import BaseRaw

from ..hypnogram import read_hypnogram
from ..hypnogram.names import stage_code
from ..recording.bids_reader import check_sidecars
from ..recording.file_checks import check_files
from ..recording.reading import EDF_EXTENSIONS, read_recording
from ..utils.errors import RecordingError
from ..utils.notes import add_note
from .dataset import Recording
from .sidecars import find_sidecars

HEADER_SUBJECT = slice(8, 168)  # EDF and BDF: who was recorded, when and by whom
SIDECARS = ("channels.tsv", "events.tsv")


@dataclass
class Source:
    """A recording with its sidecar files.

    Attributes
    ----------
    raw : mne.io.BaseRaw
        The recording; its data are not loaded.
    hypnogram : mne.Annotations | None
        Stages of its ``events.tsv``.
    flags : list of str
        Flags for the summary.
    files : list of Path
        Files that were read.
    """

    raw: BaseRaw
    hypnogram: mne.Annotations | None
    flags: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


def read_source(recording: Recording, *, hypnogram: bool) -> Source:
    """Read a recording; types and bad channels from ``channels.tsv``, stages from ``events.tsv``.

    Parameters
    ----------
    recording : Recording
        The recording.
    hypnogram : bool
        Whether to look for stages.

    Returns
    -------
    source : Source
        What was read.

    Raises
    ------
    RecordingError
        If it can't be read.
    """
    if recording.duplicates:
        raise RecordingError(
            f"there are several files of this recording: {recording.path}, "
            f"{', '.join(recording.duplicates)}. Keep one of them.",
            recording.name,
        )
    root = Path(recording.root)
    check_files(recording.file, recording.name, inside=root)
    sidecars = find_sidecars(recording)
    check_sidecars(sidecars, recording.name, root)
    try:
        raw, _ = read_recording(recording.bids_path())
    except RecordingError as error:
        message = str(error).removeprefix(f"{error.recording}: ")
        raise RecordingError(message, recording.name) from error
    files = [recording.file, *(Path(p) for p in raw.filenames if p is not None)]
    source = Source(raw, None, files=list(dict.fromkeys([*files, *sidecars])))
    found = {name: _sidecar(recording, name) for name in SIDECARS}
    if found["channels.tsv"] is None:
        source.flags.append("no_channels_tsv")
    if raw.info["bads"]:
        source.flags.append("bad_channels")
    if raw.info["meas_date"] is None:
        source.flags.append("no_date")
    if hypnogram and found["events.tsv"] is not None:
        source.hypnogram = _stages(raw.annotations, found["events.tsv"], recording.name)
        if source.hypnogram is not None:
            source.flags.append("hypnogram")
    return source


def _sidecar(recording: Recording, name: str) -> Path | None:
    suffix, extension = name.split(".")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return recording.bids_path().find_matching_sidecar(
            suffix=suffix, extension=f".{extension}", on_error="ignore"
        )


def _stages(annotations: mne.Annotations, events: Path, name: str) -> mne.Annotations | None:
    """Read stages of ``trial_type``, or of another column of the table, such as ``stage_hum``."""
    try:
        return read_hypnogram(annotations)
    except RecordingError as error:
        if any(stage_code(text) is not None for text in annotations.description):
            text = f"the stages in {events.name} are not used: {error}"
            add_note("hypnogram_misfit", name, text)
            return None
    try:
        return read_hypnogram(events)
    except RecordingError:  # events of another kind
        return None


def checksums(recording: Recording, files: list[Path]) -> dict[str, str]:
    """Compute the SHA-256 of files that a result was made from.

    Parameters
    ----------
    recording : Recording
        The recording.
    files : list of Path
        Its files.

    Returns
    -------
    checksums : dict
        Path from the dataset to SHA-256.
    """
    found = {}
    for path in files:
        with path.open("rb") as file:
            found[relative_path(recording, path)] = hashlib.file_digest(file, "sha256").hexdigest()
    return dict(sorted(found.items()))


def stamps(recording: Recording, files: list[Path]) -> dict[str, list[int]]:
    """Return size and time of files, from which a later run sees whether they changed.

    Parameters
    ----------
    recording : Recording
        The recording.
    files : list of Path
        Its files.

    Returns
    -------
    stamps : dict
        Path from the dataset to size (bytes) and time of change (ns).
    """
    found = {}
    for path in files:
        status = path.stat()
        found[relative_path(recording, path)] = [status.st_size, status.st_mtime_ns]
    return found


def relative_path(recording: Recording, path: Path) -> str:
    """Name a file by its way from the dataset, or by its name alone where it lies elsewhere.

    Parameters
    ----------
    recording : Recording
        Recording that the file belongs to.
    path : Path
        The file.

    Returns
    -------
    name : str
        With ``/``.
    """
    root = Path(recording.root)
    for base, place in ((root, path), (root.resolve(), path.resolve())):
        if place.is_relative_to(base):
            return place.relative_to(base).as_posix()
    return path.name  # a link to data elsewhere, as data stores make them


@contextmanager
def without_subject(recording: Recording):
    """Remove the subject fields of the file's header from errors.

    The words of readers are cleaned already; this is a second check.

    Parameters
    ----------
    recording : Recording
        The recording.

    Yields
    ------
    None
        Nothing.
    """
    try:
        yield
    except RecordingError as error:
        text = redact(str(error), recording.file)
        if text == str(error):
            raise
        raise RecordingError(text.removeprefix(f"{error.recording}: "), error.recording) from None


def redact(text: str, file: Path) -> str:
    """Replace words of an EDF or BDF header's subject fields.

    Parameters
    ----------
    text : str
        Message.
    file : Path
        The recording.

    Returns
    -------
    text : str
        Message without them.
    """
    if file.suffix.lower() not in EDF_EXTENSIONS:
        return text
    try:
        with file.open("rb") as handle:
            header = handle.read(HEADER_SUBJECT.stop)[HEADER_SUBJECT]
    except OSError:
        return text
    kept = {*file.name.replace(".", "_").split("_"), "Startdate"}
    for word in sorted(set(header.decode("latin-1").replace("\x00", " ").split()), key=len)[::-1]:
        if len(word) > 2 and word not in kept:
            text = text.replace(word, "...")
    return text
