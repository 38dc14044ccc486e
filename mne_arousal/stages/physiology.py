"""What each epoch of sleep looks like: the cues by which a person would name its stage.

Cues are natural logarithms of power, or differences of them, so that gain, reference and unit
only shift them; what is left of a shift is learned on each night (`naming.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..utils.bands import BANDS
from ..utils.columns import Column, where

ANY = np.inf  # a shift that may be anything: levels depend on gain, reference and unit


@dataclass(frozen=True)
class Cue:
    """A cue and what it is expected to be.

    Parameters
    ----------
    name : str
        Its name.
    expected : tuple of float, shape (6,)
        Its mean in active wake, quiet wake, N1, N2, N3 and R.
    spread : float
        Standard deviation within a stage of a night.
    between_people : float
        Standard deviation of the shift that all stages of a night share; `ANY` for levels.
    between_stages : float
        Standard deviation of what a stage differs beside that shift.
    weight : float
        What its likelihood counts for. Less than 1 where cues tell the same: slow waves lie in
        three. More than 1 for spindles, which decide alone (AASM manual).
    """

    name: str
    expected: tuple[float, ...]
    spread: float
    between_people: float
    between_stages: float
    weight: float


# The order of the stages in each cue is that of the AASM manual (Berry et al. 2020, ch. IV) and of
# Susmakova and Krakovska (2008, Artif. Intell. Med. 44:261), who ranked 73 measures. The numbers
# are rounded means of simulated nights (stage_sleepers.py in doc/benchmarks), moved where those are
# known to differ from people: spindles stand out more (Purcell et al. 2017, Nat. Commun. 8:15930).
CUES = (
    # active, quiet, N1, N2, N3, R
    Cue("slow", (1.7, 1.7, 2.2, 3.4, 5.2, 2.3), 0.6, 1.0, 0.35, 0.7),
    Cue("fast", (-0.6, -1.5, -2.2, -3.1, -4.0, -2.4), 0.5, 0.8, 0.35, 1.0),
    Cue("alpha", (-0.3, 1.1, 0.2, 0.0, 0.0, 0.0), 0.4, 0.4, 0.3, 1.0),
    Cue("sigma", (-1.2, -1.5, -1.3, -0.5, -0.6, -1.3), 0.3, 0.4, 0.3, 1.25),
    Cue("spindles", (0.75, 0.85, 0.85, 1.3, 1.1, 0.85), 0.25, 0.2, 0.15, 1.5),
    Cue("delta_level", (-0.4, -0.7, -0.8, 0.2, 1.6, -0.9), 0.6, ANY, 0.35, 0.7),
    Cue("beta_level", (1.0, 0.4, 0.2, -0.1, -0.4, 0.0), 0.4, ANY, 0.35, 0.7),
    Cue("eyes", (1.8, 0.8, 0.6, -0.7, -0.9, 0.3), 0.6, ANY, 0.4, 1.0),
    Cue("eye_movements", (1.6, 1.0, 1.0, 0.9, 0.9, 1.6), 0.5, 0.5, 0.4, 1.0),
    Cue("chin", (1.4, 1.0, 0.6, 0.1, 0.0, -1.6), 0.8, ANY, 0.4, 1.0),
)


#: Cues of eyes and chin, which may be missing for a while.
BODY_CUES = ("eyes", "eye_movements", "chin")
# A muscle or an eye that hardly changes all night tells nothing: the electrode is off, or carries
# EEG. From the 5th to the 95th percentile of epochs; half of what is expected between quiet wake
# and R for the chin, a little more than half between quiet wake and N2 for the eyes.
_SMALLEST_RANGE = {"chin": 1.3, "eyes": 0.9}


def window_cues(values: np.ndarray, columns: list[Column]) -> dict[str, np.ndarray]:
    """Compute what single windows tell.

    Parameters
    ----------
    values : array, shape (n_windows, n_features)
        Features.
    columns : list of Column
        What they are.

    Returns
    -------
    cues : dict of array, shape (n_windows,)
        Slow, fast, alpha and sigma of the EEG relative to other bands; levels of delta, beta, slow
        EOG and chin EMG. What no column tells is left out.
    """
    band = {name: _mean(values, columns, "eeg", name) for name in BANDS}
    theta, alpha, sigma, beta = (band[name] for name in ("theta", "alpha", "sigma", "beta"))
    found = {
        "slow": _minus(band["delta"], beta),
        "fast": _minus(band["gamma"], theta),
        "alpha": _minus(alpha, theta, beta),
        "sigma": _minus(sigma, alpha, beta),
        "delta_level": band["delta"],
        "beta_level": beta,
        # slow EOG beside what the EEG leaks into it
        "eyes": _minus(_mean(values, columns, "eog", "delta"), band["delta"]),
        "chin": _mean(values, columns, "emg", "level"),
    }
    return {name: cue for name, cue in found.items() if cue is not None}


def epoch_cues(
    values: np.ndarray, columns: list[Column], epochs: np.ndarray, n_epochs: int
) -> pd.DataFrame:
    """Compute the cues of each epoch.

    Parameters
    ----------
    values : array, shape (n_windows, n_features)
        Features.
    columns : list of Column
        What they are.
    epochs : array of int, shape (n_windows,)
        Epoch of each window.
    n_epochs : int
        Number of epochs.

    Returns
    -------
    cues : DataFrame, shape (n_epochs, n_cues)
        Columns named as in `CUES`; those that no channel tells are left out. NaN where less than
        half of an epoch is valid.
    """
    windows = pd.DataFrame(window_cues(values, columns), index=range(len(values)))
    if not windows.shape[1]:
        return pd.DataFrame(index=range(n_epochs))
    grouped = windows.groupby(np.asarray(epochs))
    middle = grouped.median().where(grouped.count().div(grouped.size(), axis=0) >= 0.5)
    high = grouped.quantile(0.9)
    if "sigma" in middle:
        middle["spindles"] = high["sigma"] - middle["sigma"]
    if "eyes" in middle:
        middle["eye_movements"] = high["eyes"] - middle["eyes"]
    if "chin" in middle:
        tone = grouped["chin"].quantile(0.2)  # without twitches
        middle["chin"] = tone.where(middle["chin"].notna())
    telling = {name for name in middle if _varies(name, middle[name])}
    if "eyes" not in telling:
        telling.discard("eye_movements")
    names = [cue.name for cue in CUES if cue.name in telling]
    return middle[names].reindex(range(n_epochs))


def _varies(name: str, values: pd.Series) -> bool:
    known = values.dropna()
    low, high = np.percentile(known, (5, 95)) if len(known) else (0.0, 0.0)
    return high - low >= _SMALLEST_RANGE.get(name, 0.0)


def _mean(values, columns, role: str, quantity: str) -> np.ndarray | None:
    """Mean over the channels that are valid, each moved to the middle that all share."""
    at = where(columns, role=role, quantity=quantity, extractor="spectral")
    chosen = values[:, at]
    chosen = chosen[:, np.isfinite(chosen).any(axis=0)]
    if not chosen.shape[1]:
        return None
    middles = np.nanmedian(chosen, axis=0)
    moved = chosen - middles + middles.mean()
    known = np.isfinite(moved)
    total = np.where(known, moved, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def _minus(band, *others) -> np.ndarray | None:
    if band is None or any(other is None for other in others):
        return None
    return band - np.mean(others, axis=0)
