"""Which files belong to which recording, in the folders of programs and of data sets.

Layouts that are known: this program's results and its BIDS derivative; NSRR's
``polysomnography/annotations-events-nsrr`` and ``-profusion`` (SHHS, MESA, MrOS, CFS, CHAT:
``shhs1-200001-nsrr.xml``); the PhysioNet/CinC Challenge 2018 (``tr03-0005/tr03-0005.arousal``,
``tr03-0005-arousal.mat``); DREAMS (``Visual_scoring1_excerpt2.txt``,
``HypnogramAASM_subject1.txt``); BIDS (``*_events.tsv``). Any other file belongs to the recording
whose name is its own without endings such as ``_arousals`` or ``-annot``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from ..utils.errors import RecordingError

_EXTENSIONS = (
    ".annot",
    ".arousal",
    ".csv",
    ".eannot",
    ".edf",
    ".bdf",
    ".fif",
    ".mat",
    ".tsv",
    ".txt",
    ".xml",
    ".zip",
)
_TAG = re.compile(
    r"(?:[-_. ](?:nsrr|profusion|arousals?|annot(?:ations?)?|events?|hypnogram|hypno|stages|"
    r"scoring|score|marks|reviewed|raw|psg|eeg|ieeg|meg|night|desc-\w+))$",
    re.I,
)
_PREFIX = re.compile(r"^(?:visual_scoring\d*|hypnogram(?:_?aasm|_?r&k)?)_", re.I)
_SCORER = re.compile(
    r"^visual_scoring(\d+)_|[-_](?:scorer|rater|expert|reader)[-_]?([a-z0-9]+)(?=[-_.]|$)", re.I
)
_NO_MARKS = re.compile(
    r"_(channels|electrodes|scans|sessions)\.tsv$|^participants\.tsv$|_candidates\."
)
_OWN = ("_arousals.csv", "_desc-arousal_events.tsv", ".night.zip")
_WRITTEN = (
    *_OWN,
    "_stages.csv",
    "_candidates.csv",
    "_sleep.csv",
    "-annot.fif",
    "_arousals.edf",
    "_arousals.xml",
    "_arousals.annot",
)
_RESULT = re.compile(r"_desc-(?:arousal|stages|candidates?)_")
# Files of one recording in the order in which they are believed. NSRR made its own XML from that
# of Profusion; the Challenge made its vectors from its annotations, and widened them.
_ORDER = (
    re.compile(r"-nsrr\.xml$", re.I),
    re.compile(r"\.annot$", re.I),
    re.compile(r"-profusion\.xml$", re.I),
    re.compile(r"\.arousal$", re.I),
    re.compile(r"-arousal\.mat$", re.I),
    re.compile(r"arous", re.I),
    re.compile(r"_events\.tsv$|^visual_scoring", re.I),
    re.compile(r"\.xml$|annot", re.I),
    re.compile(r"^hypnogram|hypno|stages|\.eannot$", re.I),
)
_LAST = len(_ORDER)


@dataclass
class TruthFiles:
    """Files of one recording that may hold an expert's marks.

    Attributes
    ----------
    scorers : dict
        Name of each scorer (empty where the files name none) to their files, the one that is
        believed first at the front.
    """

    scorers: dict[str, list[Path]]


def recording_key(name: str) -> str:
    """Return what the names of all files of a recording have in common.

    Parameters
    ----------
    name : str
        Name of a file.

    Returns
    -------
    key : str
        In lower case.
    """
    stem = name
    while Path(stem).suffix.lower() in _EXTENSIONS:
        stem = Path(stem).stem
    stem = _PREFIX.sub("", stem)
    before = ""
    while before != stem:
        before = stem
        stem = _TAG.sub(
            "", re.sub(r"[-_](?:scorer|rater|expert|reader)[-_]?[a-z0-9]+$", "", stem, flags=re.I)
        )
    return stem.lower()


def scorer_of(name: str) -> str:
    """Return the scorer that the name of a file tells; empty where it tells none."""
    found = _SCORER.search(name)
    return "" if found is None else (found[1] or found[2]).lower()


def find_found(source) -> dict[str, Path]:
    """Find what a program found.

    Parameters
    ----------
    source : path-like
        A file, or a folder with files of many recordings.

    Returns
    -------
    files : dict
        Key of each recording to its file.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    RecordingError
        If it holds no such files, or two recordings have the same name.
    """
    source = Path(source)
    if not source.exists():
        raise FileNotFoundError(f"No such file or folder: {source}")
    if source.is_file():
        return {recording_key(source.name): source}
    own = [path for path in _walk(source) if path.name.endswith(_OWN)]
    files = own or [path for path in _walk(source) if _rank(path) < _LAST]
    found: dict[str, Path] = {}
    for path in sorted(files, key=lambda path: (not path.name.endswith(".zip"), _rank(path), path)):
        key = recording_key(path.name)
        kept = found.setdefault(key, path)
        if kept != path and (_rank(kept), kept.suffix) == (_rank(path), path.suffix):
            raise _same_name(kept, path)
    if not found:
        raise RecordingError(
            f"{source} holds nothing that was found: no *_arousals.csv, *.night.zip, "
            "*_desc-arousal_events.tsv or file of marks. Run mne-arousal detect first."
        )
    return found


def find_truth(source) -> dict[str, TruthFiles]:
    """Find the files of experts.

    Parameters
    ----------
    source : path-like
        A file, or a folder.

    Returns
    -------
    files : dict
        Key of each recording to its files.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    RecordingError
        If it holds no files that may be marks.
    """
    source = Path(source)
    if not source.exists():
        raise FileNotFoundError(f"No such file or folder: {source}")
    if source.is_file():
        key = recording_key(source.name)
        return {key: TruthFiles({scorer_of(source.name): [source]})}
    files: dict[str, dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    paths = [path for path in _walk(source) if not _is_result(path)]
    for path in sorted(paths, key=lambda path: (_rank(path), path)):
        files[recording_key(path.name)][scorer_of(path.name)].append(path)
    if not files:
        raise RecordingError(
            f"{source} holds no file of marks ({', '.join(_EXTENSIONS[:-1])}). Check the folder."
        )
    for scorers in files.values():
        for ordered in scorers.values():
            _check_names(ordered)
    return {key: TruthFiles(_with_shared(dict(scorers))) for key, scorers in files.items()}


def _check_names(paths: list[Path]) -> None:
    """Refuse files that have the same name in two folders: of two patients, maybe."""
    seen: dict[str, Path] = {}
    for path in paths:
        if seen.setdefault(path.name, path) != path:
            raise _same_name(seen[path.name], path)


def _same_name(first: Path, second: Path) -> RecordingError:
    return RecordingError(
        f"{first} and {second} have the same name, so they can't be told apart. Give one folder "
        "at a time, or rename one."
    )


def _with_shared(scorers: dict[str, list[Path]]) -> dict[str, list[Path]]:
    """Give each named scorer the files that name none, which may hold the stages."""
    shared = scorers.get("", [])
    if len(scorers) == 1:
        return scorers
    return {name: [*files, *shared] for name, files in scorers.items() if name}


def _walk(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in _EXTENSIONS
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not _NO_MARKS.search(path.name)
        and (path.suffix.lower() != ".mat" or path.name.lower().endswith("-arousal.mat"))
        and path.is_file()
    ]


def _is_result(path: Path) -> bool:
    """Tell whether this program wrote a file into a data set that holds an expert's marks."""
    return path.suffix == ".zip" or bool(_RESULT.search(path.name))


def results_beside(path: Path) -> set[Path]:
    """List what this program wrote of a recording, which must not be taken for an expert's marks.

    Parameters
    ----------
    path : Path
        The file of arousals.

    Returns
    -------
    paths : set of Path
        That file and those beside it, resolved.
    """
    stem = next((path.name.removesuffix(end) for end in _OWN if path.name.endswith(end)), None)
    names = [] if stem is None else [stem + end for end in _WRITTEN]
    return {path.resolve(), *(path.with_name(name).resolve() for name in names)}


def _rank(path: Path) -> int:
    return next((i for i, one in enumerate(_ORDER) if one.search(path.name)), _LAST)
