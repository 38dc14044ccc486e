"""Sleep statistics: the numbers that a laboratory reports of a night."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import mne
import numpy as np
import pandas as pd

from ..hypnogram.codes import STAGES, UNSCORED
from ..hypnogram.table import Hypnogram
from .sleep_period import runs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

W, N1, N2, N3, R = range(5)
_NAMES = {"N1": [N1], "N2": [N2], "N3": [N3], "REM": [R], "NREM": [N1, N2, N3]}
_PERSISTENT = 10.0  # min of sleep in a row (Mendelson et al. 2001, Sleep 24:93)
# A cycle is NREM sleep of 15 min at least, closed by REM sleep of 5 min at least, which may be
# shorter in the first cycle (Feinberg and Floyd 1979, Psychophysiology 16:283).
_CYCLE_NREM, _CYCLE_REM = 15.0, 5.0  # min

#: What each number is and its unit. Where no source is named it is the AASM manual's (Iber et al.
#: 2007, ch. II) as YASA computes it.
DEFINITIONS = {
    "TIB": ("min", "Time in bed: from lights off to lights on."),
    "SPT": ("min", "Sleep period time: from the first to the last epoch of sleep."),
    "TST": ("min", "Total sleep time: all epochs of N1, N2, N3 and R."),
    "WASO": ("min", "Wake after sleep onset, within the sleep period."),
    "SE": ("%", "Sleep efficiency: TST of TIB."),
    "SME": ("%", "Sleep maintenance efficiency: TST of SPT."),
    "SOL": ("min", "Sleep onset latency: from lights off to the first epoch of sleep."),
    "SOL_5min": ("min", "From lights off to the first 5 min of sleep in a row."),
    "LPS": ("min", "Latency to persistent sleep: from lights off to the first 10 min of sleep."),
    **{f"Lat_{name}": ("min", f"From lights off to the first epoch of {name}.") for name in _NAMES},
    "REM_latency": ("min", "From the first epoch of sleep to the first of R."),
    "WAKE": ("min", "Wake from lights off to lights on."),
    **{name: ("min", f"Time in {name}.") for name in _NAMES},
    **{f"%{name}": ("%", f"{name}, of TST.") for name in _NAMES},
    "unscored": ("min", "Epochs without a stage."),
    "awakenings": ("", "Runs of wake within the sleep period."),
    "SFI": ("1/h", "Sleep fragmentation index: changes from sleep to wake, per hour of TST."),
    "stage_shifts": ("", "Changes of stage within the sleep period."),
    "cycles": ("", "NREM-REM cycles (Feinberg and Floyd 1979)."),
    "arousals": ("", "Arousals from lights off to lights on."),
    "arousal_index": ("1/h", "Arousals per hour of TST."),
    **{
        f"arousal_index_{name}": ("1/h", f"Arousals that begin in {name}, per hour of it.")
        for name in ("NREM", "REM", "N1", "N2", "N3")
    },
    **{
        f"arousal_index_third_{k}": ("1/h", f"Arousals in part {k} of 3 of SPT, per hour of sleep.")
        for k in (1, 2, 3)
    },
    "respiratory_arousal_index": ("1/h", "Arousals after a drop of breathing, per hour of TST."),
    "limb_arousal_index": ("1/h", "Arousals after a limb movement, per hour of TST."),
}


def sleep_statistics(
    hypnogram: Hypnogram | ArrayLike,
    arousals: pd.DataFrame | mne.Annotations | None = None,
    lights_off: float | datetime | None = None,
    lights_on: float | datetime | None = None,
) -> pd.Series:
    """Compute the numbers that a laboratory reports of a night.

    Parameters
    ----------
    hypnogram : Hypnogram | array-like, shape (n_epochs,)
        Stages, such as ``night.hypnogram``: 0 W, 1 N1, 2 N2, 3 N3, 4 R, -1 unscored, or their
        names, one per 30 s.
    arousals : DataFrame | mne.Annotations | None
        Arousals, such as ``night.arousals``: a table with ``onset`` (s from the first epoch), or
        annotations, of which those described ``"arousal"`` count.
    lights_off, lights_on : float | datetime | None
        Begin and end of the time in bed, s from the first epoch, or a time where the hypnogram has
        a `start`. None takes the first and the last epoch. Whole epochs between them count.

    Returns
    -------
    statistics : Series
        Numbers by name: those of ``mne_arousal.stages.statistics.DEFINITIONS``, and
        ``arousal_index_hour_H`` for each clock hour with sleep (hours from the first epoch on where
        no time is known). NaN where a number has no meaning; without ``arousals``, none of theirs.

    References
    ----------
    Iber C. et al. (2007). The AASM manual for the scoring of sleep and associated events.
    Feinberg I., Floyd T. C. (1979). Systematic trends across the night in human sleep cycles.
    Psychophysiology 16(3), 283-291.

    Examples
    --------
    >>> from mne_arousal import sleep_statistics
    >>> statistics = sleep_statistics([0, 0, 1, 2, 2, 2, 0, 2, 4, 4])
    >>> float(statistics["TST"]), float(statistics["WASO"]), float(statistics["SE"])
    (3.5, 0.5, 70.0)
    """
    night = hypnogram if isinstance(hypnogram, Hypnogram) else Hypnogram(_codes(hypnogram))
    first = _epoch(lights_off, night, 0, np.ceil)
    last = _epoch(lights_on, night, len(night), np.floor)
    if last <= first:
        raise ValueError(
            f"No whole epoch lies between lights off and lights on (epochs {first} and {last} of "
            f"{len(night)}): check their times."
        )
    stages, minutes = night.stages[first:last], night.epoch_length / 60.0
    found = {**_times(stages, minutes), **_structure(stages, minutes)}
    if arousals is not None:
        begin = first * night.epoch_length
        onsets, causes = _arousals(arousals)
        epochs = np.floor((onsets - begin) / night.epoch_length).astype(int)
        inside = (epochs >= 0) & (epochs < len(stages))
        hours = _hours(night, first, len(stages))
        found |= _indices(stages, minutes, epochs[inside], hours)
        for name, cause in causes.items():
            known = np.isfinite(cause).any()
            found[name] = _per_hour(np.nansum(cause[inside]), found["TST"]) if known else np.nan
    ordered = [name for name in DEFINITIONS if name in found]
    ordered += [name for name in found if name not in DEFINITIONS]
    return pd.Series({name: float(found[name]) for name in ordered}, name="value")


def statistics_table(statistics: pd.Series) -> pd.DataFrame:
    """Write statistics as a table with units and definitions.

    Parameters
    ----------
    statistics : Series
        As `sleep_statistics` returns it.

    Returns
    -------
    table : DataFrame
        Columns ``name``, ``value``, ``unit``, ``definition``.
    """
    hour = ("1/h", "Arousals in this hour, per hour of sleep.")
    rows = [(name, value, *DEFINITIONS.get(name, hour)) for name, value in statistics.items()]
    return pd.DataFrame(rows, columns=["name", "value", "unit", "definition"])


def _codes(stages) -> np.ndarray:
    values = np.asarray(stages)
    if values.dtype.kind in "iuf":
        return values
    names = {name: code for code, name in enumerate(STAGES)} | {"WAKE": 0, "REM": 4}
    return np.array([names.get(str(value).upper(), UNSCORED) for value in values])


def _epoch(time, night: Hypnogram, default: int, rounded) -> int:
    if time is None:
        return default
    if isinstance(time, datetime):
        if night.start is None:
            raise ValueError("The hypnogram has no start: give lights off and on in s from it.")
        time = (time - night.start).total_seconds()
    return int(np.clip(rounded(round(time / night.epoch_length, 6)), 0, len(night)))


def _times(stages, minutes) -> dict[str, float]:
    asleep = stages > W
    at = np.flatnonzero(asleep)
    some = len(at) > 0
    period = stages[at[0] : at[-1] + 1] if some else stages[:0]
    tst, spt, tib = (n * minutes for n in (len(at), len(period), len(stages)))
    found = {
        "TIB": tib,
        "SPT": spt,
        "TST": tst,
        "WASO": np.sum(period == W) * minutes if some else np.nan,
        "SE": 100 * tst / tib,
        "SME": 100 * tst / spt if some else np.nan,
        "SOL": at[0] * minutes if some else np.nan,
        "SOL_5min": _first_run(asleep, 5.0, minutes),
        "LPS": _first_run(asleep, _PERSISTENT, minutes),
        "WAKE": np.sum(stages == W) * minutes,
        "unscored": np.sum(stages == UNSCORED) * minutes,
    }
    for name, codes in _NAMES.items():
        of_it = np.flatnonzero(np.isin(stages, codes))
        found[name] = len(of_it) * minutes
        found[f"%{name}"] = 100 * found[name] / tst if some else np.nan
        found[f"Lat_{name}"] = of_it[0] * minutes if len(of_it) else np.nan
    found["REM_latency"] = found["Lat_REM"] - found["SOL"]
    return found


def _first_run(asleep, shortest: float, minutes: float) -> float:
    for start, stop in runs(asleep):
        if (stop - start) * minutes >= shortest - 1e-9:
            return start * minutes
    return np.nan


def _structure(stages, minutes) -> dict[str, float]:
    """Awakenings, shifts and cycles."""
    at = np.flatnonzero(stages > W)
    if not len(at):
        return {"awakenings": 0, "SFI": np.nan, "stage_shifts": 0, "cycles": 0}
    period = stages[at[0] : at[-1] + 1]
    scored = period[period != UNSCORED]
    woken = np.sum((stages[:-1] > W) & (stages[1:] == W))
    return {
        "awakenings": len(runs(period == W)),
        "SFI": woken / (len(at) * minutes / 60.0),
        "stage_shifts": np.sum(np.diff(scored) != 0),
        "cycles": _cycles(period, minutes),
    }


def _cycles(period, minutes) -> int:
    """Count NREM-REM cycles; REM sleep with less than 15 min of NREM between is one period."""
    periods: list[list[float]] = []  # minutes of NREM before, and of REM
    nrem = 0.0
    for stage in period:
        if stage == R:
            if not periods or nrem >= _CYCLE_NREM:
                periods.append([nrem, 0.0])
            periods[-1][1] += minutes
            nrem = 0.0
        elif stage > W:
            nrem += minutes
    return sum(
        before >= _CYCLE_NREM and (rem >= _CYCLE_REM or number == 0)
        for number, (before, rem) in enumerate(periods)
    )


def _arousals(arousals) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Onsets (s), and whether a cause came shortly before, where the table tells."""
    if isinstance(arousals, mne.Annotations):
        return arousals.onset[arousals.description == "arousal"].astype(float), {}
    columns = {
        "respiratory_arousal_index": "respiratory_drop",
        "limb_arousal_index": "limb_movement",
    }
    causes = {
        name: pd.to_numeric(arousals[column], errors="coerce").to_numpy(dtype=float)
        for name, column in columns.items()
        if column in arousals
    }
    return np.asarray(arousals["onset"], dtype=float), causes


def _hours(night: Hypnogram, first: int, n_epochs: int) -> list[str]:
    """Name the hour of each epoch: of the clock, or from the first epoch on."""
    seconds = (first + np.arange(n_epochs)) * night.epoch_length
    if night.start is None:
        return [f"{int(s // 3600)}" for s in seconds]
    return [f"{night.start + timedelta(seconds=float(s)):%H}" for s in seconds]


def _indices(stages, minutes, epochs, hours) -> dict[str, float]:
    asleep = stages > W
    found: dict[str, float] = {"arousals": len(epochs)}
    found["arousal_index"] = _per_hour(len(epochs), asleep.sum() * minutes)
    for name in ("NREM", "REM", "N1", "N2", "N3"):
        found[f"arousal_index_{name}"] = _index(np.isin(stages, _NAMES[name]), epochs, minutes)
    at = np.flatnonzero(asleep)
    edges = np.linspace(at[0], at[-1] + 1, 4) if len(at) else np.zeros(4)
    position = np.arange(len(stages))
    for k in range(3):
        part = (position >= edges[k]) & (position < edges[k + 1])
        found[f"arousal_index_third_{k + 1}"] = _index(asleep & part, epochs, minutes)
    labels = np.array(hours)
    for hour in dict.fromkeys(hours):
        part = asleep & (labels == hour)
        if part.any():
            found[f"arousal_index_hour_{hour}"] = _index(part, epochs, minutes)
    return found


def _index(mask, epochs, minutes) -> float:
    return _per_hour(mask[epochs].sum(), mask.sum() * minutes)


def _per_hour(count, minutes) -> float:
    return float(count) / (minutes / 60.0) if minutes else np.nan
