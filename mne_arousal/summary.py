"""Arousals of a night in numbers: how many an hour of sleep, when, and out of what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import mne
import numpy as np
import pandas as pd

from .hypnogram.codes import STAGES
from .utils.annotations import recording_onsets

if TYPE_CHECKING:
    from .night import Night
    from .utils.types import PathLike


def summarize(
    arousals: Night | mne.Annotations | pd.DataFrame,
    stages: pd.DataFrame | np.ndarray | None = None,
    *,
    wake_clusters: Sequence[int] | None = None,
    reviewed: pd.DataFrame | PathLike | None = None,
) -> pd.DataFrame:
    """Count arousals per hour of sleep: of the night, of each stage cluster, of each hour.

    Parameters
    ----------
    arousals : Night | mne.Annotations | DataFrame
        Arousals: what :func:`mne_arousal.analyze_recording` returns, which knows its stages;
        the annotations of :func:`mne_arousal.annotate_arousals` (those described ``"arousal"``
        count), of a recording that may be cropped; or a table with ``onset`` in s.
    stages : DataFrame | array | None
        Table with ``onset``, ``duration`` (s) and ``cluster``, or one stage per 30 s with 0 for
        wake. Needed where ``arousals`` is no ``Night``.
    wake_clusters : sequence of int | None
        Clusters that are wake. None takes those of the ``Night``, or the hypnogram that was given
        to it, otherwise 0.
    reviewed : DataFrame | path-like | None
        What a reviewer did with the ``Night``, see :func:`mne_arousal.review.read_reviewed`: it is
        counted as the reviewer left it.

    Returns
    -------
    summary : DataFrame
        Columns ``scope`` (``"night"``, ``"stage"``, or ``"stage cluster"`` where stages have no
        names, ``"hour"``), ``label`` (stage, cluster, or hour counted from 0 at the start of the
        recording), ``sleep_hours``, ``arousals`` and ``index`` (arousals per hour of sleep, NaN
        without sleep). Arousals count where their onset lies. The night's index counts all, as the
        AASM manual does; that of an hour counts those that begin in sleep.

    Raises
    ------
    ValueError
        If stages are missing, or hold no epoch.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from mne_arousal import summarize
    >>> arousals = pd.DataFrame({"onset": [1000.0, 2000.0, 5000.0]})
    >>> stages = np.r_[np.zeros(20, dtype=int), np.full(220, 2)]
    >>> summarize(arousals, stages).round(2)
               scope label  sleep_hours  arousals  index
    0          night   all         1.83         3   1.64
    1  stage cluster     0         0.00         0    NaN
    2  stage cluster     2         1.83         3   1.64
    3           hour     0         0.83         2   2.40
    4           hour     1         1.00         1   1.00
    """
    if reviewed is not None:
        from .review import apply_review

        arousals = apply_review(arousals, reviewed)
    onsets = _onsets(arousals)
    told = None
    no_clusters_named = wake_clusters is None
    if stages is None and wake_clusters is None:  # its stages rule, its own or those given
        told = getattr(arousals, "asleep", None)
    if stages is None:
        stages = getattr(arousals, "stages", None)
    if wake_clusters is None:
        wake_clusters = getattr(arousals, "wake_clusters", [0])
    begins, lengths, clusters = _epochs(stages)
    named = _names(stages) if no_clusters_named else None
    if told is None and named is not None:
        told = ~np.isin(named, ["W", "?"])
    # -1 is an epoch without a valid signal, and no stage
    asleep = ~np.isin(clusters, [-1, *wake_clusters]) if told is None else told
    epoch = np.clip(np.searchsorted(begins, onsets, side="right") - 1, 0, len(begins) - 1)
    hours = lengths / 3600.0
    rows = [("night", "all", hours[asleep].sum(), len(onsets), len(onsets))]
    scope, labels = ("stage cluster", clusters) if named is None else ("stage", named)
    for label in STAGES if named is not None else np.unique(clusters[clusters >= 0]):
        of_it = labels == label
        n = int(of_it[epoch].sum())
        if of_it.any():
            rows.append((scope, str(label), hours[of_it & asleep].sum(), n, n))
    hour_of = (begins // 3600).astype(int)
    for hour in np.unique(hour_of):
        of_it = hour_of == hour
        n = of_it[epoch]
        slept = hours[of_it & asleep].sum()
        rows.append(("hour", str(hour), slept, int(n.sum()), int((n & asleep[epoch]).sum())))
    table = pd.DataFrame(rows, columns=["scope", "label", "sleep_hours", "arousals", "in_sleep"])
    slept = table["sleep_hours"].where(table["sleep_hours"] > 0)
    table["index"] = table.pop("in_sleep") / slept
    return table


def _onsets(arousals) -> np.ndarray:
    if isinstance(arousals, mne.Annotations):
        return recording_onsets(arousals)[arousals.description == "arousal"]
    table = getattr(arousals, "arousals", arousals)
    return np.asarray(table["onset"], dtype=float)


def _names(stages) -> np.ndarray | None:
    """Names of the stages, where the table has any."""
    if not isinstance(stages, pd.DataFrame) or "stage" not in stages:
        return None
    names = stages["stage"].to_numpy(dtype=str)
    return None if (names == "?").all() else names


def _epochs(stages) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if stages is None:
        raise ValueError("Give stages=: a table of epochs, or one stage per 30 s.")
    if isinstance(stages, pd.DataFrame):
        columns = (stages["onset"], stages["duration"], stages["cluster"])
        begins, lengths, clusters = (np.asarray(column) for column in columns)
    else:
        clusters = np.asarray(stages).astype(int)
        begins, lengths = np.arange(len(clusters)) * 30.0, np.full(len(clusters), 30.0)
    if not len(clusters):
        raise ValueError("stages hold no epoch.")
    return begins.astype(float), lengths.astype(float), clusters
