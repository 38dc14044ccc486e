"""`Hypnogram`: one stage an epoch, with its clock and its probabilities."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime

import mne
import numpy as np
import pandas as pd

from .codes import EPOCH_LENGTH, STAGES, UNSCORED, describe_stage


@dataclass(repr=False, eq=False)
class Hypnogram:
    """One stage per epoch of a recording.

    Parameters
    ----------
    stages : array-like of int, shape (n_epochs,)
        Indices into ``("W", "N1", "N2", "N3", "R")``; -1 where nothing is scored.
    epoch_length : float
        Length of an epoch, s.
    start : datetime | None
        When the first epoch starts, with a time zone. None: at the start of the recording.
    probabilities : array-like, shape (n_epochs, 5) | None
        Probability of W, N1, N2, N3 and R in each epoch.

    See Also
    --------
    read_hypnogram : Stages that somebody else scored.

    Examples
    --------
    >>> from mne_arousal.hypnogram import Hypnogram
    >>> Hypnogram([0, 1, 2, 2, -1])
    <Hypnogram | 5 epochs of 30 s | W 0.5, N1 0.5, N2 1.0, unscored 0.5 min>
    """

    stages: np.ndarray
    epoch_length: float = EPOCH_LENGTH
    start: datetime | None = None
    probabilities: np.ndarray | None = None

    def __post_init__(self):
        stages = np.asarray(self.stages)
        if stages.ndim != 1 or not np.isin(stages, np.arange(UNSCORED, len(STAGES))).all():
            raise ValueError(
                f"stages need one code of -1 to {len(STAGES) - 1} per epoch, shape (n_epochs,)."
            )
        if not (np.isfinite(self.epoch_length) and self.epoch_length > 0):
            raise ValueError(f"epoch_length must be a positive time in s, not {self.epoch_length}.")
        self.stages = stages.astype(int)
        self.epoch_length = float(self.epoch_length)
        if self.probabilities is not None:
            self.probabilities = np.asarray(self.probabilities, dtype=float)
            if self.probabilities.shape != (len(stages), len(STAGES)):
                raise ValueError(
                    f"probabilities need the shape {(len(stages), len(STAGES))}, not "
                    f"{self.probabilities.shape}."
                )

    def __len__(self) -> int:
        return len(self.stages)

    @property
    def onsets(self) -> np.ndarray:
        """Start of each epoch, s from the first, shape (n_epochs,)."""
        return np.arange(len(self.stages)) * self.epoch_length

    @property
    def duration(self) -> float:
        """Length of all epochs, s."""
        return len(self.stages) * self.epoch_length

    def to_annotations(self) -> mne.Annotations:
        """Turn it into annotations, one per run of epochs of the same stage.

        Returns
        -------
        annotations : instance of Annotations
            Described as ``"Sleep stage W"``, ``N1``, ``N2``, ``N3``, ``R`` or ``?``; the
            ``orig_time`` is the ``start``.
        """
        changes = np.flatnonzero(np.diff(self.stages)) + 1
        first = np.r_[0, changes] if len(self.stages) else changes
        length = np.diff(np.r_[first, len(self.stages)]) if len(first) else first
        return mne.Annotations(
            first * self.epoch_length,
            length * self.epoch_length,
            [describe_stage(int(code)) for code in self.stages[first]],
            orig_time=self.start,
        )

    def to_frame(self) -> pd.DataFrame:
        """Turn it into a table.

        Returns
        -------
        table : DataFrame
            Columns ``onset`` and ``duration`` (s), ``stage`` (name; ``"?"`` where nothing is
            scored) and, where they are known, the probabilities ``W``, ``N1``, ``N2``, ``N3``
            and ``R``.
        """
        names = np.array([*STAGES, "?"])
        table = pd.DataFrame(
            {"onset": self.onsets, "duration": self.epoch_length, "stage": names[self.stages]}
        )
        if self.probabilities is not None:
            table[list(STAGES)] = self.probabilities
        return table

    def __repr__(self) -> str:
        return f"<Hypnogram | {self._summary()}>"

    def _repr_html_(self) -> str:
        return f"<strong>Hypnogram</strong><br>{html.escape(self._summary())}"

    def _summary(self) -> str:
        names = [*STAGES, "unscored"]
        minutes = np.bincount(self.stages % len(names), minlength=len(names)) * (
            self.epoch_length / 60
        )
        found = [f"{name} {m:.1f}" for name, m in zip(names, minutes, strict=True) if m]
        start = f" from {self.start:%Y-%m-%d %H:%M:%S}" if self.start is not None else ""
        length = f"{len(self.stages)} epochs of {self.epoch_length:g} s{start}"
        return f"{length} | {', '.join(found)} min" if found else length
