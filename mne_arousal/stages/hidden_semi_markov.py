"""Prior of stages over time: a hidden semi-Markov model, by states in series.

A stage whose stay is drawn from a negative binomial distribution is a row of substates, each of
which is left with the same probability (Russell and Cook 1987, ICASSP, 2376-2379). Forward and
backward passes are those of a hidden Markov model then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

#: What an epoch may look like: stages, with wake of active and of quiet people apart.
LOOKS = ("active wake", "quiet wake", "N1", "N2", "N3", "R")
#: Stage of each look: 0 W, 1 N1, 2 N2, 3 N3, 4 R.
STAGE_OF_LOOK = np.array([0, 0, 1, 2, 3, 4])
_ACTIVE, _QUIET, _N1, _N2, _N3, _R = range(6)


@dataclass(frozen=True)
class Stay:
    """How long one visit to a stage lasts.

    Parameters
    ----------
    look : int
        Index into `LOOKS`.
    minutes : float
        Mean length of a stay, min.
    shape : int
        Substates in series: 1 is a geometric distribution, more have fewer short stays.
    """

    look: int
    minutes: float
    shape: int


# Stays by stage, of Kishi et al. (2008, Am. J. Physiol. 294:R1980) and Lo et al. (2004, PNAS
# 101:17545), rounded: wake has a heavy tail, hence a short and a long kind; REM periods last for
# 10 to 30 min (Carskadon and Dement 2017, Principles and Practice of Sleep Medicine, ch. 2).
_STAYS = (
    Stay(_ACTIVE, 1.5, 1),
    Stay(_ACTIVE, 15.0, 1),
    Stay(_QUIET, 1.5, 1),
    Stay(_QUIET, 15.0, 1),
    Stay(_N1, 2.0, 1),
    Stay(_N2, 8.0, 2),
    Stay(_N3, 8.0, 2),
    Stay(_R, 12.0, 3),
)
# Where a stay of `_STAYS` is left to, by stay: most wake falls asleep through N1; N3 is entered
# from N2; REM from N2 or N1, hardly from wake (Kishi et al. 2008, table 2, rounded).
_LEAVES = np.array(
    [
        # active: short, long; quiet: short, long; N1, N2, N3, R
        [0.00, 0.05, 0.25, 0.05, 0.45, 0.16, 0.005, 0.035],
        [0.10, 0.00, 0.10, 0.60, 0.17, 0.029, 0.0, 0.001],
        [0.15, 0.05, 0.00, 0.05, 0.50, 0.21, 0.005, 0.035],
        [0.10, 0.30, 0.10, 0.00, 0.42, 0.079, 0.0, 0.001],
        [0.08, 0.02, 0.13, 0.02, 0.00, 0.68, 0.005, 0.065],
        [0.10, 0.01, 0.10, 0.01, 0.28, 0.00, 0.35, 0.15],
        [0.08, 0.01, 0.04, 0.00, 0.07, 0.79, 0.00, 0.01],
        [0.15, 0.02, 0.15, 0.01, 0.32, 0.345, 0.005, 0.00],
    ]
)
# A recording begins awake, or, where it was cut, anywhere.
_START = np.array([0.10, 0.30, 0.10, 0.30, 0.05, 0.07, 0.05, 0.03])
# REM sleep begins 60 to 120 min after sleep onset in adults (Ohayon et al. 2004, Sleep 27:1255);
# within 15 min it is a sign of illness (ICSD-3). The factor on its probability rises from the
# smallest to 1 with a normal distribution of this mean and spread.
_REM_LATENCY, _REM_SPREAD, _REM_SMALLEST = 60.0, 12.0, 1e-6  # min, min, no unit


class StagePrior:
    """Transitions between stages over the night.

    Parameters
    ----------
    epoch_length : float
        Length of an epoch, s.
    """

    def __init__(self, epoch_length: float = 30.0):
        self.epoch_length = epoch_length
        sizes = [stay.shape for stay in _STAYS]
        first = np.cumsum([0, *sizes])
        self.look = np.repeat([stay.look for stay in _STAYS], sizes)
        self.transitions = np.zeros((first[-1], first[-1]))
        self.start = np.zeros(first[-1])
        for i, stay in enumerate(_STAYS):
            leave = min(stay.shape * epoch_length / 60.0 / stay.minutes, 0.95)
            for at in range(first[i], first[i + 1]):
                self.transitions[at, at] = 1 - leave
                if at + 1 < first[i + 1]:
                    self.transitions[at, at + 1] = leave
                else:
                    self.transitions[at, first[:-1]] += leave * _LEAVES[i]
            # a recording may begin in the middle of a stay
            self.start[first[i] : first[i + 1]] = _START[i] / stay.shape
        self._rem = first[-2]  # where REM sleep begins
        self._into_rem = np.where(self.look == _R, 0.0, self.transitions[:, self._rem])

    def smooth(
        self, likelihood: np.ndarray, minutes_asleep: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compute the probability of each look from all epochs, before and after.

        Several alternatives are smoothed at once, each by its own likelihood.

        Parameters
        ----------
        likelihood : array, shape (n_alternatives, n_epochs, 6)
            Logarithm of the likelihood of each epoch under each look; zeros where nothing is known.
        minutes_asleep : array, shape (n_alternatives, n_epochs)
            Time since sleep onset, min; it tells how likely REM sleep is to begin.

        Returns
        -------
        probabilities : array, shape (n_alternatives, n_epochs, 6)
            Of each look.
        evidence : array, shape (n_alternatives,)
            Logarithm of the likelihood of the night.
        """
        highest = likelihood.max(axis=2, keepdims=True)
        emitted = np.exp(likelihood - highest)[:, :, self.look].transpose(1, 0, 2).copy()
        withheld = (1 - rem_damping(minutes_asleep)).T[:, :, np.newaxis]
        forward, scales = self._forward(emitted, withheld)
        both = self._backward(emitted, withheld)
        both *= forward
        both /= both.sum(axis=2, keepdims=True)
        gathered = np.eye(len(LOOKS))[self.look]
        evidence = np.log(scales).sum(axis=0) + highest[:, :, 0].sum(axis=1)
        return (both @ gathered).transpose(1, 0, 2), evidence

    def _forward(self, emitted, withheld) -> tuple[np.ndarray, np.ndarray]:
        """Filter forward in time: scaled probabilities of the substates, and their scales."""
        forward, scales = np.empty_like(emitted), np.empty((*emitted.shape[:2], 1))
        state = np.tile(self.start, (emitted.shape[1], 1))
        # operations write to arrays that are there: the arrays are small, and there are many
        for e, (now, scale) in enumerate(zip(forward, scales, strict=True)):
            if e:
                before = forward[e - 1]
                np.matmul(before, self.transitions, out=state)
                stays = withheld[e] * before  # what may not yet enter REM sleep
                stays *= self._into_rem
                state += stays
                state[:, self._rem] -= np.add.reduce(stays, 1)
            state *= emitted[e]
            np.add.reduce(state, 1, keepdims=True, out=scale)
            np.divide(state, scale, out=now)
        return forward, scales[:, :, 0]

    def _backward(self, emitted, withheld) -> np.ndarray:
        """Filter backward in time: scaled likelihood of what follows, by substate."""
        backward = np.ones_like(emitted)
        withheld = withheld * self._into_rem
        to_here = self.transitions.T
        for e in range(len(emitted) - 1, 0, -1):
            ahead = emitted[e] * backward[e]
            before = np.matmul(ahead, to_here, out=backward[e - 1])
            ahead -= ahead[:, self._rem, np.newaxis].copy()
            ahead *= withheld[e]
            before += ahead
            before /= np.add.reduce(before, 1, keepdims=True)
        return backward


def rem_damping(minutes_asleep: np.ndarray) -> np.ndarray:
    """Tell how much less likely REM sleep is to begin, early in the night.

    Parameters
    ----------
    minutes_asleep : array, shape (n_epochs,)
        Time since sleep onset, min.

    Returns
    -------
    damping : array, shape (n_epochs,)
        Factor on the probability, up to 1.
    """
    late = ndtr((np.asarray(minutes_asleep) - _REM_LATENCY) / _REM_SPREAD)
    return np.maximum(late, _REM_SMALLEST)
