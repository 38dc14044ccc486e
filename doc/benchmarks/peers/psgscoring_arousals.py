"""Arousals by psgscoring 0.37: its rules, its LightGBM hybrid and its two U-Nets.

Settings are those of its default clinical profile ``aasm_v3_rec``, but for the shift of all
onsets by +2 s, which that profile adds to agree with its scorers' late onsets: the truth here is
known by construction, so a shift would only spoil the package's onsets.
"""

from __future__ import annotations

import time

import numpy as np
from psgscoring import arousal, arousal_unet
from psgscoring.constants import SCORING_PROFILES
from psgscoring.pipeline import arousal_derivation_channels
from signals import Signals

PROFILE = SCORING_PROFILES["aasm_v3_rec"]
METHODS = {
    "psgscoring-rules": "rules",
    "psgscoring-lightgbm": "lgbm",
    "psgscoring-unet-v1": "unet_v1",
    "psgscoring-unet-v2": "unet_v2",
}
# Shares of the U-Nets' own threshold at which events below it are looked for.
LOWER = (0.75, 0.5, 0.25, 0.1)


def detect(method: str, signals: Signals):
    """Detect arousals.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    signals : Signals
        One recording.

    Returns
    -------
    events : list of tuple
        Onset and duration, s, and score (NaN where the method has none).
    candidates : list of tuple
        The same, and what scored below the method's threshold.
    seconds : float
        CPU time, reading left out: other work on the machine does not count.
    notes : str
        How the run differs from what the method is meant for; empty where it doesn't.
    """
    detector = METHODS[method]
    if detector.startswith("unet"):
        return _unet(detector, signals)
    started = time.process_time()
    names = arousal_derivation_channels(signals.eeg_names, None, include_generic=True)
    names = names or signals.eeg_names[:1]
    generic = len(arousal_derivation_channels(signals.eeg_names, None)) < len(names)
    threshold = PROFILE["AROUSAL_LGBM_THRESHOLD_GENERIC" if generic else "AROUSAL_LGBM_THRESHOLD"]
    result = arousal.detect_arousals_multi(
        [(name, signals.channel(name) * 1e6, signals.sfreq) for name in names],
        signals.sfreq,
        signals.stages,
        emg_data=None if signals.emg is None else signals.emg * 1e6,
        lgbm=detector == "lgbm",
        lgbm_threshold=threshold,
        min_interval_s=PROFILE["AROUSAL_MIN_INTERVAL_S"],
    )
    seconds = time.process_time() - started
    if not result["success"]:
        raise RuntimeError(str(result["error"]))
    found = result["events"]
    events = [_event(event, event.get("lgbm_proba", np.nan)) for event in found]
    rivals = [_event(event, event["proba"]) for event in result.get("lgbm_candidates", [])]
    rivals.sort(key=lambda event: -event[2])
    skipped = result["summary"].get("lgbm_skipped_reason") if detector == "lgbm" else None
    notes = f"rules instead: {skipped.split(':')[0]}" if skipped else ""
    return events, _with_weaker(events, [rivals]), seconds, notes


def _unet(weight: str, signals: Signals):
    """Run a U-Net: one central EEG, one EOG, chin EMG; the network runs once."""
    started = time.process_time()
    missing = [role for role in ("eog", "emg") if getattr(signals, role) is None]
    silence = np.zeros(signals.n_times)
    eeg, eog, emg = (
        signals.central,
        silence if signals.eog is None else signals.eog,
        silence if signals.emg is None else signals.emg,
    )
    once = {}
    predict = arousal_unet.predict

    def predict_once(x, threads=None, weight=weight):
        once["p"] = predict(x, threads=1, weight=weight)
        return once["p"]

    arousal_unet.predict = predict_once
    try:
        result = arousal_unet.detect_arousals_unet(
            eeg * 1e6,
            signals.sfreq,
            eog * 1e6,
            signals.sfreq,
            emg * 1e6,
            signals.sfreq,
            signals.stages,
            min_interval_s=PROFILE["AROUSAL_MIN_INTERVAL_S"],
            weight=weight,
        )
    finally:
        arousal_unet.predict = predict
    seconds = time.process_time() - started
    if not result["success"]:
        raise RuntimeError(str(result["error"]))
    events = [_event(event, event["confidence"]) for event in result["events"]]
    weaker = [
        _threshold(once["p"], share * arousal_unet.default_threshold(weight), signals.stages)
        for share in LOWER
    ]
    notes = f"zeros instead of {' and '.join(missing)}: outside its documented use"
    return events, _with_weaker(events, weaker), seconds, notes if missing else ""


def _threshold(p, threshold, stages) -> list[tuple]:
    """Events at a lower threshold, by the package's own steps."""
    sfreq = arousal_unet.FS
    found = arousal_unet.prob_to_events(p, sfreq, threshold)
    return [
        (start, stop - start, float(p[int(start * sfreq) : int(stop * sfreq) + 1].max()))
        for start, stop in arousal_unet.gate_sleep(found, stages)
    ]


def _event(event: dict, score: float) -> tuple:
    return float(event["onset_s"]), float(event["duration_s"]), float(score)


def _with_weaker(events, weaker) -> list[tuple]:
    """Events, and of each further list those that overlap none taken before."""
    taken = list(events)
    for found in weaker:
        for onset, duration, score in found:
            if all(onset >= a + b or onset + duration <= a for a, b, _ in taken):
                taken.append((onset, duration, score))
    return sorted(taken)
