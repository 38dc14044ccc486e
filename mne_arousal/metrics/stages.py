"""Stage clusters and states: agreement with a hypnogram, and how long they last."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_mutual_info_score

from ..hypnogram import STAGES, UNSCORED, Hypnogram
from ._scores import Scores
from .named_stages import NamedStageScores, score_named_stages, stage_codes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class StageScores(Scores):
    """What :func:`score_stages` found; readable by attribute or as a dict.

    Attributes
    ----------
    n_epochs : int
        Epochs that the expert scored.
    n_stages, n_clusters : int
        Stages and clusters among them.
    ami : float
        Adjusted mutual information: 0 at chance, 1 for the same partition.
    accuracy : float
        Share of epochs in agreement when each cluster is paired with one stage of its
        own, by the best such pairing.
    mapped_accuracy : float
        Share of epochs in agreement when each cluster stands for its most frequent stage.
        Never below `accuracy`, and it grows with the number of clusters.
    kappa : float
        Cohen's kappa of that mapping.
    mapping : dict
        Cluster to name of its most frequent stage.

    Examples
    --------
    >>> from mne_arousal.metrics import score_stages
    >>> scores = score_stages([0, 0, 2, 2, 3], [1, 1, 0, 0, 0])
    >>> scores.mapped_accuracy
    0.8
    """

    n_epochs: int
    n_stages: int
    n_clusters: int
    ami: float
    accuracy: float
    mapped_accuracy: float
    kappa: float
    mapping: dict


def score_stages(
    hypnogram: Hypnogram | ArrayLike, clusters: Hypnogram | ArrayLike
) -> StageScores | NamedStageScores:
    """Score stage clusters, or named stages, against an expert's hypnogram.

    Parameters
    ----------
    hypnogram : Hypnogram | array, shape (n_epochs,)
        Stage of each epoch, as ``mne_arousal.hypnogram.hypnogram_to_stages`` returns it:
        0 W, 1 N1, 2 N2, 3 N3, 4 R, or their names; epochs of -1 are left out.
    clusters : Hypnogram | array, shape (n_epochs,)
        Numbers are clusters; -1 (no cluster) counts as a cluster, so that epochs can't be dodged.
        Names (``"W"``, ``"N1"``, ..., ``"?"``) or a hypnogram are stages.

    Returns
    -------
    scores : StageScores | NamedStageScores
        Of stages, accuracy, kappa, F1 and confusion. Of clusters, adjusted mutual information,
        one-to-one accuracy, and accuracy and kappa once each cluster stands for its most frequent
        stage.

    Raises
    ------
    ValueError
        If the lengths differ or no epoch is scored.

    Examples
    --------
    >>> from mne_arousal.metrics import score_stages
    >>> round(score_stages([0, 0, 2, 2, 4, 4], [1, 1, 0, 0, 2, 2]).ami, 6)
    1.0
    """
    named = isinstance(clusters, Hypnogram) or np.asarray(clusters).dtype.kind in "OUST"
    hypnogram = stage_codes(hypnogram)
    clusters = stage_codes(clusters) if named else np.asarray(clusters)
    if hypnogram.ndim != 1 or hypnogram.shape != clusters.shape:
        raise ValueError(
            "hypnogram and clusters need one entry per epoch each, but have shapes "
            f"{hypnogram.shape} and {clusters.shape}."
        )
    scored = hypnogram != UNSCORED
    if not scored.any():
        raise ValueError("No epoch of the hypnogram is scored.")
    if named:
        return score_named_stages(hypnogram, clusters)
    stages, s = np.unique(hypnogram[scored], return_inverse=True)
    names, c = np.unique(clusters[scored], return_inverse=True)
    counts = np.zeros((len(stages), len(names)), dtype=int)
    np.add.at(counts, (s, c), 1)
    n = counts.sum()
    most = counts.argmax(axis=0)
    agree = counts.max(axis=0).sum() / n
    mapped_counts = np.bincount(most, weights=counts.sum(axis=0), minlength=len(stages))
    chance = float(counts.sum(axis=1) @ mapped_counts / n**2)
    return StageScores(
        int(n),
        len(stages),
        len(names),
        float(adjusted_mutual_info_score(s, c)),
        float(counts[linear_sum_assignment(counts, maximize=True)].sum() / n),
        float(agree),
        float((agree - chance) / (1 - chance)) if chance < 1 else np.nan,
        {int(k): STAGES[stages[i]] for k, i in zip(names, most, strict=True)},
    )


def transition_ratio(labels: ArrayLike) -> float:
    """Return the share of neighboring windows that differ in state.

    Low for states that last, near ``1 - 1 / n_states`` for noise.

    Parameters
    ----------
    labels : array-like of int, shape (n_windows,) | Series
        State of each window, in time order; -1 is no state. A Series whose index has the
        level ``recording`` is not compared across recordings.

    Returns
    -------
    ratio : float
        Changes over neighboring pairs in which both windows have a state; NaN when there
        is no such pair.

    Examples
    --------
    >>> from mne_arousal.metrics import transition_ratio
    >>> transition_ratio([0, 0, 1, 1, 1])
    0.25
    """
    if isinstance(labels, pd.Series) and "recording" in labels.index.names:
        recording = labels.index.get_level_values("recording")
        runs = [labels.to_numpy()[recording == name] for name in recording.unique()]
    else:
        runs = [np.asarray(labels)]
    changes = [a != b for run in runs for a, b in pairwise(run) if a != UNSCORED and b != UNSCORED]
    return float(np.mean(changes)) if changes else np.nan
