"""Kinds of simulated patients: how they sleep, what wakes them and how their bodies answer."""

from __future__ import annotations

from dataclasses import dataclass

#: Kinds of arousal of patients, see `Patient.kinds`.
AROUSAL_KINDS = ("fast", "k-complex", "delta", "theta")


@dataclass(frozen=True)
class Patient:
    """What distinguishes one kind of patient.

    Parameters
    ----------
    arousal_index : float
        Arousals per hour of sleep.
    kinds : tuple of float
        Odds of each of `AROUSAL_KINDS` in N2 and N3. In N1, K-complexes and delta bursts are
        rare; in REM sleep there are none.
    breathing : {None, "obstructive", "central"}
        Apneas in trains, 30 to 60 s apart.
    limbs : bool
        Limb movements in trains, 18 to 40 s apart.
    in_trains : float
        Share of the arousals that end an apnea or go with a limb movement of a train.
    answered : float
        Part of the apneas or limb movements of trains that have an arousal.
    light : bool
        Less N3, and N2 broken by N1.
    fluctuation : float
        How much of N2 turns into N1 and back, and of N1 into relaxed wake and back, within 10 to
        40 s, 0 to 1.
    alpha : float
        Alpha rhythm added to sleep, dB.
    fast : float
        Added to the density from 15 Hz, dB.
    unrest : float
        Factor on the spontaneous fluctuation of band power.
    strength : float
        Factor on what an arousal adds to the power.
    gain, alpha_gain, spindle_gain : float
        Factors on amplitudes of the EEG.
    emg, heart, breath : float
        Probability that the chin EMG (in NREM sleep), the heart and the breath answer an arousal.
    heart_rate : tuple of float
        Least and greatest, beats per minute in N2.
    ectopic : float
        Median number of ectopic beats per hour.
    ecg_leak : float
        Greatest amplitude of the R peak in the EEG, uV.
    awakenings, body_decoys, delta_bursts, spindle_trains, short_bursts : float
        Factors on the rates of look-alikes.
    """

    arousal_index: float = 20.0
    kinds: tuple[float, float, float, float] = (0.4, 0.25, 0.2, 0.15)
    breathing: str | None = None
    limbs: bool = False
    in_trains: float = 0.0
    answered: float = 0.7
    light: bool = False
    fluctuation: float = 0.2
    alpha: float = 0.0
    fast: float = 0.0
    unrest: float = 1.15
    strength: float = 0.6
    gain: float = 1.0
    alpha_gain: float = 1.0
    spindle_gain: float = 1.0
    emg: float = 0.7
    heart: float = 0.7
    breath: float = 0.65
    heart_rate: tuple[float, float] = (52.0, 72.0)
    ectopic: float = 3.0
    ecg_leak: float = 3.0
    awakenings: float = 1.0
    body_decoys: float = 1.0
    delta_bursts: float = 1.0
    spindle_trains: float = 1.0
    short_bursts: float = 1.0


# Odds of kinds: CAP phases A2 and A3, which hold most arousals of NREM sleep, begin with
# K-complexes or delta bursts (Terzano et al. 2001, Sleep Med. 2:537; Parrino et al. 2012, Sleep
# Med. Rev. 16:27), also with apnea (Terzano et al. 1996, J. Clin. Neurophysiol. 13:145). A fifth of
# obstructive events end without an arousal (Younes 2004, Am. J. Respir. Crit. Care Med. 169:623).
# In periodic breathing, arousals come at the peak of breathing (Naughton et al. 1993, Am. Rev.
# Respir. Dis. 148:330). Of periodic limb movements, about a third go with an arousal (Karadeniz et
# al. 2000, J. Sleep Res. 9:273). With insomnia, beta is raised (Merica et al. 1998, Eur. J.
# Neurosci. 10:1826). Hearts answer arousals by nil to 30 beats per minute (Azarbarzin et al.
# 2014, Sleep 37:645).
PATIENTS = {
    "apnea": Patient(
        arousal_index=38.0,
        kinds=(0.25, 0.3, 0.3, 0.15),
        breathing="obstructive",
        in_trains=0.85,
        answered=0.75,
        light=True,
        fluctuation=0.4,
        unrest=1.3,
        strength=0.5,
        heart=0.75,
        breath=0.8,
        heart_rate=(58.0, 78.0),
        ectopic=6.0,
        delta_bursts=1.5,
    ),
    "periodic": Patient(
        arousal_index=28.0,
        kinds=(0.35, 0.25, 0.2, 0.2),
        breathing="central",
        in_trains=0.8,
        answered=0.65,
        light=True,
        fluctuation=0.45,
        unrest=1.3,
        strength=0.5,
        heart=0.65,
        breath=0.5,
        heart_rate=(60.0, 82.0),
        ectopic=30.0,
    ),
    "fluctuating": Patient(
        arousal_index=24.0,
        kinds=(0.5, 0.2, 0.1, 0.2),
        light=True,
        fluctuation=0.8,
        alpha=2.0,
        unrest=1.3,
        strength=0.5,
        short_bursts=2.0,
    ),
    "insomnia": Patient(
        arousal_index=20.0,
        kinds=(0.55, 0.2, 0.1, 0.15),
        fluctuation=0.4,
        alpha=3.0,
        fast=2.5,
        unrest=1.3,
        strength=0.5,
        heart=0.6,
        heart_rate=(60.0, 80.0),
        awakenings=3.0,
        spindle_trains=1.5,
        short_bursts=1.5,
    ),
    "limbs": Patient(
        arousal_index=24.0,
        kinds=(0.35, 0.35, 0.2, 0.1),
        limbs=True,
        in_trains=0.7,
        answered=0.35,
        fluctuation=0.3,
        heart=0.8,
        body_decoys=1.5,
    ),
    "weak": Patient(
        arousal_index=18.0,
        kinds=(0.45, 0.2, 0.1, 0.25),
        fluctuation=0.3,
        strength=0.5,
        gain=0.5,
        alpha_gain=0.4,
        spindle_gain=0.7,
        emg=0.55,
        heart=0.6,
        breath=0.55,
        ectopic=40.0,
        ecg_leak=14.0,
    ),
    # arousals nearly every minute, many at the ends of shallow hypopneas, in light sleep that
    # fluctuates; most begin with a slow wave, and the body answers nearly all
    "dense": Patient(
        arousal_index=54.0,
        kinds=(0.1, 0.45, 0.3, 0.15),
        breathing="obstructive",
        in_trains=0.6,
        answered=0.85,
        light=True,
        fluctuation=0.85,
        unrest=1.3,
        strength=0.25,
        emg=0.9,
        heart=0.95,
        breath=0.75,
        heart_rate=(58.0, 78.0),
        delta_bursts=1.5,
    ),
}
