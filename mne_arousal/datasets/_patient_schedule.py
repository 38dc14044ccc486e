"""When arousals, apneas, limb movements and look-alikes happen in a patient's night."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._hypnogram_simulation import EPOCH, N1, N2, N3, R, W
from ._patient_events import BODY_DECOYS, add_body, draw_arousal, draw_body_decoy, draw_leg
from ._schedule import (
    AROUSABILITY,
    LONGEST,
    SHORTEST,
    draw_starts,
    epochs_of,
    plan_awakenings,
    plan_decoys,
    stable_samples,
)


@dataclass(frozen=True)
class Apnea:
    """An apnea or hypopnea.

    Parameters
    ----------
    start, stop : float
        First and last time of shallow breath, s.
    depth : float
        Breath amplitude that is left, 0 to 1.
    central : bool
        Whether the effort to breathe falls as well.
    """

    start: float
    stop: float
    depth: float
    central: bool


def plan_patient(stages, agenda, rng, patient, setting):
    """Book all events of a night; epochs of awakenings become wake in `stages`, in place.

    Parameters
    ----------
    stages : array of int, shape (n_epochs,)
        Stages.
    agenda : Agenda
        Times that are taken.
    rng : numpy.random.Generator
        Source of chance.
    patient : Patient
        Kind of patient.
    setting : object
        As in `simulate_patient`.

    Returns
    -------
    arousals, decoys : list of BodyEvent
        In order of time.
    apneas : list of Apnea
        In order of time.
    """
    difficulty = setting.difficulty
    decoys = _awakenings(stages, agenda, rng, difficulty, patient.awakenings)
    n = round(setting.arousal_index * np.sum(stages != W) * EPOCH / 3600)
    book = _Book(stages, agenda, rng, difficulty, patient)
    if patient.breathing:
        _plan_apneas(book, round(patient.in_trains * n))
    if patient.limbs:
        _plan_limb_movements(book, round(patient.in_trains * n))
    for start in draw_starts(AROUSABILITY[stages], rng, 60 * n):
        if len(book.arousals) >= n:
            break
        book.arousal(start)
    decoys += _usual_decoys(stages, agenda, rng, difficulty, patient, setting.n_eeg)
    decoys = [add_body(event, rng, patient) for event in decoys]
    _plan_body_decoys(book, difficulty.decoys)
    by_start = {"key": lambda event: event.start}
    return (
        sorted(book.arousals, **by_start),
        sorted(decoys + book.decoys, **by_start),
        sorted(book.apneas, **by_start),
    )


class _Book:
    """Books events where the agenda has room and collects them."""

    def __init__(self, stages, agenda, rng, difficulty, patient):
        self.stages, self.agenda, self.rng = stages, agenda, rng
        self.difficulty, self.patient = difficulty, patient
        self.arousals, self.decoys, self.apneas = [], [], []

    def arousal(self, start, **fields):
        """Book an arousal at a time (s) with 10 s of sleep before it; tell whether it was."""
        sfreq = self.agenda.sfreq
        start = round(start * sfreq)
        length = round(self.rng.lognormal(np.log(6.5), 0.45) * sfreq)
        stop = start + int(np.clip(length, np.ceil(SHORTEST * sfreq), int(LONGEST * sfreq)))
        before = start - stable_samples(sfreq)
        if before < 0 or np.any(self.stages[epochs_of(before, stop, sfreq)] == W):
            return False
        if not self.agenda.book(start, stop):
            return False
        stage = int(self.stages[epochs_of(start, stop, sfreq)][0])
        event = draw_arousal(
            start, stop, stage, self.agenda, self.rng, self.difficulty, self.patient
        )
        self.arousals.append(event if not fields else type(event)(**(vars(event) | fields)))
        return True

    def decoy(self, name, start, length, stages):
        """Book a look-alike at a time (s), if it lies within `stages`; tell whether it was."""
        sfreq = self.agenda.sfreq
        start, n = round(start * sfreq), max(round(length * sfreq), 1)
        inside = self.stages[epochs_of(start, start + n, sfreq)]
        if start < 0 or not len(inside) or not np.all(np.isin(inside, stages)):
            return False
        if not self.agenda.book(start, start + n):
            return False
        stage = int(inside[0])
        self.decoys.append(draw_body_decoy(name, start, start + n, stage, sfreq, self.rng))
        return True


def _awakenings(stages, agenda, rng, difficulty, factor):
    """Book awakenings at `factor` times the usual rate."""
    events = []
    while factor > 0:
        if rng.random() < factor:
            events += plan_awakenings(stages, agenda, rng, difficulty)
        factor -= 1
    return events


def _usual_decoys(stages, agenda, rng, difficulty, patient, n_eeg):
    factors = {"spindle train": patient.spindle_trains, "short burst": patient.short_bursts}
    return plan_decoys(stages, agenda, rng, difficulty, n_eeg, factors)


def _plan_body_decoys(book, factor):
    patient = book.patient
    for name, (rate, shortest, longest, allowed) in BODY_DECOYS.items():
        weights = np.isin(book.stages, allowed).astype(float)
        part = patient.delta_bursts if name == "delta burst" else patient.body_decoys
        n = book.rng.poisson(rate * factor * part * weights.sum() * EPOCH / 3600)
        placed = 0
        for start in draw_starts(weights, book.rng, 10 * n):
            if placed == n:
                break
            placed += book.decoy(name, start, book.rng.uniform(shortest, longest), allowed)


def _train_times(stages, rng, periods, jitter, lengths, pause, allowed):
    """Draw times (s) in trains: each has a period of its own; trains are `pause` s apart."""
    times, left, period = [], 0, 0.0
    time, end = rng.uniform(30, 90), len(stages) * EPOCH
    while time < end:
        if left == 0:
            left, period = int(rng.integers(*lengths)), rng.uniform(*periods)
            time += rng.exponential(pause)
        left -= 1
        time += period * rng.uniform(1 - jitter, 1 + jitter)
        if time < end and stages[int(time // EPOCH)] in allowed:
            times.append((time, period))
    return times


def _from_anywhere(times, rng):
    """Begin at a time of chance, so that what is asked for does not fill the first hours alone."""
    first = int(rng.integers(len(times))) if times else 0
    return times[first:] + times[:first]


def _plan_apneas(book, n_arousals):
    """Book apneas of trains 30 to 60 s apart, each with an arousal or a recovery breath.

    Obstructive apneas end with the arousal or up to 4 s before it; in periodic breathing it comes
    at the peak of breathing.
    """
    rng, patient = book.rng, book.patient
    central = patient.breathing == "central"
    periods = (42.0, 62.0) if central else (30.0, 60.0)
    stages = (N1, N2) if central else (N1, N2, R)
    found = _train_times(book.stages, rng, periods, 0.12, (8, 30), 240.0, stages)
    for stop, period in _from_anywhere(found, rng):
        if len(book.arousals) >= n_arousals:
            return
        length = max(rng.uniform(0.35, 0.6) * period, 10.5)
        depth = rng.uniform(0.0, 0.15) if rng.random() < 0.5 else rng.uniform(0.15, 0.55)
        lag = rng.uniform(2.0, 9.0) if central else rng.normal(0.5, 1.5)
        if rng.random() < patient.answered:
            booked = book.arousal(stop + lag)
        else:
            booked = book.decoy("recovery breath", stop, rng.uniform(3.0, 8.0), (N1, N2, N3, R))
        if booked:
            book.apneas.append(Apnea(stop - length, stop, depth, central))


def _plan_limb_movements(book, n_arousals):
    """Book limb movements in trains, some with an arousal.

    Movements of a train are 5 to 90 s apart, mostly 20 to 40 (AASM manual, chapter VII).
    """
    rng = book.rng
    found = _train_times(book.stages, rng, (20.0, 40.0), 0.12, (6, 25), 300.0, (N1, N2, N3))
    for start, _ in _from_anywhere(found, rng):
        if len(book.arousals) >= n_arousals:
            return
        if rng.random() < book.patient.answered:
            book.arousal(start, **draw_leg(rng, rng.uniform(-1.0, 0.5)))
        else:
            length = float(np.clip(rng.lognormal(np.log(1.8), 0.5), 0.6, 8.0))
            book.decoy("limb movement", start, length, (N1, N2, N3))
