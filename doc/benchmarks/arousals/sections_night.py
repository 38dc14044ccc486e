"""Section of the page on the night of the UCD database, in which breathing events are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scores import agreement, table
from sections import OURS, cell, grid
from sections_real import in_sleep, with_awakenings
from ucddb_night import AT_BEGINNING, AT_END, NIGHT, count_by_chance, count_followed

REFERENCE = "Luna AROUSALS"
TEXT = """## A whole night with breathing events

One more person of the UCD database, one EEG channel, no marks of arousals. {missing:.0f} min of its
epochs, nearly all wake, are missing and are gaps here; the other detectors get zeros in their
place. The night has served for choosing. Events count that begin in scored sleep; for agreement as
many of a row's are taken, by score, as Luna has. The other detectors ran without the EOG and EMG
that they ask for: Luna finds none in REM sleep then, and LightGBM is replaced by its rules.

Arousals are counted that begin from {end[0]:g} to {end[1]:+g} s of the end of a breathing event,
and those that begin from {beginning[0]:g} to {beginning[1]:+g} s of its beginning. The first span
was set before anything was counted, the second after the first had shown no more than chance for
any detector. Nearly all events are scored as central hypopneas; without airflow it can't be told
whether they follow arousals, or what their times mark. Chance is the mean over all shifts of the
arousals along the night's sleep, and p the share of shifts that reach what was found.

"""


def ucddb_night(own: dict, peers: dict) -> str:
    """Agreement with Luna, and arousals at breathing events."""
    name = f"untouched-{NIGHT}"
    night = {title: r[name] for title, r in {OURS: own, **peers}.items() if name in r}
    night = {title: r for title, r in night.items() if not r.get("error")}
    if not night.get(OURS, {}).get("breathing"):
        return ""
    breathing = table(night[OURS]["breathing"])
    reference = in_sleep(night[REFERENCE]) if REFERENCE in night else None
    rows = []
    for title, result in night.items():
        for row_title, found, ranked in _kinds_of_events(title, result):
            same = reference is None or title == REFERENCE
            row = [row_title, len(found), cell(len(found) / result["sleep_hours"], 1)]
            row.append("–" if same else agreement(ranked, reference))
            rows.append([*row, *at_breathing(breathing, found, result["stages"])])
    hours, missing = night[OURS]["sleep_hours"], np.sum(np.array(night[OURS]["stages"]) < 0) / 2
    header = [f"ucddb022, {hours:.1f} h of scored sleep", "events", "an hour"]
    header += [f"agreement with {REFERENCE}"]
    for where in ("end", "beginning"):
        header += [f"at the {where} of {len(breathing)}", "by chance", "p"]
    return TEXT.format(missing=missing, end=AT_END, beginning=AT_BEGINNING) + grid(header, rows)


def _kinds_of_events(title, result):
    """Title, events that were found and events ranked: arousals, and with awakenings."""
    found = in_sleep(result)
    yield title, found, in_sleep(result, "candidates" if result.get("candidates") else "found")
    if len(table(result.get("longer"))):
        both = pd.concat([found, in_sleep(result, "longer")], ignore_index=True)
        yield f"{title}, awakenings too", both, with_awakenings(result)


def at_breathing(breathing: pd.DataFrame, events: pd.DataFrame, stages) -> list:
    """Count the breathing events with whose end, and with whose beginning, an arousal goes.

    Parameters
    ----------
    breathing, events : DataFrame
        ``onset`` and ``duration``, s; the events begin in scored sleep.
    stages : sequence of int
        True stages.

    Returns
    -------
    cells : list
        For ends and for beginnings: number, mean number of all shifts, share of shifts that reach
        the number.
    """
    onsets, start = (table["onset"].to_numpy(float) for table in (events, breathing))
    cells = []
    for times, span in (
        (start + breathing["duration"].to_numpy(float), AT_END),
        (start, AT_BEGINNING),
    ):
        n = count_followed(times, onsets, span)
        chance = count_by_chance(times, onsets, span, stages)
        p = float(np.mean(chance >= n))
        cells += [n, cell(float(chance.mean()), 1), "<0.001" if p < 0.001 else cell(p, 3)]
    return cells
