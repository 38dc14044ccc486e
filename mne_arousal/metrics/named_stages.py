"""Agreement of named stages with a hypnogram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..hypnogram import STAGES, UNSCORED, Hypnogram
from ._scores import Scores


@dataclass(frozen=True)
class NamedStageScores(Scores):
    """What :func:`score_stages` found for named stages; readable by attribute or as a dict.

    Attributes
    ----------
    n_epochs : int
        Epochs that the expert scored.
    accuracy : float
        Share of epochs in agreement. An epoch without a name agrees with nothing.
    kappa : float
        Cohen's kappa; NaN where chance alone agrees on everything.
    macro_f1 : float
        Mean F1 of the stages that the hypnogram holds.
    f1 : dict
        F1 of each stage; NaN where neither holds it.
    confusion : DataFrame, shape (5, 6)
        Epochs by the hypnogram's stage (rows) and the one found (columns; ``"?"`` for none).

    Examples
    --------
    >>> from mne_arousal.metrics import score_stages
    >>> scores = score_stages([0, 1, 2, 2], ["W", "N2", "N2", "N2"])
    >>> scores.accuracy
    0.75
    """

    n_epochs: int
    accuracy: float
    kappa: float
    macro_f1: float
    f1: dict
    confusion: pd.DataFrame


def stage_codes(stages) -> np.ndarray:
    """Turn stages into codes.

    Parameters
    ----------
    stages : Hypnogram | array-like, shape (n_epochs,)
        Stages, their codes or their names (``"?"`` is none).

    Returns
    -------
    codes : array of int, shape (n_epochs,)
        0 W, 1 N1, 2 N2, 3 N3, 4 R; -1 none.

    Raises
    ------
    ValueError
        If a name is no stage.
    """
    if isinstance(stages, Hypnogram):
        return stages.stages
    values = np.asarray(stages)
    if values.dtype.kind in "iuf":
        return values.astype(int)
    names = {name: code for code, name in enumerate(STAGES)} | {"?": UNSCORED}
    unknown = sorted({str(value) for value in values} - set(names))
    if unknown:
        raise ValueError(f"Stages are named W, N1, N2, N3, R or ?, not {unknown[:5]}.")
    return np.array([names[str(value)] for value in values], dtype=int)


def score_named_stages(true: np.ndarray, found: np.ndarray) -> NamedStageScores:
    """Score named stages.

    Parameters
    ----------
    true, found : array of int, shape (n_epochs,)
        Codes of the hypnogram and of what was found; epochs of -1 in `true` are left out.

    Returns
    -------
    scores : NamedStageScores
        Accuracy, kappa, F1 and confusion.
    """
    scored = true != UNSCORED
    counts = np.zeros((len(STAGES), len(STAGES) + 1), dtype=int)
    np.add.at(counts, (true[scored], found[scored]), 1)  # -1 is the last column
    n = counts.sum()
    square = counts[:, :-1]
    agree = np.trace(square) / n
    chance = float(counts.sum(axis=1) @ square.sum(axis=0) / n**2)
    total = counts.sum(axis=1) + square.sum(axis=0)
    f1 = np.where(total > 0, 2 * np.diag(square) / np.maximum(total, 1), np.nan)
    return NamedStageScores(
        int(n),
        float(agree),
        float((agree - chance) / (1 - chance)) if chance < 1 else np.nan,
        float(f1[counts.sum(axis=1) > 0].mean()),
        dict(zip(STAGES, f1.tolist(), strict=True)),
        pd.DataFrame(counts, index=list(STAGES), columns=[*STAGES, "?"]),
    )
