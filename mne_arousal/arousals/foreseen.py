"""Foreseen: what an encoder trained on the body's answers says of each window.

`PSGEncoder(target="body")` predicts from the EEG what heart, breath, chin EMG and movement do over
the next ten seconds, and how a window's spectrum lies above the one foreseen from its past, or from
both sides.
"""

from __future__ import annotations

import numpy as np

from ..utils.columns import Column, where
from ..utils.missing import mean_known
from .departure import departure, lower_scale
from .matched_filter import whitened_match

#: Views, and the beginning of the names of their columns.
FORESEEN = {"predicted": "predicted_", "past": "surprise_past_", "sides": "surprise_sides_"}
_LIMIT = 4.0  # spreads; beyond it a departure says no more


def foreseen_views(
    body: np.ndarray,
    columns: list[Column],
    asleep: np.ndarray,
    stable: np.ndarray,
    components: tuple[str, ...],
    *,
    hop: float,
    window_length: float,
) -> dict[str, np.ndarray]:
    """Turn what is foreseen into views of the evidence.

    Parameters
    ----------
    body : array, shape (n_windows, n_columns)
        Measures of the body and what is foreseen; NaN where unknown.
    columns : list of Column
        What they are.
    asleep, stable : array of bool, shape (n_windows,)
        Windows in sleep, and those that may serve as baseline.
    components : tuple of str
        Views to make, as far as there are columns.
    hop, window_length : float
        Time between windows and their length, s.

    Returns
    -------
    views : dict of array, shape (n_windows,)
        ``"predicted"``, mean departure of the predicted answers, in spreads of sleep; ``"past"``
        and ``"sides"``, the surprise along arousal's direction, in standard deviations of quiet
        windows.
    """
    views = {}
    for name, begin in FORESEEN.items():
        at = [i for i in where(columns, role="psg") if columns[i].quantity.startswith(begin)]
        if name not in components or not at or not np.isfinite(body[:, at]).any():
            continue
        values = np.nan_to_num(body[:, at])
        if name == "predicted":
            departures = departure(values, hop, window_length, stable)
            scaled = departures / lower_scale(departures, asleep)
            views[name] = np.clip(scaled, -_LIMIT, _LIMIT).mean(axis=1)
            continue
        bands = tuple(columns[i].quantity.removeprefix(begin) for i in at)
        scaled = values / lower_scale(values, asleep)
        views[name] = whitened_match(np.clip(scaled, -_LIMIT, _LIMIT), stable, bands)
    return views


def measured_answers(views: dict[str, np.ndarray]) -> np.ndarray | None:
    """Average what the body was measured to do, to judge a prediction of it.

    Parameters
    ----------
    views : dict of array, shape (n_windows,)
        Views of the evidence.

    Returns
    -------
    answers : array, shape (n_windows,) | None
        NaN where unknown; None where no channel tells, so that a prediction counts for nothing.
    """
    known = [views[name] for name in ("emg", "heart", "breath") if name in views]
    return mean_known(np.array(known), axis=0) if known else None
