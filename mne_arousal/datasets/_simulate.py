"""A simulated night of polysomnography with arousals whose onsets are known to the sample."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, NamedTuple

import mne
import numpy as np
from mne.utils import logger, verbose, warn
from sklearn.utils import check_random_state

from ._background import CONTROL_RATE, Background, band_levels, stage_weights
from ._events import add_events, modulations, quiet_times, wake_up
from ._graphoelements import add_graphoelements, phasic_rem
from ._hypnogram_simulation import EPOCH, W, simulate_hypnogram
from ._patient_night import BODY_NAMES, BODY_TYPES, simulate_patient
from ._patients import PATIENTS
from ._periphery import add_eye_movements, airflow, breathing_phase, chin_emg, heart
from ._person import EEG_NAMES, EOG_NAMES, draw_person, electrode_positions
from ._schedule import DIFFICULTIES, Agenda, Difficulty, plan_arousals, plan_awakenings, plan_decoys
from ._truth import annotate_arousals, annotate_decoys, annotate_stages

if TYPE_CHECKING:
    from ..utils.types import RandomState, Verbose

_SHORTEST, _LONGEST = 300.0, 30 * 3600.0  # s
_LOWEST_RATE, _HIGHEST_RATE = 50.0, 1024.0  # Hz
_MOST_AROUSALS = 100.0  # per hour: more don't fit with 10 s of stable sleep before each
_USUAL_INDEX = 15.0  # per hour
# each part draws from a source of its own, so that a change in one leaves the others alone
_PARTS = ("person", "hypnogram", "schedule", "background", "events", "waves", "eyes", "periphery")


class SimulatedPSG(NamedTuple):
    """A simulated night and the truth about it.

    Parameters
    ----------
    raw : mne.io.RawArray
        The signals, V.
    hypnogram : mne.Annotations
        Sleep stages, ``"Sleep stage W"``, ``"Sleep stage N1"``, ``"Sleep stage N2"``,
        ``"Sleep stage N3"``, ``"Sleep stage R"``, in runs of whole 30 s epochs.
    arousals : mne.Annotations
        Arousals, description ``"arousal"``, onsets and durations (s) on samples; ``extras`` give
        ``strength``, ``kind``, ``ramp`` (s), ``stage`` and ``emg``; of patients also ``heart``,
        ``breath`` and ``leg``.
    decoys : mne.Annotations
        What may be taken for an arousal but is none; the description is the kind:
        ``"spindle train"``, ``"EMG burst"``, ``"movement"``, ``"electrode pop"``,
        ``"short burst"`` (under 3 s) or ``"awakening"`` (over 15 s); of patients also
        ``"heart rise"``, ``"sigh"``, ``"limb movement"``, ``"swallow"``, ``"position change"``,
        ``"delta burst"`` (CAP phase A1) and ``"recovery breath"`` (the end of an apnea without
        arousal), with ``stage``, ``emg``, ``heart``, ``breath`` and ``leg`` in ``extras``.

    Examples
    --------
    >>> from mne_arousal.datasets import simulate_psg
    >>> night = simulate_psg(duration=300, random_state=0, verbose="error")
    >>> night._fields
    ('raw', 'hypnogram', 'arousals', 'decoys')
    """

    raw: mne.io.RawArray
    hypnogram: mne.Annotations
    arousals: mne.Annotations
    decoys: mne.Annotations


@verbose
def simulate_psg(
    duration: float = 28800.0,
    sfreq: float = 128.0,
    random_state: RandomState = None,
    *,
    difficulty: str = "medium",
    arousal_index: float | None = None,
    n_eeg: int = 2,
    age: str = "young",
    respiratory: bool = False,
    gain: float = 1.0,
    line_freq: int | None = None,
    patient: str | None = None,
    verbose: Verbose = None,
) -> SimulatedPSG:
    """Simulate a night of polysomnography with known stages and arousals.

    Parameters
    ----------
    duration : float
        Length, s, 300 to 108000 (30 h); 28800 (8 h) is a night. Recordings under one sleep cycle
        get a compressed cycle, those over 9.5 h are awake before and after the night.
    sfreq : float
        Sampling frequency, Hz, 50 to 1024. The AASM asks for 200 Hz at least; 128 is enough for
        the bands of arousals and quick.
    random_state : int | numpy.random.RandomState | None
        Seed. The same seed and arguments give the same night.
    difficulty : {"easy", "medium", "hard"}
        Strength of arousals (power ratio 6 to 20, 3 to 12 or 1.8 to 6), number of look-alikes
        (half, once or twice) and unrest of the background (calmer than, about as, or
        more restless than a real night).
    arousal_index : float | None
        Arousals per hour of sleep, 0 to 100. None is that of the kind of `patient`, or 15, which
        is usual for healthy adults (Bonnet and Arand 2007, J. Clin. Sleep Med. 3:271).
    n_eeg : int
        Number of EEG channels, 1 to 6: C3-M2, C4-M1, F3-M2, O2-M1, F4-M1, O1-M2, in this order.
    age : {"young", "old"}
        Old sleepers have smaller slow waves, fewer spindles, less N3 and more wake.
    respiratory : bool
        Whether arousals come in trains, at the end of apneas, in sleep that is lighter. Patients
        have a breath of their own: leave it False for them.
    gain : float
        Factor on the amplitude of EEG and EOG, beside what differs from person to person.
    line_freq : {50, 60} | None
        Powerline hum of 1 µV RMS at this frequency, if it is below half of `sfreq`; None is no
        hum.
    patient : {"apnea", "periodic", "fluctuating", "insomnia", "limbs", "weak", "dense"} | None
        Kind of patient, see the notes; None is a sleeper without complaints. Patients have
        further channels: ``"Thorax"``, ``"Leg"`` and ``"SpO2"`` (percent).
    verbose : bool | str | int | None
        Verbosity, as in MNE.

    Returns
    -------
    SimulatedPSG
        ``raw``, ``hypnogram``, ``arousals`` and ``decoys``.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Warns
    -----
    RuntimeWarning
        If over a tenth of the arousals asked for found no room.

    Notes
    -----
    The background is colored noise whose spectrum follows the stage, with the levels of a real
    night (SC4001 of Sleep-EDF); on it lie waxing and waning alpha, spindles, K-complexes, vertex
    and sawtooth waves, eye movements, muscle and heart.

    An arousal raises theta, alpha and beta power in proportions that vary, lowers delta, mostly
    raises the chin EMG (in REM sleep always, for 1 s at least) and speeds up the heart. Its
    ``strength`` is the factor by which power grows in the band that grows most; ``emg`` is the
    factor on the amplitude of the chin EMG. ``kind`` is ``"abrupt"`` (a step at the onset) or
    ``"ramped"`` (a raised cosine of ``ramp`` seconds that starts at the onset). Before an arousal
    there are 10 s of sleep without any other event (AASM manual, Berry et al. 2020).

    **Patients** have more kinds of arousal, and bodies that answer most of them but not all.

    - ``"apnea"``: obstructive apneas and hypopneas every 30 to 60 s, most with an arousal at
      their end.
    - ``"periodic"``: breathing that grows and fades every 42 to 62 s, arousals at its peak,
      many ectopic beats.
    - ``"fluctuating"``: N1 and N2 that alternate within 10 to 40 s; alpha waxes and wanes.
    - ``"insomnia"``: much beta and alpha in sleep, many awakenings, hearts that answer less.
    - ``"limbs"``: limb movements every 20 to 40 s, a third with an arousal, most with a rise
      of heart rate.
    - ``"weak"``: half the amplitude, little alpha, ectopic beats, ECG in the EEG.
    - ``"dense"``: arousals nearly every minute in light sleep that fluctuates, at the ends of
      shallow hypopneas or without one; most begin with slow waves, and the body answers nearly all.

    ``kind`` of a patient's arousal is ``"fast"`` (alpha and beta), ``"k-complex"`` (a K-complex,
    then mostly alpha), ``"delta"`` (a burst of delta waves, up to 2 s before the onset or with
    it, that faster rhythms follow) or ``"theta"``; ``ramp`` says how abrupt it is. K-complexes
    and delta bursts are those of the phases A2 and A3 of the cyclic alternating pattern (Terzano
    et al. 2001, Sleep Med. 2:537; Parrino et al. 2012, Sleep Med. Rev. 16:27). The onset is
    that of the faster rhythms.

    ``heart`` is the greatest rise of heart rate that the event causes, beats per minute, 0 for
    none: heart rate rises with the onset, is highest 5 to 7.5 s after, back at 15 and lower than
    before at 20 (Sforza et al. 2000, Clin. Neurophysiol. 111:1611). ``breath`` and ``leg`` are
    factors on the breath amplitude and the amplitude of the leg EMG, 1 for none. A fifth to half of
    the arousals have no answer of the heart, and hearts also rise with limb movements, sighs,
    breaths after apneas and by themselves. Now and then, ECG, airflow and SpO2 lose contact.

    A simulation shows whether a method finds what was put in. How well the method works
    on people, only recordings of people show.

    Examples
    --------
    >>> from mne_arousal.datasets import simulate_psg
    >>> raw = simulate_psg(duration=300, random_state=0, n_eeg=1, verbose="error").raw
    >>> raw.ch_names
    ['C3-M2', 'E1-M2', 'E2-M2', 'Chin', 'ECG', 'Airflow']
    """
    _check(duration, sfreq, difficulty, arousal_index, n_eeg, age, gain, line_freq)
    _check_patient(patient, respiratory)
    if arousal_index is None:
        arousal_index = _USUAL_INDEX if patient is None else PATIENTS[patient].arousal_index
    seeds = check_random_state(random_state).randint(np.iinfo(np.int32).max, size=len(_PARTS))
    rng = {part: np.random.default_rng(seed) for part, seed in zip(_PARTS, seeds, strict=True)}
    simulate = _simulate_sleeper if patient is None else _simulate_patient
    setting = _Setting(
        duration,
        sfreq,
        DIFFICULTIES[difficulty],
        float(arousal_index),
        n_eeg,
        age == "old",
        respiratory,
        gain,
        line_freq,
        patient,
    )
    raw, plan = simulate(rng, setting)
    asleep = np.sum(plan.stages != W) * EPOCH / 3600
    logger.info(
        f"Simulated {duration / 3600:.2f} h with {asleep:.2f} h of sleep, {len(plan.arousals)} "
        f"arousals and {len(plan.decoys)} look-alikes."
    )
    if len(plan.arousals) < 0.9 * round(arousal_index * asleep):
        warn(
            f"Only {len(plan.arousals)} arousals found room in {asleep:.2f} h of sleep, fewer than "
            f"the {arousal_index:g} per hour asked for: each needs 10 s of stable sleep before it."
        )
    return SimulatedPSG(
        raw,
        annotate_stages(plan.stages),
        annotate_arousals(plan.arousals, sfreq),
        annotate_decoys(plan.decoys, sfreq),
    )


class _Setting(NamedTuple):
    """Arguments of `simulate_psg`, checked."""

    duration: float
    sfreq: float
    difficulty: Difficulty
    arousal_index: float
    n_eeg: int
    old: bool
    respiratory: bool
    gain: float
    line_freq: int | None
    patient: str | None


def _simulate_sleeper(rng, setting):
    """Simulate a sleeper without complaints, or with apneas as in `respiratory`."""
    person = draw_person(rng["person"], old=setting.old)
    plan = _plan(rng, setting)
    names = [*EEG_NAMES[: setting.n_eeg], *EOG_NAMES, "Chin", "ECG", "Airflow"]
    sfreq = setting.sfreq
    data = np.zeros((len(names), round(setting.duration * sfreq)))
    phasic = phasic_rem(plan.weights, rng["hypnogram"])
    unrest = setting.difficulty.unrest
    _add_brain_and_eyes(data[:-3], names[:-3], plan, person, phasic, rng, unrest)
    data[:-3] *= setting.gain
    _add_periphery(data[-3:], plan, person, phasic, rng["periphery"], setting.respiratory)
    _add_interference(data[:-2], data[-2], sfreq, setting.line_freq, rng["person"])
    data *= 1e-6
    return _raw(data, names, ["emg", "ecg", "resp"], setting), plan


def _simulate_patient(rng, setting):
    names = [*EEG_NAMES[: setting.n_eeg], *EOG_NAMES, *BODY_NAMES]
    patient = PATIENTS[setting.patient]
    data, *events = simulate_patient(names, rng, patient, setting)
    n_brain = len(names) - len(BODY_NAMES)
    _add_hum(data[: n_brain + 1], setting.sfreq, setting.line_freq)
    data[:-1] *= 1e-6  # saturation stays in %
    return _raw(data, names, BODY_TYPES, setting), _Plan(setting.sfreq, *events)


def _raw(data, names, body_types, setting):
    types = ["eeg"] * setting.n_eeg + ["eog"] * len(EOG_NAMES) + [*body_types]
    info = mne.create_info(names, setting.sfreq, types)
    info["line_freq"] = setting.line_freq
    return mne.io.RawArray(data, info, copy=None, verbose="error")


class _Plan(NamedTuple):
    """Stages and events of a night."""

    sfreq: float
    stages: np.ndarray
    weights: np.ndarray
    arousals: list
    decoys: list

    @property
    def events(self):
        return self.arousals + self.decoys


def _plan(rng, setting):
    n_epochs = int(setting.duration // EPOCH)
    sfreq, difficulty, respiratory = setting.sfreq, setting.difficulty, setting.respiratory
    stages = simulate_hypnogram(
        n_epochs, rng["hypnogram"], old=setting.old, respiratory=respiratory
    )
    weights = stage_weights(stages, EPOCH, int(np.ceil(setting.duration * CONTROL_RATE)) + 1)
    agenda = Agenda(int(n_epochs * EPOCH * sfreq), sfreq)
    schedule, index = rng["schedule"], setting.arousal_index
    awakenings = plan_awakenings(stages, agenda, schedule, difficulty)
    arousals = plan_arousals(stages, agenda, schedule, difficulty, index, respiratory)
    decoys = awakenings + plan_decoys(stages, agenda, schedule, difficulty, setting.n_eeg)
    decoys.sort(key=lambda event: event.start)
    wake_up(weights, awakenings, sfreq)
    return _Plan(sfreq, stages, weights, arousals, decoys)


def _add_brain_and_eyes(data, names, plan, person, phasic, rng, unrest):
    n_eeg = len(names) - len(EOG_NAMES)
    sfreq, weights = plan.sfreq, plan.weights
    levels = band_levels(weights, person, rng["background"], unrest)
    background = Background(names, electrode_positions(names), sfreq, person.alpha_frequency)
    changes = modulations(plan.events, levels, sfreq, rng["events"])
    background.add_to(data, levels, changes, rng["background"])
    quiet = quiet_times(plan.events, weights.shape[1], sfreq)
    add_graphoelements(data, names, sfreq, weights, person, phasic, quiet, rng["waves"])
    add_events(data, names, n_eeg, plan.events, sfreq, person, rng["events"])
    add_eye_movements(data, names, n_eeg, sfreq, weights, phasic, rng["eyes"])


def _add_periphery(data, plan, person, phasic, rng, respiratory):
    n_times, sfreq, weights = data.shape[1], plan.sfreq, plan.weights
    phase = breathing_phase(weights, person, rng)
    data[0] = chin_emg(n_times, sfreq, weights, person, phasic, plan.events, rng)
    data[1] = heart(n_times, sfreq, weights, person, plan.events, phase, rng)
    data[2] = airflow(n_times, sfreq, weights, phase, plan.events, rng, respiratory=respiratory)


def _add_interference(data, ecg, sfreq, line_freq, rng):
    """Add a trace of the ECG (up to 2 uV) and powerline hum to EEG, EOG and EMG, in place."""
    for channel, leak in zip(data, rng.uniform(0, 2e-3, len(data)), strict=True):
        channel += leak * ecg
    _add_hum(data, sfreq, line_freq)


def _add_hum(data, sfreq, line_freq):
    if line_freq is not None and line_freq < sfreq / 2:
        data += np.sqrt(2) * np.sin(2 * np.pi * line_freq * np.arange(data.shape[1]) / sfreq)


def _check(duration, sfreq, difficulty, arousal_index, n_eeg, age, gain, line_freq):
    for name, value, lowest, highest, unit in (
        ("duration", duration, _SHORTEST, _LONGEST, " s"),
        ("sfreq", sfreq, _LOWEST_RATE, _HIGHEST_RATE, " Hz"),
        (
            "arousal_index",
            0 if arousal_index is None else arousal_index,
            0,
            _MOST_AROUSALS,
            " per hour",
        ),
        ("n_eeg", n_eeg, 1, len(EEG_NAMES), ""),
    ):
        kind = Integral if name == "n_eeg" else Real
        if not isinstance(value, kind) or isinstance(value, bool) or not lowest <= value <= highest:
            noun = "an integer" if kind is Integral else "a number"
            raise ValueError(
                f"{name} must be {noun} from {lowest:g} to {highest:g}{unit}, got {value!r}."
            )
    if not isinstance(gain, Real) or not 0 < gain < np.inf:
        raise ValueError(f"gain must be a number above 0, got {gain!r}.")
    for name, value, allowed in (
        ("difficulty", difficulty, tuple(DIFFICULTIES)),
        ("age", age, ("young", "old")),
        ("line_freq", line_freq, (None, 50, 60)),
    ):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {allowed}, got {value!r}.")


def _check_patient(patient, respiratory):
    if patient is None:
        return
    if not isinstance(patient, str) or patient not in PATIENTS:
        raise ValueError(f"patient must be None or one of {tuple(PATIENTS)}, got {patient!r}.")
    if respiratory:
        raise ValueError(
            f'respiratory=True is for sleepers without patient: patient="{patient}" has a breath '
            'of its own; leave respiratory out, or choose patient="apnea".'
        )
