"""One view of windows, whether they came as an array or from braindecode.

Estimators that read windows take what `read_windows` lists: arrays, epochs, windows datasets. It
turns each into a `Windows`, which hands out batches without ever holding all windows: neighboring
windows share most of their samples, so the signal is kept once and windows are views of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import mne
import numpy as np
import pandas as pd
from sklearn.utils.validation import check_array, validate_data

from .dataset_parts import is_dataset, recordings_of

INDEX_NAMES = ("recording", "onset")

#: Roles that tell sleep; what spectral, DMD and encoder look at.
BRAIN_ROLES = ("eeg", "eog", "emg")
#: Roles of the rest of the body, which `BodyTransformer` looks at and the other extractors don't.
BODY_ROLES = ("ecg", "pulse", "hr", "resp", "effort", "leg", "spo2", "position")


@dataclass(frozen=True)
class Channel:
    """Role, kind and name of one channel.

    Parameters
    ----------
    role : str
        One of `BRAIN_ROLES` or `BODY_ROLES`, or ``"misc"``.
    name : str
        Name in the recording.
    kind : str
        ``"raw"`` for a waveform, ``"envelope"`` for a slow rectified level.
    """

    role: str
    name: str
    kind: str = "raw"

    @classmethod
    def parse(cls, label: str) -> Channel:
        """Read ``"role:name"`` or ``"role/kind:name"``."""
        head, _, name = label.partition(":")
        role, _, kind = head.partition("/")
        return cls(role, name or role, kind or "raw")

    def __str__(self) -> str:
        kind = "" if self.kind == "raw" else f"/{self.kind}"
        return f"{self.role}{kind}:{self.name}"


@dataclass
class Run:
    """Rows of one recording: a signal and where its windows start.

    Attributes
    ----------
    rows : slice
        Its rows.
    starts : array of int, shape (n_windows,)
        First sample of each window.
    signal : array, shape (n_windows, n_channels, n_times) | mne.io.BaseRaw | dataset
        Its signal.
    channel_lowpass : tuple of float | None
        Highest frequency with content of each channel, Hz; None where it is not known.
    """

    rows: slice
    starts: np.ndarray
    signal: object = field(repr=False)
    channel_lowpass: tuple[float, ...] | None = None


@dataclass
class Windows:
    """Windows of one or more recordings, in time order.

    Attributes
    ----------
    shape : tuple of int
        ``(n_windows, n_channels, n_times)``.
    sfreq : float
        Sampling frequency, Hz.
    channels : list of Channel
        One per channel.
    lowpass : float
        Highest frequency (Hz) with content: what the recording's own filter or
        rate left, which resampling to a higher rate does not raise.
    runs : list of Run
        One per recording.
    index : pandas.MultiIndex | None
        ``(recording, onset)`` of each window, onset in s; None for plain arrays.
    """

    shape: tuple[int, int, int]
    sfreq: float
    channels: list[Channel]
    lowpass: float
    runs: list[Run]
    index: pd.MultiIndex | None

    def __len__(self) -> int:
        return self.shape[0]

    def batches(
        self, batch_size: int = 4096, dtype=np.float64
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield ``(rows, array)``, in order, never across two recordings.

        Parameters
        ----------
        batch_size : int
            Most windows in one batch.
        dtype : dtype
            Of the arrays, which are read-only views where they can be.

        Yields
        ------
        rows : slice
            Rows of the output that the batch fills.
        batch : array, shape (n, n_channels, n_times)
            Signal in V.
        """
        for run in self.runs:
            n = run.rows.stop - run.rows.start
            for lo in range(0, n, batch_size):
                hi = min(lo + batch_size, n)
                rows = slice(run.rows.start + lo, run.rows.start + hi)
                yield rows, self._load(run, lo, hi).astype(dtype, copy=False)

    def signals(self, chunk: int = 1 << 20) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Yield ``(rows, starts, signal)``: continuous signal and window starts in it.

        For methods that share work between overlapping windows. Works for every
        input: plain arrays come as windows laid end to end.

        Parameters
        ----------
        chunk : int
            Most samples in one piece; consecutive pieces overlap by a window.

        Yields
        ------
        rows : slice
            Rows whose windows lie in the piece.
        starts : array of int, shape (n,)
            Start of each window in the piece, samples.
        signal : array, shape (n_channels, n_samples)
            Signal in V.
        """
        n_times = self.shape[2]
        for run in self.runs:
            lo, n = 0, len(run.starts)
            while lo < n:
                if hasattr(run.signal, "get_data"):
                    begin = run.starts[lo]
                    last = np.searchsorted(run.starts, begin + chunk - n_times, "right")
                    hi = max(int(last), lo + 1)
                    data = run.signal.get_data(start=begin, stop=run.starts[hi - 1] + n_times)
                    starts = run.starts[lo:hi] - begin
                else:
                    hi = min(lo + max(chunk // n_times, 1), n)
                    batch = self._load(run, lo, hi)
                    data = batch.transpose(1, 0, 2).reshape(batch.shape[1], -1)
                    starts = np.arange(hi - lo) * n_times
                yield slice(run.rows.start + lo, run.rows.start + hi), starts, data
                lo = hi

    def take(self, number: int, rows: np.ndarray) -> np.ndarray:
        """Load some windows of one recording, reading no more than lies between them.

        Parameters
        ----------
        number : int
            Which recording.
        rows : array of int, shape (n,)
            Windows, counted within the recording, in rising order.

        Returns
        -------
        windows : array, shape (n, n_channels, n_times)
            Signal in V.
        """
        return self._load(self.runs[number], rows[0], rows[-1] + 1)[rows - rows[0]]

    def row(self, run: Run, number: int) -> np.ndarray:
        """Load one window of a recording.

        Parameters
        ----------
        run : Run
            The recording.
        number : int
            Which of its windows.

        Returns
        -------
        window : array, shape (n_channels, n_times)
            Signal in V.
        """
        return self._load(run, number, number + 1)[0]

    def _load(self, run: Run, lo: int, hi: int) -> np.ndarray:
        n_times = self.shape[2]
        if isinstance(run.signal, np.ndarray):
            return run.signal[lo:hi]
        if hasattr(run.signal, "get_data"):  # an MNE Raw
            starts = run.starts[lo:hi]
            data = run.signal.get_data(start=starts[0], stop=starts[-1] + n_times)
            view = np.lib.stride_tricks.sliding_window_view(data, n_times, axis=1)
            hop = int(starts[1] - starts[0]) if len(starts) > 1 else 1
            if (np.diff(starts) == hop).all():  # a view; other starts need a copy
                return view[:, ::hop].transpose(1, 0, 2)
            return view[:, starts - starts[0]].transpose(1, 0, 2)
        return np.stack([run.signal[i][0] for i in range(lo, hi)])

    def frame(self, values: np.ndarray, names: list[str]):
        """Return `values` as a DataFrame when the input carried times."""
        if self.index is None:
            return values
        return pd.DataFrame(values, index=self.index, columns=names, copy=False)


def is_windows_dataset(X) -> bool:
    """Tell whether X is windows of recordings, in order of time: a dataset, or `Windows`."""
    return isinstance(X, Windows) or is_dataset(X)


def read_windows(estimator, X, *, sfreq=None, channels=None, reset: bool) -> Windows:
    """Validate X for `estimator` and view it as `Windows`.

    Parameters
    ----------
    estimator : BaseEstimator
        Gets ``n_channels_in_``, ``n_times_in_``, ``sfreq_`` and ``n_features_in_`` (``n_channels *
        n_times``) when `reset`; the windows are compared with them otherwise.
    X : array | mne.Epochs | dataset | Windows, shape (n_windows, n_channels, n_times)
        Windows, in V: an array, shape (n_windows, n_times) too; epochs; a ``BaseConcatDataset``,
        a windows dataset, or a torch ``Subset`` of one; `Windows` pass as they are. NaN is let
        through, infinity is not.
    sfreq : float | None
        Sampling frequency of an array, Hz. A dataset tells its own.
    channels : list of str | None
        ``"role:name"`` for each channel of an array; None means ``eeg:ch0``, ``eeg:ch1``, ...
    reset : bool
        True in ``fit``.

    Returns
    -------
    windows : Windows
        The view.

    Raises
    ------
    ValueError
        If shape, sampling frequency or channels don't fit each other or what was fitted.
    """
    if isinstance(X, Windows):
        windows = X
    elif is_dataset(X):
        windows = _from_dataset(X)
    elif isinstance(X, mne.BaseEpochs):
        windows = _from_epochs(X)
    else:
        windows = _from_array(estimator, X, sfreq, channels, reset)
    _check_same(estimator, windows, reset)
    return windows


def _from_array(estimator, X, sfreq, channels, reset) -> Windows:
    options = {"dtype": (np.float64, np.float32), "ensure_all_finite": "allow-nan"}
    if np.asarray(X).ndim == 3:  # not np.ndim, which array-likes may refuse
        X = check_array(X, allow_nd=True, estimator=estimator, **options)
    else:
        X = validate_data(estimator, X, reset=reset, **options)[:, np.newaxis]
    if sfreq is None:
        raise ValueError(
            "An array does not tell its sampling frequency: pass "
            f"{type(estimator).__name__}(sfreq=...) in Hz."
        )
    labels = channels if channels is not None else [f"eeg:ch{i}" for i in range(X.shape[1])]
    if len(labels) != X.shape[1]:
        raise ValueError(f"{len(labels)} channels are named, but the windows have {X.shape[1]}.")
    run = Run(slice(0, len(X)), np.arange(len(X)), X)
    parsed = [Channel.parse(label) for label in labels]
    return Windows(X.shape, float(sfreq), parsed, float(sfreq) / 2, [run], None)


def _from_epochs(epochs: mne.BaseEpochs) -> Windows:
    """View epochs as windows of one recording, whose onsets are those of the epochs."""
    data = epochs.get_data(copy=False, verbose="error")
    sfreq = float(epochs.info["sfreq"])
    kinds = epochs.get_channel_types()
    channels = [Channel(*pair) for pair in zip(kinds, epochs.ch_names, strict=True)]
    onsets = epochs.events[:, 0] / sfreq + epochs.tmin
    index = pd.MultiIndex.from_arrays([["recording"] * len(data), onsets], names=INDEX_NAMES)
    run = Run(slice(0, len(data)), np.arange(len(data)), data)
    return Windows(data.shape, sfreq, channels, float(epochs.info["lowpass"]), [run], index)


def _from_dataset(X) -> Windows:
    runs, names, onsets, row, first = [], [], [], 0, None
    for i, ds in enumerate(recordings_of(X)):
        if len(ds) == 0:
            continue
        source = ds.raw if hasattr(ds, "raw") else ds.windows
        starts = np.asarray(ds.metadata["i_start_in_trial"], dtype=int)
        n_times = int(ds.metadata["i_stop_in_trial"].iloc[0]) - int(starts[0])
        description = {} if ds.description is None else dict(ds.description)
        info = source.info
        labels = description.get("channels")
        found = (
            [Channel.parse(label) for label in labels]
            if labels is not None
            else [
                Channel(kind, name)
                for kind, name in zip(source.get_channel_types(), source.ch_names, strict=True)
            ]
        )
        what = (found, n_times, info["sfreq"])
        if first is None:
            first, lowpass = what, float(description.get("lowpass", info["lowpass"]))
        elif what != first:
            raise ValueError(
                f"Recording {i} of the dataset has other channels, window length or sampling "
                f"frequency than recording 0: {what} against {first}."
            )
        lowpass = min(lowpass, float(description.get("lowpass", info["lowpass"])))
        limits = description.get("channel_lowpass")
        limits = None if limits is None else tuple(float(x) for x in limits)
        signal = ds.raw if hasattr(ds, "raw") else ds
        runs.append(Run(slice(row, row + len(ds)), starts, signal, limits))
        row += len(ds)
        names += [str(description.get("recording", i))] * len(ds)
        onsets.append(starts / info["sfreq"])
    if first is None:
        raise ValueError("Found array with 0 sample(s): the dataset holds no window.")
    channels, n_times, sfreq = first
    index = pd.MultiIndex.from_arrays([names, np.concatenate(onsets)], names=INDEX_NAMES)
    return Windows((row, len(channels), n_times), float(sfreq), channels, lowpass, runs, index)


def _check_same(estimator, windows: Windows, reset: bool) -> None:
    shape = windows.shape[1:]
    if reset:
        estimator.n_channels_in_, estimator.n_times_in_ = shape
        estimator.sfreq_ = windows.sfreq
        estimator.n_features_in_ = shape[0] * shape[1]
        return
    fitted = (estimator.n_channels_in_, estimator.n_times_in_)
    if shape != fitted:
        raise ValueError(
            f"{type(estimator).__name__} was fitted on windows of (n_channels, n_times) = "
            f"{fitted}, but got {shape}."
        )
    if windows.sfreq != estimator.sfreq_:
        raise ValueError(
            f"{type(estimator).__name__} was fitted at {estimator.sfreq_:g} Hz, "
            f"but got {windows.sfreq:g} Hz."
        )
