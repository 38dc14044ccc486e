"""Gates: which windows are sleep, and which of these have no muscle tone."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import binary_opening

from ..utils.columns import Column, where
from ..utils.missing import mean_known, percentile_known
from .epochs import EpochTable

_REM_SPAN = 11  # epochs; REM sleep lasts for minutes, and single quiet epochs of N2 are none
_BRIEF = 300.0  # s
_REM_PERCENT = 40.0  # percent of sleep that may have as little tone and delta as REM sleep


def wake_and_rem(stages: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn named stages into what `sleep_gates` takes.

    Parameters
    ----------
    stages : array of int, shape (n_epochs,)
        0 W, 1 N1, 2 N2, 3 N3, 4 R; -1 unknown, where no arousal is looked for.

    Returns
    -------
    wake : array of bool, shape (n_epochs,)
        Epochs of wake, and unknown ones. A single epoch of wake within sleep is an event, whose own
        length tells what it is.
    rem : array of bool, shape (n_epochs,)
        Epochs of REM sleep.
    """
    stages = np.asarray(stages)
    wake = stages == 0
    lasting = binary_opening(wake, np.ones(2))
    return lasting | (stages < 0), stages == 4


def stage_context(stages: np.ndarray, epoch_length: float = 30.0) -> dict[str, np.ndarray]:
    """Tell in which epochs arousals are rarer than elsewhere.

    Parameters
    ----------
    stages : array of int, shape (n_epochs,)
        0 W, 1 N1, 2 N2, 3 N3, 4 R; -1 unknown.
    epoch_length : float
        Length of an epoch, s.

    Returns
    -------
    context : dict of array of bool, shape (n_epochs,)
        Epochs of ``"deep sleep"``, and of ``"brief sleep"`` as `brief_sleep` tells it.
    """
    return {"deep sleep": np.asarray(stages) == 3, "brief sleep": brief_sleep(stages, epoch_length)}


def brief_sleep(stages: np.ndarray, epoch_length: float = 30.0) -> np.ndarray:
    """Tell where N1 lasts for a few minutes between wake and wake, without deeper sleep.

    Quiet wake with blinks passes for drowsiness. Of 36 such epochs in two nights that experts have
    staged, 32 are wake to them.

    Parameters
    ----------
    stages : array of int, shape (n_epochs,)
        0 W, 1 N1, 2 N2, 3 N3, 4 R; -1 unknown, which counts as wake here.
    epoch_length : float
        Length of an epoch, s.

    Returns
    -------
    brief : array of bool, shape (n_epochs,)
        Epochs of stretches of N1 under 5 min. Stretches that the recording's beginning or end
        cuts off may have been longer, and are not among them.
    """
    stages = np.asarray(stages)
    brief = np.zeros(len(stages), dtype=bool)
    edges = np.flatnonzero(np.diff(stages == 1, prepend=False, append=False))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        inside = start > 0 and stop < len(stages)
        short = (stop - start) * epoch_length < _BRIEF
        brief[start:stop] = inside and short and stages[start - 1] <= 0 >= stages[stop]
    return brief


def sleep_gates(
    table: EpochTable,
    columns: list[Column],
    wake: np.ndarray | None = None,
    rem: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Tell which windows are sleep, and which of these have no chin EMG tone.

    Parameters
    ----------
    table : EpochTable
        The recording.
    columns : list of Column
        What its features are.
    wake : array of bool | None
        Epochs of wake, from a hypnogram; epochs past its end are wake. None takes the table's own.
    rem : array of bool | None
        Epochs of REM sleep, from a hypnogram. None tells them by muscle tone and delta.

    Returns
    -------
    asleep : array of bool, shape (n_windows,)
        Windows in sleep; none of them invalid.
    atonia : array of bool, shape (n_windows,)
        Windows in REM sleep as the hypnogram tells it; without one, windows in sleep whose chin
        EMG and delta are low for minutes. None where there is no chin EMG.
    """
    if wake is None:
        # one epoch of wake within sleep is an event, whose own length tells what it is
        alone = table.wake & ~binary_opening(table.wake, np.ones(2))
        asleep = table.inside & (~table.wake | alone)
    else:
        asleep = _fitted(~np.asarray(wake, dtype=bool), table.n_epochs)
    asleep &= table.known
    atonia = np.zeros(table.n_epochs, dtype=bool)
    level = where(columns, role="emg", quantity="level")
    delta = where(columns, role="eeg", quantity="delta")
    if len(level) and rem is not None:
        atonia = asleep & _fitted(rem, table.n_epochs)
    elif len(level) and len(delta) and asleep.any():
        both = pd.DataFrame(
            {at[0]: mean_known(table.medians[:, at], axis=1) for at in (level, delta)}
        )
        lasting = both.rolling(_REM_SPAN, center=True, min_periods=1).median().to_numpy()
        low = lasting < percentile_known(lasting[asleep], _REM_PERCENT)
        atonia = asleep & low.all(axis=1)
    rows = table.known_rows
    return asleep[table.epochs] & rows, atonia[table.epochs] & rows


def _fitted(epochs: np.ndarray, n_epochs: int) -> np.ndarray:
    """Cut epochs to a number of them, or lengthen them by False."""
    out = np.zeros(n_epochs, dtype=bool)
    out[: len(epochs)] = epochs[:n_epochs]
    return out
