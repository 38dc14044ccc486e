"""What an arousal or a look-alike is like in a patient, and what its body answers.

Kinds of arousal: ``"fast"``, alpha and beta without slow waves (CAP phase A3); ``"k-complex"``, a
K-complex and then alpha; ``"delta"``, a burst of delta waves that faster rhythms ride on or follow
(phase A2; Terzano et al. 2001, Sleep Med. 2:537; Parrino et al. 2012, Sleep Med. Rev. 16:27); and
``"theta"``. The onset is where the faster rhythms begin: the slow waves before them don't count
(ASDA 1992, Sleep 15:173; AASM manual, chapter V).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._hypnogram_simulation import N1, N2, N3, R
from ._patients import AROUSAL_KINDS
from ._schedule import Event

# Rise of the heart rate with an arousal, beats per minute: median and spread of its logarithm.
# Means of studies lie from 4 to 12 and single rises from nil to 30 (Sforza et al. 2000, Clin.
# Neurophysiol. 111:1611; Azarbarzin et al. 2014, Sleep 37:645; Bonnet and Arand 1997,
# Electroencephalogr. Clin. Neurophysiol. 102:390).
_HEART = 9.0
_HEART_SPREAD = 0.45
# The answer grows from CAP phase A1 to A3 and with the chin EMG (Ferri et al. 2000, J.
# Sleep Res. 9:13; Sforza et al. 2000).
_HEART_BY_KIND = {"fast": 1.0, "k-complex": 0.9, "delta": 1.0, "theta": 0.7}
_HEART_WITH_EMG, _HEART_WITHOUT_EMG = 1.15, 0.8

# Shares of arousals that a spindle of the sleep before overlaps and that come with a movement; both
# are of this package, of the order that clinical pages show.
_WITH_SPINDLE, _WITH_MOVEMENT = 0.2, 0.25


@dataclass(frozen=True)
class BodyEvent(Event):
    """An arousal or a look-alike with what the body answers, to `Event`.

    Parameters
    ----------
    kind : str
        One of `AROUSAL_KINDS`, empty for look-alikes.
    heart : float
        Greatest rise of the heart rate, beats per minute; 0 is none.
    heart_lag, heart_width : float
        Delay (s) of the answer against the usual one and factor on its length.
    breath : float
        Factor on the breath amplitude; 1 is no answer.
    breath_lag, breath_duration : float
        From the start, s.
    leg : float
        Factor on the amplitude of the leg EMG; 1 is none.
    leg_lag, leg_duration : float
        From the start, s.
    burst_lead, burst_duration : float
        Delta burst: how long before the start it begins, and its length, s; no length is none.
    spindle : float
        How long before the start a spindle begins, s, if one rides on the onset.
    artifact : float
        Amplitude of the artifact of a body movement in the EEG; 0 is none.
    """

    kind: str = ""
    heart: float = 0.0
    heart_lag: float = 0.0
    heart_width: float = 1.0
    breath: float = 1.0
    breath_lag: float = 0.0
    breath_duration: float = 0.0
    leg: float = 1.0
    leg_lag: float = 0.0
    leg_duration: float = 0.0
    burst_lead: float = 0.0
    burst_duration: float = 0.0
    spindle: float | None = None
    artifact: float = 0.0


def draw_arousal(start, stop, stage, agenda, rng, difficulty, patient):
    """Draw the kind of an arousal, its EEG and what the body answers."""
    kind = str(rng.choice(AROUSAL_KINDS, p=_odds(stage, patient)))
    strength = 1 + patient.strength * (np.exp(rng.uniform(*np.log(difficulty.strengths))) - 1)
    length = (stop - start) / agenda.sfreq
    fields = _rhythms(kind, rng) | _slow_waves(kind, length, rng)
    fields |= _chin(stage, length, rng, patient.emg)
    factor = _HEART_BY_KIND[kind]
    factor *= _HEART_WITH_EMG if fields["emg"] > 1 else _HEART_WITHOUT_EMG
    fields |= draw_heart(rng, patient.heart, factor) | draw_breath(rng, patient.breath)
    if rng.random() < 0.15:
        fields |= draw_leg(rng, rng.uniform(-0.5, 1.0))
    if stage in (N2, N3) and rng.random() < _WITH_SPINDLE:
        fields["spindle"] = float(rng.uniform(-0.5, 1.5))
    if fields["emg"] > 1 and rng.random() < _WITH_MOVEMENT:
        fields["artifact"] = float(rng.uniform(0.1, 0.6))
    ramp = float(rng.uniform(0.2, 1.0)) if rng.random() < 0.5 else 0.0
    return BodyEvent(
        "arousal", start, stop, stage, strength=float(strength), ramp=ramp, kind=kind, **fields
    )


def draw_heart(rng, probability, factor=1.0):
    """Draw an answer of the heart, as fields of `BodyEvent`."""
    if rng.random() >= probability:
        return {"heart": 0.0}
    return {
        "heart": float(_HEART * factor * rng.lognormal(0, _HEART_SPREAD)),
        "heart_lag": float(rng.normal(-0.7, 1.2)),
        "heart_width": float(rng.lognormal(0, 0.2)),
    }


def draw_breath(rng, probability):
    """Draw an answer of the breath, as fields of `BodyEvent`.

    Ventilation rises within the first breaths and for some 10 s (Horner et al. 2001, J. Physiol.
    534:881).
    """
    if rng.random() >= probability:
        return {"breath": 1.0}
    return {
        "breath": float(rng.uniform(1.2, 2.0)),
        "breath_lag": float(rng.uniform(-0.5, 3.0)),
        "breath_duration": float(rng.uniform(7.0, 16.0)),
    }


def draw_leg(rng, lag):
    """Draw a limb movement of 0.5 to 5 s (AASM manual, chapter VII), as fields of `BodyEvent`."""
    return {
        "leg": float(rng.uniform(4.0, 15.0)),
        "leg_lag": float(lag),
        "leg_duration": float(rng.uniform(0.6, 4.5)),
    }


def _odds(stage, patient):
    odds = np.array(patient.kinds)
    if stage == R:
        odds[1:3] = 0.0
    elif stage == N1:
        odds[1:3] *= 0.3
    return odds / odds.sum()


def _rhythms(kind, rng):
    """Shares of theta, alpha and beta in the rise, and delta that is left."""
    theta, alpha, beta = rng.uniform(0.05, 0.5, 3)
    if kind == "theta":
        theta, alpha = 1.0, alpha * 0.6
    elif kind == "fast":
        alpha, beta = (1.0, beta) if rng.random() < 0.6 else (alpha, 1.0)
    elif rng.random() < 0.75:
        alpha = 1.0
    else:
        theta, alpha, beta = (1.0, alpha, beta) if rng.random() < 0.5 else (theta, alpha, 1.0)
    # slow waves of the background go on through many arousals that a slow wave began
    delta = rng.uniform(0.45, 0.95) if kind == "fast" else rng.uniform(0.6, 1.3)
    return {"theta": theta, "alpha": alpha, "beta": beta, "delta": delta}


def _slow_waves(kind, length, rng):
    if kind == "k-complex":
        return {"k_complex": float(rng.uniform(0.4, 1.2))}
    if kind != "delta":
        return {}
    lead = 0.0 if rng.random() < 0.35 else rng.uniform(0.4, 2.0)
    return {"burst_lead": lead, "burst_duration": lead + rng.uniform(1.0, min(4.0, 0.8 * length))}


def _chin(stage, length, rng, probability):
    """Rise of the chin EMG: by definition in REM sleep, mostly within 3 s and gone after 10."""
    lag = min(rng.exponential(0.5), 2.0)
    if stage == R:
        lag = min(lag, 0.8)
        lasting = max(rng.uniform(0.4, 0.9) * length, min(1.2, length - lag))
        return {"emg": rng.uniform(2.5, 6.0), "emg_lag": lag, "emg_duration": lasting}
    if rng.random() >= probability:
        return {"emg": 1.0}
    lasting = max(rng.uniform(0.3, 0.9) * length, 0.8)
    factor = 1.2 + rng.lognormal(np.log(0.9), 0.6)
    return {"emg": float(factor), "emg_lag": lag, "emg_duration": lasting}


def add_body(event, rng, patient):
    """Give a look-alike of healthy sleepers the answer of the body that goes with it."""
    fields = {}
    if event.name == "movement":
        fields = draw_heart(rng, 0.85, 1.3) | draw_leg(rng, 0.0) | draw_breath(rng, 0.7)
    elif event.name == "awakening":
        fields = draw_heart(rng, 0.9, 1.4) | draw_breath(rng, 0.7)
    elif event.name == "short burst":
        fields = draw_heart(rng, 0.35, 0.5) | draw_breath(rng, 0.2)
    elif event.name == "EMG burst":
        fields = draw_heart(rng, 0.25, 0.6)
    return BodyEvent(**(vars(event) | fields))


# name: (rate per hour, shortest and longest duration in s, stages). Rates are of the order that
# videos and polygraphs of sleepers show: position changes 1 to 4 an hour (De Koninck et al. 1992,
# Sleep 15:143), swallows 2 to 9 an hour (Sato and Nakashima 2006, Ann. Otol. Rhinol. Laryngol.
# 115:334), sighs some 5 an hour (Perez-Padilla et al. 1983, Sleep 6:234).
_SLEEP = (N1, N2, N3, R)
BODY_DECOYS = {
    "heart rise": (9.0, 5.0, 12.0, _SLEEP),
    "sigh": (5.0, 3.0, 5.0, _SLEEP),
    "limb movement": (4.0, 0.6, 4.5, _SLEEP),
    "swallow": (4.0, 0.8, 1.6, (N1, N2, R)),
    "position change": (1.5, 4.0, 12.0, _SLEEP),
    "delta burst": (10.0, 2.0, 5.0, (N2, N3)),
}


def draw_body_decoy(name, start, stop, stage, sfreq, rng):
    """Draw an event of the body, or a delta burst of CAP phase A1, without arousal."""
    length = (stop - start) / sfreq
    if name == "heart rise":
        fields = draw_heart(rng, 1.0, 0.95)
        if rng.random() < 0.3:
            fields |= draw_breath(rng, 1.0)
    elif name == "recovery breath":
        fields = draw_heart(rng, 0.75, 0.75) | draw_breath(rng, 0.85)
        if rng.random() < 0.3:
            fields["k_complex"] = 0.5
        elif stage in (N2, N3) and rng.random() < 0.3:
            fields |= {"burst_lead": 0.5, "burst_duration": float(rng.uniform(2.0, 4.0))}
    elif name == "limb movement":
        fields = draw_leg(rng, 0.0) | {"leg_duration": length} | draw_heart(rng, 0.65, 0.75)
        if stage in (N2, N3) and rng.random() < 0.3:
            fields["k_complex"] = float(rng.uniform(0.2, 0.7))
        if rng.random() < 0.2:
            fields |= {"emg": rng.uniform(1.5, 3.0), "emg_duration": length}
    elif name == "swallow":
        fields = {"emg": rng.uniform(2.0, 5.0), "emg_duration": length}
    elif name == "position change":
        fields = draw_heart(rng, 0.9, 1.2) | draw_leg(rng, 0.0) | draw_breath(rng, 0.5)
        fields |= {"emg": rng.uniform(1.5, 5.0), "emg_duration": length}
        fields |= {"leg_duration": length, "artifact": rng.uniform(0.1, 0.5)}
    elif name == "delta burst":
        # autonomic answers to A1 are small
        fields = draw_heart(rng, 0.4, 0.4) | {"burst_duration": length}
    else:
        fields = draw_heart(rng, 0.5, 0.7)
    return BodyEvent(name, start, stop, stage, **fields)
