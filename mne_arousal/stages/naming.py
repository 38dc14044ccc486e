"""Names of stages without labels: what is expected of each, learned anew on each night.

Each stage has a Gaussian for each cue. Its mean is what physiology expects, plus a shift that all
stages of the night share (the person, the electrodes), plus what this stage differs; both have
priors, and both are found by expectation maximization with the transitions of
`hidden_semi_markov.py`. Priors keep a name from drifting to another stage: a stage that the night
does not hold gets no epochs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..hypnogram.codes import STAGES, UNSCORED
from .epochs import EpochTable
from .hidden_semi_markov import LOOKS, STAGE_OF_LOOK, StagePrior
from .physiology import BODY_CUES, CUES, Cue
from .sleep_period import DEEP

# Cues of one epoch, and epochs next to one another, tell partly the same: their likelihood counts
# for less. Measured on simulated nights (stage_sleepers.py in doc/benchmarks).
_TEMPER = 0.35  # exponent of the likelihood of an epoch
_INDEPENDENT = 0.2  # share of the epochs that are independent when means are learned
_N_ITERATIONS = 15
_CONVERGED = 0.01  # largest change of a probability
_STARTS = (-1.0, -0.5, 0.0, 0.5, 1.0)  # shifts that the search begins with, spreads between people
# N1 is short and its epochs are few and mixed: it stays where the others' shift puts it, between
# wake and sleep without spindles, or it would move to the lighter half of N2.
_FREEDOM = np.array([1.0, 1.0, 0.3, 1.0, 1.0, 1.0])  # by look, of what a stage may differ
_LARGEST_DEVIATION = 2.0  # spreads between stages; beyond it a stage is another
_SPREAD_PRIOR = 10.0  # epochs that the expected spread within a stage counts for
_SPREAD_LIMITS = (0.6, 1.5)  # of the expected spread
_FARTHEST = 12.0  # squared spreads; beyond it an epoch is an artifact and says no more
# Slow waves 16 dB above fast activity: 63 % of the epochs of deep sleep, and 2 % of those of
# wake, whoever the sleeper is (`sleep_period.deep_epochs`). Without this, a recording of deep sleep
# alone could pass for quiet wake of somebody with large slow waves.
_DEEP_IN_WAKE = float(np.log(0.02 / 0.63))
_AWAY = -1e3  # logarithm of a likelihood, for a look that is left out
# Neither N1 nor R has spindles, whatever else they look like (AASM manual): what N2 has more of
# these stays at least half of what is expected.
_SPINDLE_CUES = ("sigma", "spindles")
_N2 = LOOKS.index("N2")
_LESS_THAN_N2 = [LOOKS.index("N1"), LOOKS.index("R")]
# A night whose N2 is split in two has a second half that is no other stage: what was learned of
# N3 or R must lie nearer to what is expected of it than to N2.
_RIVALS = {"R": "N2", "N3": "N2"}
_NEARER = 0.5  # part of the way from the rival to the stage


@dataclass(frozen=True)
class NamedNight:
    """Stages of one night.

    Attributes
    ----------
    probabilities : array, shape (n_epochs, 5)
        Of W, N1, N2, N3 and R; NaN where the signal is invalid.
    means : DataFrame, shape (6, n_cues)
        Mean of each cue in each look, as it was learned.
    """

    probabilities: np.ndarray
    means: pd.DataFrame

    @property
    def stages(self) -> np.ndarray:
        """Most probable stage of each epoch, index into `STAGES`; -1 where unknown."""
        known = np.isfinite(self.probabilities).all(axis=1)
        return np.where(known, np.nan_to_num(self.probabilities).argmax(axis=1), UNSCORED)


def stage_table(
    recording: EpochTable, clusters: np.ndarray, named: NamedNight, epoch_length: float
) -> pd.DataFrame:
    """Make the table of a recording's stages.

    Parameters
    ----------
    recording : EpochTable
        The recording.
    clusters : array of int, shape (n_epochs,)
        Stage cluster of each epoch.
    named : NamedNight
        Probabilities of the stages.
    epoch_length : float
        Length of an epoch, s.

    Returns
    -------
    stages : DataFrame
        As :meth:`mne_arousal.ArousalClusterer.predict_stages` returns it.
    """
    table = pd.DataFrame(
        {
            "recording": recording.name,
            "onset": np.arange(recording.n_epochs) * epoch_length,
            "duration": epoch_length,
            "cluster": clusters,
            "stage": np.array([*STAGES, "?"])[named.stages],
            "probability": named.probabilities.max(axis=1),
        }
    )
    table[[f"p_{stage}" for stage in STAGES]] = named.probabilities
    return table


def name_stages(cues: pd.DataFrame, inside: np.ndarray, epoch_length: float = 30.0) -> NamedNight:
    """Name the stage of each epoch.

    Parameters
    ----------
    cues : DataFrame, shape (n_epochs, n_cues)
        As `epoch_cues` returns them; NaN where unknown. Without cues of the EEG an epoch has no
        name; without those of the body it has the others.
    inside : array of bool, shape (n_epochs,)
        Epochs of the sleep period; others are wake.
    epoch_length : float
        Length of an epoch, s.

    Returns
    -------
    night : NamedNight
        Probabilities of the stages; all NaN without bands of the EEG.
    """
    chosen = [cue for cue in CUES if cue.name in cues]
    values = cues[[cue.name for cue in chosen]].to_numpy(dtype=float)
    eeg = [at for at, cue in enumerate(chosen) if cue.name not in BODY_CUES]
    known = np.isfinite(values[:, eeg]).all(axis=1)
    probabilities = np.full((len(values), len(STAGES)), np.nan)
    probabilities[~inside] = np.eye(len(STAGES))[0]
    means = pd.DataFrame(index=list(LOOKS), columns=[cue.name for cue in chosen], dtype=float)
    if not set(_SPINDLE_CUES) <= set(means.columns):
        known[:] = False
    if (known & inside).any():
        looks, learned = _NightModel(chosen, epoch_length).fit(values[inside], known[inside])
        probabilities[inside] = looks @ np.eye(len(STAGES))[STAGE_OF_LOOK]
        means.loc[:] = learned
    probabilities[~known] = np.nan
    return NamedNight(probabilities, means)


class _NightModel:
    """Expectation maximization on one night, from several starts at once (the first axis)."""

    def __init__(self, cues: list[Cue], epoch_length: float):
        self.expected = np.array([cue.expected for cue in cues]).T
        self.spread = np.array([cue.spread for cue in cues])
        self.people = np.array([cue.between_people for cue in cues])
        self.free = np.array([cue.between_stages for cue in cues])
        self.stages = np.outer(_FREEDOM, self.free)
        self.spindle_cues = [at for at, cue in enumerate(cues) if cue.name in _SPINDLE_CUES]
        self.weight = np.array([cue.weight for cue in cues])
        names = [cue.name for cue in cues]
        self.slow = names.index("slow") if "slow" in names else None
        self.epoch_length = epoch_length
        self.prior = StagePrior(epoch_length)

    def fit(self, values: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the probability of each look in each epoch, and the means that were learned."""
        values = np.where(known[:, np.newaxis], values, np.nan)
        left_out: list[int] = []
        while True:
            looks, means = self._search(values, known, left_out)
            taken = [
                LOOKS.index(name)
                for name, rival in _RIVALS.items()
                if self._way(means, LOOKS.index(name), LOOKS.index(rival)) < _NEARER
            ]
            if not set(taken) - set(left_out):
                return looks, means
            left_out += taken

    def _search(self, values, known, left_out) -> tuple[np.ndarray, np.ndarray]:
        relative = np.isfinite(self.people)
        deeper = np.sign(self.expected[4] - self.expected[0])
        shifts = np.array(_STARTS)[:, np.newaxis] * np.where(relative, self.people, 0) * deeper
        means = self.expected + shifts[:, np.newaxis]
        spreads = np.broadcast_to(self.spread, means.shape)
        # as if asleep from the start, until more is known
        minutes = self._minutes_asleep(
            np.tile(np.eye(len(LOOKS))[3], (len(_STARTS), len(values), 1))
        )
        used, before = relative, np.inf
        for _ in range(_N_ITERATIONS):
            likelihood = self._likelihood(values, means, spreads, used)
            likelihood[:, :, STAGE_OF_LOOK == 0] += _DEEP_IN_WAKE * self._deep(values)
            likelihood[:, :, left_out] = _AWAY
            likelihood[:, ~known] = 0.0
            looks, evidence = self.prior.smooth(likelihood, minutes)
            minutes = self._minutes_asleep(looks)
            means, spreads, cost = self._learn(values, looks * known[:, np.newaxis])
            used = np.ones_like(relative)
            if np.abs(looks - before).max() < _CONVERGED:
                break
            before = looks
        best = int(np.argmax(evidence - cost))
        return looks[best], means[best]

    def _deep(self, values: np.ndarray) -> np.ndarray:
        """Whether slow waves are far above fast activity, shape (n_epochs, 1)."""
        if self.slow is None:
            return np.zeros((len(values), 1))
        return (np.nan_to_num(values[:, self.slow]) > DEEP)[:, np.newaxis].astype(float)

    def _way(self, means, look: int, rival: int) -> float:
        """How far the mean of a look lies on the way that it is expected to differ from a rival."""
        expected = (self.expected[look] - self.expected[rival]) / self.spread
        learned = (means[look] - means[rival]) / self.spread
        return float(learned @ expected / (expected @ expected))

    def _likelihood(self, values, means, spreads, used) -> np.ndarray:
        total = np.zeros((len(means), len(values), len(LOOKS)))
        for at in np.flatnonzero(used):
            mean, spread = means[:, None, :, at], spreads[:, None, :, at]
            distance = ((values[:, at, np.newaxis] - mean) / spread) ** 2
            told = self.weight[at] * (0.5 * np.minimum(distance, _FARTHEST) + np.log(spread))
            total -= np.where(np.isfinite(values[:, at, np.newaxis]), told, 0.0)
        return _TEMPER * total

    def _minutes_asleep(self, looks) -> np.ndarray:
        """Time since the first three epochs of sleep in a row, min."""
        asleep = looks[:, :, STAGE_OF_LOOK > 0].sum(axis=2) > 0.5
        lasting = asleep[:, :-2] & asleep[:, 1:-1] & asleep[:, 2:]
        onset = lasting.argmax(axis=1) if lasting.shape[1] else np.zeros(len(looks), dtype=int)
        return (np.arange(looks.shape[1]) - onset[:, np.newaxis]) * self.epoch_length / 60.0

    def _learn(self, values, weights) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Find means and spreads (n_starts, 6, n_cues), and what the priors make them cost."""
        there = np.isfinite(values)
        values = np.where(there, values, 0.0)
        total = weights.transpose(0, 2, 1) @ there
        found = weights.transpose(0, 2, 1) @ values / np.maximum(total, 1e-9)
        n = np.maximum(_INDEPENDENT * total, 1e-9)
        trust = _FREEDOM[:, np.newaxis] ** 2 / (self.free**2 + self.spread**2 / n)
        shift = (trust * (found - self.expected)).sum(axis=1)
        shift /= trust.sum(axis=1) + 1 / self.people**2
        center = self.expected + shift[:, np.newaxis]
        part = 1 / (1 + self.spread**2 / n / self.stages**2)
        limit = _LARGEST_DEVIATION * self.stages
        means = center + np.clip(part * (found - center), -limit, limit)
        for at in self.spindle_cues:
            highest = means[:, [_N2], at] - 0.5 * (self.expected[_N2] - self.expected)[:, at]
            means[:, _LESS_THAN_N2, at] = np.minimum(means[:, :, at], highest)[:, _LESS_THAN_N2]
        deviation = means - center
        square = weights.transpose(0, 2, 1) @ values**2
        square += total * means**2 - 2 * means * total * found
        pooled = _INDEPENDENT * square + _SPREAD_PRIOR * self.spread**2
        low, high = (factor * self.spread for factor in _SPREAD_LIMITS)
        spreads = np.clip(np.sqrt(pooled / (n + _SPREAD_PRIOR)), low, high)
        cost = 0.5 * ((shift / self.people) ** 2).sum(axis=1)
        cost += 0.5 * ((deviation / self.stages) ** 2).sum(axis=(1, 2))
        return means, spreads, cost
