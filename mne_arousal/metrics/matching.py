"""Pairing predicted events with true ones, one to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mne
import numpy as np
import pandas as pd
from mne.utils import warn
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from ..utils.types import Events

_TOUCHING = 1e-9  # s: events that share less only touch, up to rounding


def match_events(
    true: Events,
    pred: Events,
    *,
    min_iou: float = 0.0,
    collar: float | None = None,
    description: str | None = "arousal",
) -> pd.DataFrame:
    """Pair predicted events with true ones, one to one.

    Of all matchings, this is one with the most pairs, and of these one with the greatest
    sum of intersections over unions.

    Parameters
    ----------
    true, pred : instance of Annotations | DataFrame
        Events, as :func:`score_arousals` takes them.
    min_iou : float
        Intersection over union that a pair needs, in ``[0, 1]``. The default, 0, asks for
        any overlap, since two experts seldom agree on the length of an arousal.
    collar : float | None
        Given, a pair needs onsets at most this far apart, s, instead of an overlap, as in
        the evaluation of sound events (Mesaros et al. 2016). None asks for overlap.
    description : str | None
        Annotations count whose description contains this, in any case; None takes all.

    Returns
    -------
    pairs : DataFrame
        One row a pair, in the order of the true events: ``true`` and ``pred`` (positions
        among the events that count), ``overlap`` (s), ``iou``, and ``onset_error`` and
        ``offset_error`` (predicted minus true, s).

    Raises
    ------
    ValueError
        If `min_iou` or `collar` is out of range, or onsets or durations are missing, NaN
        or negative.

    References
    ----------
    Mesaros, A., Heittola, T., & Virtanen, T. (2016). Metrics for polyphonic sound event
    detection. Applied Sciences, 6(6), 162.

    Examples
    --------
    >>> import pandas as pd
    >>> true = pd.DataFrame({"onset": [10.0, 30.0], "duration": [5.0, 5.0]})
    >>> pred = pd.DataFrame({"onset": [11.0, 50.0], "duration": [5.0, 5.0]})
    >>> match_events(true, pred)[["true", "pred", "onset_error"]]
       true  pred  onset_error
    0     0     0          1.0
    """
    if not 0 <= min_iou <= 1:
        raise ValueError(f"min_iou must lie in [0, 1], not {min_iou}.")
    if collar is not None and not collar >= 0:
        raise ValueError(f"collar must be 0 s or more, not {collar}.")
    true, pred = aligned_events(true, pred, description)
    return pair_events(true, pred, min_iou, collar)


def pair_events(true, pred, min_iou=0.0, collar=None) -> pd.DataFrame:
    """Pair events of tables that :func:`aligned_events` made."""
    overlap, iou = overlaps(true, pred)
    rows, columns = best_matching(allowed_pairs(true, pred, min_iou, collar), iou)
    error = pred["onset"].to_numpy()[columns] - true["onset"].to_numpy()[rows]
    longer = pred["duration"].to_numpy()[columns] - true["duration"].to_numpy()[rows]
    return pd.DataFrame(
        {
            "true": rows,
            "pred": columns,
            "overlap": overlap[rows, columns],
            "iou": iou[rows, columns],
            "onset_error": error,
            "offset_error": error + longer,
        }
    )


def allowed_pairs(true, pred, min_iou=0.0, collar=None) -> np.ndarray:
    """Tell which events may be paired, shape (n_true, n_pred)."""
    if collar is not None:
        distance = np.subtract.outer(true["onset"].to_numpy(), pred["onset"].to_numpy())
        return (np.abs(distance) <= collar) & ~_apart(true, pred)
    overlap, iou = overlaps(true, pred)
    # Rounding in seconds since midnight must not fail an IoU that is exactly min_iou.
    return (overlap > _TOUCHING) & (iou >= min_iou - 1e-9)


def aligned_events(true, pred, description) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of true and predicted events, onsets from the same origin."""
    delay = origin_delay(true, pred)
    true, pred = read_events(true, "true", description), read_events(pred, "pred", description)
    for column in {"onset", "onset_low", "onset_high"} & set(pred):
        pred[column] = pred[column] + delay
    return true, pred


def origin_delay(true, pred) -> float:
    """Seconds from the origin of `true`'s onsets to that of `pred`'s."""
    origins = [getattr(events, "orig_time", None) for events in (true, pred)]
    first, second = origins
    return 0.0 if first is None or second is None else (second - first).total_seconds()


def read_events(events, name, description) -> pd.DataFrame:
    """Return events as a table of onset, duration and what else they carry."""
    if isinstance(events, mne.Annotations):
        table = _annotations_table(events, name, description)
    elif isinstance(events, pd.DataFrame):
        levels = [level for level in ("recording", "onset") if level in events.index.names]
        new = [level for level in levels if level not in events]
        table = (events.reset_index(level=new) if new else events).reset_index(drop=True)
    else:
        raise ValueError(
            f"{name} must be mne.Annotations or a DataFrame, not {type(events).__name__}."
        )
    missing = {"onset", "duration"} - set(table)
    if missing:
        raise ValueError(f"{name} lacks the column {' and '.join(sorted(missing))}.")
    numbers = table[["onset", "duration"]].to_numpy(dtype=float)
    if not np.isfinite(numbers).all() or (numbers[:, 1] < 0).any():
        raise ValueError(f"{name} has an onset or duration that is NaN, infinite or negative.")
    return table.copy()


def _annotations_table(annotations, name, description) -> pd.DataFrame:
    keep = [
        i
        for i, text in enumerate(annotations.description)
        if description is None or description.lower() in str(text).lower()
    ]
    if len(annotations) and not keep:
        warn(
            f"None of the {len(annotations)} annotations in {name} has {description!r} in its "
            "description, so there is no event; pass description=None to take all."
        )
    table = pd.DataFrame(
        {"onset": annotations.onset[keep], "duration": annotations.duration[keep]}, dtype=float
    )
    extras = [annotations.extras[i] for i in keep]
    for column in ("score", "onset_low", "onset_high"):
        if extras and all(column in extra for extra in extras):
            table[column] = [float(extra[column]) for extra in extras]
    return table


def overlaps(true, pred) -> tuple[np.ndarray, np.ndarray]:
    """Overlap (s) and intersection over union, shape (n_true, n_pred)."""
    start = [table["onset"].to_numpy(dtype=float) for table in (true, pred)]
    length = [table["duration"].to_numpy(dtype=float) for table in (true, pred)]
    stop = [lo + n for lo, n in zip(start, length, strict=True)]
    overlap = np.minimum(stop[0][:, None], stop[1]) - np.maximum(start[0][:, None], start[1])
    overlap = np.clip(overlap, 0, None)
    overlap[_apart(true, pred)] = 0
    union = length[0][:, None] + length[1] - overlap
    return overlap, np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)


def _apart(true, pred) -> np.ndarray:
    """Tell which pairs belong to two recordings, shape (n_true, n_pred)."""
    if "recording" in true and "recording" in pred:
        return true["recording"].to_numpy()[:, None] != pred["recording"].to_numpy()
    return np.zeros((len(true), len(pred)), dtype=bool)


def best_matching(allowed, iou) -> tuple[np.ndarray, np.ndarray]:
    """Most allowed pairs, one to one, and of such matchings the greatest total IoU."""
    # All IoUs together weigh less than one pair, so the count comes first.
    weight = np.where(allowed, 1 + iou / (1 + min(iou.shape)), 0)
    rows, columns = linear_sum_assignment(weight, maximize=True)
    kept = allowed[rows, columns]
    return rows[kept], columns[kept]
