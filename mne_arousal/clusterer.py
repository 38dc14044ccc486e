"""`ArousalClusterer`: windows to states, states to stages, departures to arousals."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
import pandas as pd
from mne.utils import logger, use_log_level
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from .events import Rules, detect_events
from .evidence import COMPONENTS, compute_evidence
from .night_table import NightTable, make_night_table, recording_rows
from .stages import state_histograms, wake_epochs
from .states import StateModel, k_means, robust_scale
from .utils.columns import parse_columns, where
from .utils.windows import INDEX_NAMES

EVENT_COLUMNS = ["recording", "onset", "duration", "score", "stage_cluster", "reason"]


class ArousalClusterer(ClusterMixin, BaseEstimator):
    """Cluster windows into states and stages, and find arousals, without labels.

    Features are scaled by each recording's own quartiles; every extractor counts alike. Single
    windows are
    clustered into states; the states of each 30 s, as a histogram, into stage clusters, numbered
    from
    the most wake-like (0) to the one farthest from wake. Long wake around the sleep period is
    found first and joins cluster 0.
    Arousals are departures of the evidence from the sleep before them; their threshold is set on
    each night by turning
    the evidence upside down (see :func:`mne_arousal.events.calibrate`).

    Parameters
    ----------
    n_states : int
        States; fewer when windows are few. From 8 to 64 make little difference.
    n_stages : int
        Stage clusters. Five, as the AASM manual has W, N1, N2, N3 and R; no criterion without
        labels picks the number.
    clusterer : None | "dbscan" | estimator
        What clusters windows into states: None for k-means; ``"dbscan"`` with a radius from the
        k-distance curve; or any sklearn
        clusterer. New windows get the nearest state where it has no ``predict``.
    n_codebooks : int
        Sets of states whose histograms are joined for the stages, so that stages depend less on
        the seed.
    window_length : float
        Length of a window, s.
    hop : float | None
        Time between the rows of a plain array, s. None means that its rows carry no time: states
        are found, but no stages and no arousals. Ignored where rows carry their times.
    epoch_length : float
        Length of a stage epoch, s.
    components : tuple of str
        Parts of the evidence: ``"fast"``, ``"anchor"``, ``"emg"``, ``"states"``.
    min_duration, max_duration : float
        Duration of an arousal, s (AASM: 3 s; beyond 15 s it is an awakening).
    stable_sleep : float
        Sleep that must come before an arousal, s (AASM: 10 s).
    false_alarms : float
        Events an hour of sleep that the noise of this night may cause.
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
        Stage clusters taken for wake.
    calibration_ : dict
        Of the last :meth:`detect`: threshold, hours of sleep and mirrored events of each recording.
    n_features_in_ : int
        Columns.

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
        components=COMPONENTS,
        min_duration=3.0,
        max_duration=15.0,
        stable_sleep=10.0,
        false_alarms=2.0,
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
        tables = []
        for r in self._split(X):
            clusters = self._predict_clusters(r)
            tables.append(
                pd.DataFrame(
                    {
                        "recording": r.name,
                        "onset": np.arange(r.n_epochs) * self.epoch_length,
                        "duration": self.epoch_length,
                        "cluster": clusters,
                    }
                )
            )
        return pd.concat(tables, ignore_index=True)

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
        if isinstance(X, pd.DataFrame):
            table.index = X.index
        return table

    def detect(self, X, *, wake=None, return_candidates=False):
        """Find arousals.

        Parameters
        ----------
        X : DataFrame or array, shape (n_windows, n_features)
            Features with times, or an array where ``hop`` is given.
        wake : dict | None
            For a recording's name, array of bool, shape (n_epochs,): epochs that are wake, from a
            hypnogram. None takes the wake-like stage clusters.
        return_candidates : bool
            Keep events that a rule rejects, with the reason in column ``reason``.

        Returns
        -------
        events : DataFrame
            Columns ``recording``, ``onset`` (s), ``duration`` (s), ``score``, ``stage_cluster``;
            with `return_candidates`
            also ``reason``, empty for arousals.
        """
        check_is_fitted(self)
        rules = Rules(self.min_duration, self.max_duration, self.stable_sleep, self.false_alarms)
        rows, self.calibration_ = [], {}
        for r in self._split(X):
            self._need_times(r)
            clusters = self._predict_clusters(r)
            parts = self._parts(r, clusters)
            asleep, atonia = self._gates(r, clusters, None if wake is None else wake.get(r.name))
            events, self.calibration_[r.name] = detect_events(
                parts,
                asleep,
                atonia,
                hop=r.hop(self.window_length),
                window_length=self.window_length,
                rules=rules,
            )
            for event in events:
                epoch = min(int(event["start"] // self.epoch_length), r.n_epochs - 1)
                rows.append(
                    (
                        r.name,
                        event["start"] + r.onsets[0],
                        event["duration"],
                        event["score"],
                        int(clusters[epoch]),
                        event["reason"] or "",
                    )
                )
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
        for name in ("n_states", "n_stages", "n_codebooks"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or value < 1:
                raise ValueError(f"{name} must be a positive whole number, got {value!r}.")
        for name in ("window_length", "epoch_length", "min_duration", "max_duration"):
            value = getattr(self, name)
            if not isinstance(value, Real) or value <= 0:
                raise ValueError(f"{name} must be a positive number of seconds, got {value!r}.")
        if self.max_duration <= self.min_duration:
            raise ValueError("max_duration must be longer than min_duration.")
        unknown = set(self.components) - set(COMPONENTS)
        if unknown or not self.components:
            raise ValueError(f"components must be some of {COMPONENTS}, got {self.components!r}.")

    def _split(self, X, reset: bool = False) -> list[NightTable]:
        index = X.index if isinstance(X, pd.DataFrame) else None
        names = list(X.columns) if isinstance(X, pd.DataFrame) else None
        X = validate_data(self, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan")
        if reset:
            self._columns = parse_columns(names if names is not None else range(X.shape[1]))
        timed = index is not None and tuple(index.names) == INDEX_NAMES
        if not timed:
            onsets = None if self.hop is None else np.arange(len(X)) * self.hop
            return [self._recording("recording", X, onsets)]
        return [
            self._recording(name, X[rows], onsets) for name, rows, onsets in recording_rows(index)
        ]

    def _recording(self, name, values, onsets) -> NightTable:
        return make_night_table(
            name,
            values,
            self._columns,
            onsets,
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
        rows = r.rows_inside & np.isfinite(scaled).all(axis=1)
        return scaled[rows]

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
        n = min(self.n_stages, len(np.unique(histograms, axis=0)))
        seed = int(rng.randint(np.iinfo(np.int32).max))
        model, _ = k_means(histograms, n, seed, n_init=10)
        if any(r.wakefulness is None for r in timed):
            order = np.argsort(-np.bincount(model.labels_, minlength=n), kind="stable")
        else:
            index = np.concatenate([r.wakefulness[r.inside] for r in timed])
            means = [index[model.labels_ == k].mean() for k in range(n)]
            order = np.argsort(means)[::-1]
            wake = np.concatenate([wake_epochs(r.wakefulness, r.inside)[r.inside] for r in timed])
            clusters = np.argsort(order)[model.labels_]
            self.wake_clusters_ = [k for k in range(n) if wake[clusters == k].mean() > 0.5]
        self._stages, self._rank = model, np.argsort(order)
        logger.info(f"Stage clusters taken for wake: {self.wake_clusters_ or 'none'}")

    def _predict_clusters(self, r: NightTable) -> np.ndarray:
        self._need_times(r)
        clusters = self._rank[self._stages.predict(self._histograms(r))]
        clusters[~r.inside] = 0
        return clusters.astype(int)

    def _need_times(self, r: NightTable) -> None:
        if r.onsets is None or self._stages is None:
            raise ValueError(
                "These rows carry no time, so they have no epochs. Pass a DataFrame with index "
                "(recording, onset), or ArousalClusterer(hop=...) in s, to fit and to this call."
            )

    def _gates(self, r: NightTable, clusters, wake) -> tuple[np.ndarray, np.ndarray]:
        """Windows in sleep, and windows in sleep without EMG tone."""
        if wake is None:
            asleep = r.inside.copy()
            if r.wakefulness is not None:
                asleep &= ~wake_epochs(r.wakefulness, r.inside)
        else:
            wake = np.asarray(wake, dtype=bool)
            asleep = np.zeros(r.n_epochs, dtype=bool)
            asleep[: len(wake)] = ~wake[: r.n_epochs]
        atonia = np.zeros(r.n_epochs, dtype=bool)
        level = where(self._columns, role="emg", quantity="level")
        delta = where(self._columns, role="eeg", quantity="delta")
        if len(level) and len(delta) and asleep.any():
            emg, slow = r.medians[:, level].mean(axis=1), r.medians[:, delta].mean(axis=1)
            atonia = (
                asleep & (emg < np.nanmedian(emg[asleep])) & (slow < np.nanmedian(slow[asleep]))
            )
        return asleep[r.epochs], atonia[r.epochs]

    def _parts(self, r: NightTable, clusters=None) -> dict[str, np.ndarray]:
        if r.onsets is None or self._stages is None:
            scaled = np.nan_to_num(self._scaled(r))
            return {
                "evidence": np.linalg.norm(np.clip(scaled, -4, 4), axis=1)
                / np.sqrt(scaled.shape[1])
            }
        clusters = self._predict_clusters(r) if clusters is None else clusters
        rows = r.rows_inside
        asleep = self._gates(r, clusters, None)[0][rows]
        parts = compute_evidence(
            r.values[rows],
            self._columns,
            asleep,
            hop=r.hop(self.window_length),
            window_length=self.window_length,
            state_wakefulness=self._state_wakefulness(r)[rows]
            if r.wakefulness is not None
            else None,
            components=tuple(self.components),
        )
        out = {}
        for name, values in parts.items():
            out[name] = np.zeros(len(r.values))
            out[name][rows] = values
        return out

    def _state_wakefulness(self, r: NightTable) -> np.ndarray:
        """Wakefulness of each window as the mean over all windows in its states."""
        at = where(self._columns, role="eeg", quantity=("beta", "gamma"), extractor="spectral")
        if not len(at):
            return np.zeros(len(r.values))
        scaled = np.nan_to_num(np.clip(self._scaled(r)[:, at], -4, 4).mean(axis=1))
        books = self._predict_states(r)
        total = np.zeros(len(r.values))
        for states, size in zip(books, self._states.sizes, strict=True):
            shifted = states + 1
            counts = np.bincount(shifted, minlength=size + 1)
            means = np.bincount(shifted, scaled, minlength=size + 1) / np.maximum(counts, 1)
            total += means[shifted]
        return total / len(books)
