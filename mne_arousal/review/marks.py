"""What a reviewer did: the table, its file, and the night that follows from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import mne
import numpy as np
import pandas as pd

from ..night import EVENT_COLUMNS
from ..stages.epochs import stages_at
from ..utils.errors import RecordingError
from ..utils.files import check_output_folder, partial_file
from ..utils.tables import read_table

if TYPE_CHECKING:
    from ..night import Night
    from ..utils.types import PathLike

ENDING = "_reviewed.csv"
DECISIONS = ("accepted", "rejected", "moved", "added")
#: Columns of the table of a review. Times are in s from the start of the recording.
REVIEW_COLUMNS = (
    "onset",  # of the event as the reviewer left it
    "duration",
    "decision",  # one of DECISIONS
    "found",  # "arousal" or "candidate", what the analysis took it for; empty where added
    "found_onset",  # where the analysis had it; NaN where added
    "found_duration",
    "probability",  # by the analysis; NaN where added
    "time",  # of the decision, UTC
)
_NEAR = 0.01  # s; tables on disk have three decimals
REVIEWER = "by the reviewer"


def read_reviewed(path: PathLike) -> pd.DataFrame:
    """Read what a reviewer did.

    Parameters
    ----------
    path : path-like
        The ``*_reviewed.csv`` that a review wrote.

    Returns
    -------
    reviewed : DataFrame
        A row for each decision: ``onset``, ``duration`` (s, as the reviewer left the event),
        ``decision`` (accepted, rejected, moved, added), ``found`` (arousal or candidate; empty
        where added), ``found_onset``, ``found_duration`` (s), ``probability`` and ``time`` (of the
        decision, UTC). Who decided is not in it.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    RecordingError
        If it is no table of a review.

    Examples
    --------
    >>> from mne_arousal.review import read_reviewed
    >>> reviewed = read_reviewed("results/night_reviewed.csv")  # doctest: +SKIP
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"No such file: {path}")
    try:
        table = read_table(path)
    except RecordingError as error:
        raise RecordingError(_not_reviewed(path)) from error
    if not set(REVIEW_COLUMNS) <= set(table) or not table["decision"].isin(DECISIONS).all():
        raise RecordingError(_not_reviewed(path))
    numbers = ["onset", "duration", "found_onset", "found_duration", "probability"]
    try:
        table[numbers] = table[numbers].astype(float)
    except ValueError as error:
        raise RecordingError(_not_reviewed(path)) from error
    table["found"] = table["found"].fillna("").astype(str)
    return table[list(REVIEW_COLUMNS)]


def _not_reviewed(path: Path) -> str:
    return (
        f"{path.name} is no table of a review. It should have the columns "
        f"{', '.join(REVIEW_COLUMNS)}, and decisions of {', '.join(DECISIONS)}."
    )


def write_reviewed(reviewed: pd.DataFrame, path: PathLike) -> Path:
    """Write what a reviewer did: the whole file, or none.

    Parameters
    ----------
    reviewed : DataFrame
        As `read_reviewed` returns it.
    path : path-like
        The file, replaced when it is there.

    Returns
    -------
    path : Path
        The file.
    """
    path = Path(path)
    check_output_folder(path.parent)
    with partial_file(path) as temporary:
        table = reviewed[list(REVIEW_COLUMNS)]
        table.to_csv(temporary, index=False, float_format="%.3f", lineterminator="\n")
    return path


def empty_review() -> pd.DataFrame:
    """Return a review without decisions."""
    return pd.DataFrame({name: [] for name in REVIEW_COLUMNS})


def events_to_review(night: Night) -> pd.DataFrame:
    """List all that the analysis found, in order of time.

    Parameters
    ----------
    night : Night
        The night.

    Returns
    -------
    events : DataFrame
        Columns ``onset``, ``duration``, ``probability``, ``found`` and ``text``, what is told of
        each.
    """
    tables = []
    for name, found in (("arousals", "arousal"), ("candidates", "candidate")):
        table = getattr(night, name)
        told = [_told(row) for row in table.to_dict("records")]
        events = table[["onset", "duration", "probability"]].assign(found=found, text=told)
        tables.append(events)
    events = pd.concat([table for table in tables if len(table)] or tables[:1])
    names = stages_at(events["onset"].to_numpy(dtype=float), night.stages)
    events["text"] = [f"in {n} · {text}" for n, text in zip(names, events["text"], strict=True)]
    return events.sort_values("onset", kind="stable").reset_index(drop=True)


def _told(row: dict) -> str:
    parts = [row.get("reason") or "", f"probability {row['probability']:.2f}", row.get("cues", "")]
    return " · ".join(part for part in parts if part)


def apply_review(night: Night, reviewed: pd.DataFrame | PathLike) -> Night:
    """Return the night as the reviewer left it.

    Parameters
    ----------
    night : Night
        The night that was reviewed.
    reviewed : DataFrame | path-like
        What the reviewer did, see :func:`read_reviewed`.

    Returns
    -------
    night : Night
        The night, whose ``arousals`` are those that were not rejected, the candidates that were
        accepted, and what was added; moved ones have the reviewer's onset and duration. A column
        ``review`` tells which. What was rejected is among ``candidates``. `night` itself is not
        changed.

    See Also
    --------
    review_night : Review a night in MNE's browser.

    Examples
    --------
    >>> from mne_arousal import load_night
    >>> from mne_arousal.review import apply_review
    >>> night = load_night("results/night.night.zip")  # doctest: +SKIP
    >>> reviewed = apply_review(night, "results/night_reviewed.csv")  # doctest: +SKIP
    """
    if not isinstance(reviewed, pd.DataFrame):
        reviewed = read_reviewed(reviewed)
    arousals = night.arousals.assign(review="")
    candidates = night.candidates.assign(review="")
    kept, dropped, new = set(range(len(arousals))), [], []
    taken = set()
    for mark in reviewed.to_dict("records"):
        row, where = _find(mark, arousals, candidates)
        if mark["decision"] == "rejected":
            if where == "arousal":
                kept.discard(row)
                dropped.append(arousals.iloc[row].to_dict() | _rejected())
            elif where == "candidate":
                candidates.iloc[row, candidates.columns.get_loc("review")] = "rejected"
            continue
        before = {}
        if where == "arousal":
            kept.discard(row)
            before = arousals.iloc[row].to_dict()
        elif where == "candidate":
            taken.add(row)
            before = candidates.iloc[row].drop("reason").to_dict()
        new.append(_decided(before, mark, arousals, night))
    left = [row for row in range(len(candidates)) if row not in taken]
    return _with_events(
        night,
        _table(arousals.iloc[sorted(kept)], new),
        _table(candidates.iloc[left], [_only(row, candidates) for row in dropped]),
    )


def _find(mark: dict, arousals, candidates) -> tuple[int, str]:
    """Row of the event that a mark is about, and the table that it is in; -1 and "" for none."""
    tables = {"arousal": arousals, "candidate": candidates}
    for where in dict.fromkeys((mark["found"], "arousal", "candidate")):
        if where not in tables or not len(tables[where]) or not np.isfinite(mark["found_onset"]):
            continue
        away = np.abs(tables[where]["onset"].to_numpy(dtype=float) - mark["found_onset"])
        if away.min() <= _NEAR:
            return int(away.argmin()), where
    return -1, ""


def _rejected() -> dict:
    return {"review": "rejected", "reason": f"rejected {REVIEWER}"}


def _only(row: dict, table) -> dict:
    return {name: row.get(name) for name in table.columns}


def _decided(before: dict, mark: dict, arousals, night) -> dict:
    row = {name: before.get(name, np.nan) for name in arousals.columns}
    row |= {"onset": mark["onset"], "duration": mark["duration"], "review": mark["decision"]}
    if mark["decision"] in ("moved", "added"):  # the intervals were of other edges
        row |= {name: np.nan for name in row if name.endswith(("_low", "_high"))}
    for name in ("kind", "band", "cues"):
        if name in row and not isinstance(row[name], str):
            row[name] = ""
    if "ch_names" in row and not isinstance(row["ch_names"], tuple | list):
        row["ch_names"] = ()
    if "stage_cluster" in row and not np.isfinite(row["stage_cluster"]):
        starts = night.stages["onset"].to_numpy(dtype=float)
        epoch = max(int(np.searchsorted(starts, mark["onset"], side="right")) - 1, 0)
        row["stage_cluster"] = int(night.stages["cluster"].iloc[epoch]) if len(starts) else -1
    return row


def _table(table: pd.DataFrame, rows: list[dict]) -> pd.DataFrame:
    if rows:
        more = pd.DataFrame(rows, columns=table.columns)
        table = pd.concat([table, more]) if len(table) else more
    return table.sort_values("onset", kind="stable").reset_index(drop=True)


def _with_events(night, arousals, candidates) -> Night:
    shift = 0.0
    if night.annotations.orig_time is not None and len(night.arousals):
        shift = float(night.annotations.onset[0] - night.arousals["onset"].iloc[0])
    names = [c for c in EVENT_COLUMNS if c.in_annotations and c.name in arousals]
    extras = [
        {c.name: _plain(row[c.name], shift * c.moves) for c in names if not pd.isna(row[c.name])}
        for row in arousals.to_dict("records")
    ]
    ch_names = arousals["ch_names"] if "ch_names" in arousals else [()] * len(arousals)
    annotations = mne.Annotations(
        arousals["onset"].to_numpy(dtype=float) + shift,
        arousals["duration"].to_numpy(dtype=float),
        ["arousal"] * len(arousals),
        orig_time=night.annotations.orig_time,
        ch_names=[list(names) for names in ch_names],
        extras=extras,
    )
    return replace(night, arousals=arousals, candidates=candidates, annotations=annotations)


def _plain(value, shift: float) -> str | int | float:
    if isinstance(value, str):
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    return round(float(value) + shift, 4)
