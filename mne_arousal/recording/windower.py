"""From recordings to a grid of short windows."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from mne.io import BaseRaw
from mne.utils import use_log_level
from sklearn.base import BaseEstimator, TransformerMixin

from ..utils.checks import check_positive
from ..utils.errors import RecordingError
from ..utils.notes import collect_notes
from ..utils.windows import BODY_ROLES, Channel, Windows
from .loaded import LoadedRecording
from .loading import load_channels
from .reading import read_recording
from .signals import Signals


class PSGWindower(TransformerMixin, BaseEstimator):
    """Cut recordings into a grid of short windows.

    Channels get roles from their types and names, are checked (flat, missing, wrong unit),
    high-pass filtered (EEG and EOG 0.3 Hz, chin EMG 10 Hz, as the AASM manual recommends), brought
    to one rate and cut by :func:`braindecode.preprocessing.create_fixed_length_windows`.

    What is no signal of the sleeper is NaN: gaps, constants, rails, noise far under a scalp's,
    mains hum alone, and what annotations call bad. The windows' metadata have a column
    ``"valid:{role}:{name}"`` for each channel.

    Parameters
    ----------
    window_length : float
        Length of a window, s. 2 s is short enough for an arousal of 3 s and long enough for delta
        waves.
    hop : float
        Time from one window to the next, s. Windows of 30 s with a hop of 15 s are the classical
        half-overlapping sleep epochs.
    sfreq : float | None
        Rate that all recordings are brought to, Hz. 100 Hz keeps everything up to beta and is the
        least that the field uses; None keeps a recording's own rate.
    picks : "auto" | list of str | dict
        Channels by name, or ``{name: role}`` (roles ``"eeg"``, ``"eog"``, ``"emg"``, ...) to
        overrule what names suggest. ``"auto"`` takes up to three EEG (central, frontal,
        occipital), two EOG and one chin EMG channel. A derivation, as ``"C3-M2"``, may be named
        where its electrodes are channels.
    reference : "auto" | None | dict
        Derivations to make of channels that share a reference. ``"auto"`` makes C3-M2, C4-M1 and
        the like, E1-M2 and E2-M2 where mastoids (or ears, ``A1`` and ``A2``) are channels, and
        Chin1-Chin2; what is a channel already is not made again. ``{"C3": "M2"}`` makes these
        alone, ``{"Cz": ("M1", "M2")}`` takes a mean; None makes none.
    body : bool
        Whether windows also carry what :class:`BodyTransformer` looks at: an ECG or pulse wave, a
        trace of heart rate, two channels of breath, two legs, oxygen saturation and position, as
        far as there are any. The other extractors pass them over.
    verbose : bool | str | int | None
        As in MNE.

    Attributes
    ----------
    channels_ : list of str
        ``"role:name"`` of the channels of the first recording fitted, EEG, EOG and EMG.
    body_channels_ : list of str
        Those of the body, where ``body`` is set. A later recording that lacks one has a gap there.
    seconds_ : float
        Time that reading and filtering took in the last call, s.

    See Also
    --------
    make_arousal_pipeline : The pipeline that starts with this step.

    Examples
    --------
    >>> from mne_arousal import PSGWindower
    >>> from mne_arousal.datasets import simulate_psg
    >>> raw = simulate_psg(duration=600, random_state=0).raw
    >>> windows = PSGWindower(verbose="error").fit_transform(raw)
    >>> len(windows)
    1197
    """

    def __init__(
        self,
        window_length=2.0,
        hop=0.5,
        *,
        sfreq=100.0,
        picks="auto",
        reference="auto",
        body=False,
        verbose=None,
    ):
        self.window_length = window_length
        self.hop = hop
        self.sfreq = sfreq
        self.picks = picks
        self.reference = reference
        self.body = body
        self.verbose = verbose

    def fit(self, X, y=None):
        """Learn which channels recordings have.

        Parameters
        ----------
        X : mne.io.BaseRaw | path-like | mne_bids.BIDSPath | list of these
            Recordings.
        y : None
            Ignored.

        Returns
        -------
        self : PSGWindower
            The windower.
        """
        self.fit_transform(X)
        return self

    def fit_transform(self, X, y=None):
        """Learn the channels and cut the recordings into windows, reading each once.

        Parameters
        ----------
        X : mne.io.BaseRaw | path-like | mne_bids.BIDSPath | list of these
            Recordings.
        y : None
            Ignored.

        Returns
        -------
        windows : braindecode.datasets.BaseConcatDataset
            One dataset a recording.
        """
        self._forget()
        return self._cut(X)

    def transform(self, X):
        """Cut recordings into windows of the channels that were fitted.

        Parameters
        ----------
        X : mne.io.BaseRaw | path-like | mne_bids.BIDSPath | list of these
            Recordings.

        Returns
        -------
        windows : braindecode.datasets.BaseConcatDataset
            One dataset a recording.
        """
        return self._cut(X)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "channels_")

    def fit_windows(self, X) -> Windows:
        """Learn the channels of one recording, and view it as windows without copying it.

        What `analyze_recording` uses: it needs no braindecode.

        Parameters
        ----------
        X : mne.io.BaseRaw | path-like | mne_bids.BIDSPath
            Recording.

        Returns
        -------
        windows : Windows
            As `fit_transform` has them.
        """
        self._forget()
        return self.view_windows(X)

    def view_windows(self, X) -> Windows:
        """View one recording as windows of the channels that were fitted.

        Parameters
        ----------
        X : mne.io.BaseRaw | path-like | mne_bids.BIDSPath
            Recording.

        Returns
        -------
        windows : Windows
            As `transform` has them.
        """
        (loaded,) = self._load([X])
        return loaded.windows(self.window_length, self.hop)

    def _forget(self) -> None:
        for name in ("channels_", "body_channels_"):
            if hasattr(self, name):
                delattr(self, name)

    def _cut(self, X):
        with _quiet_braindecode():
            from braindecode.datasets import BaseConcatDataset, RawDataset
            from braindecode.preprocessing import create_fixed_length_windows

        start = time.perf_counter()
        sources = [X] if isinstance(X, BaseRaw | str | Path) or hasattr(X, "fpath") else X
        if not isinstance(sources, Sequence) or len(sources) == 0:
            raise TypeError(
                "PSGWindower takes recordings: an mne.io.Raw, a path, a BIDSPath, or a list of "
                f"these; got {type(X).__name__}. Arrays of windows go to the steps after it."
            )
        datasets = [
            RawDataset(loaded.signals.to_raw(), description=loaded.description)
            for loaded in self._load(sources)
        ]
        rate = datasets[0].raw.info["sfreq"]
        with _quiet_braindecode():
            windows = create_fixed_length_windows(
                BaseConcatDataset(datasets),
                window_size_samples=round(self.window_length * rate),
                window_stride_samples=round(self.hop * rate),
                on_last_window="drop",
            )
        for dataset in windows.datasets:
            _add_validity(dataset)
        self.seconds_ = time.perf_counter() - start
        return windows

    def _load(self, sources: Sequence) -> list[LoadedRecording]:
        """Load recordings, each with the channels of the first."""
        self._check_parameters()
        start, found = time.perf_counter(), []
        seen: Counter[str] = Counter()
        with use_log_level(self.verbose):
            for source in sources:
                signals, channels, name = load_channels(
                    source,
                    picks=self.picks,
                    reference=self.reference,
                    sfreq=self.sfreq,
                    body=self.body,
                )
                seen[name] += 1
                unique = name if seen[name] == 1 else f"{name}#{seen[name]}"
                labels = self._match(signals, channels, name)
                with collect_notes():  # they were told by the first reading
                    original = read_recording(source)[0].info["sfreq"]
                found.append(LoadedRecording(signals, unique, labels, original))
        self.seconds_ = time.perf_counter() - start
        return found

    def _check_parameters(self) -> None:
        check_positive(self, ("window_length", "hop"), "s")
        if self.sfreq is not None:
            check_positive(self, ("sfreq",), "Hz, or None")

    def _match(self, signals: Signals, channels: list[Channel], recording: str) -> list[str]:
        """Bring a recording to the channels of the first: same roles, in the same order."""
        of_body = [c.role in BODY_ROLES and self.body for c in channels]
        pairs = list(zip(map(str, channels), signals.ch_names, strict=True))
        left, body = (
            {k: v for (k, v), b in zip(pairs, of_body, strict=True) if b == which}
            for which in (False, True)
        )
        if not hasattr(self, "channels_"):
            self.channels_, self.body_channels_ = list(left), list(body)
            return [label for label, _ in pairs]
        labels, order = list(left), []
        for label in self.channels_:
            wanted = Channel.parse(label)
            same = (
                label
                if label in left
                else next(
                    (
                        k
                        for k in left
                        if (Channel.parse(k).role, Channel.parse(k).kind)
                        == (wanted.role, wanted.kind)
                    ),
                    None,
                )
            )
            if same is None:
                raise RecordingError(
                    f"has no channel to stand for {label}; the first recording has "
                    f"{', '.join(self.channels_)}, this one {', '.join(labels)}. "
                    "Use picks= to name channels that all recordings have.",
                    recording,
                )
            order.append(left.pop(same))
        signals.select([*order, *self._match_body(signals, body)])
        return [*self.channels_, *self.body_channels_]

    def _match_body(self, signals: Signals, found: dict[str, str]) -> list[str]:
        """Find the body's channels by name, else by role; add gaps for what there is not."""
        names = []
        for label in self.body_channels_:
            role = Channel.parse(label).role
            alike = [k for k in found if Channel.parse(k).role == role]
            same = label if label in found else next(iter(alike), None)
            if same is None:
                names.append(signals.append(None, Channel.parse(label)))
            else:
                names.append(found.pop(same))
        return names


def _add_validity(dataset) -> None:
    """Tell in the metadata which channels are valid in each window."""
    table = dataset.metadata
    starts, stops = table["i_start_in_trial"].to_numpy(), table["i_stop_in_trial"].to_numpy()
    for label, signal in zip(dataset.description["channels"], dataset.raw._data, strict=True):
        missing = np.isnan(signal)
        valid = np.ones(len(table), dtype=bool)
        if missing.any():
            count = np.concatenate([[0], np.cumsum(missing, dtype=np.int32)])
            valid = count[stops] == count[starts]
        table[f"valid:{label}"] = valid


@contextmanager
def _quiet_braindecode():
    """Silence what braindecode 1.8 asks of newer MNE and pandas by former names."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Montage name", FutureWarning)
        warnings.filterwarnings("ignore", "The inplace keyword", DeprecationWarning)
        yield
