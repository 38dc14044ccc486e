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
from ._hypnogram_simulation import EPOCH, STAGES, W, simulate_hypnogram
from ._periphery import add_eye_movements, airflow, breathing_phase, chin_emg, heart
from ._person import EEG_NAMES, EOG_NAMES, draw_person, electrode_positions
from ._schedule import DIFFICULTIES, Agenda, plan_arousals, plan_awakenings, plan_decoys

if TYPE_CHECKING:
    from ..utils.types import RandomState, Verbose

_SHORTEST, _LONGEST = 300.0, 30 * 3600.0  # s
_LOWEST_RATE, _HIGHEST_RATE = 50.0, 1024.0  # Hz
_MOST_AROUSALS = 100.0  # per hour: more don't fit with 10 s of stable sleep before each
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
        ``strength``, ``kind``, ``ramp`` (s), ``stage`` and ``emg``.
    decoys : mne.Annotations
        What may be taken for an arousal but is none; the description is the kind:
        ``"spindle train"``, ``"EMG burst"``, ``"movement"``, ``"electrode pop"``,
        ``"short burst"`` (under 3 s) or ``"awakening"`` (over 15 s).

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
    arousal_index: float = 15.0,
    n_eeg: int = 2,
    age: str = "young",
    respiratory: bool = False,
    gain: float = 1.0,
    line_freq: int | None = None,
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
    arousal_index : float
        Arousals per hour of sleep, 0 to 100; 15 is usual for healthy adults (Bonnet and
        Arand 2007, J. Clin. Sleep Med. 3:271).
    n_eeg : int
        Number of EEG channels, 1 to 6: C3-M2, C4-M1, F3-M2, O2-M1, F4-M1, O1-M2, in this order.
    age : {"young", "old"}
        Old sleepers have smaller slow waves, fewer spindles, less N3 and more wake.
    respiratory : bool
        Whether arousals come in trains, at the end of apneas, in sleep that is lighter.
    gain : float
        Factor on the amplitude of EEG and EOG, beside what differs from person to person.
    line_freq : {50, 60} | None
        Powerline hum of 1 µV RMS at this frequency, if it is below half of `sfreq`; None is no
        hum.
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
    seeds = check_random_state(random_state).randint(np.iinfo(np.int32).max, size=len(_PARTS))
    rng = {part: np.random.default_rng(seed) for part, seed in zip(_PARTS, seeds, strict=True)}
    person = draw_person(rng["person"], old=age == "old")
    plan = _plan(
        rng,
        duration,
        sfreq,
        DIFFICULTIES[difficulty],
        arousal_index=arousal_index,
        n_eeg=n_eeg,
        old=age == "old",
        respiratory=respiratory,
    )
    names = [*EEG_NAMES[:n_eeg], *EOG_NAMES, "Chin", "ECG", "Airflow"]
    data = np.zeros((len(names), round(duration * sfreq)))
    phasic = phasic_rem(plan.weights, rng["hypnogram"])
    _add_brain_and_eyes(
        data[:-3], names[:-3], plan, person, phasic, rng, DIFFICULTIES[difficulty].unrest
    )
    data[:-3] *= gain
    _add_periphery(data[-3:], plan, person, phasic, rng["periphery"], respiratory)
    _add_interference(data[:-2], data[-2], sfreq, line_freq, rng["person"])
    data *= 1e-6

    types = ["eeg"] * n_eeg + ["eog"] * 2 + ["emg", "ecg", "resp"]
    info = mne.create_info(names, sfreq, types)
    info["line_freq"] = line_freq
    raw = mne.io.RawArray(data, info, copy=None, verbose="error")
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
        _hypnogram(plan.stages),
        _annotate_arousals(plan.arousals, sfreq),
        _annotate(plan.decoys, sfreq),
    )


class _Plan(NamedTuple):
    """Stages and events of a night, before any signal is drawn."""

    sfreq: float
    stages: np.ndarray
    weights: np.ndarray
    arousals: list
    decoys: list

    @property
    def events(self):
        return self.arousals + self.decoys


def _plan(rng, duration, sfreq, setting, *, arousal_index, n_eeg, old, respiratory):
    n_epochs = int(duration // EPOCH)
    stages = simulate_hypnogram(n_epochs, rng["hypnogram"], old=old, respiratory=respiratory)
    weights = stage_weights(stages, EPOCH, int(np.ceil(duration * CONTROL_RATE)) + 1)
    agenda = Agenda(int(n_epochs * EPOCH * sfreq), sfreq)
    schedule = rng["schedule"]
    awakenings = plan_awakenings(stages, agenda, schedule, setting)
    arousals = plan_arousals(stages, agenda, schedule, setting, arousal_index, respiratory)
    decoys = awakenings + plan_decoys(stages, agenda, schedule, setting, n_eeg)
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
    if line_freq is not None and line_freq < sfreq / 2:
        data += np.sqrt(2) * np.sin(2 * np.pi * line_freq * np.arange(len(ecg)) / sfreq)


def _check(duration, sfreq, difficulty, arousal_index, n_eeg, age, gain, line_freq):
    for name, value, lowest, highest, unit in (
        ("duration", duration, _SHORTEST, _LONGEST, " s"),
        ("sfreq", sfreq, _LOWEST_RATE, _HIGHEST_RATE, " Hz"),
        ("arousal_index", arousal_index, 0, _MOST_AROUSALS, " per hour"),
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


def _hypnogram(stages):
    starts = np.flatnonzero(np.r_[True, np.diff(stages) != 0])
    lengths = np.diff(np.r_[starts, len(stages)])
    names = [f"Sleep stage {STAGES[stage]}" for stage in stages[starts]]
    return mne.Annotations(starts * EPOCH, lengths * EPOCH, names)


def _annotate(events, sfreq, extras=None):
    onsets = [event.start / sfreq for event in events]
    durations = [(event.stop - event.start) / sfreq for event in events]
    return mne.Annotations(onsets, durations, [event.name for event in events], extras=extras)


def _annotate_arousals(events, sfreq):
    extras = [
        {
            "strength": event.strength,
            "kind": "ramped" if event.ramp else "abrupt",
            "ramp": event.ramp,
            "stage": STAGES[event.stage],
            "emg": float(event.emg),
        }
        for event in events
    ]
    return _annotate(events, sfreq, extras)
