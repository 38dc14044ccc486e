"""What the body does in the seconds after each window: what an encoder learns to predict."""

from __future__ import annotations

import numpy as np

from ..body import BodyTransformer
from ..body.grid import Grid
from ..utils.columns import parse_columns, where
from ..utils.missing import mean_known
from ..utils.windows import Windows

AHEAD = 10.0  # s; heart, breath and muscle answer an arousal within so long (Azarbarzin 2014)
#: Targets, and which measures of `BodyTransformer` they are made of: quantity, and roles of which
#: the first that a recording has is taken.
TARGETS = {
    "heart": ("heart_rate", (("ecg",), ("pulse",), ("hr",))),
    "breath": ("amplitude", (("resp", "effort"),)),
    "muscle": ("activity", (("emg",),)),
    "movement": ("movement", (("psg",),)),
}
_LIMIT = 4.0  # spreads; beyond it an answer says no more, or one movement outweighs a night
_FEWEST_KNOWN = 0.5  # of the seconds ahead
_FEWEST_WINDOWS = 0.05  # share of the windows that a target must be known in to be learned


def measure_targets(windows: Windows, X) -> np.ndarray:
    """Measure the targets of windows from the channels that they carry.

    Parameters
    ----------
    windows : Windows
        The windows, in order of time.
    X : array | dataset
        The same, as the encoder got them.

    Returns
    -------
    targets : array, shape (n_windows, n_targets)
        As `body_targets` returns them; a target without channels is NaN throughout.
    """
    hop = None if windows.index is not None else windows.shape[2] / windows.sfreq
    labels = [str(channel) for channel in windows.channels]
    body = BodyTransformer(sfreq=windows.sfreq, channels=labels, hop=hop)
    measures = np.asarray(body.fit_transform(X), dtype=float)
    return body_targets(measures, list(body.get_feature_names_out()), windows)


def body_targets(measures: np.ndarray, names: list[str], windows: Windows) -> np.ndarray:
    """Average measures of the body over the seconds from each window on.

    Parameters
    ----------
    measures : array, shape (n_windows, n_measures)
        Measures of `BodyTransformer`; NaN where unknown.
    names : list of str
        Their names.
    windows : Windows
        Where the windows are.

    Returns
    -------
    targets : array, shape (n_windows, n_targets)
        In the order of ``TARGETS``: mean from the start of a window to ``AHEAD`` after it, less
        the median of the last minutes, in the unit of the measures; NaN where more than half of
        those seconds are unknown.
    """
    columns = parse_columns(names)
    out = np.full((len(measures), len(TARGETS)), np.nan)
    for i, (quantity, roles) in enumerate(TARGETS.values()):
        found = (where(columns, role=some, quantity=quantity) for some in roles)
        at = next((some for some in found if len(some)), ())
        if not len(at):
            continue
        trace = mean_known(measures[:, at], axis=1)
        for run in windows.runs:
            grid = _grid(run, windows)
            # BodyTransformer compares all of them with the last minutes but the heart rate
            own = grid.relative(trace[run.rows]) if quantity == "heart_rate" else trace[run.rows]
            out[run.rows, i] = mean_ahead(own, grid)
    return out


def known_targets(targets: np.ndarray) -> list[str]:
    """Name the targets that are known in enough windows to be learned.

    Parameters
    ----------
    targets : array, shape (n_windows, n_targets)
        Targets.

    Returns
    -------
    names : list of str
        Of ``TARGETS``.
    """
    share = np.isfinite(targets).mean(axis=0)
    return [name for name, known in zip(TARGETS, share, strict=True) if known > _FEWEST_WINDOWS]


def mean_ahead(trace: np.ndarray, grid: Grid) -> np.ndarray:
    """Average what is known from each window to the seconds after it.

    Parameters
    ----------
    trace : array, shape (n_windows,)
        NaN where unknown.
    grid : Grid
        Where the windows are.

    Returns
    -------
    mean : array, shape (n_windows,)
        NaN where more than half is unknown.
    """
    starts = grid.starts / grid.sfreq
    stop = np.searchsorted(starts, starts + AHEAD, side="right")
    known = np.isfinite(trace)
    total = np.r_[0.0, np.cumsum(np.where(known, trace, 0.0))]
    count = np.r_[0, np.cumsum(known)]
    first = np.arange(len(trace))
    n = count[stop] - count[first]
    expected = AHEAD / grid.hop
    mean = (total[stop] - total[first]) / np.maximum(n, 1)
    return np.where(n >= max(_FEWEST_KNOWN * expected, 1), mean, np.nan)


def in_spreads(targets: np.ndarray, measured_on: np.ndarray) -> np.ndarray:
    """Measure targets from their median in half the distance of the 16th and 84th percentiles.

    Parameters
    ----------
    targets : array, shape (n_windows, n_targets)
        Targets of one recording; NaN where unknown.
    measured_on : array of bool, shape (n_windows,)
        Windows that tell median and percentiles: those that training sees.

    Returns
    -------
    scaled : array, shape (n_windows, n_targets)
        From -4 to 4; 0 for a target that does not vary.
    """
    out = np.full(targets.shape, np.nan)
    for i, values in enumerate(targets.T):
        known = values[measured_on & np.isfinite(values)]
        if not len(known):
            continue
        low, middle, high = np.percentile(known, [15.87, 50, 84.13])
        spread = (high - low) / 2 if high > low else np.inf
        out[:, i] = np.clip((values - middle) / spread, -_LIMIT, _LIMIT)
    return out


def _grid(run, windows: Windows) -> Grid:
    n_times = windows.shape[2]
    starts = run.starts - run.starts[0]
    if windows.index is None:  # rows of an array, which touch
        starts = np.arange(len(run.starts)) * n_times
    return Grid(starts, n_times, windows.sfreq)
