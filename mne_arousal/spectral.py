"""Log band powers of windows: the baseline that the other extractors must beat."""

from __future__ import annotations

import numpy as np
from scipy.fft import rfft
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .utils.bands import BANDS, POWER_FLOOR, select_bands
from .utils.windows import BODY_ROLES, Channel, Windows, read_windows

_IN_CACHE = 512  # windows


class SpectralTransformer(TransformerMixin, BaseEstimator):
    """Log power in the bands of sleep, and level, per channel.

    EEG, EOG and other waveforms get one column per band, ``"{role}:{name}:{band}"``, the natural
    logarithm of the power in V² (Hann window, one-sided). A chin EMG gets one column, ``level``:
    the logarithm of its mean square above 10 Hz in V² or, for a slow envelope, of its squared mean.

    Parameters
    ----------
    bands : dict | None
        Name and edges (Hz) of each band; None takes delta to gamma. Bands above what the recording
        holds are left out; one that is partly above is cut.
    sfreq : float | None
        Sampling frequency of an array, Hz. Windows from a recording tell their own.
    channels : list of str | None
        ``"role:name"`` of an array's channels; None takes all for EEG.
    batch_size : int
        Windows at once; bounds memory.

    Attributes
    ----------
    n_channels_in_, n_times_in_ : int
        Shape of a window.
    sfreq_ : float
        Sampling frequency, Hz.

    See Also
    --------
    DMDTransformer : Modes instead of bands.

    Examples
    --------
    >>> import numpy as np
    >>> from mne_arousal import SpectralTransformer
    >>> X = np.random.default_rng(0).normal(scale=1e-5, size=(10, 2, 200))
    >>> SpectralTransformer(sfreq=100.0, channels=["eeg:C3", "emg:Chin"]).fit_transform(X).shape
    (10, 7)
    """

    def __init__(self, bands=None, *, sfreq=None, channels=None, batch_size=4096):
        self.bands = bands
        self.sfreq = sfreq
        self.channels = channels
        self.batch_size = batch_size

    def fit(self, X, y=None):
        """Learn shape, rate and channels of the windows.

        Parameters
        ----------
        X : array, shape (n_windows, n_channels, n_times) or (n_windows, n_times) | dataset
            Windows, V: an array, or a braindecode ``BaseConcatDataset``.
        y : None
            Ignored.

        Returns
        -------
        self : SpectralTransformer
            The transformer.
        """
        self._learn(self._read(X, reset=True))
        return self

    def transform(self, X):
        """Compute the features of each window.

        Parameters
        ----------
        X : array, shape (n_windows, n_channels, n_times) or (n_windows, n_times) | dataset
            Windows, V: an array, or a braindecode ``BaseConcatDataset``.

        Returns
        -------
        features : array or DataFrame, shape (n_windows, n_features)
            Natural logarithms of V². NaN where a window holds NaN, and throughout for a band that
            a channel does not hold, as above half of its own rate.
        """
        check_is_fitted(self)
        windows = self._read(X, reset=False)
        out = np.empty((len(windows), len(self._names)))
        for rows, batch in windows.batches(self.batch_size):
            out[rows] = self._compute(batch)
        for run in windows.runs:
            if run.channel_lowpass is not None:
                out[run.rows, self._absent(run.channel_lowpass)] = np.nan
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
            ``"{role}:{channel}:{quantity}"``.
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

    def _read(self, X, reset: bool) -> Windows:
        return read_windows(self, X, sfreq=self.sfreq, channels=self.channels, reset=reset)

    def _learn(self, windows: Windows) -> None:
        n_times = windows.shape[2]
        self._freqs = np.fft.rfftfreq(n_times, 1 / windows.sfreq)
        bands = BANDS if self.bands is None else self.bands
        self._bins = {}
        for name, (low, high) in select_bands(bands, windows.lowpass).items():
            inside = (self._freqs >= low) & (self._freqs < high)
            if inside.any():
                self._bins[name] = inside
        channels = windows.channels
        # heart and breath are the body's, unless there is nothing else
        brain = [i for i, c in enumerate(channels) if c.role not in BODY_ROLES]
        self._picks = brain or list(range(len(channels)))
        channels = [channels[i] for i in self._picks]
        self._parts = [self._part(channel) for channel in channels]
        self._names = [
            f"{channel.role}:{channel.name}:{_column_quantity(quantity)}"
            for channel, part in zip(channels, self._parts, strict=True)
            for quantity in part
        ]

    def _part(self, channel: Channel) -> list[str]:
        if channel.role == "emg" or not self._bins:
            return ["level"]
        return list(self._bins)

    def _absent(self, channel_lowpass) -> list[int]:
        """Columns of bands of which a channel holds less than half."""
        absent, column = [], 0
        for i, part in zip(self._picks, self._parts, strict=True):
            for quantity in part:
                if quantity in self._bins:
                    inside = self._freqs[self._bins[quantity]]
                    if np.mean(inside < channel_lowpass[i]) < 0.5:
                        absent.append(column)
                column += 1
        return absent

    def _compute(self, batch: np.ndarray) -> np.ndarray:
        n_times = batch.shape[2]
        taper = np.hanning(n_times + 2)[1:-1]
        taper /= np.sqrt(np.sum(taper**2) * n_times)
        columns = []
        for i, part in zip(self._picks, self._parts, strict=True):
            x = batch[:, i]
            mean = x.mean(axis=1, keepdims=True)
            if part == ["level"]:
                # a waveform's mean is nil after its high-pass, an envelope's is its level
                columns.append(mean[:, 0] ** 2 + x.var(axis=1))
                continue
            # a few windows at once stay in a processor's cache
            pieces = [slice(lo, lo + _IN_CACHE) for lo in range(0, len(x), _IN_CACHE)]
            powers = [self._band_powers((x[at] - mean[at]) * taper) for at in pieces]
            columns += list(np.concatenate(powers, axis=1))
        return np.log(np.maximum(np.stack(columns, axis=1), POWER_FLOOR))

    def _band_powers(self, tapered: np.ndarray) -> np.ndarray:
        spectrum = rfft(tapered, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        return np.stack([2 * power[:, inside].sum(axis=1) for inside in self._bins.values()])


def _column_quantity(quantity: str) -> str:
    """Say whose a band is, where its name alone does not tell."""
    return quantity if quantity in BANDS or quantity == "level" else f"spectral.{quantity}"
