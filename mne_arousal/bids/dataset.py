"""The recordings of a BIDS dataset."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mne.utils import warn

from ..utils.errors import RecordingError

EXTENSIONS = (".edf", ".EDF", ".bdf", ".vhdr", ".set", ".fif")
DATATYPES = ("eeg", "ieeg", "meg")
# Labels are letters and digits (BIDS 1.10, entities), so that no name leads out of the output.
_NAME = re.compile(r"(?:[a-z]+-[A-Za-z0-9]+_)+(?P<suffix>[a-z]+)\.[A-Za-z]+")
_SPLIT = re.compile(r"_split-(\d+)")


@dataclass(frozen=True)
class Recording:
    """One recording of a dataset.

    Attributes
    ----------
    root : str
        Folder of the dataset.
    path : str
        Its file, from there, with ``/``.
    subject, session, task, run : str | None
        Entities that it can be chosen by.
    datatype : str
        ``"eeg"`` and the like.
    duplicates : tuple of str
        Other files of the same recording, in other formats.
    """

    root: str
    path: str
    subject: str
    session: str | None
    task: str | None
    run: str | None
    datatype: str
    duplicates: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the file without its extension."""
        return PurePosixPath(self.path).stem

    @property
    def file(self) -> Path:
        """The file."""
        return Path(self.root, self.path)

    def bids_path(self):
        """Return the recording as `mne_bids.BIDSPath`."""
        from mne_bids import get_bids_path_from_fname

        bids_path = get_bids_path_from_fname(self.file, check=False, verbose="error")
        return bids_path.update(root=self.root, datatype=self.datatype, check=False)

    def derived(self, description: str, suffix: str, extension: str) -> PurePosixPath:
        """Name a file of the derivative, from the folder of the derivative.

        Parameters
        ----------
        description : str
            Label of the entity ``desc``.
        suffix, extension : str
            End of the name.

        Returns
        -------
        path : PurePosixPath
            Path.
        """
        path = PurePosixPath(self.path)
        stem = _SPLIT.sub("", path.stem.rpartition("_")[0])
        return path.parent / f"{stem}_desc-{description}_{suffix}{extension}"


def find_recordings(
    root, *, subjects=None, sessions=None, tasks=None, runs=None, datatypes=None
) -> list[Recording]:
    """List the recordings of a BIDS dataset.

    Parameters
    ----------
    root : path-like
        Folder of the dataset.
    subjects, sessions, tasks, runs : str | list of str | None
        Labels to keep, with or without ``sub-`` and the like; None keeps all.
    datatypes : str | list of str | None
        Of ``"eeg"``, ``"ieeg"``, ``"meg"``; None means ``"eeg"``, where polysomnography is.

    Returns
    -------
    recordings : list of Recording
        In the order of their names. Of a recording in several parts the first stands for all.

    Raises
    ------
    RecordingError
        If `root` is no BIDS dataset, or nothing in it fits.
    """
    root = check_dataset(root)
    wanted = {
        "subject": _labels(subjects, "sub"),
        "session": _labels(sessions, "ses"),
        "task": _labels(tasks, "task"),
        "run": _labels(runs, "run"),
    }
    datatypes = _datatypes(datatypes)
    found: dict = {}
    there = {"subject": {folder.name.removeprefix("sub-") for folder in root.glob("sub-*")}}
    for file in _files(root, wanted["subject"], datatypes):
        recording = _parse(root, file)
        if recording is None:
            continue
        for entity, labels in wanted.items():
            there.setdefault(entity, set()).add(getattr(recording, entity))
            if labels is not None and not _has_label(getattr(recording, entity), labels):
                break
        else:
            found.setdefault(recording.derived("arousal", "events", ".tsv"), []).append(recording)
    if not found:
        raise RecordingError(_nothing_found(root, wanted, datatypes, there))
    return [_first(recordings) for _, recordings in sorted(found.items())]


def check_dataset(root) -> Path:
    """Make sure that a folder is a BIDS dataset.

    Parameters
    ----------
    root : path-like
        Folder.

    Returns
    -------
    root : Path
        Its absolute path.

    Raises
    ------
    RecordingError
        If it isn't one.
    """
    root = Path(root).absolute()
    if not root.is_dir():
        raise RecordingError(f"there is no folder {root}. Check the path.")
    if not (root / "dataset_description.json").exists():
        raise RecordingError(
            f"{root} is no BIDS dataset: it has no dataset_description.json. Name the folder that "
            "has one, or a recording."
        )
    return root


def _files(root: Path, subjects, datatypes):
    patterns = ["sub-*"] if subjects is None else [f"sub-{label}" for label in sorted(subjects)]
    for pattern in patterns:
        for datatype in datatypes:
            for folder in (f"{pattern}/{datatype}", f"{pattern}/ses-*/{datatype}"):
                for file in sorted(root.glob(f"{folder}/*")):
                    if file.suffix in EXTENSIONS:
                        yield file


def _parse(root: Path, file: Path) -> Recording | None:
    """Read a file's name, or warn that it isn't one of BIDS."""
    from mne_bids import get_bids_path_from_fname

    path = file.relative_to(root)
    match = _NAME.fullmatch(file.name)
    entities, reason = None, "labels are letters and digits"
    if match is not None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                entities = get_bids_path_from_fname(file, check=False, verbose="error").entities
        except (KeyError, ValueError) as error:
            reason = str(error.args[0]) if error.args else type(error).__name__
    if match is None or entities is None:
        warn(f"{path.as_posix()!r} is not named as BIDS asks and is left out: {reason}.")
        return None
    if match["suffix"] != path.parts[-2] or entities["description"] is not None:
        return None  # electrodes, a derivative
    if entities["split"] is not None and int(entities["split"]) > 1:
        return None
    folders = [f"sub-{entities['subject']}"]
    folders += [f"ses-{entities['session']}"] if entities["session"] else []
    if list(path.parts[:-2]) != folders:
        warn(f"{path.as_posix()!r} lies in a folder of another name and is left out.")
        return None
    chosen = {key: entities[key] for key in ("subject", "session", "task", "run")}
    return Recording(str(root), path.as_posix(), datatype=path.parts[-2], **chosen)


def _first(recordings: list[Recording]) -> Recording:
    first, *others = sorted(recordings, key=lambda recording: recording.path)
    values = {key: getattr(first, key) for key in first.__dataclass_fields__ if key != "duplicates"}
    return Recording(**values, duplicates=tuple(other.path for other in others))


def _labels(labels, prefix: str) -> set[str] | None:
    if labels is None:
        return None
    labels = [labels] if isinstance(labels, str | int) else labels
    return {str(label).removeprefix(f"{prefix}-") for label in labels}


def _has_label(label: str | None, labels: set[str]) -> bool:
    if label in labels:
        return True
    # runs are indices: 1 and 01 are the same
    return (
        label is not None
        and label.isdigit()
        and label.lstrip("0") in {x.lstrip("0") for x in labels}
    )


def _datatypes(datatypes) -> tuple[str, ...]:
    datatypes = ("eeg",) if datatypes is None else datatypes
    datatypes = (datatypes,) if isinstance(datatypes, str) else tuple(datatypes)
    unknown = [datatype for datatype in datatypes if datatype not in DATATYPES]
    if unknown or not datatypes:
        raise RecordingError(f"datatypes are some of {', '.join(DATATYPES)}, not {unknown}.")
    return datatypes


def _nothing_found(root, wanted, datatypes, there) -> str:
    filters = [f"{name} {', '.join(sorted(v))}" for name, v in wanted.items() if v is not None]
    text = f"{root} holds no recording ({', '.join(EXTENSIONS)}) of {', '.join(datatypes)}"
    text += f" with {' and '.join(filters)}." if filters else "."
    for entity, labels in there.items():
        if wanted[entity] is not None:
            text += f" Its {entity} labels are {', '.join(sorted(map(str, labels)))}."
    return text
