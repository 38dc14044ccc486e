"""Windows to features of their dynamic modes, in sklearn's way."""

from __future__ import annotations

import numbers

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .._array import get_backend
from ..utils.bands import BANDS, select_bands
from ..utils.windows import Windows, read_windows
from .extraction import decompose, describe
from .features import EMG_BANDS, QUANTITIES
from .operators import METHODS
from .pieces import Piece, device_windows, is_device_array, iterate_pieces
from .result import DMDResult

#: Roles whose waveforms are rhythms; a heart beat or a breath is none of sleep's.
ROLES = ("eeg", "eog", "emg")
# Bytes that a batch works on. Joint matrices are products of matrices, for which more only leaves
# the processor's cache; those of one channel are many short calls, of which fewer are better.
_CACHE = 128 << 20
_ROOM_FOR_ONE = 192 << 20


class DMDTransformer(TransformerMixin, BaseEstimator):
    """Features of the dynamic modes of each window.

    Dynamic Mode Decomposition (DMD) finds the linear step ``x[t + 1] ≈ A x[t]`` that fits a window
    best, and takes it apart into modes: each oscillates at a frequency and grows or decays at a
    rate. Snapshots x are `n_delays` consecutive samples, so that one channel can carry several
    modes.

    Features of each EEG, EOG and raw EMG channel, none of which depends on order or sign of the
    modes:

    ==================== ======= ===================================================================
    ``dmd_<band>``       log V²  Power of the modes in the band: the modes share the signal's mean
                                 square by energy, and each spreads it over frequency by its
                                 damping.
    ``dmd_frequency``    Hz      Mean frequency of the modes, weighted by amplitude.
    ``dmd_growth``       1/s     Mean growth rate, weighted by amplitude; negative for decay.
    ``dmd_spread``       Hz      Standard deviation of the frequency, weighted by amplitude.
    ``dmd_residual``     log     Share of the snapshots' energy that the step misses.
    ``dmd_rank``                 Participation ratio of the snapshots' principal axes.
    ==================== ======= ===================================================================

    With `joint`, the last five are of all channels together (``psg:dmd:<quantity>``). ECG,
    respiration and other channels are left out, and so are EMG envelopes, which have no rhythm.

    Parameters
    ----------
    sfreq : float | None
        Sampling frequency of an array, Hz. Windows from a recording tell their own.
    n_delays : int
        Samples in a snapshot. 10 give a channel at 100 Hz five oscillations, one for each band of
        sleep. Windows shorter than twice as many samples get half their number of samples.
    rank : int | float
        Modes kept: a positive int; a float in (0, 1) for as many as hold this share of the
        snapshots' energy (0.99 is common); 0 for the optimal hard threshold [2]_; -1 for all.
        Never more than the snapshots' numerical rank. 12 keeps all ten of a single channel.
    joint : bool
        Decompose all channels together instead of each by itself. The channels' scales matter then.
    method : str
        ``"exact"`` [1]_; ``"fb"``, forward-backward [3]_, or ``"tls"``, total least squares [4]_,
        which undo the damping that noise feigns and take longer.
    bands : dict | None
        Name and edges (Hz) of the bands of EEG and EOG; None takes delta to gamma. Bands above what
        the recording holds are left out; one that is partly above is cut. A chin EMG has bands of
        its own: low (10 to 30 Hz), middle (30 to 60 Hz) and high (60 to 100 Hz).
    channels : list of str | None
        ``"role:name"`` of an array's channels; None takes all for EEG.
    backend : str
        ``"numpy"``, ``"torch"``, ``"cupy"``, or ``"auto"``: a GPU's where there is one, else NumPy.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:n"``.
    batch_size : int | None
        Windows at once. None takes what keeps the work in the processor's cache, or fills a
        quarter of a GPU's free memory.
    n_jobs : int | None
        Threads that share the batches on a CPU; None is 1.

    Attributes
    ----------
    n_channels_in_, n_times_in_ : int
        Shape of a window.
    sfreq_ : float
        Sampling frequency, Hz.
    n_delays_ : int
        Delays in use, fewer than asked for in short windows.

    See Also
    --------
    SpectralTransformer : Band powers instead of modes.

    Notes
    -----
    Besides what the other extractors take, X may be a torch or CuPy array, which stays on its
    device (and passes from one library to the other by DLPack, without a copy).

    Where a channel of a window holds NaN, its features are NaN; with `joint`, all are. A window
    of zeros has the floor of (1 nV)² in each band and 0 elsewhere, with the residual at its
    floor of 1e-16.

    Float32 windows are widened to float64 before they are multiplied. Windows whose Gram matrix is
    ill-conditioned are decomposed through QR and SVD of the snapshots.

    References
    ----------
    .. [1] Tu et al. (2014). On dynamic mode decomposition: theory and applications. J. Comput. Dyn.
       1(2), 391-421.
    .. [2] Gavish and Donoho (2014). The optimal hard threshold for singular values is 4/√3. IEEE
       Trans. Inf. Theory 60(8), 5040-5053.
    .. [3] Dawson et al. (2016). Characterizing and correcting for the effect of sensor noise in the
       dynamic mode decomposition. Exp. Fluids 57, 42.
    .. [4] Hemati et al. (2017). De-biasing the dynamic mode decomposition for applied Koopman
       spectral analysis of noisy datasets. Theor. Comput. Fluid Dyn. 31, 349-368.

    Examples
    --------
    >>> import numpy as np
    >>> from mne_arousal import DMDTransformer
    >>> X = np.random.default_rng(0).normal(scale=1e-5, size=(10, 2, 200))
    >>> dmd = DMDTransformer(sfreq=100.0, channels=["eeg:C3", "eeg:C4"])
    >>> dmd.fit_transform(X).shape
    (10, 22)
    """

    def __init__(
        self,
        sfreq=None,
        n_delays=10,
        rank=12,
        joint=False,
        method="exact",
        bands=None,
        *,
        channels=None,
        backend="auto",
        device="auto",
        batch_size=None,
        n_jobs=None,
    ):
        self.sfreq = sfreq
        self.n_delays = n_delays
        self.rank = rank
        self.joint = joint
        self.method = method
        self.bands = bands
        self.channels = channels
        self.backend = backend
        self.device = device
        self.batch_size = batch_size
        self.n_jobs = n_jobs

    def fit(self, X, y=None):
        """Learn shape, rate and channels of the windows.

        Parameters
        ----------
        X : array, shape (n_windows, n_channels, n_times) or (n_windows, n_times), or dataset
            Windows, V; the dataset braindecode's.
        y : None
            Ignored.

        Returns
        -------
        self : DMDTransformer
            The transformer.

        Raises
        ------
        ValueError
            If a parameter is out of its range, no channel has a rhythm, or windows have one sample.
        """
        self._check_parameters()
        windows = self._read(X, reset=True)
        n_times = windows.shape[2]
        if n_times < 2:
            raise ValueError(
                f"DMD steps from sample to sample, but windows have {n_times} feature(s) "
                "(samples) while a minimum of 2 is required."
            )
        self.n_delays_ = min(self.n_delays, n_times // 2)
        self._picks = [
            i for i, ch in enumerate(windows.channels) if ch.role in ROLES and ch.kind == "raw"
        ]
        if not self._picks:
            raise ValueError(
                f"None of the channels {[str(ch) for ch in windows.channels]} is an EEG, EOG or "
                "EMG waveform, so there are no modes to find: leave DMDTransformer out."
            )
        self._name(windows)
        return self

    def transform(self, X):
        """Compute the features of each window.

        Parameters
        ----------
        X : array, shape (n_windows, n_channels, n_times) or (n_windows, n_times), or dataset
            Windows, V; the dataset braindecode's.

        Returns
        -------
        features : array or DataFrame, shape (n_windows, n_features)
            Units as listed for the class. NaN where a channel holds NaN.
        """
        check_is_fitted(self)
        windows = self._read(X, reset=False)
        out = np.empty((len(windows), len(self._names)))

        def fill(piece: Piece) -> None:
            out[piece.rows] = describe(piece, self.rank, self.method, self.sfreq_, self._edges)

        for _ in self._map(fill, windows):
            pass
        return windows.frame(out, self._names)

    def decompose(self, X, output: str = "numpy") -> DMDResult:
        """Decompose each window, for inspection.

        Parameters
        ----------
        X : array, shape (n_windows, n_channels, n_times) or (n_windows, n_times), or dataset
            Windows, V; the dataset braindecode's.
        output : str
            ``"numpy"``, or ``"backend"`` for arrays of the library and on the device that computes.

        Returns
        -------
        result : DMDResult
            Eigenvalues, modes and amplitudes. Channels are those with features.

        Raises
        ------
        ValueError
            If `output` is unknown.
        """
        if output not in ("numpy", "backend"):
            raise ValueError(f"output must be 'numpy' or 'backend', got {output!r}.")
        check_is_fitted(self)
        windows = self._read(X, reset=False)
        parts = list(self._map(lambda piece: decompose(piece, self.rank, self.method), windows))
        rank = max(part["eigenvalues"].shape[-1] for part in parts)
        whole = {key: _join([part[key] for part in parts], rank) for key in parts[0]}
        modes = whole["modes"]  # (windows, groups, delays, channels of a group, rank)
        if self.joint:
            whole = {key: array[:, 0] for key, array in whole.items()}
            whole["modes"] = modes[:, 0].swapaxes(1, 2)
        else:
            whole["modes"] = modes[:, :, :, 0]
        if output == "backend":
            backend = get_backend(self.backend, self.device)
            whole = {key: backend.asarray(array) for key, array in whole.items()}
        return DMDResult(sfreq=self.sfreq_, **whole)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns.

        Parameters
        ----------
        input_features : None
            Ignored; names come from the channels.

        Returns
        -------
        names : array of str
            ``"{role}:{channel}:dmd_{quantity}"``, or ``"psg:dmd:{quantity}"`` for all channels
            together.
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
        if is_device_array(X):
            return device_windows(self, X, self.sfreq, self.channels, reset)
        return read_windows(self, X, sfreq=self.sfreq, channels=self.channels, reset=reset)

    def _check_parameters(self) -> None:
        if not isinstance(self.n_delays, numbers.Integral) or self.n_delays < 1:
            raise ValueError(f"n_delays must be a positive int, got {self.n_delays!r}.")
        rank = self.rank
        whole = isinstance(rank, numbers.Integral) and rank >= -1
        share = isinstance(rank, numbers.Real) and 0 < rank < 1
        if not (whole or share) or isinstance(rank, bool):
            raise ValueError(
                f"rank must be a positive int, a float in (0, 1), 0 or -1, got {rank!r}."
            )
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {sorted(METHODS)}, got {self.method!r}.")
        if self.batch_size is not None and self.batch_size < 1:
            raise ValueError(f"batch_size must be positive or None, got {self.batch_size!r}.")
        for name, (low, high) in (self.bands or {}).items():
            if not 0 <= low < high:
                raise ValueError(
                    f"bands must have rising edges in Hz, got {name!r}: {(low, high)}."
                )
        get_backend(self.backend, self.device)

    def _name(self, windows: Windows) -> None:
        self._names, self._edges = [], []
        bands = BANDS if self.bands is None else self.bands
        for i in self._picks:
            channel = windows.channels[i]
            kept = select_bands(EMG_BANDS if channel.role == "emg" else bands, windows.lowpass)
            self._edges.append(np.array(list(kept.values())).reshape(-1, 2))
            quantities = [*kept] if self.joint else [*kept, *QUANTITIES]
            self._names += [f"{channel.role}:{channel.name}:dmd_{q}" for q in quantities]
        if self.joint:
            self._names += [f"psg:dmd:{q}" for q in QUANTITIES]

    def _map(self, function, windows: Windows):
        backend = get_backend(self.backend, self.device)
        size = self.batch_size or self._choose_batch_size(backend)
        args = windows, self._picks, self.joint, self.n_delays_, size
        pieces = iterate_pieces(backend, *args)
        if backend.device != "cpu" or self.n_jobs in (None, 1):
            return map(function, pieces)
        parallel = Parallel(self.n_jobs, prefer="threads", return_as="generator")
        return parallel(delayed(function)(piece) for piece in pieces)

    def _choose_batch_size(self, backend) -> int:
        n_rows = (self.n_delays_ + 1) * (len(self._picks) if self.joint else 1)
        n_cases = 1 if self.joint else len(self._picks)
        # Gram, vectors, complex products of a window, bytes
        matrices = 24 * 8 * n_rows**2 * n_cases
        room = backend.free_memory() // 4
        if backend.device == "cpu":
            room = min(room, _ROOM_FOR_ONE if n_rows == self.n_delays_ + 1 else _CACHE)
        return int(np.clip(room // matrices, 1, 1 << 16))


def _join(arrays: list[np.ndarray], rank: int) -> np.ndarray:
    """Put pieces together, filling up modes with NaN."""
    if arrays[0].ndim < 3:
        return np.concatenate(arrays)
    widths = [[(0, 0)] * (a.ndim - 1) + [(0, rank - a.shape[-1])] for a in arrays]
    return np.concatenate(
        [np.pad(a, w, constant_values=np.nan) for a, w in zip(arrays, widths, strict=True)]
    )
