"""Labels and scores of samples, as the PhysioNet/CinC Challenge 2018 counted them.

Its page (https://physionet.org/content/challenge-2018/1.0.0/): a target begins 2 s before an
arousal and ends 2 s after it, 10 s after one related to respiratory effort (RERA); what lies within
10 s of wake, or of an arousal by apnea or hypopnea, is not scored. Scores have three decimals. What
was found is widened by 2 s, too: targets are what entrants were to predict.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ..hypnogram.document import read_document
from ..hypnogram.formats import read_scoring
from ..hypnogram.formats.challenge import SAMPLING_RATE, read_vector
from ..utils.errors import RecordingError
from .marked import Marked

SFREQ = 10.0  # Hz, at which samples are counted; the Challenge's 200 Hz divides by it
N_LEVELS = 1001  # 0.000 to 1.000
_BEFORE, _AFTER, _AFTER_RERA = 2.0, 2.0, 10.0  # s
_UNSCORED = 10.0  # s


def challenge_labels(truth: Marked, duration: float) -> np.ndarray:
    """Label each sample as target, sleep, or not scored.

    Parameters
    ----------
    truth : Marked
        An expert's marks. Of the Challenge's own files, its vector is taken where it lies beside
        or is the file itself.
    duration : float
        Length to label, s.

    Returns
    -------
    labels : array of int, shape (n_samples,)
        1, 0 or -1, at ``SFREQ``.
    """
    n_samples = int(duration * SFREQ)
    vector = _own_vector(truth)
    if vector is not None:
        every = round(SAMPLING_RATE / SFREQ)
        labels = np.full(n_samples, -1)
        given = vector[every // 2 :: every][:n_samples]
        labels[: len(given)] = given
        return labels
    targets = _widened(truth.events, truth.events.get("kind"))
    labels = _cover(targets, np.ones(len(targets), dtype=int), n_samples)
    unscored = _near_wake(truth.stages, n_samples)
    apneas = _apneas(truth.path)
    around = pd.DataFrame(
        {"onset": apneas["onset"] - _UNSCORED, "duration": apneas["duration"] + 2 * _UNSCORED}
    )
    unscored |= _cover(around, np.ones(len(around), dtype=int), n_samples) == 1
    labels[unscored] = -1
    return labels


def _own_vector(truth: Marked) -> np.ndarray | None:
    path = truth.path
    if path is None or path.suffix.lower() not in (".arousal", ".mat"):
        return None
    file = path if path.suffix.lower() == ".mat" else path.with_name(f"{path.stem}-arousal.mat")
    if not file.is_file():
        return None
    try:
        return read_vector(file)
    except RecordingError:
        if file == path:
            raise
        return None  # h5py is not installed; the annotations tell nearly the same


def _widened(events: pd.DataFrame, kinds) -> pd.DataFrame:
    after = np.full(len(events), _AFTER)
    if kinds is not None:
        after[kinds.astype(str).str.contains("rera", case=False).to_numpy(dtype=bool)] = _AFTER_RERA
    onset = events["onset"].to_numpy() - _BEFORE
    return pd.DataFrame({"onset": onset, "duration": events["duration"] + _BEFORE + after})


def _near_wake(stages, n_samples: int) -> np.ndarray:
    """Samples of wake or of no stage, and those within 10 s of wake."""
    if stages is None:
        return np.zeros(n_samples, dtype=bool)
    epoch = (np.arange(n_samples) / SFREQ // 30).astype(int)
    inside = epoch < len(stages)
    unscored = ~inside
    unscored[inside] = stages[epoch[inside]] < 0
    wake = np.zeros(n_samples, dtype=bool)
    wake[inside] = stages[epoch[inside]] == 0
    edges = np.flatnonzero(np.diff(np.r_[0, wake.astype(np.int8), 0]))
    margin = int(_UNSCORED * SFREQ)
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        unscored[max(start - margin, 0) : stop + margin] = True
    return unscored


def _apneas(path: Path | None) -> pd.DataFrame:
    """Apneas and hypopneas of the Challenge's annotations, where they stand for arousals."""
    none = pd.DataFrame({"onset": [], "duration": []}, dtype=float)
    if path is None or path.suffix.lower() != ".arousal":
        return none
    scoring = read_scoring(read_document(path, "annotation"), lambda label: "pnea" in label)
    onset, duration = scoring.times
    rows = np.array(["pnea" in label for label in scoring.labels], dtype=bool)
    rows &= np.isfinite(duration)
    return pd.DataFrame({"onset": onset[rows], "duration": duration[rows]})


def sample_levels(events: pd.DataFrame, levels: np.ndarray, n_samples: int) -> np.ndarray:
    """Give each sample the highest level of the events that cover it, widened as targets are.

    Parameters
    ----------
    events : DataFrame
        Events, ``onset`` and ``duration`` in s.
    levels : array of int, shape (n_events,)
        Level of each, 0 to ``N_LEVELS - 1``.
    n_samples : int
        Number of samples at ``SFREQ``.

    Returns
    -------
    levels : array of int, shape (n_samples,)
        0 where there is no event.
    """
    return _cover(_widened(events, None), levels, n_samples)


def _cover(events: pd.DataFrame, levels: np.ndarray, n_samples: int) -> np.ndarray:
    """Highest level of the events in which the middle of each sample lies; 0 without."""
    samples = np.zeros(n_samples, dtype=int)
    begin = events["onset"].to_numpy(dtype=float)
    edges = np.array([begin, begin + events["duration"].to_numpy(dtype=float)])
    edges = np.clip(np.ceil(edges * SFREQ - 0.5), 0, n_samples).astype(int)
    for start, stop, level in zip(*edges, levels, strict=True):
        samples[start:stop] = np.maximum(samples[start:stop], level)
    return samples


def count_levels(labels: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Count samples at each level, apart for arousals and sleep.

    Parameters
    ----------
    labels : array of int, shape (n_samples,)
        1, 0 or -1.
    levels : array of int, shape (n_samples,)
        Level of each sample.

    Returns
    -------
    counts : array, shape (2, N_LEVELS)
        Of arousals and of sleep. They add up over recordings.
    """
    return np.array(
        [np.bincount(levels[labels == label], minlength=N_LEVELS) for label in (1, 0)], dtype=float
    )


def auprc(counts: np.ndarray) -> np.ndarray:
    """Area under the precision-recall curve of samples.

    Parameters
    ----------
    counts : array, shape (..., 2, N_LEVELS)
        As `count_levels` returns them, summed over recordings.

    Returns
    -------
    area : array, shape (...)
        Sum over thresholds of precision times gain in recall; NaN without arousals or without
        other samples.
    """
    hits = np.cumsum(counts[..., 0, ::-1], axis=-1)
    others = np.cumsum(counts[..., 1, ::-1], axis=-1)
    taken = hits + others
    precision = np.divide(hits, taken, out=np.zeros_like(hits), where=taken > 0)
    total = hits[..., -1]
    area = (precision * np.diff(hits, axis=-1, prepend=0)).sum(axis=-1) / total
    return np.where((total > 0) & (others[..., -1] > 0), area, np.nan)
