"""Signals and events of a patient's night."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ._background import ANCHORS, CONTROL_RATE, Background, band_levels, stage_weights, wander
from ._events import add_events, add_movement, modulations, quiet_times, wake_up
from ._graphoelements import (
    SPINDLE,
    add_delta_burst,
    add_graphoelements,
    add_wave,
    draw_spindle,
    lobe_amplitudes,
    phasic_rem,
)
from ._hypnogram_simulation import EPOCH, N1, N2, R, W, simulate_hypnogram
from ._patient_breath import belt, breathing, flow, leg_emg, saturation
from ._patient_contact import lose_contact
from ._patient_heart import beat_times, ecg, heart_rate
from ._patient_schedule import plan_patient
from ._periphery import add_eye_movements, chin_emg
from ._person import draw_person, electrode_positions
from ._schedule import Agenda

BODY_NAMES = ("Chin", "ECG", "Airflow", "Thorax", "Leg", "SpO2")
BODY_TYPES = ("emg", "ecg", "resp", "resp", "emg", "misc")
_LEVEL_ONLY_BODY = ("heart rise", "sigh", "swallow", "recovery breath", "limb movement")


class PatientNight(NamedTuple):
    """Signals (uV, saturation %), stages, their weights, arousals and look-alikes."""

    data: np.ndarray
    stages: np.ndarray
    weights: np.ndarray
    arousals: list
    decoys: list


def simulate_patient(names, rng, patient, setting):
    """Simulate a patient's night.

    Parameters
    ----------
    names : list of str
        EEG and EOG channels, then `BODY_NAMES`.
    rng : dict
        Source of chance of each part.
    patient : Patient
        Kind of patient.
    setting : object
        Checked arguments of `simulate_psg`: ``duration`` (s), ``sfreq`` (Hz), ``difficulty``,
        ``arousal_index``, ``n_eeg``, ``old`` and ``gain``.

    Returns
    -------
    night : PatientNight
        Signals and events.
    """
    sfreq, difficulty, n_eeg = setting.sfreq, setting.difficulty, setting.n_eeg
    person = _draw_person(rng["person"], patient, setting.old)
    n_epochs = int(setting.duration // EPOCH)
    stages = simulate_hypnogram(
        n_epochs, rng["hypnogram"], old=setting.old, respiratory=patient.light
    )
    weights = stage_weights(stages, EPOCH, int(np.ceil(setting.duration * CONTROL_RATE)) + 1)
    agenda = Agenda(int(n_epochs * EPOCH * sfreq), sfreq)
    arousals, decoys, apneas = plan_patient(stages, agenda, rng["schedule"], patient, setting)
    lighter = _lighter(arousals, apneas, patient, sfreq, len(weights[0]), rng["hypnogram"])
    _fluctuate(weights, patient.fluctuation, lighter, rng["hypnogram"])
    wake_up(weights, decoys, sfreq)
    phasic = phasic_rem(weights, rng["hypnogram"])
    data = np.zeros((len(names), round(setting.duration * sfreq)))
    brain, body = data[: -len(BODY_NAMES)], data[-len(BODY_NAMES) :]
    events = arousals + decoys
    unrest = difficulty.unrest * patient.unrest
    levels = _levels(weights, person, patient, unrest, rng["background"])
    _add_brain(brain, names[: len(brain)], n_eeg, sfreq, levels, events, person, rng)
    quiet = quiet_times([e for e in events if e.name not in _LEVEL_ONLY_BODY], len(phasic), sfreq)
    add_graphoelements(
        brain, names[: len(brain)], sfreq, weights, person, phasic, quiet, rng["waves"]
    )
    add_eye_movements(brain, names[: len(brain)], n_eeg, sfreq, weights, phasic, rng["eyes"])
    brain *= setting.gain
    _add_body(body, sfreq, weights, person, patient, phasic, events, apneas, rng["periphery"])
    for channel in brain:
        channel += rng["person"].uniform(0.2, 1.0) * patient.ecg_leak * body[1] / 1000
    lose_contact(body[1], body[2], body[5], sfreq, rng["person"])
    return PatientNight(data, stages, weights, arousals, decoys)


def _draw_person(rng, patient, old):
    person = draw_person(rng, old=old)
    return replace(
        person,
        gain=person.gain * patient.gain,
        alpha_gain=person.alpha_gain * patient.alpha_gain,
        spindle_gain=person.spindle_gain * patient.spindle_gain,
        heart_rate=rng.uniform(*patient.heart_rate),
    )


def _lighter(arousals, apneas, patient, sfreq, n_control, rng):
    """Return how much lighter sleep is after arousals and at the ends of apneas, (n_control,).

    Sleep deepens through an apnea and lightens slowly towards its end, with or without an
    arousal (CAP; Terzano et al. 1996, J. Clin. Neurophysiol. 13:145); after an arousal it takes
    some seconds to be as deep as before.
    """
    out = np.zeros(n_control)
    times = np.arange(n_control) / CONTROL_RATE
    middles = [event.stop / sfreq for event in arousals] + [apnea.stop for apnea in apneas]
    spreads = [rng.uniform(3.0, 6.0) for _ in arousals] + [rng.uniform(5.0, 9.0) for _ in apneas]
    for middle, spread in zip(middles, spreads, strict=True):
        lo, hi = np.searchsorted(times, (middle - 4 * spread, middle + 4 * spread))
        bump = np.exp(-0.5 * ((times[lo:hi] - middle) / spread) ** 2)
        out[lo:hi] = np.maximum(out[lo:hi], rng.uniform(0.2, 1.0) * bump)
    return out * (0.5 + patient.fluctuation)


def _fluctuate(weights, amount, lighter, rng):
    """Turn part of N2 into N1 and of N1 into wake with closed eyes and back, in place.

    Falling asleep goes back and forth within 20 to 60 s, alpha with it (CAP; Terzano et al. 2001).
    It goes slowly: an abrupt shift would be an arousal.
    """
    n_control = weights.shape[1]
    slow = wander(rng, n_control, period=25.0)
    for light, deep, most in ((N1, N2, 0.8), (W, N1, 0.5), (N1, R, 0.2)):
        wave = 0.6 * wander(rng, n_control, period=8.0) + 0.8 * slow
        part = amount * most / (1 + np.exp(-2.5 * (wave - 0.5)))
        moved = np.clip(part + 0.5 * most * lighter, 0, 0.9) * weights[deep]
        weights[light] += moved
        weights[deep] -= moved


def _levels(weights, person, patient, unrest, rng):
    levels = band_levels(weights, person, rng, unrest)
    levels[-1] += patient.alpha * (1 - weights[W])
    levels[:-1] += patient.fast * np.clip(np.log(ANCHORS / 6) / np.log(15 / 6), 0, 1)[:, None]
    return levels


def _add_brain(data, names, n_eeg, sfreq, levels, events, person, rng):
    background = Background(names, electrode_positions(names), sfreq, person.alpha_frequency)
    changes = modulations(events, levels, sfreq, rng["events"])
    background.add_to(data, levels, changes, rng["background"])
    add_events(data, names, n_eeg, events, sfreq, person, rng["events"])
    gain = person.gain * person.slow_gain
    for event in events:
        if event.burst_duration:
            start = event.start / sfreq - event.burst_lead
            add_delta_burst(data, names, start, event.burst_duration, sfreq, gain, rng["events"])
        if event.spindle is not None:
            wave = person.gain * draw_spindle(sfreq, person, rng["events"])
            first = event.start - round(event.spindle * sfreq)
            add_wave(data, first, wave, lobe_amplitudes(SPINDLE, names))
        if event.artifact:
            # begins and ends within the event, so that the marked time holds all of it
            n = event.stop - event.start
            first, last = rng["events"].uniform(0.0, 0.3), rng["events"].uniform(0.6, 1.0)
            moved = replace(
                event,
                start=event.start + round(first * n),
                stop=event.start + round(last * n),
                strength=event.artifact,
            )
            add_movement(data, moved, sfreq, rng["events"])


def _add_body(data, sfreq, weights, person, patient, phasic, events, apneas, rng):
    n_times = data.shape[1]
    data[0] = chin_emg(n_times, sfreq, weights, person, phasic, events, rng)
    phase, depth, effort = breathing(weights, person, events, apneas, sfreq, rng)
    rate = heart_rate(weights, person, events, apneas, (phase, effort), sfreq, rng)
    ectopic = patient.ectopic * rng.lognormal(0, 0.8)
    beats, early = beat_times(rate, ectopic, rng)
    data[1] = ecg(beats, early, (phase, effort), events, n_times, sfreq, rng)
    data[2] = flow(phase, depth, events, n_times, sfreq, rng)
    data[3] = belt(phase, effort, events, n_times, sfreq, rng)
    data[4] = leg_emg(weights, events, n_times, sfreq, rng)
    data[5] = saturation(apneas, n_times, sfreq, rng)
