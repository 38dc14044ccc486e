"""Anchor: the direction in the EEG that predicts what the body does."""

from __future__ import annotations

import numpy as np


def anchored_direction(
    eeg: np.ndarray, emg: np.ndarray, asleep: np.ndarray, *, n_folds: int = 5, ridge: float = 0.01
) -> np.ndarray:
    """Predict departures of chin EMG from those of the EEG, cross-fitted along the night.

    Arousals raise both; what else raises the EMG (a twitch, a swallow) leaves no common trace in
    the EEG. So the direction that predicts EMG is one in which arousals stand out. Each fifth of
    the night is predicted from the other four: a window's own EMG never enters its prediction.

    Parameters
    ----------
    eeg : array, shape (n_windows, n_features)
        Departures of EEG features, in spreads.
    emg : array, shape (n_windows,)
        Departure of EMG level, in spreads.
    asleep : array of bool, shape (n_windows,)
        Windows to fit on.
    n_folds : int
        Blocks of the night.
    ridge : float
        Penalty as a share of the features' mean variance.

    Returns
    -------
    prediction : array, shape (n_windows,)
        Predicted departure of EMG.
    """
    folds = np.arange(len(eeg)) * n_folds // max(len(eeg), 1)
    grams, crosses, sums, counts = [], [], [], []
    for k in range(n_folds):
        rows = (folds == k) & asleep
        x, y = eeg[rows], emg[rows]
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
