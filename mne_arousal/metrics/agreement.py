"""Agreement second by second, and of arousal indices."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ._scores import Scores
from .evidence import label_samples
from .matching import read_events

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..utils.types import Events


@dataclass(frozen=True)
class IndexScores(Scores):
    """What :func:`score_arousal_index` found; readable by attribute or as a dict.

    Attributes
    ----------
    n_recordings : int
        Recordings with sleep.
    true_index, pred_index : float
        Mean arousals per hour of sleep.
    bias : float
        Mean of predicted minus true index: positive finds too many.
    absolute_error : float
        Mean distance of the indices.
    limit_low, limit_high : float
        Limits of agreement, bias ± 1.96 standard deviations (Bland & Altman 1986); NaN for
        fewer than two recordings.

    Examples
    --------
    >>> import pandas as pd
    >>> from mne_arousal.metrics import score_arousal_index
    >>> true = pd.DataFrame({"onset": [10.0, 50.0], "duration": 5.0})
    >>> score_arousal_index(true, true[:1], sleep_hours=0.5).bias
    -2.0
    """

    n_recordings: int
    true_index: float
    pred_index: float
    bias: float
    absolute_error: float
    limit_low: float
    limit_high: float


def per_second_kappa(
    true: Events,
    pred: Events,
    duration: float,
    *,
    stages: ArrayLike | None = None,
    description: str | None = "arousal",
) -> float:
    """Return Cohen's kappa of seconds in and out of arousals.

    The agreement that studies of experts report: about 0.54 to 0.59 between two of them
    (Alvarez-Estevez & Fernández-Varela 2019).

    Parameters
    ----------
    true, pred : instance of Annotations | DataFrame
        Events of one recording, ``onset`` and ``duration`` in s from its start.
    duration : float
        Length of the recording, s.
    stages : array of int, shape (n_epochs,) | None
        Stage of each 30 s, as ``mne_arousal.hypnogram.hypnogram_to_stages`` returns it:
        seconds of wake (0) and unscored (-1) that hold no event are left out. None takes
        all seconds.
    description : str | None
        Annotations count whose description contains this, in any case; None takes all.

    Returns
    -------
    kappa : float
        1 for the same seconds, 0 at chance; NaN when neither has an event, or no second
        is scored.

    References
    ----------
    Cohen, J. (1960). A coefficient of agreement for nominal scales. Educational and
    Psychological Measurement, 20(1), 37-46.

    Alvarez-Estevez, D., & Fernández-Varela, I. (2019). Large-scale validation of an
    automatic EEG arousal detection algorithm using different heterogeneous databases.
    Sleep Medicine, 57, 6-14.

    Examples
    --------
    >>> import pandas as pd
    >>> true = pd.DataFrame({"onset": [10.0], "duration": [5.0]})
    >>> pred = pd.DataFrame({"onset": [12.0], "duration": [5.0]})
    >>> round(per_second_kappa(true, pred, 60.0), 3)
    0.564
    """
    labels = [
        label_samples(events, int(duration), stages=stages, description=description)
        for events in (true, pred)
    ]
    scored = (labels[0] >= 0) | (labels[1] >= 0)
    a, b = (part[scored] > 0 for part in labels)
    if not (a.any() or b.any()):
        return np.nan
    observed = np.mean(a == b)
    chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    return float((observed - chance) / (1 - chance)) if chance < 1 else np.nan


def score_arousal_index(
    true: Events,
    pred: Events,
    sleep_hours: float | pd.Series | dict[str, float],
    *,
    description: str | None = "arousal",
) -> IndexScores:
    """Compare arousals per hour of sleep.

    Parameters
    ----------
    true, pred : instance of Annotations | DataFrame
        Events, as :func:`score_arousals` takes them; tables of several recordings have a
        column (or index level) ``recording``.
    sleep_hours : float | Series | dict
        Hours of sleep of the recording, or of each recording by its name. Recordings
        without sleep are left out; those without events count.
    description : str | None
        Annotations count whose description contains this, in any case; None takes all.

    Returns
    -------
    scores : IndexScores
        Mean indices, bias, absolute error and limits of agreement, per hour.

    Raises
    ------
    ValueError
        If a recording has events but no entry in `sleep_hours`.

    References
    ----------
    Bland, J. M., & Altman, D. G. (1986). Statistical methods for assessing agreement
    between two methods of clinical measurement. The Lancet, 327(8476), 307-310.

    Examples
    --------
    >>> import pandas as pd
    >>> true = pd.DataFrame({"recording": list("aab"), "onset": [1, 60, 9], "duration": 3.0})
    >>> pred = pd.DataFrame({"recording": list("abb"), "onset": [1, 60, 9], "duration": 3.0})
    >>> score_arousal_index(true, pred, {"a": 1.0, "b": 0.5}).absolute_error
    1.5
    """
    tables = [
        read_events(events, name, description) for events, name in ((true, "true"), (pred, "pred"))
    ]
    if isinstance(sleep_hours, Real):
        hours = pd.Series({"": float(sleep_hours)})
        counts = [pd.Series({"": len(table)}) for table in tables]
    else:
        hours = pd.Series(sleep_hours, dtype=float)
        counts = [_count(table, hours) for table in tables]
    hours = hours[hours > 0]
    index = [count.reindex(hours.index, fill_value=0) / hours for count in counts]
    error = (index[1] - index[0]).to_numpy()
    if not len(error):
        return IndexScores(0, *[np.nan] * 6)
    spread = 1.96 * error.std(ddof=1) if len(error) > 1 else np.nan
    bias = float(error.mean())
    return IndexScores(
        len(error),
        float(index[0].mean()),
        float(index[1].mean()),
        bias,
        float(np.abs(error).mean()),
        bias - float(spread),
        bias + float(spread),
    )


def _count(table, hours) -> pd.Series:
    """Events of each recording."""
    if "recording" not in table:
        if len(table):
            raise ValueError("Events need a column 'recording' when sleep_hours has several.")
        return pd.Series(dtype=float)
    unknown = set(table["recording"]) - set(hours.index)
    if unknown:
        raise ValueError(f"sleep_hours lacks {', '.join(sorted(map(str, unknown)))}.")
    return table["recording"].value_counts()
