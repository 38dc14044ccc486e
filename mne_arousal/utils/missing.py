"""Features of which some are missing: a lead that was off for a while, a band that a channel lacks.

Where nothing is missing, each function here does what its NumPy counterpart does, to the last bit.
"""

from __future__ import annotations

import numpy as np

from .columns import Column

_FEWEST = 10  # windows for each feature that something is predicted from
_MOST = 20_000  # windows that are enough
_RIDGE = 1e-3  # of the windows; features are scaled to quartiles


def known_windows(values: np.ndarray, columns: list[Column]) -> np.ndarray:
    """Tell which windows can be judged.

    Parameters
    ----------
    values : array, shape (n_windows, n_features)
        Features, NaN where a channel is invalid.
    columns : list of Column
        What they are.

    Returns
    -------
    known : array of bool, shape (n_windows,)
        Windows in which at least one EEG channel is valid or, without columns of EEG, in which
        nothing is missing but what is missing throughout.
    """
    finite = np.isfinite(values)
    of_eeg = [i for i, c in enumerate(columns) if c.role in ("eeg", "psg")]
    if of_eeg:
        return finite[:, of_eeg].any(axis=1)
    present = finite.any(axis=0)
    return finite[:, present].all(axis=1) & bool(present.any())


def fill_missing(scaled: np.ndarray, columns: list[Column]) -> np.ndarray:
    """Fill what is missing in a window from its other channels.

    Parameters
    ----------
    scaled : array, shape (n_windows, n_features)
        Scaled features, whose middle is 0.
    columns : list of Column
        What they are.

    Returns
    -------
    filled : array, shape (n_windows, n_features)
        The mean of the same quantity over the channels of the same role that are valid in the
        window. Where there is none, what the other features of the window predict by linear
        regression over all windows, and 0 in windows without EEG. `scaled` itself where nothing is
        missing.

    Notes
    -----
    An embedding of all channels is missing while one lead is off. Zeros in its place would be a
    state of their own, and what is beside it would not count.
    """
    missing = np.isnan(scaled)
    if not missing.any():
        return scaled
    filled = np.where(missing, 0.0, scaled)
    kinds = [(c.role, c.quantity, c.extractor) for c in columns]
    for i in np.flatnonzero(missing.any(axis=0)):
        others = [j for j, kind in enumerate(kinds) if kind == kinds[i] and j != i]
        if not others or not columns[i].role:
            continue
        rows = missing[:, i]
        mean = mean_known(scaled[np.ix_(rows, others)], axis=1)
        filled[rows, i] = np.nan_to_num(mean)
        missing[rows, i] = np.isnan(mean)
    known = known_windows(scaled, columns)
    _predict(filled, missing & known[:, np.newaxis], known)
    return filled


def _predict(filled: np.ndarray, missing: np.ndarray, known: np.ndarray) -> None:
    """Predict what is missing in known windows from the columns in which nothing is, in place."""
    targets = missing.any(axis=0) & ~missing[known].all(axis=0)
    given = np.flatnonzero(~missing.any(axis=0))
    whole = np.flatnonzero(known & ~missing[:, targets].any(axis=1))
    if not targets.any() or len(whole) < _FEWEST * (len(given) + 1):
        return
    whole = whole[:: max(len(whole) // _MOST, 1)]
    lowest, highest = np.percentile(filled[whole], (0.5, 99.5), axis=0)
    x = np.clip(filled[:, given], lowest[given], highest[given])  # movements predict nothing
    x = np.column_stack([x, np.ones(len(x))])
    products = x[whole].T @ x[whole] + _RIDGE * len(whole) * np.eye(x.shape[1])
    weights = np.linalg.solve(products, x[whole].T @ filled[np.ix_(whole, targets)])
    for i, column in zip(np.flatnonzero(targets), weights.T, strict=True):
        rows = missing[:, i]
        filled[rows, i] = np.clip(x[rows] @ column, lowest[i], highest[i])


def mean_known(values: np.ndarray, axis: int) -> np.ndarray:
    """Average what is not NaN.

    Parameters
    ----------
    values : array
        Values.
    axis : int
        Axis to average over.

    Returns
    -------
    mean : array
        NaN where all are.
    """
    missing = np.isnan(values)
    if not missing.any():
        return values.mean(axis=axis)
    counts = (~missing).sum(axis=axis)
    sums = np.where(missing, 0.0, values).sum(axis=axis)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def percentile_known(values: np.ndarray, percentiles, axis: int = 0) -> np.ndarray:
    """Percentiles of what is not NaN.

    Parameters
    ----------
    values : array
        Values.
    percentiles : float or sequence of float
        From 0 to 100.
    axis : int
        Axis along which they are taken.

    Returns
    -------
    percentiles : array
        NaN where all values are.
    """
    missing = np.isnan(values)
    if not missing.any():
        return np.percentile(values, percentiles, axis=axis)
    ordered = np.sort(np.moveaxis(values, axis, 0), axis=0)  # NaN come last
    last = np.count_nonzero(~missing, axis=axis) - 1
    out = [_between(ordered, last, q / 100) for q in np.ravel(percentiles)]
    return np.array(out).reshape(*np.shape(percentiles), *last.shape)


def _between(ordered: np.ndarray, last: np.ndarray, share: float) -> np.ndarray:
    """Interpolate as NumPy does, between the two values beside a share of the known ones."""
    at = np.maximum(last, 0) * share
    below = np.floor(at).astype(int)
    above = np.minimum(below + 1, np.maximum(last, 0))
    low, high = (np.take_along_axis(ordered, i[np.newaxis], axis=0)[0] for i in (below, above))
    part, step = at - below, high - low
    value = np.where(part < 0.5, low + step * part, high - step * (1 - part))
    return np.where(last < 0, np.nan, value)
