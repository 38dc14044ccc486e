"""`Marked`: one recording as one scorer, or one program, marked it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..hypnogram import (
    EPOCH_LENGTH,
    STAGES,
    hypnogram_to_stages,
    read_arousals,
    read_hypnogram,
)
from ..hypnogram.document import read_document
from ..hypnogram.formats import read_scoring
from ..hypnogram.formats.fif import read_fif_annotations
from ..hypnogram.names import is_arousal
from ..utils.errors import RecordingError
from ..utils.tables import read_table

if TYPE_CHECKING:
    from ..night import Night

NUMBERS = (
    "onset",
    "duration",
    "score",
    "probability",
    "onset_low",
    "onset_high",
    "end_low",
    "end_high",
)
_BREATHING = r"respiratory effort|\brera\b"
REFUSED_BY_PROBABILITY = "improb"  # how the reason of such candidates begins


@dataclass
class Marked:
    """Arousals of one recording.

    Attributes
    ----------
    name : str
        Name of the recording.
    events : DataFrame
        ``onset`` and ``duration``, s from the start of the recording; a program's also
        ``probability`` or ``score``, and the intervals of onset and end, where it gives them.
    candidates : DataFrame
        Events that a program refused for their probability alone, with the same columns.
    stages : array of int, shape (n_epochs,) | None
        Stage of each 30 s, -1 where nothing is scored; None where no stages are known.
    duration : float
        Length of the recording, s; NaN where it is unknown.
    sleep_hours : float
        Hours of sleep; NaN where unknown.
    start : datetime | None
        When the recording starts.
    path : Path | None
        Where it was read from.
    """

    name: str
    events: pd.DataFrame
    candidates: pd.DataFrame = field(default_factory=lambda: empty_events())
    stages: np.ndarray | None = None
    duration: float = np.nan
    sleep_hours: float = np.nan
    start: datetime | None = None
    path: Path | None = None

    @property
    def n_without_duration(self) -> int:
        """Marks of an onset alone."""
        return int(self.events["duration"].isna().sum())

    @property
    def end(self) -> float:
        """End of the recording or, where it is unknown, of what is known of it, s."""
        ends = [0.0 if not np.isfinite(self.duration) else self.duration]
        if self.stages is not None:
            ends.append(len(self.stages) * EPOCH_LENGTH)
        ends += (self.events["onset"] + self.events["duration"].fillna(0)).tolist()
        return max(ends)


def empty_events() -> pd.DataFrame:
    """Return a table of no events."""
    return pd.DataFrame({"onset": [], "duration": []}, dtype=float)


def read_truth(name: str, path: Path, others: list[Path], start: datetime | None = None) -> Marked:
    """Read the marks of an expert.

    Parameters
    ----------
    name : str
        Name of the recording.
    path : Path
        File of arousals.
    others : list of Path
        Files of the same recording, which may hold the stages that `path` lacks.
    start : datetime | None
        When the recording starts, for files with dates or times of the day.

    Returns
    -------
    marked : Marked
        Marks, and stages where a file holds any.
    """
    events = _arousals_alone(read_arousals(path, start=start))
    stages = next(
        (found for file in [path, *others] if (found := _stages(file, start)) is not None), None
    )
    slept = np.nan if stages is None else float((stages > 0).sum()) * EPOCH_LENGTH / 3600
    return Marked(name, events, stages=stages, sleep_hours=slept, start=start, path=path)


def _arousals_alone(events: pd.DataFrame) -> pd.DataFrame:
    """Leave out marks of the same event on several channels, and breathing events.

    NSRR's "Respiratory effort related arousal|RERA" is the breathing event, whose arousal is marked
    by itself. The Challenge's ``arousal_rera`` is what it scored.
    """
    breathing = events["kind"].astype(str).str.contains(_BREATHING, case=False, regex=True)
    return events[~breathing].drop_duplicates(["onset", "duration"], ignore_index=True)


def is_dated(path: Path) -> bool:
    """Tell whether a file of marks holds dates or times of the day, rather than s from a start.

    Parameters
    ----------
    path : Path
        File that can be read.

    Returns
    -------
    dated : bool
        Whether it does.
    """
    scoring = read_scoring(read_document(path, "annotation"), is_arousal)
    return bool(scoring.starts) or scoring.clock is not None


def _stages(path: Path, start) -> np.ndarray | None:
    try:
        if _are_of_events(path):
            return None
        return hypnogram_to_stages(path, start=start)
    except (RecordingError, ValueError):  # a file of arousals alone holds no stages
        return None


def _are_of_events(path: Path) -> bool:
    """Tell whether the stages in a file are those in which its events lie, and no hypnogram."""
    events, hypnogram = read_arousals(path), read_hypnogram(path)
    return bool(np.isin(hypnogram.onset.round(3), events["onset"].round(3)).all())


def read_found(name: str, path: Path) -> Marked:
    """Read what a program found.

    Parameters
    ----------
    name : str
        Name of the recording.
    path : Path
        ``.night.zip`` or ``_arousals.csv`` of this program, ``_desc-arousal_events.tsv`` of its
        BIDS derivative, or a file of arousals of any other.

    Returns
    -------
    marked : Marked
        Arousals, with probability and intervals where the file has them.
    """
    if path.name.endswith(".night.zip"):
        from ..night_file import load_night

        return from_night(name, load_night(path), path)
    table = _own_table(path)
    if table is None:
        return Marked(name, read_arousals(path), path=path)
    marked = Marked(name, table, path=path)
    _add_candidates(marked, path)
    _add_stages(marked, path)
    _add_record(marked, path)
    _add_date(marked, path)
    return marked


def from_night(name: str, night: Night, path: Path | None = None) -> Marked:
    """Take what stands in a night.

    Parameters
    ----------
    name : str
        Name of the recording.
    night : Night
        The night.
    path : Path | None
        Where it was read from.

    Returns
    -------
    marked : Marked
        Its arousals.
    """
    start = night.annotations.orig_time
    if start is not None and len(night.arousals):  # cropped, it begins after its date
        shift = float(night.annotations.onset[0] - night.arousals["onset"].iloc[0])
        start += timedelta(seconds=shift)
    return Marked(
        name,
        _numbers(night.arousals),
        _improbable(night.candidates),
        stages=_codes(night.stages["stage"]) if "stage" in night.stages else None,
        duration=float(night.duration),
        sleep_hours=float(night.sleep_hours),
        start=start,
        path=path,
    )


def _own_table(path: Path) -> pd.DataFrame | None:
    """Read a table as this program writes it; None for what is none."""
    if not path.name.endswith(("_arousals.csv", "_desc-arousal_events.tsv")):
        return None
    table = _read_table(path)
    return None if not {"onset", "duration"} <= set(table) else _numbers(table)


def _read_table(path: Path) -> pd.DataFrame:
    return read_table(path)


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    columns = [column for column in NUMBERS if column in table]
    numbers = table[columns].apply(pd.to_numeric, errors="coerce").astype(float)
    return numbers[np.isfinite(numbers["onset"])].reset_index(drop=True)


def _improbable(candidates: pd.DataFrame) -> pd.DataFrame:
    """Candidates that only a lower probability keeps from being arousals."""
    if not {"onset", "duration", "probability", "reason"} <= set(candidates):
        return empty_events()
    reasons = candidates["reason"].astype(str).str.lower()
    return _numbers(candidates[reasons.str.startswith(REFUSED_BY_PROBABILITY)])


def _beside(path: Path, ending: str) -> Path:
    for own in ("_arousals.csv", "_desc-arousal_events.tsv"):
        if path.name.endswith(own):
            return path.with_name(path.name.removesuffix(own) + ending)
    return path


def _add_candidates(marked: Marked, path: Path) -> None:
    for ending in ("_candidates.csv", "_desc-candidates_events.tsv", "_desc-candidate_events.tsv"):
        file = _beside(path, ending)
        if file.is_file():
            marked.candidates = _improbable(_read_table(file))
            return


def _add_stages(marked: Marked, path: Path) -> None:
    """Take the length of the recording and the hours of sleep from the stages beside."""
    for ending in ("_stages.csv", "_desc-stages_events.tsv"):
        file = _beside(path, ending)
        if not file.is_file():
            continue
        table = _read_table(file)
        if not len(table) or not {"onset", "duration"} <= set(table):
            return
        marked.duration = float((table["onset"] + table["duration"]).max())
        if "stage" in table:
            marked.stages = _codes(table["stage"])
            asleep = marked.stages > 0
        elif "cluster" in table:  # cluster 0 is the one most like wake, -1 is none
            asleep = (table["cluster"] > 0).to_numpy()
        else:
            return
        marked.sleep_hours = float(table["duration"][asleep].sum() / 3600)
        return


def _codes(names: pd.Series) -> np.ndarray:
    """Index of each stage; -1 for what is none."""
    return np.array([STAGES.index(s) if s in STAGES else -1 for s in names.astype(str)], dtype=int)


def _add_record(marked: Marked, path: Path) -> None:
    """Take the hours of sleep from the derivative's record of the recording."""
    file = _beside(path, "_desc-arousal_parameters.json")
    try:
        summary = json.loads(file.read_text(encoding="utf-8"))["Summary"]
        marked.sleep_hours = float(summary["sleep_hours"])
        marked.duration = 3600 * float(summary["hours"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return


def _add_date(marked: Marked, path: Path) -> None:
    """Take the start of the recording from the annotations beside, where they have a date."""
    file = _beside(path, "-annot.fif")
    if not file.is_file():
        return
    try:
        annotations = read_fif_annotations(read_document(file, "annotation"))
    except RecordingError:
        return
    start = annotations.orig_time
    if start is not None and len(annotations) and len(marked.events):
        start += timedelta(seconds=float(annotations.onset[0] - marked.events["onset"].iloc[0]))
    marked.start = start
