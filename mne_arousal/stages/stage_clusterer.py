"""What is fitted: windows to states, epochs to stage clusters."""

from __future__ import annotations

import numpy as np

from ..utils.columns import Column, where
from ..utils.missing import fill_missing, mean_known
from .epochs import EpochTable
from .naming import NamedNight, name_stages
from .physiology import epoch_cues
from .stage_model import StageModel, state_histograms
from .states import StateModel, robust_scale, state_means

_AT_ONCE = 1 << 13  # windows
_LIMIT = 4.0  # spreads; beyond it a value says no more


class StageClusterer:
    """States of windows and stage clusters of epochs, over one or several recordings.

    Parameters
    ----------
    n_states, n_stages, n_codebooks : int
        States of the first codebook, stage clusters, and codebooks.
    clusterer : str | estimator | None
        What clusters windows into states, as in `StateModel`.
    """

    def __init__(self, n_states: int, n_stages: int, n_codebooks: int, clusterer=None):
        self.n_states = n_states
        self.n_stages = n_stages
        self.n_codebooks = n_codebooks
        self.clusterer = clusterer

    def fit(self, tables: list[EpochTable], columns: list[Column], rng) -> StageClusterer:
        """Learn states and, where windows carry times, stage clusters.

        Parameters
        ----------
        tables : list of EpochTable
            Recordings.
        columns : list of Column
            What the features are.
        rng : RandomState
            Source of chance.

        Returns
        -------
        self : StageClusterer
            The clusterer.

        Raises
        ------
        ValueError
            If every window holds NaN.
        """
        self._columns = columns
        self._scales = {table.name: _measure_scale(table) for table in tables}
        rows = [self._rows_to_fit(table) for table in tables]
        scaled = np.concatenate(rows) if len(rows) > 1 else rows[0]  # a copy of days is large
        del rows
        if not len(scaled):
            raise ValueError("Every window holds NaN: there is nothing to cluster.")
        self._states = StateModel(columns, self.n_states, self.n_codebooks, self.clusterer, rng)
        self._states.fit(scaled)
        self.sizes = self._states.sizes
        self._stages: StageModel | None = None
        self.wake_clusters: list[int] = []
        timed = [table for table in tables if table.onsets is not None]
        if timed:
            self._fit_stages(timed, rng)
        return self

    @property
    def has_stages(self) -> bool:
        """Whether stage clusters were fitted, which takes windows with times."""
        return self._stages is not None

    def scaled(self, table: EpochTable) -> np.ndarray:
        """Scale the features of a recording by its own quartiles.

        Parameters
        ----------
        table : EpochTable
            The recording.

        Returns
        -------
        scaled : array, shape (n_windows, n_features)
            In interquartile ranges from the median. A recording that was fitted keeps its scale: a
            new array without times can't be told from a piece of what was fitted.
        """
        return self._scaled_rows(table, slice(None))

    def _scaled_rows(self, table: EpochTable, rows) -> np.ndarray:
        fitted = self._scales.get(table.name)
        location, scale = fitted if fitted is not None else _measure_scale(table)
        scaled = table.values[rows] - location
        scaled /= scale
        return scaled

    def predict_states(self, table: EpochTable) -> list[np.ndarray]:
        """Give each window its state in every codebook.

        Parameters
        ----------
        table : EpochTable
            The recording.

        Returns
        -------
        states : list of array of int, shape (n_windows,)
            One array a codebook; -1 where a window is invalid or is noise.
        """
        if table.states is not None and table.states[0] is self._states:
            return table.states[1]
        known = np.flatnonzero(table.known_rows)
        out = [np.full(len(table.values), -1) for _ in self.sizes]
        if len(known):
            scaled = fill_missing(self.scaled(table), self._columns)
            for lo in range(0, len(known), _AT_ONCE):
                rows = known[lo : lo + _AT_ONCE]
                for states, found in zip(out, self._states.predict(scaled[rows]), strict=True):
                    states[rows] = found
        table.states = self._states, out
        return out

    def predict_clusters(self, table: EpochTable) -> np.ndarray:
        """Give each epoch its stage cluster.

        Parameters
        ----------
        table : EpochTable
            The recording.

        Returns
        -------
        clusters : array of int, shape (n_epochs,)
            Stage cluster; -1 where more than half of an epoch is invalid.

        Raises
        ------
        ValueError
            If windows carry no times, here or in the fit.
        """
        if table.onsets is None or self._stages is None:
            raise ValueError(
                "These rows carry no time, so they have no epochs. Pass a DataFrame with index "
                "(recording, onset), or ArousalClusterer(hop=...) in s, to fit and to this call."
            )
        clusters = self._stages.predict(self._histograms(table), table.wake, table.inside)
        return np.where(table.known, clusters, -1)

    def name_stages(self, table: EpochTable, epoch_length: float) -> NamedNight:
        """Name the stage of each epoch, by physiology and time.

        Parameters
        ----------
        table : EpochTable
            The recording, with times.
        epoch_length : float
            Length of an epoch, s.

        Returns
        -------
        night : NamedNight
            Probabilities of W, N1, N2, N3 and R.
        """
        kept = table.named
        if kept is not None and kept[0] is self._states and kept[1] == epoch_length:
            return kept[2]
        cues = epoch_cues(table.values, self._columns, table.epochs, table.n_epochs)
        named = name_stages(cues, table.inside, epoch_length)
        table.named = self._states, epoch_length, named
        return named

    def state_wakefulness(self, table: EpochTable) -> np.ndarray | None:
        """Tell how wake-like the state of each window is: mean fast EEG of all windows in it.

        Parameters
        ----------
        table : EpochTable
            The recording.

        Returns
        -------
        wakefulness : array, shape (n_windows,) | None
            No unit; None without bands of fast EEG.
        """
        at = where(self._columns, role="eeg", quantity=("beta", "gamma"), extractor="spectral")
        if not len(at):
            return None
        clipped = np.clip(self.scaled(table)[:, at], -_LIMIT, _LIMIT)
        return state_means(np.nan_to_num(mean_known(clipped, axis=1)), self.predict_states(table))

    def _rows_to_fit(self, table: EpochTable) -> np.ndarray:
        rows = table.rows_inside & table.known_rows
        return fill_missing(self._scaled_rows(table, rows), self._columns)

    def _histograms(self, table: EpochTable) -> np.ndarray:
        parts = [
            state_histograms(states, table.epochs, table.n_epochs, size)
            for states, size in zip(self.predict_states(table), self.sizes, strict=True)
        ]
        return np.concatenate(parts, axis=1) / np.sqrt(len(parts))

    def _fit_stages(self, timed: list[EpochTable], rng) -> None:
        histograms = np.concatenate([self._histograms(t)[t.inside & t.known] for t in timed])
        wake = np.concatenate([t.wake[t.inside & t.known] for t in timed])
        wakefulness = None
        known = [t.wakefulness[t.inside & t.known] for t in timed if t.wakefulness is not None]
        if len(known) == len(timed):
            wakefulness = np.concatenate(known)
        seed = int(rng.randint(np.iinfo(np.int32).max))
        muscle = where(self._columns, role="emg", quantity="level")
        self._stages = StageModel(self.n_stages, hold_wake=len(muscle) > 0)
        self._stages.fit(histograms, wakefulness, wake, seed)
        self.wake_clusters = self._stages.wake_clusters


def _measure_scale(table: EpochTable) -> tuple[np.ndarray, np.ndarray]:
    return robust_scale(table.values[table.rows_inside & table.known_rows])
