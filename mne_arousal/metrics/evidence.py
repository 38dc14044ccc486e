"""Evidence: agreement with true events window by window, or sample by sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from ..hypnogram import EPOCH_LENGTH
from ._scores import Scores
from .matching import read_events

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..utils.types import Events


@dataclass(frozen=True)
class EvidenceScores(Scores):
    """What :func:`score_evidence` found; readable by attribute or as a dict.

    Attributes
    ----------
    n_windows : int
        Windows with finite evidence.
    prevalence : float
        Share of them in an arousal: the average precision of a guess.
    average_precision : float
        Area under the precision-recall curve of windows.
    roc_auc : float
        Area under the receiver operating characteristic of windows.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from mne_arousal.metrics import score_evidence
    >>> true = pd.DataFrame({"onset": [10.0], "duration": 5.0})
    >>> times = np.arange(0.0, 40.0, 2.0)
    >>> scores = score_evidence(true, ((times >= 10) & (times < 15)).astype(float), times)
    >>> scores.n_windows
    20
    """

    n_windows: int
    prevalence: float
    average_precision: float
    roc_auc: float


def score_evidence(
    true: Events,
    evidence: ArrayLike,
    times: ArrayLike,
    *,
    window_length: float = 2.0,
    description: str | None = "arousal",
) -> EvidenceScores:
    """Score evidence window by window, without a threshold.

    A window counts as arousal when its center lies in a true event.

    Parameters
    ----------
    true : instance of Annotations | DataFrame
        True events of one recording, ``onset`` and ``duration`` in s.
    evidence : array, shape (n_windows,)
        The higher, the more arousal-like, as ``ArousalClusterer.decision_function``
        returns it. Windows of NaN are left out.
    times : array, shape (n_windows,)
        Start of each window, s from where onsets count.
    window_length : float
        Length of a window, s. The default is that of ``PSGWindower``.
    description : str | None
        Annotations count whose description contains this, in any case; None takes all.

    Returns
    -------
    scores : EvidenceScores
        Average precision, the prevalence to compare it with, and area under the ROC.

    Raises
    ------
    ValueError
        If the lengths differ.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from mne_arousal.metrics import score_evidence
    >>> true = pd.DataFrame({"onset": [10.0], "duration": 6.0})
    >>> times = np.arange(0.0, 40.0, 2.0)
    >>> evidence = ((times >= 10) & (times < 16)).astype(float)
    >>> score_evidence(true, evidence, times).average_precision
    1.0
    """
    evidence, times = np.asarray(evidence, dtype=float), np.asarray(times, dtype=float)
    if evidence.ndim != 1 or evidence.shape != times.shape:
        raise ValueError(
            "evidence and times need one entry per window each, but have shapes "
            f"{evidence.shape} and {times.shape}."
        )
    events = read_events(true, "true", description)
    positive = _inside(events, times + window_length / 2)
    finite = np.isfinite(evidence)
    positive, evidence = positive[finite], evidence[finite]
    if len(np.unique(positive)) < 2:
        precision = auc = np.nan
    else:
        precision = float(average_precision_score(positive, evidence))
        auc = float(roc_auc_score(positive, evidence))
    prevalence = float(positive.mean()) if len(positive) else np.nan
    return EvidenceScores(len(positive), prevalence, precision, auc)


def label_samples(
    events: Events,
    n_samples: int,
    sfreq: float = 1.0,
    *,
    stages: ArrayLike | None = None,
    description: str | None = "arousal",
) -> np.ndarray:
    """Label each sample as arousal, sleep, or not scored.

    Parameters
    ----------
    events : instance of Annotations | DataFrame
        Events of one recording, ``onset`` and ``duration`` in s.
    n_samples : int
        Number of samples.
    sfreq : float
        Samples per second. The default labels seconds, finer than experts agree.
    stages : array of int, shape (n_epochs,) | None
        Stage of each 30 s, as ``mne_arousal.hypnogram.hypnogram_to_stages`` returns it.
        Wake (0) and unscored epochs (-1), and what no epoch covers, are not scored,
        unless an event covers the sample. None scores all samples.
    description : str | None
        Annotations count whose description contains this, in any case; None takes all.

    Returns
    -------
    labels : array of int, shape (n_samples,)
        1 where the middle of the sample lies in an event, else 0, and -1 where nothing is
        scored.

    Examples
    --------
    >>> import pandas as pd
    >>> events = pd.DataFrame({"onset": [31.0], "duration": [3.0]})
    >>> label_samples(events, 40, stages=[0, 2])[28:36]
    array([-1, -1,  0,  1,  1,  1,  0,  0])
    """
    center = (np.arange(n_samples) + 0.5) / sfreq
    inside = _inside(read_events(events, "events", description), center)
    labels = inside.astype(int)
    if stages is not None:
        stages = np.asarray(stages)
        epoch = (center // EPOCH_LENGTH).astype(int)
        asleep = np.zeros(n_samples, dtype=bool)
        asleep[epoch < len(stages)] = stages[epoch[epoch < len(stages)]] > 0
        labels[~asleep & ~inside] = -1
    return labels


def gross_auprc(
    labels: list | np.ndarray, scores: list | np.ndarray, *, digits: int | None = None
) -> float:
    """Return the gross AUPRC of the PhysioNet/CinC Challenge 2018.

    The area under the precision-recall curve of samples, those of all recordings pooled,
    so that long recordings and those with many arousals weigh more.

    Parameters
    ----------
    labels : array of int, shape (n_samples,) | list of array
        Of one or of several recordings: 1 in an arousal, 0 in sleep, -1 where samples are
        left out, as :func:`label_samples` returns them. The Challenge left out samples
        near wake and near arousals by apnea or hypopnea, and counted 2 s before and
        after an arousal as part of it; widen the events for that.
    scores : array of float, shape (n_samples,) | list of array
        Probability or evidence of an arousal, the higher the more arousal-like; any
        range, but the same for all recordings. Samples of NaN count as the least score.
    digits : int | None
        Decimals that scores are rounded to. The Challenge used probabilities with 3. None
        does not round.

    Returns
    -------
    auprc : float
        Sum over thresholds of precision times gain in recall; NaN when no scored sample,
        or every one, is arousal.

    Raises
    ------
    ValueError
        If the lengths of labels and scores differ.

    References
    ----------
    Ghassemi, M. M., Moody, B. E., Lehman, L. H., Song, C., Li, Q., Sun, H., Mark, R. G.,
    Westover, M. B., & Clifford, G. D. (2018). You snooze, you win: the PhysioNet/Computing
    in Cardiology Challenge 2018. Computing in Cardiology, 45.

    Examples
    --------
    >>> first, second = [0, 1, 1, -1], [0, 0, 1]
    >>> auprc = gross_auprc([first, second], [[0.1, 0.9, 0.4, 1.0], [0.5, 0.2, 0.8]])
    >>> round(auprc, 3)
    0.917
    """
    if not isinstance(labels, list) or not labels or np.ndim(labels[0]) == 0:
        labels, scores = [labels], [scores]
    labels = [np.asarray(part) for part in labels]
    scores = [np.asarray(part, dtype=float) for part in scores]
    if [part.shape for part in labels] != [part.shape for part in scores]:
        raise ValueError(
            "labels and scores need one entry per sample each, but have shapes "
            f"{[part.shape for part in labels]} and {[part.shape for part in scores]}."
        )
    labels, scores = np.concatenate(labels), np.concatenate(scores)
    scored = labels >= 0
    labels, scores = labels[scored], scores[scored]
    if len(np.unique(labels)) < 2:
        return np.nan
    if digits is not None:
        scores = np.round(scores, digits)
    known = np.isfinite(scores)
    least = scores[known].min() - 1 if known.any() else 0.0
    return float(average_precision_score(labels, np.where(known, scores, least)))


def _inside(events, times) -> np.ndarray:
    """Tell which times lie in an event."""
    onset = events["onset"].to_numpy(dtype=float)
    stop = onset + events["duration"].to_numpy(dtype=float)
    started = np.searchsorted(np.sort(onset), times, side="right")
    return started > np.searchsorted(np.sort(stop), times, side="right")
