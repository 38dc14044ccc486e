"""`BodyTransformer`: the body's signals on the grid of windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..utils.checks import check_positive
from ..utils.missing import percentile_known
from ..utils.windows import BRAIN_ROLES, Channel, Run, Windows, read_windows
from .grid import Grid
from .measures import FOLLOWED, QUANTITIES, RELATIVE, follow, measure

MOVEMENT = "psg:body:movement"
_DAY = 24 * 3600.0  # s that are measured at once of a recording that lasts for days
_MARGIN = 600.0  # s on either side; medians and filters reach less far


@dataclass(frozen=True)
class _Source:
    """One quantity of one channel, before it is compared with the time before."""

    number: int
    channel: Channel
    quantity: str


class BodyTransformer(TransformerMixin, BaseEstimator):
    """Heart rate, breath, muscle activity, oxygen and movement in each window.

    Columns by the role of the channel, all optional:

    ``ecg``, ``pulse``, ``hr``
        ``heart_rate``, beats/min, from the beats around the middle of the window. Ectopic beats,
        bad contact, and rates under 25 or over 220 are unknown.
    ``resp``, ``effort``
        ``amplitude``, natural logarithm of the size of the breath relative to its median of the
        last minutes, and ``recovery``, how far it has risen from its smallest of the last 15 s.
    ``leg``, ``emg``
        ``activity``, natural logarithm of the power above 10 Hz relative to the last minutes.
    ``spo2``
        ``saturation``, %, and ``dip``, percent points under the highest of the last two minutes.
        Under 50 % and over 100 % are unknown.
    ``position``
        ``change``, 1 where the body turned within the last 5 s.
    all EEG, EOG and EMG together
        ``psg:body:movement``, the median over channels of their broadband power relative to the
        last minutes, natural logarithm.

    Parameters
    ----------
    sfreq : float | None
        Sampling frequency of an array, Hz. Windows from a recording tell their own.
    channels : list of str | None
        ``"role:name"`` of an array's channels; None takes all for EEG.
    hop : float | None
        Time between the rows of an array, s. None means that its rows carry no time: each is
        measured by itself and compared with the median of the rows that were fitted, and what
        needs the time before is unknown. Ignored where rows carry their times.

    Attributes
    ----------
    n_channels_in_, n_times_in_ : int
        Shape of a window.
    sfreq_ : float
        Sampling frequency, Hz.

    See Also
    --------
    PSGWindower : ``PSGWindower(body=True)`` makes windows that carry these channels.

    Notes
    -----
    Heart beats are found by sleepecg [1]_ in the continuous signal, not in single windows.

    References
    ----------
    .. [1] Brunner C., Hofer F. (2023). SleepECG: a Python package for sleep staging based on heart
       rate. Journal of Open Source Software 8(86), 5411.

    Examples
    --------
    >>> import numpy as np
    >>> from mne_arousal import BodyTransformer
    >>> t = np.arange(60 * 100) / 100
    >>> breath = np.sin(2 * np.pi * 0.25 * t)
    >>> X = np.lib.stride_tricks.sliding_window_view(breath, 200)[::50][:, np.newaxis]
    >>> body = BodyTransformer(sfreq=100.0, channels=["resp:Flow"], hop=0.5).fit(X)
    >>> body.get_feature_names_out().tolist()
    ['resp:Flow:amplitude', 'resp:Flow:recovery']
    """

    def __init__(self, *, sfreq=None, channels=None, hop=None):
        self.sfreq = sfreq
        self.channels = channels
        self.hop = hop

    def fit(self, X, y=None):
        """Learn shape, rate and channels of the windows.

        Parameters
        ----------
        X : array, shape (n_windows, n_channels, n_times) or (n_windows, n_times) | dataset
            Windows: an array, or a braindecode ``BaseConcatDataset``.
        y : None
            Ignored.

        Returns
        -------
        self : BodyTransformer
            The transformer.
        """
        if self.hop is not None:
            check_positive(self, ("hop",), "s")
        windows = read_windows(self, X, sfreq=self.sfreq, channels=self.channels, reset=True)
        self._name(windows.channels)
        self._levels = np.full(len(self._sources), np.nan)
        if self._is_timeless(windows):
            values = self._measure_rows(windows)
            for i in np.flatnonzero(np.isfinite(values).any(axis=0)):
                self._levels[i] = np.nanmedian(values[:, i])
        return self

    def transform(self, X):
        """Measure the body in each window.

        Parameters
        ----------
        X : array, shape (n_windows, n_channels, n_times) or (n_windows, n_times) | dataset
            Windows: an array, or a braindecode ``BaseConcatDataset``.

        Returns
        -------
        features : array or DataFrame, shape (n_windows, n_features)
            NaN where unknown.
        """
        check_is_fitted(self)
        windows = read_windows(self, X, sfreq=self.sfreq, channels=self.channels, reset=False)
        out = np.full((len(windows), len(self._names)), np.nan)
        if self._is_timeless(windows):
            values = self._measure_rows(windows)
            relative = [s.quantity in RELATIVE for s in self._sources]
            values[:, relative] -= self._levels[relative]
            out[:] = self._combine(values.T, lambda quantity, v: np.full(len(v), np.nan))
        else:
            for run in windows.runs:
                out[run.rows] = self._transform_run(run, windows)
        return windows.frame(out, self._names)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns.

        Parameters
        ----------
        input_features : None
            Ignored; names come from the channels.

        Returns
        -------
        names : array of str
            ``"{role}:{name}:{quantity}"``.
        """
        check_is_fitted(self)
        return np.array(self._names, dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True  # a gap in a recording
        tags.input_tags.three_d_array = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_names")

    @property
    def _sources(self) -> list[_Source]:
        """What is measured, movement's channels last."""
        return [_Source(n, Channel.parse(label), q) for n, label, q in self._plan]

    def _name(self, channels: list[Channel]) -> None:
        self._plan, self._names = [], []
        for number, channel in enumerate(channels):
            quantities = QUANTITIES.get(channel.role, ())
            self._names += [f"{channel.role}:{channel.name}:{q}" for q in quantities]
            self._plan += [(number, str(channel), q) for q in quantities if q not in FOLLOWED]
        moving = [i for i, c in enumerate(channels) if c.role in BRAIN_ROLES and c.kind == "raw"]
        if not moving and not self._names:  # channels of no known role
            moving = list(range(len(channels)))
        self._plan += [(number, str(channels[number]), "power") for number in moving]
        self._names += [MOVEMENT] * bool(moving)

    def _is_timeless(self, windows: Windows) -> bool:
        return windows.index is None and self.hop is None

    def _transform_run(self, run: Run, windows: Windows) -> np.ndarray:
        starts, load = _continuous(run, windows, self.hop)
        grid = Grid(starts, windows.shape[2], windows.sfreq)
        values = [measure_in_pieces(load, s, grid) for s in self._sources]
        return self._combine(values, lambda quantity, v: follow(quantity, v, grid), grid)

    def _combine(self, values, follow_up: Callable, grid: Grid | None = None) -> np.ndarray:
        """Put measured values into columns, those of movement into one."""
        columns, powers = [], []
        for source, plain in zip(self._sources, values, strict=True):
            relative = grid is not None and source.quantity in RELATIVE
            compared = grid.relative(plain) if grid is not None and relative else plain
            if source.quantity == "power":
                powers.append(compared)
                continue
            columns.append(compared)
            columns += [follow_up(q, plain) for q in _followers(source)]
        if powers:
            columns.append(
                percentile_known(np.array(powers), 50)
            )  # one lead that is off spoils none
        return np.stack(columns, axis=1)

    def _measure_rows(self, windows: Windows) -> np.ndarray:
        """Measure each window by itself, for rows that carry no time."""
        grid = Grid(np.zeros(1, dtype=int), windows.shape[2], windows.sfreq)
        out = np.empty((len(windows), len(self._sources)))
        for rows, batch in windows.batches():
            for row, window in zip(range(rows.start, rows.stop), batch, strict=True):
                for i, source in enumerate(self._sources):
                    signal = window[source.number]
                    out[row, i] = measure(signal, source.channel, source.quantity, grid)[0]
        return out


def measure_in_pieces(load: Callable, source: _Source, grid: Grid) -> np.ndarray:
    """Measure a channel of a recording that lasts for days a day at a time.

    Parameters
    ----------
    load : callable
        Takes the channel's number, first sample and one past the last; returns its signal.
    source : object
        What to measure.
    grid : Grid
        Windows.

    Returns
    -------
    values : array, shape (n_windows,)
        NaN where unknown.
    """
    total = int(grid.starts[-1]) + grid.n_times
    day = round(_DAY * grid.sfreq)
    if total <= 1.5 * day:
        return measure(load(source.number), source.channel, source.quantity, grid)
    margin, values = round(_MARGIN * grid.sfreq), []
    for begin in range(0, total, day):
        rows = np.flatnonzero((grid.starts >= begin) & (grid.starts < begin + day))
        if not len(rows):
            continue
        first = max(begin - margin, 0)
        last = min(int(grid.starts[rows[-1]]) + grid.n_times + margin, total)
        near = np.flatnonzero((grid.starts >= first) & (grid.starts + grid.n_times <= last))
        part = Grid(grid.starts[near] - first, grid.n_times, grid.sfreq)
        signal = load(source.number, first, last)
        found = measure(signal, source.channel, source.quantity, part)
        values.append(found[rows - near[0]])
    return np.concatenate(values)


def _followers(source: _Source) -> Iterator[str]:
    return (q for q in QUANTITIES[source.channel.role] if FOLLOWED.get(q) == source.quantity)


def _continuous(run: Run, windows: Windows, hop) -> tuple[np.ndarray, Callable]:
    """Find where windows start in a continuous signal, and how to load a channel of it."""
    n_times = windows.shape[2]
    if hasattr(run.signal, "get_data"):  # an MNE Raw
        first, stop = int(run.starts[0]), int(run.starts[-1]) + n_times

        def read(number, start=0, end=stop - first):
            return run.signal.get_data(number, first + start, first + end)[0]

        return run.starts - first, read
    starts = run.starts - run.starts[0]
    if windows.index is None:  # rows of an array
        starts = np.round(np.arange(len(run.starts)) * hop * windows.sfreq).astype(int)

    def load(number, start=0, end=None):
        signal = np.full(starts[-1] + n_times, np.nan)
        for i, first in enumerate(starts):
            signal[first : first + n_times] = windows.row(run, i)[number]
        return signal[start:end]

    return starts, load
