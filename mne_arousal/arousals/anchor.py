"""Anchor: the direction in the EEG that predicts what the body does."""

from __future__ import annotations

import numpy as np

from .departure import lower_scale
from .trust import correlation_beyond_chance


def anchor_view(
    eeg: np.ndarray, body: dict[str, np.ndarray], asleep: np.ndarray, hop: float
) -> tuple[np.ndarray, float]:
    """Add up what the EEG predicts of each part of the body, each by what it is worth.

    Arousals change the EEG and raise chin EMG, heart rate and breath; what else raises these (a
    swallow, a sigh) leaves no common trace in the EEG. So the direction that predicts the body is
    one in which arousals of this sleeper stand out, whatever they look like.

    Parameters
    ----------
    eeg : array, shape (n_windows, n_features)
        Departures of EEG features, in spreads.
    body : dict of array, shape (n_windows,)
        What each part of the body does in the seconds after each window; NaN where unknown.
    asleep : array of bool, shape (n_windows,)
        Windows in sleep.
    hop : float
        Time between windows, s.

    Returns
    -------
    view : array, shape (n_windows,)
        Sum of predictions in spreads, each times its correlation with what it predicts.
    trust : float
        Root of the sum of these correlations' squares.
    """
    view, trusts = np.zeros(len(eeg)), [0.0]
    for part in body.values():
        known = asleep & np.isfinite(part)
        predicted = anchored_direction(eeg, np.nan_to_num(part), known)
        trusts.append(correlation_beyond_chance(predicted, part, asleep, hop))
        if trusts[-1] > 0:
            centered = predicted - np.median(predicted[known])
            view += trusts[-1] * centered / lower_scale(centered, known)
    return view, float(np.linalg.norm(trusts))


def anchored_direction(
    eeg: np.ndarray, part: np.ndarray, asleep: np.ndarray, *, n_folds: int = 5, ridge: float = 0.01
) -> np.ndarray:
    """Predict a part of the body from departures of the EEG, cross-fitted along the night.

    Each fifth of the night is predicted from the other four: what the body does after a window
    does not enter the prediction of that window.

    Parameters
    ----------
    eeg : array, shape (n_windows, n_features)
        Departures of EEG features, in spreads.
    part : array, shape (n_windows,)
        What the body does, in spreads.
    asleep : array of bool, shape (n_windows,)
        Windows to fit on.
    n_folds : int
        Blocks of the night.
    ridge : float
        Penalty as a share of the features' mean variance.

    Returns
    -------
    prediction : array, shape (n_windows,)
        Prediction of `part`.
    """
    folds = np.arange(len(eeg)) * n_folds // max(len(eeg), 1)
    grams, crosses, sums, counts = [], [], [], []
    for k in range(n_folds):
        rows = (folds == k) & asleep
        x, y = eeg[rows], part[rows]
        grams.append(x.T @ x)
        crosses.append(x.T @ y)
        sums.append((x.sum(axis=0), y.sum()))
        counts.append(len(x))
    prediction = np.zeros(len(eeg))
    for k in range(n_folds):
        others = [j for j in range(n_folds) if j != k]
        n = sum(counts[j] for j in others)
        if n <= eeg.shape[1]:
            continue
        mean_x = sum(sums[j][0] for j in others) / n
        mean_y = sum(sums[j][1] for j in others) / n
        gram = sum(grams[j] for j in others) / n - np.outer(mean_x, mean_x)
        cross = sum(crosses[j] for j in others) / n - mean_x * mean_y
        gram[np.diag_indices_from(gram)] += ridge * np.trace(gram) / len(gram) + 1e-12
        weights = np.linalg.solve(gram, cross)
        rows = folds == k
        prediction[rows] = (eeg[rows] - mean_x) @ weights
    return prediction
