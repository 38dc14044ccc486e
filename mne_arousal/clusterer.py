"""`ArousalClusterer`: windows to states, states to stages, departures to arousals."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
from mne.utils import use_log_level
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from .events import Rules, detect_events, warn_uncalibrated
from .evidence import COMPONENTS, DEFAULT_COMPONENTS, compute_evidence
from .night_table import NightTable, sleep_gates, split_recordings
from .stages import StageModel, state_histograms
from .states import StateModel, robust_scale, state_means
from .utils.checks import check_counts, check_positive
from .utils.columns import parse_columns, where

EVENT_COLUMNS = ["recording", "onset", "duration", "score", "stage_cluster", "kind", "reason"]


class ArousalClusterer(ClusterMixin, BaseEstimator):
    """Cluster windows into states and stages, and find arousals, without labels.

    Features are scaled by each recording's own quartiles; every extractor counts alike. Single
    windows are clustered into states; the states of each 30 s of sleep, as a histogram, into stage
    clusters, with wake held in one where muscle tone tells it. Wake is cluster 0, the rest are
    numbered from the most wake-like; without columns that tell wake, from the largest. Arousals
    are departures of the evidence from the sleep before them; their threshold is set on each night
    by turning the evidence upside down (see :func:`mne_arousal.scan.measure_noise`).

    Parameters
    ----------
    n_states : int
        States; fewer when windows are few. From 8 to 64 make little difference.
    n_stages : int
        Stage clusters: W, N1, N2, N3 and R are five; no criterion without labels picks a number.
    clusterer : None | "dbscan" | estimator
        What clusters windows into states: None for k-means; ``"dbscan"`` with a radius from the
        k-distance curve; or any sklearn clusterer. New windows get the nearest state where it has
        no ``predict``.
    n_codebooks : int
        Sets of states whose histograms are joined, so that stages depend less on the seed.
    window_length : float
        Length of a window, s.
    hop : float | None
        Time between the rows of a plain array, s. None means that its rows carry no time: states
        are found, but no stages and no arousals. Ignored where rows carry their times.
    epoch_length : float
        Length of a stage epoch, s.
    components : tuple of str
        Parts of the evidence, of ``"fast"``, ``"anchor"``, ``"emg"`` and ``"states"``.
    min_duration, max_duration : float
        Duration of an arousal, s (AASM: 3 s; beyond 15 s it is an awakening).
    stable_sleep : float
        Sleep that must come before an arousal, s (AASM: 10 s).
    false_alarms : float
        Events an hour of sleep that the noise of this night may cause, at most.
    false_share : float
        Share of noise among the events found, at most; it decides where arousals are few.
    random_state : int | RandomState | None
        Seed.
    verbose : bool | str | int | None
        As in MNE.

    Attributes
    ----------
    labels_ : array of int, shape (n_windows,)
        State of each window that was fitted; -1 where it holds NaN or is noise.
    n_states_ : int
        States found.
    wake_clusters_ : list of int
        Stage clusters that are wake; none where no column tells wake.
    calibration_ : dict
        Of the last :meth:`detect`, for each recording: threshold, hours of sleep, what noise was
        measured on.

    See Also
    --------
    make_arousal_pipeline : The pipeline that ends with this step.

    Examples
    --------
    >>> import numpy as np
    >>> from mne_arousal import ArousalClusterer
    >>> X = np.random.default_rng(0).normal(size=(200, 4))
    >>> ArousalClusterer(n_states=4, random_state=0).fit_predict(X).shape
    (200,)
    """

    def __init__(
        self,
        n_states=32,
        n_stages=5,
        *,
        clusterer=None,
        n_codebooks=6,
        window_length=2.0,
        hop=None,
        epoch_length=30.0,
        components=DEFAULT_COMPONENTS,
        min_duration=3.0,
        max_duration=15.0,
        stable_sleep=10.0,
        false_alarms=2.0,
        false_share=0.02,
        random_state=None,
        verbose=None,
    ):
        self.n_states = n_states
        self.n_stages = n_stages
        self.clusterer = clusterer
        self.n_codebooks = n_codebooks
        self.window_length = window_length
        self.hop = hop
        self.epoch_length = epoch_length
        self.components = components
        self.min_duration = min_duration
        self.max_duration = max_duration
        self.stable_sleep = stable_sleep
        self.false_alarms = false_alarms
        self.false_share = false_share
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X, y=None):
        """Learn states and stage clusters.

        Parameters
        ----------
        X : DataFrame or array, shape (n_windows, n_features)
            Features. An index ``(recording, onset)`` tells recordings and times.
        y : None
            Ignored.

        Returns
        -------
        self : ArousalClusterer
            The clusterer.
        """
        self._check_parameters()
        with use_log_level(self.verbose):
            recordings = self._split(X, reset=True)
            rng = check_random_state(self.random_state)
            self._scales = {r.name: self._measure_scale(r) for r in recordings}
            scaled = np.concatenate([self._rows_to_fit(r) for r in recordings])
            if not len(scaled):
                raise ValueError("Every window holds NaN: there is nothing to cluster.")
            self._states = StateModel(
                self._columns, self.n_states, self.n_codebooks, self.clusterer, rng
            ).fit(scaled)
            self.n_states_ = self._states.sizes[0]
            self._fit_stages(recordings, rng)
            self.labels_ = np.concatenate([self._predict_states(r)[0] for r in recordings])
        return self

    def predict(self, X):
        """Give each window its state.

        Parameters
        ----------
        X : DataFrame or array, shape (n_windows, n_features)
            Features.

        Returns
        -------
        states : array of int, shape (n_windows,)
            State; -1 where the window holds NaN or is noise.
        """
        check_is_fitted(self)
        return np.concatenate([self._predict_states(r)[0] for r in self._split(X)])

    def predict_stages(self, X):
        """Give each epoch its stage cluster.

        Parameters
        ----------
        X : DataFrame or array, shape (n_windows, n_features)
            Features with times, or an array where ``hop`` is given.

        Returns
        -------
        stages : DataFrame
            Columns ``recording``, ``onset`` (s), ``duration`` (s), ``cluster``; a row per epoch.
        """
        check_is_fitted(self)
        tables = {r.name: self._predict_clusters(r) for r in self._split(X)}
        return pd.DataFrame(
            [
                (name, epoch * self.epoch_length, self.epoch_length, cluster)
                for name, clusters in tables.items()
                for epoch, cluster in enumerate(clusters)
            ],
            columns=["recording", "onset", "duration", "cluster"],
        )

    def decision_function(self, X):
        """Compute the evidence of an arousal in each window.

        Parameters
        ----------
        X : DataFrame or array, shape (n_windows, n_features)
            Features. Rows without times are compared with the whole, not with the seconds before.

        Returns
        -------
        evidence : array, shape (n_windows,)
            In spreads of this night's sleep, higher is more arousal-like; 0 outside the sleep
            period.
        """
        check_is_fitted(self)
        return np.concatenate([self._parts(r)["evidence"] for r in self._split(X)])

    def explain(self, X):
        """Compute the evidence and its parts.

        Parameters
        ----------
        X : DataFrame or array, shape (n_windows, n_features)
            Features with times.

        Returns
        -------
        parts : DataFrame, shape (n_windows, n_parts)
            Column ``evidence`` and one per part.
        """
        check_is_fitted(self)
        tables = [pd.DataFrame(self._parts(r)) for r in self._split(X)]
        table = pd.concat(tables, ignore_index=True)
        return table.set_axis(X.index) if isinstance(X, pd.DataFrame) else table

    def detect(self, X, *, wake=None, return_candidates=False):
        """Find arousals.

        Parameters
        ----------
        X : DataFrame or array, shape (n_windows, n_features)
            Features with times, or an array where ``hop`` is given.
        wake : dict | None
            For a recording's name, array of bool, shape (n_epochs,): epochs that are wake, from a
            hypnogram. None tells them by fast activity and muscle tone.
        return_candidates : bool
            Keep events that a rule rejects, with the reason in column ``reason``.

        Returns
        -------
        events : DataFrame
            Columns ``recording``, ``onset`` (s), ``duration`` (s), ``score``, ``stage_cluster``,
            ``kind`` (what changes most: ``"theta"``, ``"alpha"``, ``"beta"``, ``"emg"``); with
            `return_candidates` also ``reason``, empty for arousals.
        """
        check_is_fitted(self)
        rules = Rules(**{field.name: getattr(self, field.name) for field in fields(Rules)})
        rows, self.calibration_ = [], {}
        for r in self._split(X):
            self._need_times(r)
            clusters = self._predict_clusters(r)
            parts = self._parts(r)
            gate = None if wake is None else wake.get(r.name)
            asleep, atonia = sleep_gates(r, self._columns, gate)
            events, self.calibration_[r.name] = detect_events(
                parts,
                asleep,
                atonia,
                hop=r.hop(self.window_length),
                window_length=self.window_length,
                rules=rules,
            )
            warn_uncalibrated(r.name, self.calibration_[r.name])
            for event in events:
                onset = event["start"] + r.onsets[0]
                cluster = clusters[min(int(onset // self.epoch_length), r.n_epochs - 1)]
                reason = event["reason"] or ""
                told = (event["duration"], event["score"], cluster, event["kind"], reason)
                rows.append((r.name, onset, *told))
        table = pd.DataFrame(rows, columns=EVENT_COLUMNS)
        if return_candidates:
            return table
        return table[table["reason"] == ""].drop(columns="reason").reset_index(drop=True)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "labels_")

    def _check_parameters(self) -> None:
        check_counts(self, ("n_states", "n_stages", "n_codebooks"))
        check_positive(self, ("window_length", "epoch_length", "min_duration", "max_duration"), "s")
        check_positive(self, ("false_alarms",), "events an hour")
        check_positive(self, ("false_share",), "share")
        if self.max_duration <= self.min_duration:
            raise ValueError("max_duration must be longer than min_duration.")
        unknown = set(self.components) - set(COMPONENTS)
        if unknown or not self.components:
            raise ValueError(f"components must be some of {COMPONENTS}, got {self.components!r}.")

    def _split(self, X, reset: bool = False) -> list[NightTable]:
        index, names = None, None
        if isinstance(X, pd.DataFrame):
            index, names = X.index, list(X.columns)
        X = validate_data(self, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan")
        if reset:
            self._columns = parse_columns(names if names is not None else range(X.shape[1]))
        return split_recordings(
            X,
            index,
            self._columns,
            hop=self.hop,
            window_length=self.window_length,
            epoch_length=self.epoch_length,
        )

    def _measure_scale(self, r: NightTable):
        return robust_scale(r.values[r.rows_inside])

    def _scaled(self, r: NightTable) -> np.ndarray:
        # a new array without times can't be told from a piece of what was fitted
        fitted = self._scales.get(r.name)
        location, scale = fitted if fitted is not None else self._measure_scale(r)
        return (r.values - location) / scale

    def _rows_to_fit(self, r: NightTable) -> np.ndarray:
        scaled = self._scaled(r)
        return scaled[r.rows_inside & np.isfinite(scaled).all(axis=1)]

    def _predict_states(self, r: NightTable) -> list[np.ndarray]:
        scaled = self._scaled(r)
        known = np.isfinite(scaled).all(axis=1)
        out = [np.full(len(scaled), -1) for _ in self._states.sizes]
        if known.any():
            for states, found in zip(out, self._states.predict(scaled[known]), strict=True):
                states[known] = found
        return out

    def _histograms(self, r: NightTable) -> np.ndarray:
        parts = [
            state_histograms(states, r.epochs, r.n_epochs, size)
            for states, size in zip(self._predict_states(r), self._states.sizes, strict=True)
        ]
        return np.concatenate(parts, axis=1) / np.sqrt(len(parts))

    def _fit_stages(self, recordings: list[NightTable], rng) -> None:
        timed = [r for r in recordings if r.onsets is not None]
        self._stages, self.wake_clusters_ = None, []
        if not timed:
            return
        histograms = np.concatenate([self._histograms(r)[r.inside] for r in timed])
        wake = np.concatenate([r.wake[r.inside] for r in timed])
        wakefulness = None
        if all(r.wakefulness is not None for r in timed):
            wakefulness = np.concatenate([r.wakefulness[r.inside] for r in timed])
        seed = int(rng.randint(np.iinfo(np.int32).max))
        muscle = where(self._columns, role="emg", quantity="level")
        self._stages = StageModel(self.n_stages, hold_wake=len(muscle) > 0)
        self._stages.fit(histograms, wakefulness, wake, seed)
        self.wake_clusters_ = self._stages.wake_clusters

    def _predict_clusters(self, r: NightTable) -> np.ndarray:
        self._need_times(r)
        return self._stages.predict(self._histograms(r), r.wake, r.inside)

    def _need_times(self, r: NightTable) -> None:
        if r.onsets is None or self._stages is None:
            raise ValueError(
                "These rows carry no time, so they have no epochs. Pass a DataFrame with index "
                "(recording, onset), or ArousalClusterer(hop=...) in s, to fit and to this call."
            )

    def _parts(self, r: NightTable) -> dict[str, np.ndarray]:
        if r.onsets is None or self._stages is None:
            scaled = np.clip(np.nan_to_num(self._scaled(r)), -4, 4)
            return {"evidence": np.sqrt(np.mean(scaled**2, axis=1))}
        rows = r.rows_inside
        wakefulness = self._state_wakefulness(r) if "states" in self.components else None
        parts = compute_evidence(
            r.values[rows],
            self._columns,
            sleep_gates(r, self._columns)[0][rows],
            hop=r.hop(self.window_length),
            window_length=self.window_length,
            state_wakefulness=None if wakefulness is None else wakefulness[rows],
            components=tuple(self.components),
        )
        out = {name: np.zeros(len(r.values)) for name in parts}
        for name, values in parts.items():
            out[name][rows] = values
        return out

    def _state_wakefulness(self, r: NightTable) -> np.ndarray | None:
        at = where(self._columns, role="eeg", quantity=("beta", "gamma"), extractor="spectral")
        if not len(at):
            return None
        fast = np.nan_to_num(np.clip(self._scaled(r)[:, at], -4, 4).mean(axis=1))
        return state_means(fast, self._predict_states(r))
