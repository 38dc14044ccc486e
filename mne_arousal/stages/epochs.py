"""Features of one recording, with its epochs and its sleep period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..utils.columns import Column, where
from ..utils.missing import known_windows, percentile_known
from ..utils.windows import INDEX_NAMES
from .sleep_period import (
    deep_epochs,
    fast_activity,
    find_sleep_period,
    wake_epochs,
    wakefulness_index,
)

_KNOWN_SHARE = 0.5  # of an epoch's windows that have to be valid for it to have a stage
_AT_ONCE = 128  # epochs
# Quantities whose percentiles in epochs anything asks for; those of all others would cost time.
_ASKED_FOR = ("delta", "beta", "gamma", "level")
_WAKE_PERCENTILE = 30.0  # seven tenths of an epoch reach this percentile or more


@dataclass
class EpochTable:
    """Rows of one recording and what is known about them.

    Attributes
    ----------
    name : str
        Name of the recording.
    values : array, shape (n_windows, n_features)
        Features.
    onsets : array, shape (n_windows,) | None
        Start of each window, s; None when rows carry no time.
    epochs : array of int, shape (n_windows,) | None
        Epoch in which the middle of each window lies.
    medians : array, shape (n_epochs, n_features) | None
        Median of each epoch in columns that tell wake, muscle tone and depth; NaN in others.
    inside : array of bool, shape (n_epochs,)
        Epochs of the sleep period.
    wakefulness : array, shape (n_epochs,) | None
        How wake-like each epoch is; None when no column tells.
    wake : array of bool, shape (n_epochs,)
        Epochs of wake; all False when no column tells.
    known_rows : array of bool, shape (n_windows,)
        Windows in which at least one EEG channel is valid.
    known : array of bool, shape (n_epochs,)
        Epochs of which at least half is known. The others have no stage and are no sleep.
    body : array, shape (n_windows, n_body) | None
        Columns of `BodyTransformer`, which `values` don't hold; NaN where unknown.
    states : (StateModel, list of array) | None
        States that its windows were given, and the model that gave them.
    named : (StateModel, float, NamedNight) | None
        Names of its stages, the model that was fitted then, and the length of an epoch, s.
    """

    name: str
    values: np.ndarray
    onsets: np.ndarray | None
    epochs: np.ndarray | None
    medians: np.ndarray | None
    inside: np.ndarray
    wakefulness: np.ndarray | None
    wake: np.ndarray
    known_rows: np.ndarray
    known: np.ndarray
    body: np.ndarray | None = None
    states: tuple | None = field(default=None, repr=False)
    named: tuple | None = field(default=None, repr=False)

    @property
    def n_epochs(self) -> int:
        """Number of epochs."""
        return len(self.inside)

    @property
    def rows_inside(self) -> np.ndarray:
        """Windows of the sleep period."""
        if self.epochs is None:
            return np.ones(len(self.values), dtype=bool)
        return self.inside[self.epochs]

    def hop(self, default: float) -> float:
        """Time between windows, s."""
        return float(np.median(np.diff(self.onsets))) if len(self.onsets) > 1 else default


def make_epoch_table(
    name: str,
    values: np.ndarray,
    columns: list[Column],
    onsets: np.ndarray | None,
    *,
    window_length: float,
    epoch_length: float,
) -> EpochTable:
    """Cut a recording's windows into epochs and find its sleep period.

    Parameters
    ----------
    name : str
        Name of the recording.
    values : array, shape (n_windows, n_features)
        Features.
    columns : list of Column
        What they are.
    onsets : array, shape (n_windows,) | None
        Start of each window, s.
    window_length, epoch_length : float
        Lengths, s.

    Returns
    -------
    table : EpochTable
        The recording.
    """
    known_rows = known_windows(values, columns)
    if onsets is None:
        one = np.ones(1, dtype=bool)
        return EpochTable(name, values, None, None, None, one, None, ~one, known_rows, one)
    epochs = ((onsets + window_length / 2) // epoch_length).astype(int)
    n_epochs = int(epochs[-1]) + 1
    known = _known_epochs(known_rows, epochs, n_epochs)
    shown = _without(values, ~(known_rows & known[epochs]))
    at = [i for i, column in enumerate(columns) if column.quantity in _ASKED_FOR]
    medians, low = np.full((2, n_epochs, values.shape[1]), np.nan)
    medians[:, at] = epoch_percentiles(shown[:, at], epochs, n_epochs)
    wakefulness = wakefulness_index(medians, columns)
    inside, wake = np.ones(n_epochs, dtype=bool), np.zeros(n_epochs, dtype=bool)
    if wakefulness is not None:
        inside = _sleep_period(wakefulness, known, epoch_length)
        # an arousal of 15 s must not make its epoch wake: most of the windows have to be
        low[:, at] = epoch_percentiles(shown[:, at], epochs, n_epochs, _WAKE_PERCENTILE)
        fast = fast_activity(low, columns)
        wake = wake_epochs(wakefulness_index(low, columns), inside, fast, known=known)
        if not len(where(columns, role="emg", quantity="level")):
            wake &= ~(inside & deep_epochs(medians, columns))
    return EpochTable(
        name, values, onsets, epochs, medians, inside, wakefulness, wake, known_rows, known
    )


def _known_epochs(known_rows: np.ndarray, epochs: np.ndarray, n_epochs: int) -> np.ndarray:
    counts = np.bincount(epochs, minlength=n_epochs)
    valid = np.bincount(epochs, known_rows, minlength=n_epochs)
    return (valid >= _KNOWN_SHARE * counts) & (counts > 0)


def _without(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.where(rows[:, np.newaxis], np.nan, values) if rows.any() else values


def _sleep_period(wakefulness: np.ndarray, known: np.ndarray, epoch_length: float) -> np.ndarray:
    """Find the sleep period of what is known; gaps within it belong to it, those around don't."""
    if known.all():
        return find_sleep_period(wakefulness, epoch_length=epoch_length)
    inside = np.zeros(len(known), dtype=bool)
    at = np.flatnonzero(known)
    if len(at):
        inside[at] = find_sleep_period(wakefulness[at], epoch_length=epoch_length)
        before = inside[at[np.maximum(np.searchsorted(at, np.arange(len(known))) - 1, 0)]]
        after = inside[at[np.minimum(np.searchsorted(at, np.arange(len(known))), len(at) - 1)]]
        within = (np.arange(len(known)) > at[0]) & (np.arange(len(known)) < at[-1])
        inside |= ~known & within & before & after
    return inside


def epoch_percentiles(
    values: np.ndarray, epochs: np.ndarray, n_epochs: int, percentile: float = 50.0
) -> np.ndarray:
    """Percentile of the windows of each epoch; the median by default.

    Parameters
    ----------
    values : array, shape (n_windows, n_features)
        Features in time order.
    epochs : array of int, shape (n_windows,)
        Epoch of each window, not falling.
    n_epochs : int
        Number of epochs.
    percentile : float
        From 0 to 100.

    Returns
    -------
    percentiles : array, shape (n_epochs, n_features)
        NaN where a feature is known in no window of an epoch.
    """
    out = np.full((n_epochs, values.shape[1]), np.nan)
    bounds = np.searchsorted(epochs, np.arange(n_epochs + 1))
    sizes = np.diff(bounds)
    usual = int(np.median(sizes))
    for i in np.flatnonzero((sizes != usual) & (sizes > 0)):
        out[i] = percentile_known(values[bounds[i] : bounds[i + 1]], percentile)
    # nearly all epochs hold as many windows: some hundred at once
    alike = np.flatnonzero((sizes == usual) & (sizes > 0))
    for at in range(0, len(alike), _AT_ONCE):
        some = alike[at : at + _AT_ONCE]
        rows = bounds[some][:, np.newaxis] + np.arange(usual)
        columns = values[rows].transpose(1, 0, 2).reshape(usual, -1)
        out[some] = percentile_known(columns, percentile).reshape(len(some), -1)
    return out


def recording_rows(index: pd.MultiIndex) -> Iterator[tuple[str, slice, np.ndarray]]:
    """Find the rows of each recording.

    Parameters
    ----------
    index : MultiIndex
        Recording and onset (s) of each window.

    Yields
    ------
    name : str
        Name of the recording.
    rows : slice
        Its rows.
    onsets : array
        Their onsets, s.

    Raises
    ------
    ValueError
        If windows are not in order of time within recordings that stand together.
    """
    codes, names = pd.factorize(index.get_level_values(0))
    times = index.get_level_values(1).to_numpy(dtype=float)
    if np.any(np.diff(codes) < 0) or np.any((np.diff(codes) == 0) & (np.diff(times) <= 0)):
        raise ValueError(
            "The windows of a recording must stand together and in order of time: sort the table "
            "by its index, or name each recording differently."
        )
    bounds = np.searchsorted(codes, np.arange(len(names) + 1))
    for name, lo, hi in zip(names, bounds[:-1], bounds[1:], strict=True):
        yield str(name), slice(int(lo), int(hi)), times[lo:hi]


def split_recordings(
    values: np.ndarray,
    index: pd.MultiIndex | None,
    columns: list[Column],
    *,
    hop: float | None,
    window_length: float,
    epoch_length: float,
    body: np.ndarray | None = None,
) -> list[EpochTable]:
    """Make a table for each recording of a set of windows.

    Parameters
    ----------
    values : array, shape (n_windows, n_features)
        Features.
    index : MultiIndex | None
        Recording and onset (s) of each window; anything else carries no times.
    columns : list of Column
        What the features are.
    hop : float | None
        Time between windows that carry no times, s; None where they are in no order.
    window_length, epoch_length : float
        Lengths, s.
    body : array, shape (n_windows, n_body) | None
        Columns of `BodyTransformer`, kept apart.

    Returns
    -------
    tables : list of EpochTable
        One a recording; one in all without times.
    """
    lengths = {"window_length": window_length, "epoch_length": epoch_length}
    runs: list[tuple[str, slice, np.ndarray | None]] = []
    if index is not None and tuple(index.names) == INDEX_NAMES:
        runs += recording_rows(index)
    else:
        onsets = None if hop is None else np.arange(len(values)) * hop
        runs.append(("recording", slice(0, len(values)), onsets))
    tables = []
    for name, rows, onsets in runs:
        tables.append(make_epoch_table(name, values[rows], columns, onsets, **lengths))
        tables[-1].body = None if body is None else body[rows]
    return tables


def stages_at(onsets: np.ndarray, stages: pd.DataFrame) -> list[str]:
    """Name the stage at each time.

    Parameters
    ----------
    onsets : array, shape (n_events,)
        Times from the start of the recording, s.
    stages : DataFrame
        ``night.stages``.

    Returns
    -------
    names : list of str
        ``"N2"``; ``"cluster 3"`` where stages have no names.
    """
    if not len(stages):
        return ["?"] * len(onsets)
    starts = stages["onset"].to_numpy(dtype=float)
    rows = np.clip(np.searchsorted(starts, onsets, side="right") - 1, 0, len(starts) - 1)
    if "stage" in stages and (stages["stage"] != "?").any():
        return stages["stage"].to_numpy(dtype=str)[rows].tolist()
    return [f"cluster {label}" for label in stages["cluster"].to_numpy()[rows]]
