"""Arousals and candidates in words: time of the clock, stage by name, cues for and against."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..stages.epochs import stages_at
from ..viz.clock import clock_text, elapsed_text, known_start
from .tables import Cell, sortable_table

if TYPE_CHECKING:
    from datetime import datetime

    from ..night import Night

_HEADS = {
    "duration": "Lasts (s)",
    "probability": "Probability",
    "kind": "Seen in",
    "band": "Band",
    "reason": "Why not",
    "respiratory_drop": "After breathing",
    "limb_movement": "After a limb",
    "desaturation": "Desaturation (points)",
    "review": "Review",
    "ch_names": "Channels",
    "score": "Score",
}
_FIRST = ("reason", "review", "duration", "probability")
_LAST = ("respiratory_drop", "limb_movement", "desaturation", "kind", "band", "score")
_TOLD = ("onset", "recording", "stage_cluster", "cues", "ch_names", "onset_low", "onset_high")
_YES_NO = ("respiratory_drop", "limb_movement")
_FORMATS = {
    "Lasts (s)": ".1f",
    "Probability": ".2f",
    "Desaturation (points)": ".1f",
    "Score": ".1f",
}
_SIGN = re.compile(r" ([+-])\d")


def events_html(events: pd.DataFrame, night: Night) -> str:
    """Write events as a table that sorts.

    Parameters
    ----------
    events : DataFrame
        ``night.arousals`` or ``night.candidates``.
    night : instance of Night
        Tells the stage of each, and the time of the clock.

    Returns
    -------
    html : str
        The table.
    """
    table = event_table(events, night.stages, night.start)
    return sortable_table(table, _FORMATS, sorted_by=str(table.columns[0]))


def event_table(events: pd.DataFrame, stages: pd.DataFrame, start: datetime | None) -> pd.DataFrame:
    """Put events in words.

    Parameters
    ----------
    events : DataFrame
        ``night.arousals`` or ``night.candidates``. Columns that are not known here are kept.
    stages : DataFrame
        ``night.stages``.
    start : datetime | None
        When the recording starts.

    Returns
    -------
    table : DataFrame
        To be shown.
    """
    onsets = events["onset"].to_numpy(dtype=float)
    columns: dict = {}
    if known_start(start) is not None:
        columns["Time"] = [Cell(clock_text(t, start), t) for t in onsets]
    columns["After the start"] = [Cell(elapsed_text(t), t) for t in onsets]
    columns["Stage"] = stages_at(onsets, stages)
    ends = ("end_low", "end_high")
    rest = [n for n in events if n not in (*_FIRST, *_LAST, *_TOLD, *ends)]
    for name in _FIRST:
        if name in events:
            columns[_HEADS[name]] = _values(name, events[name])
    if "cues" in events:
        columns["For"] = [_cues(text, "+") for text in events["cues"]]
        columns["Against"] = [_cues(text, "-") for text in events["cues"]]
    if "onset_low" in events:
        columns["Onset, 90 % interval"] = _intervals(events)
    for name in (*_LAST, *rest):
        if name in events:
            head = _HEADS.get(name, name.replace("_", " ").capitalize())
            columns[head] = _values(name, events[name])
    if "ch_names" in events and any(len(names) for names in events["ch_names"]):
        columns["Channels"] = [", ".join(names) or "all" for names in events["ch_names"]]
    table = pd.DataFrame(columns)
    return table.dropna(axis=1, how="all") if len(table) else table


def _values(name: str, values: pd.Series) -> list:
    if name in _YES_NO:
        return [{1.0: "yes", 0.0: "no"}.get(value) for value in values]
    if name in ("kind", "reason"):
        return [str(value).replace("+", ", ") for value in values]
    return values.tolist()


def _intervals(events: pd.DataFrame) -> list:
    early = (events["onset"] - events["onset_low"]).to_numpy(dtype=float)
    late = (events["onset_high"] - events["onset"]).to_numpy(dtype=float)
    return [
        Cell(f"−{a:.1f} / +{b:.1f} s", a + b) if np.isfinite(a + b) else None
        for a, b in zip(early, late, strict=True)
    ]


def _cues(text, sign: str) -> str:
    """Keep the cues of one sign: natural logarithms of odds, the strongest first."""
    parts = [part.strip() for part in str(text).split(";")]
    found = [p for p in parts if (m := _SIGN.search(p)) is not None and m.group(1) == sign]
    return "; ".join(found).replace(" -", " −") or "–"
