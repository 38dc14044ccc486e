"""Recordings as programs and experts marked them, read and paired by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import mne
import numpy as np
import pandas as pd

from ..hypnogram import read_arousals
from ..night import Night
from ..utils.errors import RecordingError
from .layouts import TruthFiles, find_found, find_truth, recording_key, results_beside
from .marked import Marked, from_night, is_dated, read_found, read_truth
from .peers import list_recordings, run_peers, start_of

FOUND = "found"
EXPERT = "expert"


@dataclass
class Pairing:
    """All that is compared.

    Attributes
    ----------
    detectors : dict
        Name of each program to its recordings by key.
    experts : dict
        Name of each expert to the recordings by key.
    notes : list of str
        What was left out, and why.
    """

    detectors: dict[str, dict[str, Marked]] = field(default_factory=dict)
    experts: dict[str, dict[str, Marked]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def pair_recordings(
    found, truth, peers: Mapping | None, recordings, *, count_unmarked: bool
) -> Pairing:
    """Read what was found and what experts marked, for the recordings that have both.

    Parameters
    ----------
    found : path-like | Night | Mapping
        As `evaluate_dataset` takes it.
    truth : path-like | sequence of path-like | Mapping
        As `evaluate_dataset` takes it.
    peers : Mapping | None
        Name of other programs to what they found.
    recordings : path-like | None
        Folder of the recordings, on which other programs are run.
    count_unmarked : bool
        Whether recordings in which an expert's file has no arousal count as free of arousals.

    Returns
    -------
    pairing : Pairing
        Recordings that can be compared.

    Raises
    ------
    RecordingError
        If no recording has both.
    """
    pairing = Pairing()
    sources = _sources_of_truth(truth)
    listed = _list_found(found)
    known = [key for _, files in sources for key in files]
    listed = _rename_single(listed, known)
    pairing.detectors[FOUND] = _read_all(listed, pairing.notes)
    for name, source in (peers or {}).items():
        pairing.detectors[name] = _read_all(
            _rename_single(_list_found(source), known), pairing.notes
        )
    context = _Context(pairing, count_unmarked, len(sources) > 1)
    context.add_starts(recordings)
    for label, files in sources:
        _add_expert(context, label, files)
    _note_unpaired(pairing, listed)
    if not any(set(marks) & set(pairing.detectors[FOUND]) for marks in pairing.experts.values()):
        raise RecordingError(
            f"No recording has both what was found and an expert's arousals. Found: "
            f"{_some(listed)}; experts' files: {_some(known)}. Names must agree but for "
            "endings such as _arousals or -nsrr."
            + "".join(f" {note}" for note in pairing.notes[:3])
        )
    if recordings is not None:
        staged = _with_stages(pairing)
        pairing.detectors |= run_peers(recordings, staged, pairing.notes)
    return pairing


def _with_stages(pairing: Pairing) -> dict[str, Marked]:
    """Marks of the first expert of each recording whose files hold stages."""
    staged: dict[str, Marked] = {}
    for marks in pairing.experts.values():
        for key, marked in marks.items():
            if marked.stages is not None:
                staged.setdefault(key, marked)
    return staged


def _some(names) -> str:
    names = sorted(set(names))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _sources_of_truth(truth) -> list[tuple[str, dict]]:
    """Label of each source of marks, and its files or marks by recording."""
    if isinstance(truth, Mapping):
        return [(EXPERT, {recording_key(str(name)): marks for name, marks in truth.items()})]
    if isinstance(truth, str | Path) or not isinstance(truth, Sequence):
        truth = [truth]
    if not truth:
        raise RecordingError("Name at least one file or folder of an expert's arousals.")
    files = [find_truth(source) for source in truth]
    return [
        (EXPERT if len(files) == 1 else f"{EXPERT} {i}", listed)
        for i, listed in enumerate(files, start=1)
    ]


def _list_found(found) -> dict:
    if isinstance(found, Night):
        return {recording_key(found.name): found}
    if isinstance(found, Mapping):
        return {recording_key(str(name)): source for name, source in found.items()}
    return find_found(found)


def _rename_single(listed: dict, known: list[str]) -> dict:
    """Pair one recording with the one that an expert marked, whatever their names."""
    single = set(known)
    if len(listed) == 1 and len(single) == 1:
        return {single.pop(): next(iter(listed.values()))}
    return listed


def _read_all(listed: dict, notes: list[str]) -> dict[str, Marked]:
    marks = {}
    for key, source in listed.items():
        try:
            marks[key] = _read_one(key, source)
        except (RecordingError, FileNotFoundError) as error:
            notes.append(f"{key} was left out: {error}")
    return marks


def _read_one(key: str, source) -> Marked:
    if isinstance(source, Night):
        return from_night(key, source)
    if isinstance(source, pd.DataFrame):
        return Marked(key, _with_duration(source))
    if isinstance(source, mne.Annotations):
        return Marked(key, read_arousals(source))
    return read_found(key, Path(source))


def _with_duration(table: pd.DataFrame) -> pd.DataFrame:
    if "onset" not in table:
        raise RecordingError("A table of arousals needs a column onset, in s.")
    table = table.reset_index(drop=True)
    return table if "duration" in table else table.assign(duration=np.nan)


@dataclass
class _Context:
    """What reading an expert's marks needs to know of the recordings."""

    pairing: Pairing
    count_unmarked: bool
    several: bool
    starts: dict[str, datetime | None] = field(default_factory=dict)
    results: set[Path] = field(default_factory=set)

    def add_starts(self, recordings) -> None:
        """Note when recordings start, and which files are results."""
        paths = {} if recordings is None else list_recordings(recordings)
        for key, marked in self.pairing.detectors[FOUND].items():
            self.starts[key] = marked.start
            if marked.start is None and key in paths:
                self.starts[key] = start_of(paths[key])
            if marked.path is not None:
                self.results |= results_beside(marked.path)


def _add_expert(context: _Context, label: str, files) -> None:
    experts = context.pairing.experts
    for key in sorted(set(files) & set(context.starts)):
        scorers = files[key]
        if not isinstance(scorers, TruthFiles):
            experts.setdefault(label, {})[key] = _read_one(key, scorers)
            continue
        for scorer, paths in scorers.scorers.items():
            paths = [path for path in paths if path.resolve() not in context.results]
            marked = _read_first(key, paths, context) if paths else None
            if marked is not None:
                name = f"{label} {scorer}" if scorer else label
                name = f"{label}, scorer {scorer}" if scorer and context.several else name
                experts.setdefault(name, {})[key] = marked


def _read_first(key: str, paths: list[Path], context: _Context) -> Marked | None:
    """Read the first file that holds arousals, and the stages of that or of another."""
    why = []
    start, notes = context.starts[key], context.pairing.notes
    for path in paths:
        try:
            marked = read_truth(key, path, [p for p in paths if p != path], start)
        except (RecordingError, ValueError) as error:
            why.append(str(error))
            continue
        if len(marked.events) or context.count_unmarked or path.name.endswith("_arousals.csv"):
            if start is None and is_dated(path):
                notes.append(
                    f"{key}: {path.name} holds times of a clock, and when the recording starts is "
                    "unknown; its times were counted from the start of that file. Name the folder "
                    "of the recordings (recordings) to put them right."
                )
            return marked
    text = why[0] if why else f"{paths[0].name} has no arousal"
    hint = "" if why else "; if it was scored and has none, count it (count_unmarked)"
    notes.append(f"{key} was left out: {text}{hint}.".replace("..", "."))
    return None


def _note_unpaired(pairing: Pairing, listed: dict) -> None:
    scored = {key for marks in pairing.experts.values() for key in marks}
    told = {note.split(" was left out")[0] for note in pairing.notes}
    alone = sorted(set(listed) - scored - told)
    if alone:
        pairing.notes.append(f"No expert's file was found for {len(alone)}: {_some(alone)}.")
    for name, marks in pairing.detectors.items():
        missing = sorted(scored - set(marks))
        if missing:
            pairing.notes.append(f"{name} has nothing for {len(missing)}: {_some(missing)}.")
