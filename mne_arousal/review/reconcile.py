"""What was moved, deleted or drawn with the means of MNE's browser, noted as decisions."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from .marks import REVIEW_COLUMNS

_SAME = 0.05  # s within which an annotation is where it was
_NEAR = 0.01  # s; tables on disk have three decimals
ADDED = ("arousal", "accepted")  # descriptions of an annotation that is an arousal


def make_mark(event, decision: str, onset: float, duration: float) -> dict:
    """Return a row of the table of a review.

    Parameters
    ----------
    event : mapping
        A row of the events that were found; empty for one that was added.
    decision : str
        One of ``DECISIONS``.
    onset, duration : float
        Of the event as the reviewer left it, s.

    Returns
    -------
    mark : dict
        The row.
    """
    event = dict(event)
    return {
        "onset": float(onset),
        "duration": float(duration),
        "decision": decision,
        "found": event.get("found", ""),
        "found_onset": event.get("onset", np.nan),
        "found_duration": event.get("duration", np.nan),
        "probability": event.get("probability", np.nan),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def marks_of(reviewed: pd.DataFrame, event) -> np.ndarray:
    """Tell which rows of a review are about an event: array of bool, shape (n_marks,)."""
    away = np.abs(reviewed["found_onset"].to_numpy(dtype=float) - float(event["onset"]))
    return (away < _NEAR) & (reviewed["found"] == event["found"]).to_numpy()


def join_marks(kept: pd.DataFrame, rows: list[dict]) -> pd.DataFrame:
    """Add rows to a review, in order of time."""
    new = pd.DataFrame(rows, columns=list(REVIEW_COLUMNS))
    table = pd.concat([kept, new]) if len(kept) and rows else (new if rows else kept)
    return table.sort_values("onset", kind="stable").reset_index(drop=True)


def reconcile(
    events: pd.DataFrame, reviewed: pd.DataFrame, annotations: pd.DataFrame
) -> pd.DataFrame:
    """Compare what is in the browser with what was put there.

    Parameters
    ----------
    events : DataFrame
        What was found, see ``events_to_review``.
    reviewed : DataFrame
        Decisions that were made by keys, or before.
    annotations : DataFrame
        Columns ``onset``, ``duration`` (s from the start of the recording), ``description``: those
        of a review that are in the browser now.

    Returns
    -------
    reviewed : DataFrame
        With events that were moved, deleted (rejected) and drawn (added).
    """
    free = annotations.reset_index(drop=True)
    known = reviewed[reviewed["decision"] != "added"].reset_index(drop=True)
    earlier = reviewed[reviewed["decision"] == "added"]
    away, rows = [], []
    for event in events.to_dict("records"):
        onset, duration = _where(event, known)
        same = free.index[(free["onset"] - onset).abs() < _SAME]
        if not len(same):
            away.append((event, onset, duration))
            continue
        length = float(free["duration"][same[0]])
        if abs(length - duration) > _SAME:
            rows.append(make_mark(event, "moved", free["onset"][same[0]], length))
        free = free.drop(same[0])
    for event, onset, duration in away:
        over = (free["onset"] < onset + duration) & (onset < free["onset"] + free["duration"])
        near = free.index[over]
        if len(near):
            rows.append(make_mark(event, "moved", *free.loc[near[0], ["onset", "duration"]]))
            free = free.drop(near[0])
        else:
            rows.append(make_mark(event, "rejected", event["onset"], event["duration"]))
    for row in rows:
        about = {"onset": row["found_onset"], "found": row["found"]}
        known = known[~marks_of(known, about)]
    drawn = free[free["description"].isin(ADDED)]
    rows += [_added(mark, earlier) for mark in drawn.to_dict("records")]
    return join_marks(known, rows)


def _where(event: dict, known: pd.DataFrame) -> tuple[float, float]:
    """Where the browser was given an event: as it was found, or as it was moved to before."""
    mark = known[marks_of(known, event)]
    if len(mark):
        return float(mark["onset"].iloc[-1]), float(mark["duration"].iloc[-1])
    return float(event["onset"]), float(event["duration"])


def _added(mark: dict, earlier: pd.DataFrame) -> dict:
    """Keep the time at which an annotation was drawn, where it was drawn before."""
    row = make_mark({}, "added", mark["onset"], mark["duration"])
    same = earlier[(earlier["onset"] - mark["onset"]).abs() < _SAME]
    if len(same):
        row["time"] = same["time"].iloc[0]
    return row
