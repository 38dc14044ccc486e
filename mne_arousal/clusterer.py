"""`ArousalClusterer`: windows to states, states to stages, departures to arousals."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
from mne.utils import use_log_level
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from .arousals.detector import EVENT_COLUMNS, Detection, detect_arousals, evidence_parts
from .arousals.evidence import COMPONENTS, DEFAULT_COMPONENTS
from .arousals.rules import REM_RULES, Rules
from .stages.epochs import EpochTable, split_recordings
from .stages.gates import stage_context, wake_and_rem
from .stages.naming import stage_table
from .stages.stage_clusterer import StageClusterer
from .utils.checks import check_counts, check_positive
from .utils.columns import parse_columns


class ArousalClusterer(ClusterMixin, BaseEstimator):
    """Cluster windows into states and stages, and find arousals, without labels.

    Features are scaled by each recording's own quartiles; every extractor counts alike, but for the
    body's, whose columns make no states and no stages. Single
    windows are clustered into states; the states of each 30 s of sleep, as a histogram, into stage
    clusters, with wake held in one where muscle tone tells it. Wake is cluster 0, the rest are
    numbered from the most wake-like; without columns that tell wake, from the largest. Arousals
    are departures of the evidence from the sleep around them. Each candidate gets a probability
    from its evidence, this night's noise, which sign-flipped evidence tells as a negative control
    (``arousals/noise.py``), and cues that speak for and against.

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
        Parts of the evidence, of ``"fast"``, ``"anchor"``, ``"direction"``, ``"emg"``, ``"heart"``,
        ``"breath"`` and ``"states"``.
    min_duration, max_duration : float
        Duration of an arousal, s (AASM: 3 s; beyond 15 s it is an awakening).
    stable_sleep : float
        Sleep that must come before an arousal, s (AASM: 10 s).
    min_probability : float
        Probability from which a candidate is an arousal. At 0.5 an event is more likely an arousal
        than not.
    false_alarms_per_hour : float | None
        False events an hour of sleep that are expected, at most, in place of `min_probability`.
    max_fdr : float | None
        False discovery rate: expected share of false events among those found, at most, in place
        of `min_probability`.
    rem_rule : {"cue", "aasm"}
        Whether a candidate in REM sleep without a rise of the chin EMG becomes less probable, or
        is rejected, as the AASM manual asks. Not all of them have a rise that one channel shows.
    random_state : int | RandomState | None
        Seed.
    verbose : bool | str | int | None
        As in MNE.

    Attributes
    ----------
    labels_ : array of int, shape (n_windows,)
        State of each window that was fitted; -1 where it is invalid or is noise.
    n_states_ : int
        States found.
    wake_clusters_ : list of int
        Stage clusters that are wake; none where no column tells wake.

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
        min_probability=0.5,
        false_alarms_per_hour=None,
        max_fdr=None,
        rem_rule="cue",
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
        self.min_probability = min_probability
        self.false_alarms_per_hour = false_alarms_per_hour
        self.max_fdr = max_fdr
        self.rem_rule = rem_rule
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
        self._fit_tables(X)
        return self

    def _fit_tables(self, X) -> list[EpochTable]:
        """Fit, and return what the other methods take in place of `X`, so that it is made once."""
        self._check_parameters()
        with use_log_level(self.verbose):
            recordings = self._split(X, reset=True)
            rng = check_random_state(self.random_state)
            stages = StageClusterer(
                self.n_states, self.n_stages, self.n_codebooks, self.clusterer
            ).fit(recordings, self._columns, rng)
            self._stages = stages
            self.n_states_ = stages.sizes[0]
            self.wake_clusters_ = stages.wake_clusters
            self.labels_ = np.concatenate([stages.predict_states(r)[0] for r in recordings])
        return recordings

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
        return np.concatenate([self._stages.predict_states(r)[0] for r in self._split(X)])

    def predict_stages(self, X):
        """Give each epoch its stage cluster and its stage.

        Parameters
        ----------
        X : DataFrame or array, shape (n_windows, n_features)
            Features with times, or an array where ``hop`` is given.

        Returns
        -------
        stages : DataFrame
            Columns ``recording``, ``onset`` (s), ``duration`` (s), ``cluster``, ``stage`` (``"W"``,
            ``"N1"``, ``"N2"``, ``"N3"``, ``"R"``, or ``"?"`` where the signal is invalid or has no
            bands of the EEG), ``probability`` (of that stage) and ``p_W`` to ``p_R``; a row per
            epoch. Cluster -1 is none: more than half of the epoch's windows are invalid.
        """
        check_is_fitted(self)
        return pd.concat([self._stage_table(r) for r in self._split(X)], ignore_index=True)

    def _stage_table(self, r: EpochTable) -> pd.DataFrame:
        named = self._stages.name_stages(r, self.epoch_length)
        return stage_table(r, self._stages.predict_clusters(r), named, self.epoch_length)

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

    def detect(self, X, *, wake=None, rem=None, return_candidates=False):
        """Find arousals.

        Parameters
        ----------
        X : DataFrame or array, shape (n_windows, n_features)
            Features with times, or an array where ``hop`` is given.
        wake : dict | None
            For a recording's name, array of bool, shape (n_epochs,): epochs that are wake, from a
            hypnogram. None takes the stages of :meth:`predict_stages`.
        rem : dict | None
            For a recording's name, array of bool, shape (n_epochs,): epochs that are REM sleep,
            from a hypnogram. Without `wake`, those of :meth:`predict_stages`.
        return_candidates : bool
            Keep candidates that are no arousals, with the reason in column ``reason``.

        Returns
        -------
        events : DataFrame
            Columns ``recording``, ``onset`` (s), ``duration`` (s), ``score``, ``probability``,
            ``stage_cluster``, ``kind`` (what answered), ``band`` (that rises most), ``cues``; with
            `return_candidates` also ``reason``, empty for arousals.
        """
        found = [detection.events for detection in self.analyze(X, wake=wake, rem=rem).values()]
        table = (
            pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=EVENT_COLUMNS)
        )
        if return_candidates:
            return table
        return table[table["reason"] == ""].drop(columns="reason").reset_index(drop=True)

    def analyze(self, X, *, wake=None, rem=None) -> dict[str, Detection]:
        """Find arousals, and return what they were measured with beside them.

        Parameters
        ----------
        X : DataFrame or array, shape (n_windows, n_features)
            Features with times, or an array where ``hop`` is given.
        wake, rem : dict | None
            As in :meth:`detect`.

        Returns
        -------
        detections : dict
            For each recording's name, a ``Detection``: ``events`` with rejected candidates,
            ``evidence`` of each window, ``calibration``.
        """
        check_is_fitted(self)
        rules = Rules(**{field.name: getattr(self, field.name) for field in fields(Rules)})
        found = {}
        for r in self._split(X):
            given = None if wake is None else wake.get(r.name)
            given_rem = None if rem is None else rem.get(r.name)
            wake_named, rem_named, context = self._stage_masks(r)
            if given is None:
                given, given_rem = wake_named, rem_named
            else:  # who has looked at the night knows its wake
                context.pop("brief sleep", None)
            found[r.name] = detect_arousals(
                r,
                self._columns,
                self._stages.predict_clusters(r),
                rules,
                components=tuple(self.components),
                window_length=self.window_length,
                epoch_length=self.epoch_length,
                body_columns=self._body_columns,
                wake=given,
                rem=given_rem,
                context=context,
                state_wakefulness=self._state_wakefulness(r),
            )
        return found

    def _stage_masks(self, r: EpochTable):
        """Epochs of wake and REM, and context; where unnamed, muscle tone tells them."""
        stages = self._stages.name_stages(r, self.epoch_length).stages
        if not (stages >= 0).any():
            return None, None, {}
        return *wake_and_rem(stages), stage_context(stages, self.epoch_length)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "labels_")

    def _check_parameters(self) -> None:
        check_counts(self, ("n_states", "n_stages", "n_codebooks"))
        check_positive(self, ("window_length", "epoch_length", "min_duration", "max_duration"), "s")
        for name, unit in (("false_alarms_per_hour", "events an hour"), ("max_fdr", "share")):
            if getattr(self, name) is not None:
                check_positive(self, (name,), f"{unit}, or None")
        check_positive(self, ("min_probability",), "probability")
        if self.min_probability > 1:
            raise ValueError(f"min_probability is at most 1, got {self.min_probability!r}.")
        if self.rem_rule not in REM_RULES:
            raise ValueError(f"rem_rule must be one of {REM_RULES}, got {self.rem_rule!r}.")
        if self.max_duration <= self.min_duration:
            raise ValueError("max_duration must be longer than min_duration.")
        unknown = set(self.components) - set(COMPONENTS)
        if unknown or not self.components:
            raise ValueError(f"components must be some of {COMPONENTS}, got {self.components!r}.")

    def _split(self, X, reset: bool = False) -> list[EpochTable]:
        if isinstance(X, list) and X and isinstance(X[0], EpochTable):
            return X
        index, names = None, None
        if isinstance(X, pd.DataFrame):
            index, names = X.index, list(X.columns)
        X = validate_data(self, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan")
        if reset:
            self._learn_columns(names if names is not None else range(X.shape[1]))
        return split_recordings(
            X[:, ~self._of_body],
            index,
            self._columns,
            body=X[:, self._of_body],
            hop=self.hop,
            window_length=self.window_length,
            epoch_length=self.epoch_length,
        )

    def _learn_columns(self, names) -> None:
        """Set the body's columns apart: states and stages are told by the others alone."""
        columns = parse_columns(names)
        self._of_body = np.array([column.extractor == "body" for column in columns])
        if self._of_body.all():
            raise ValueError(
                "All columns are the body's, and states need EEG: add the features of another "
                "extractor."
            )
        self._columns = [c for c in columns if c.extractor != "body"]
        self._body_columns = [c for c in columns if c.extractor == "body"]

    def _parts(self, r: EpochTable) -> dict[str, np.ndarray]:
        if r.onsets is None or not self._stages.has_stages:
            scaled = np.clip(np.nan_to_num(self._stages.scaled(r)), -4, 4)
            return {"evidence": np.sqrt(np.mean(scaled**2, axis=1))}
        return evidence_parts(
            r,
            self._columns,
            body_columns=self._body_columns,
            components=tuple(self.components),
            window_length=self.window_length,
            wake=self._stage_masks(r)[0],
            state_wakefulness=self._state_wakefulness(r),
        ).parts

    def _state_wakefulness(self, r: EpochTable) -> np.ndarray | None:
        return self._stages.state_wakefulness(r) if "states" in self.components else None
