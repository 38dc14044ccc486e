"""When arousals and their look-alikes happen in a simulated night, and what they are like.

Durations and the 10 s of stable sleep before an arousal follow the AASM manual (Berry et al.
2020, version 2.6, chapter V).
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass

import numpy as np

from ._hypnogram_simulation import EPOCH, N1, N2, N3, R, W

STABLE = 10.0  # s of sleep without an event before an arousal
SHORTEST, LONGEST = 3.0, 15.0  # s, of an arousal

# relative likelihood of an arousal by stage W, N1, N2, N3, R: more in light sleep (Bonnet et al.
# 2007, J. Clin. Sleep Med. 3:133)
AROUSABILITY = np.array([0.0, 1.6, 1.0, 0.35, 0.9])


@dataclass(frozen=True)
class Difficulty:
    """How hard the arousals of a night are to find.

    Parameters
    ----------
    strengths : tuple of float
        Least and greatest power ratio of an arousal, drawn evenly on a log scale.
    decoys : float
        Factor on the rates of look-alikes.
    unrest : float
        Spread of the spontaneous fluctuation of band power, dB.
    """

    strengths: tuple[float, float]
    decoys: float
    unrest: float


DIFFICULTIES = {
    "easy": Difficulty((6.0, 20.0), 0.5, 1.0),
    "medium": Difficulty((3.0, 12.0), 1.0, 1.5),
    "hard": Difficulty((1.8, 6.0), 2.0, 2.0),
}

# kind: (rate per hour at medium difficulty, shortest and longest duration in s, stages)
DECOYS = {
    "movement": (2.0, 2.0, 10.0, (W, N1, N2, N3, R)),
    "spindle train": (6.0, 4.0, 9.0, (N2,)),
    "EMG burst": (5.0, 1.0, 6.0, (N1, N2, N3, R)),
    "electrode pop": (2.0, 0.3, 3.0, (N1, N2, N3, R)),
    "short burst": (8.0, 0.8, 2.7, (N1, N2, N3, R)),
}
_AWAKENINGS = (1.5, 16.0, 45.0)


@dataclass(frozen=True)
class Event:
    """An arousal or a look-alike, in samples.

    Parameters
    ----------
    name : str
        ``"arousal"`` or the kind of look-alike.
    start, stop : int
        First sample and the one after the last.
    stage : int
        Stage in which it starts.
    strength : float
        Ratio of power to that before, in the band that rises most.
    ramp : float
        Rise time, s; 0 is a step.
    theta, alpha, beta : float
        Share of the rise that goes to each band, 0 to 1.
    delta : float
        Amplitude left below 4 Hz, 0 to 1.
    emg : float
        Factor on the amplitude of the chin EMG.
    emg_lag, emg_duration : float
        Of the EMG rise, from the start, s.
    k_complex : float
        Lead of a K-complex, s; 0 is none.
    channel : int
        EEG channel of an electrode pop.
    """

    name: str
    start: int
    stop: int
    stage: int
    strength: float = 1.0
    ramp: float = 0.0
    theta: float = 0.0
    alpha: float = 0.0
    beta: float = 0.0
    delta: float = 1.0
    emg: float = 1.0
    emg_lag: float = 0.0
    emg_duration: float = 0.0
    k_complex: float = 0.0
    channel: int = 0


def stable_samples(sfreq):
    """Return how many samples have to be free of events before an arousal."""
    return int(np.ceil(STABLE * sfreq)) + 1


class Agenda:
    """Times that are taken, in samples.

    Parameters
    ----------
    n_times : int
        Length of the recording.
    sfreq : float
        Sampling frequency, Hz.
    """

    def __init__(self, n_times: int, sfreq: float):
        self.n_times, self.sfreq = n_times, sfreq
        self._taken: list[tuple[int, int]] = []

    def book(self, start: int, stop: int) -> bool:
        """Take a time if 10 s before and after it are free; tell whether it was."""
        gap = stable_samples(self.sfreq)
        i = bisect(self._taken, (start, stop))
        if i and self._taken[i - 1][1] + gap > start:
            return False
        if i < len(self._taken) and stop + gap > self._taken[i][0]:
            return False
        if start < gap or stop + self.sfreq > self.n_times:
            return False
        self._taken.insert(i, (start, stop))
        return True


def plan_awakenings(stages, agenda, rng, difficulty):
    """Book awakenings and mark the epochs that they fill for over 15 s as wake, in place."""
    rate, shortest, longest = _AWAKENINGS
    sleep = stages != W
    n = rng.poisson(rate * difficulty.decoys * sleep.sum() * EPOCH / 3600)
    events = []
    for start in draw_starts(np.where(sleep, 1.0, 0.0), rng, 2 * n):
        start = round(start * agenda.sfreq)
        stop = start + round(rng.uniform(shortest, longest) * agenda.sfreq)
        inside = stages[epochs_of(start, stop, agenda.sfreq)]
        if len(events) < n and np.all(inside != W) and agenda.book(start, stop):
            stage = int(inside[0])
            events.append(Event("awakening", start, stop, stage, emg=rng.uniform(2, 4)))
    for event in events:
        for epoch in range(*_span(event.start, event.stop, agenda.sfreq)):
            overlap = min(event.stop / agenda.sfreq, (epoch + 1) * EPOCH) - max(
                event.start / agenda.sfreq, epoch * EPOCH
            )
            if overlap > EPOCH / 2 and epoch < len(stages):
                stages[epoch] = W
    return events


def plan_arousals(stages, agenda, rng, difficulty, arousal_index, respiratory):
    """Book arousals at the asked rate, or as near as 10 s of stable sleep allow."""
    n = round(arousal_index * np.sum(stages != W) * EPOCH / 3600)
    starts = _respiratory_starts(stages, rng, n) if respiratory else np.empty(0)
    starts = np.r_[starts, draw_starts(AROUSABILITY[stages], rng, 60 * n)]
    shortest = int(np.ceil(SHORTEST * agenda.sfreq))
    longest = int(LONGEST * agenda.sfreq)
    events = []
    for start in starts:
        if len(events) == n:
            break
        start = round(start * agenda.sfreq)
        duration = rng.lognormal(np.log(6.5), 0.45)
        stop = start + int(np.clip(round(duration * agenda.sfreq), shortest, longest))
        before = start - stable_samples(agenda.sfreq)
        if before < 0 or np.any(stages[epochs_of(before, stop, agenda.sfreq)] == W):
            continue
        if agenda.book(start, stop):
            stage = int(stages[epochs_of(start, stop, agenda.sfreq)][0])
            strength = np.exp(rng.uniform(*np.log(difficulty.strengths)))
            events.append(
                _draw_activation("arousal", start, stop, stage, strength, agenda.sfreq, rng)
            )
    return sorted(events, key=lambda event: event.start)


def plan_decoys(stages, agenda, rng, difficulty, n_eeg, factors=None):
    """Book look-alikes of arousals where time is left; `factors` are on the rates of some."""
    events = []
    factors = factors or {}
    for name, (rate, shortest, longest, allowed) in DECOYS.items():
        weights = np.isin(stages, allowed).astype(float)
        rate *= factors.get(name, 1.0)
        n = rng.poisson(rate * difficulty.decoys * weights.sum() * EPOCH / 3600)
        placed = 0
        for start in draw_starts(weights, rng, 10 * n):
            start = round(start * agenda.sfreq)
            stop = start + round(rng.uniform(shortest, longest) * agenda.sfreq)
            if placed == n:
                break
            inside = stages[epochs_of(start, stop, agenda.sfreq)]
            if np.all(np.isin(inside, allowed)) and agenda.book(start, stop):
                events.append(
                    _draw_decoy(
                        name, start, stop, int(inside[0]), agenda.sfreq, rng, difficulty, n_eeg
                    )
                )
                placed += 1
    return events


def _draw_activation(name, start, stop, stage, strength, sfreq, rng):
    """Draw how EEG and EMG change.

    Theta, alpha and beta rise in proportions that differ from one arousal to the next
    (AASM manual, chapter V); chin EMG rises
    in most arousals of NREM sleep and, by definition, in all of REM sleep.
    """
    shares = rng.uniform(0.05, 0.6, 3)
    odds = (0.0, 0.6, 0.4) if stage in (N1, R) else (0.15, 0.5, 0.35)
    shares[rng.choice(3, p=odds)] = 1.0
    length = (stop - start) / sfreq
    in_rem = stage == R
    lag = min(rng.exponential(0.25), 0.8)
    rises = in_rem or rng.random() < 0.75
    return Event(
        name,
        start,
        stop,
        stage,
        strength=float(strength),
        ramp=float(rng.uniform(0.2, 1.0)) if rng.random() < 0.5 else 0.0,
        theta=shares[0],
        alpha=shares[1],
        beta=shares[2],
        delta=rng.uniform(0.4, 0.9),
        emg=rng.uniform(2.5, 6.0) if in_rem else (rng.uniform(1.5, 4.0) if rises else 1.0),
        emg_lag=lag,
        emg_duration=max(rng.uniform(0.4, 0.9) * length, min(1.2, length - lag)),
        k_complex=rng.uniform(0.5, 1.0) if stage in (N2, N3) and rng.random() < 0.35 else 0.0,
    )


def _draw_decoy(name, start, stop, stage, sfreq, rng, difficulty, n_eeg):
    if name == "short burst":
        strength = np.exp(rng.uniform(*np.log(difficulty.strengths)))
        return _draw_activation(name, start, stop, stage, strength, sfreq, rng)
    if name == "EMG burst":
        length = (stop - start) / sfreq
        return Event(name, start, stop, stage, emg=rng.uniform(2.0, 6.0), emg_duration=length)
    channel = int(rng.integers(n_eeg))
    return Event(name, start, stop, stage, strength=rng.uniform(0.5, 2.0), channel=channel)


def _respiratory_starts(stages, rng, n):
    """Starts (s) of arousals that end apneas: trains 30 to 60 s apart, in N1, N2 and REM.

    The period is that of obstructive events in clinical nights (AASM manual, chapter VIII).
    """
    starts = []
    train, period = 0, 40.0
    time, end = 60.0, len(stages) * EPOCH
    while time < end:
        if train == 0:
            train, period = int(rng.integers(8, 30)), rng.uniform(32, 55)
        train -= 1
        time += period * rng.uniform(0.88, 1.12)
        if train == 0:
            time += rng.exponential(240)
        if time < end and stages[int(time // EPOCH)] in (N1, N2, R):
            starts.append(time)
    # whole stretches of trains, not single events, so that the rhythm stays
    if len(starts) > n:
        first = int(rng.integers(len(starts)))
        starts = np.roll(starts, -first)[: int(0.9 * n)]
    return np.asarray(starts, dtype=float)


def draw_starts(weights, rng, n):
    """Draw times (s) with a density that is proportional to the epochs' weights."""
    if n == 0 or weights.sum() == 0:
        return np.empty(0)
    epochs = rng.choice(len(weights), n, p=weights / weights.sum())
    return (epochs + rng.random(n)) * EPOCH


def _span(start, stop, sfreq):
    return int(start / sfreq // EPOCH), int((stop - 1) / sfreq // EPOCH) + 1


def epochs_of(start, stop, sfreq):
    """Return the slice of the epochs that samples `start` to `stop` touch."""
    return slice(*_span(start, stop, sfreq))
