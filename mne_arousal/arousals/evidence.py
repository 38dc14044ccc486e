"""How arousal-like each window is, from the night itself and without labels.

An arousal is a departure, within seconds, from the sleep around it. So each feature is compared
with its median over the last minute and over the minute around it, and measured in units of the
night's own spread. Views of that departure make the evidence: fast EEG against what the EEG
of this night does by itself, chin EMG, and, on demand, the direction in EEG features that
predicts chin EMG (which rises with arousals), and how wake-like the state of the window is.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import maximum_filter1d

from ..utils.columns import Column, where
from ..utils.missing import known_windows, mean_known, percentile_known

BASELINE = 60.0  # s; holds several breaths and spindles, and no arousal of 15 s moves its median
GUARD = 2.0  # s between baseline and window, so that a ramp is not compared with itself
COMPONENTS = ("fast", "anchor", "emg", "states")
#: States and the anchor repeat what the bands say; with them, more events were none.
DEFAULT_COMPONENTS = ("fast", "emg")

_LIMIT = 4.0  # spreads; beyond it a departure says no more, or one movement outweighs a night
_UNSTABLE = 2.0  # spreads of evidence above which a window is no baseline for others
_EVENT_WIDTH = 4.0  # s kept clear around such windows
_TRUSTED = 0.1  # cross-fitted correlation of anchor and EMG that is no chance even in half an hour
# EEG makes an arousal; the EMG rises with most, and by itself, so it only adds.
_EMG_WEIGHT = 0.25
_RIDGE = 0.1  # of the mean variance, so that no band is divided by what happens to be small
# What an arousal raises, in spreads: fast activity of all kinds, or one kind alone; delta falls.
_TEMPLATES = (
    {"delta": -0.5, "theta": 0.5, "alpha": 1.0, "beta": 1.0, "gamma": 0.5},
    {"delta": -0.5, "alpha": 1.0},
    {"delta": -0.5, "theta": 1.0, "beta": 0.3},
    {"delta": -0.5, "beta": 1.0, "gamma": 1.0},
)
_BANDS = ("delta", "theta", "alpha", "sigma", "beta", "gamma")


def trailing_departure(
    values: np.ndarray,
    hop: float,
    window_length: float,
    stable: np.ndarray | None = None,
    *,
    baseline: float = BASELINE,
) -> np.ndarray:
    """Subtract the median of the stable seconds before each window.

    Parameters
    ----------
    values : array, shape (n_windows, n_features)
        Features of one recording in time order; NaN where unknown.
    hop, window_length : float
        Time between windows and their length, s.
    stable : array of bool, shape (n_windows,) | None
        Windows that may serve as baseline: not wake, not arousals themselves. Where the last
        `baseline` seconds hold too few, five times as long is searched, then all windows serve.
    baseline : float
        Length of what is compared with, s.

    Returns
    -------
    departure : array, shape (n_windows, n_features)
        In the unit of the features; 0 where the baseline is not known (the first 10 s).
    """
    lag = max(round((GUARD + window_length) / hop), 1)
    step = max(round(1.0 / hop), 1)  # the baseline moves slowly: one median a second will do
    size = max(round(baseline / (hop * step)), 3)
    medians = _rolling_medians(values[::step], stable, step, size)
    at = (np.arange(len(values)) - lag) // step
    departure = values - medians[np.maximum(at, 0)]
    departure[at < 0] = 0.0
    return np.nan_to_num(departure, copy=False)


def centered_departure(
    values: np.ndarray,
    hop: float,
    stable: np.ndarray | None = None,
    *,
    baseline: float = BASELINE,
) -> np.ndarray:
    """Subtract the median of the stable seconds before and after each window.

    Parameters
    ----------
    values : array, shape (n_windows, n_features)
        Features of one recording in time order; NaN where unknown.
    hop : float
        Time between windows, s.
    stable : array of bool, shape (n_windows,) | None
        Windows that may serve as baseline, as in `trailing_departure`.
    baseline : float
        Length of what is compared with on each side, s.

    Returns
    -------
    departure : array, shape (n_windows, n_features)
        In the unit of the features; 0 where the baseline is not known.
    """
    step = max(round(1.0 / hop), 1)
    size = 2 * round(baseline / (hop * step)) + 1
    medians = _rolling_medians(values[::step], stable, step, size, center=True)
    at = np.minimum(np.arange(len(values)) // step, len(medians) - 1)
    return np.nan_to_num(values - medians[at], copy=False)


def _rolling_medians(thinned, stable, step, size, *, center=False) -> np.ndarray:
    """Medians of the stable rows; of five times as many, then of all, where they are few."""
    fewest = max(size // (12 if center else 6), 2)
    table = pd.DataFrame(thinned)
    medians = table.rolling(size, min_periods=fewest, center=center).median().to_numpy()
    if stable is None:
        return medians
    kept = table.where(pd.Series(stable[::step]), np.nan)
    near = kept.rolling(size, min_periods=fewest, center=center).median().to_numpy()
    far = kept.rolling(5 * size, min_periods=fewest, center=center).median().to_numpy()
    return np.where(np.isfinite(near), near, np.where(np.isfinite(far), far, medians))


def whitened_match(bands: np.ndarray, stable: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Match departures with what arousals look like, against what the night's quiet EEG does.

    Bands rise and fall together in sleep without arousals. The covariance of quiet windows says
    how; a matched filter weighs each kind of arousal by it, and the kind that fits best counts.

    Parameters
    ----------
    bands : array, shape (n_windows, n_bands)
        Departures of EEG band powers, mean over channels, in spreads.
    stable : array of bool, shape (n_windows,)
        Quiet windows.
    names : tuple of str
        Bands.

    Returns
    -------
    match : array, shape (n_windows,)
        Best match, in standard deviations of quiet windows.

    References
    ----------
    Kay S. M. (1998). Fundamentals of Statistical Signal Processing, volume II: Detection Theory.
    Prentice Hall, chapter 4 (matched filter in colored noise).
    """
    quiet = bands[stable] if stable.sum() > 10 * len(names) else bands
    covariance = np.atleast_2d(np.cov(quiet.T))
    covariance[np.diag_indices_from(covariance)] += (
        _RIDGE * np.trace(covariance) / len(covariance) + 1e-12
    )
    matches = []
    for template in _TEMPLATES:
        shape = np.array([template.get(name, 0.0) for name in names])
        if not (shape > 0).any():
            continue
        weights = np.linalg.solve(covariance, shape)
        matches.append((bands - np.median(quiet, axis=0)) @ weights / np.sqrt(shape @ weights))
    return np.max(matches, axis=0) if matches else np.zeros(len(bands))


def lower_scale(values: np.ndarray, asleep: np.ndarray) -> np.ndarray:
    """Spread of the lower half, in sleep: what noise does, not what arousals add above it.

    Where arousals are dense they are part of any two-sided spread, and would hide themselves.

    Parameters
    ----------
    values : array, shape (n_windows,) or (n_windows, n_features)
        Departures.
    asleep : array of bool, shape (n_windows,)
        Windows to measure on.

    Returns
    -------
    scale : array, shape () or (n_features,)
        Distance from the median to the 16th percentile; at least a tiny positive number.
    """
    sample = values[asleep] if asleep.any() else values
    low, middle = percentile_known(sample, (15.87, 50))
    return np.maximum(np.nan_to_num(middle - low), 1e-9)


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


def compute_evidence(
    values: np.ndarray,
    columns: list[Column],
    asleep: np.ndarray,
    *,
    hop: float,
    window_length: float,
    state_wakefulness: np.ndarray | None = None,
    components: tuple[str, ...] = DEFAULT_COMPONENTS,
) -> dict[str, np.ndarray]:
    """Compute the evidence of one recording and its parts.

    Parameters
    ----------
    values : array, shape (n_windows, n_features)
        Features in time order, NaN where unknown. Where one channel is missing the others tell.
    columns : list of Column
        What they are.
    asleep : array of bool, shape (n_windows,)
        Windows in sleep, on which spreads are measured.
    hop, window_length : float
        Time between windows and their length, s.
    state_wakefulness : array, shape (n_windows,) | None
        How wake-like the state of each window is.
    components : tuple of str
        Which of ``"fast"``, ``"anchor"``, ``"emg"``, ``"states"`` to use; those without the
        channels that they need are left out.

    Returns
    -------
    parts : dict
        ``"evidence"``, shape (n_windows,), in spreads of the sleep of this night, each part under
        its name, and the departures that the decision looks at: ``"delta"``, ``"sigma"``,
        ``"theta"``, ``"alpha"``, ``"beta"``, ``"gamma"``.
    """
    known = known_windows(values, columns)
    asleep = asleep & known
    stable = asleep
    present = np.isfinite(values).any(axis=0)
    at = [i for i in _columns_used(columns, components) if present[i]]
    if not at:
        return {"evidence": np.zeros(len(values))}
    values, columns = values[:, at], [columns[i] for i in at]
    for final in (False, True):
        parts = _departure_parts(
            values, columns, asleep, stable, hop, window_length, state_wakefulness, components
        )
        if not final:  # what stands out at first is no baseline for what comes after it
            width = max(round(_EVENT_WIDTH / hop), 1)
            stable = asleep & (maximum_filter1d(parts["evidence"], width) < _UNSTABLE)
    parts["evidence"][~known] = 0.0
    return parts


def _departure_parts(
    values, columns, asleep, stable, hop, window_length, state_wakefulness, components
) -> dict[str, np.ndarray]:
    departure = _departure(values, hop, window_length, stable)
    departure[np.isnan(values)] = np.nan
    scaled = departure / lower_scale(departure, asleep)
    scaled = np.clip(scaled, -_LIMIT, _LIMIT)
    parts = _band_means(departure, columns)
    eeg = where(columns, role="eeg")
    level = where(columns, role="emg", quantity="level")

    views = {}
    bands = _band_means(scaled, columns)
    if bands:
        views["fast"] = whitened_match(np.stack(list(bands.values()), 1), stable, tuple(bands))
    if len(level):
        views["emg"] = np.nan_to_num(mean_known(scaled[:, level], axis=1))
        if len(eeg) and "anchor" in components:
            views["anchor"] = anchored_direction(
                np.nan_to_num(scaled[:, eeg]), views["emg"], asleep
            )
    if state_wakefulness is not None and "states" in components:
        states = state_wakefulness[:, np.newaxis]
        views["states"] = _departure(states, hop, window_length, stable)[:, 0]
    if not views:  # unnamed columns: any common departure will have to do
        views["fast"] = np.nan_to_num(mean_known(scaled, axis=1))
    used = [name for name in COMPONENTS if name in views and name in components]
    total = np.zeros(len(values))
    for name in used:
        view = views[name] - np.median(views[name][asleep] if asleep.any() else views[name])
        view = np.clip(view / lower_scale(view, asleep), -_LIMIT, _LIMIT)
        if name == "anchor":
            view *= _trust(views["anchor"], views["emg"], asleep)
        parts[name] = view
        alone = len(used) == 1
        total += view if name != "emg" or alone else _EMG_WEIGHT * view
    if used:
        total /= lower_scale(total, asleep)
    return {"evidence": total, **parts}


def _columns_used(columns, components) -> list[int]:
    """Columns that the parts look at: medians of all others would cost time and say nothing."""
    used = {*where(columns, role="eeg", quantity=_BANDS, extractor="spectral")}
    used |= {*where(columns, role="emg", quantity="level")}
    if "anchor" in components:
        used |= {*where(columns, role="eeg")}
    return sorted(int(i) for i in used) or list(range(len(columns)))


def _departure(values, hop, window_length, stable) -> np.ndarray:
    """Mean of the departures from what came before and from what lies around.

    The first is blind to what follows; the second follows a change of stage from both sides.
    """
    trailing = trailing_departure(values, hop, window_length, stable)
    return 0.5 * (trailing + centered_departure(values, hop, stable))


def _trust(prediction, emg, asleep) -> float:
    """Weight of the anchor: nil where EEG says nothing of EMG and any direction is chance."""
    if asleep.sum() < 2 or prediction[asleep].std() == 0 or emg[asleep].std() == 0:
        return 0.0
    correlation = np.corrcoef(prediction[asleep], emg[asleep])[0, 1]
    return float(np.clip(correlation / _TRUSTED, 0.0, 1.0))


def _band_means(departure: np.ndarray, columns: list[Column]) -> dict[str, np.ndarray]:
    out = {}
    for band in _BANDS:
        at = where(columns, role="eeg", quantity=band, extractor="spectral")
        if len(at):
            out[band] = np.nan_to_num(mean_known(departure[:, at], axis=1))
    return out
