"""Body answers: what heart and breath do in the seconds after an arousal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.ndimage import maximum_filter1d

from ..utils.columns import Column, where
from .departure import departure, lower_scale

_LIMIT = 4.0  # spreads; beyond it a departure says no more
_BRIDGED = 10.0  # s of gap in a trace that are bridged, about two breaths or ten beats
_LONGEST = 12.0  # s after the onset in which the body answers
_EVENT = 3.0  # spreads of fast EEG that mark an excursion to learn the lag from
_EVENT_WIDTH = 10.0  # s; of excursions that close only the highest is taken
_PRIOR_EVENTS = 20.0  # excursions that the shape known from the literature is worth


@dataclass(frozen=True)
class Answer:
    """How a part of the body answers an arousal.

    Parameters
    ----------
    name : str
        Its part of the evidence.
    quantity : str
        Quantity of the columns that tell it.
    roles : tuple of str
        Roles of channels, the first that a recording has is taken.
    center, reach : float
        Peak of the answer after the onset and its half width, s.
    """

    name: str
    quantity: str
    roles: tuple[tuple[str, ...], ...]
    center: float
    reach: float


# Heart rate rises within two beats of the onset, peaks after some 5 s and is back after 10 to 15 s
# (Sforza et al. 2000, Clin. Neurophysiol. 111:1611; Azarbarzin et al. 2014, Sleep 37:645).
# Breathing recovers with the arousal and overshoots for some breaths (Younes 2004, Am. J. Respir.
# Crit. Care Med. 169:623).
ANSWERS = (
    Answer("heart", "heart_rate", (("ecg",), ("pulse",), ("hr",)), 5.0, 6.0),
    Answer("breath", "recovery", (("resp", "effort"),), 5.0, 6.0),
)


def answer_view(
    answer: Answer,
    body: np.ndarray,
    columns: list[Column],
    fast: np.ndarray,
    asleep: np.ndarray,
    stable: np.ndarray,
    *,
    hop: float,
    window_length: float,
) -> np.ndarray | None:
    """Tell for each window how much the body answers in the seconds after it.

    Parameters
    ----------
    answer : Answer
        Part of the body.
    body : array, shape (n_windows, n_columns)
        Measures of the body, NaN where unknown.
    columns : list of Column
        What they are.
    fast : array, shape (n_windows,)
        Fast EEG, in spreads: tells after which lag the body of this sleeper answers.
    asleep, stable : array of bool, shape (n_windows,)
        Windows in sleep, and those that may serve as baseline.
    hop, window_length : float
        Time between windows and their length, s.

    Returns
    -------
    view : array, shape (n_windows,) | None
        In spreads of sleep; NaN where unknown. None where no channel tells.
    """
    at = _columns_of(answer, columns)
    values = _bridged(body[:, at], hop)
    known = np.isfinite(values)
    if not known.any():
        return None
    departures = departure(values, hop, window_length, stable)
    departures /= np.array(
        [lower_scale(departures[:, i], asleep & known[:, i]) for i in range(len(at))]
    )
    departures[~known] = np.nan
    trace = np.clip(_nanmean(departures), -_LIMIT, _LIMIT)
    shape = learned_shape(trace, fast * asleep, answer, hop)
    ahead = len(shape) - 1
    filled = np.r_[np.nan_to_num(trace), np.zeros(ahead)]
    view = np.convolve(filled, shape[::-1], mode="valid")
    view[np.isnan(trace)] = np.nan
    return view


def learned_shape(trace: np.ndarray, fast: np.ndarray, answer: Answer, hop: float) -> np.ndarray:
    """Learn when the body of this sleeper answers, beside what is known of bodies.

    Parameters
    ----------
    trace : array, shape (n_windows,)
        Departures of the body, in spreads.
    fast : array, shape (n_windows,)
        Fast EEG in sleep, in spreads.
    answer : Answer
        What is known.
    hop : float
        Time between windows, s.

    Returns
    -------
    shape : array, shape (n_lags,)
        Weight of each lag from 0 to 12 s; their squares add up to 1.
    """
    lags = np.arange(round(_LONGEST / hop) + 1)
    distance = np.abs(lags * hop - answer.center) / answer.reach
    prior = np.where(distance < 1, 0.5 + 0.5 * np.cos(np.pi * distance), 0.0)
    prior /= np.linalg.norm(prior)
    width = max(round(_EVENT_WIDTH / hop), 1)
    peaks = np.flatnonzero((fast > _EVENT) & (fast >= maximum_filter1d(fast, width)))
    peaks = peaks[peaks + lags[-1] < len(trace)]
    if not len(peaks):
        return prior
    found = _nanmean(trace[peaks[:, np.newaxis] + lags].T)
    found = np.maximum(np.nan_to_num(found), 0.0) * (prior > 0)
    size = np.linalg.norm(found)
    if not size > 0:
        return prior
    shape = len(peaks) * found / size + _PRIOR_EVENTS * prior
    return shape / np.linalg.norm(shape)


def _columns_of(answer: Answer, columns: list[Column]) -> np.ndarray:
    for roles in answer.roles:
        at = where(columns, role=roles, quantity=answer.quantity)
        if len(at):
            return at
    return np.empty(0, dtype=int)


def _bridged(values: np.ndarray, hop: float) -> np.ndarray:
    """Interpolate short gaps, as ectopic beats leave."""
    limit = max(round(_BRIDGED / hop), 1)
    if not values.shape[1]:
        return values
    frame = pd.DataFrame(values).interpolate(limit=limit, limit_area="inside")
    return frame.to_numpy()


def _nanmean(values: np.ndarray) -> np.ndarray:
    """Mean along the last axis, NaN where nothing is known, without a warning."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
