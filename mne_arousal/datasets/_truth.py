"""The truth about a simulated night, as annotations."""

from __future__ import annotations

import mne
import numpy as np

from ._hypnogram_simulation import EPOCH, STAGES
from ._patient_events import BodyEvent


def annotate_stages(stages):
    """Return stages as annotations of runs of whole epochs."""
    starts = np.flatnonzero(np.r_[True, np.diff(stages) != 0])
    lengths = np.diff(np.r_[starts, len(stages)])
    names = [f"Sleep stage {STAGES[stage]}" for stage in stages[starts]]
    return mne.Annotations(starts * EPOCH, lengths * EPOCH, names)


def _annotate(events, sfreq, extras=None):
    onsets = [event.start / sfreq for event in events]
    durations = [(event.stop - event.start) / sfreq for event in events]
    return mne.Annotations(onsets, durations, [event.name for event in events], extras=extras)


def annotate_decoys(events, sfreq):
    """Return look-alikes as annotations; those of patients say what the body answered."""
    extras = [_answers(event) | {"stage": STAGES[event.stage]} for event in events]
    in_patient = [isinstance(event, BodyEvent) for event in events]
    return _annotate(events, sfreq, extras if any(in_patient) else None)


def annotate_arousals(events, sfreq):
    """Return arousals as annotations with their traits in ``extras``."""
    extras = [
        {
            "strength": event.strength,
            "kind": "ramped" if event.ramp else "abrupt",
            "ramp": event.ramp,
            "stage": STAGES[event.stage],
            **_answers(event),
        }
        for event in events
    ]
    return _annotate(events, sfreq, extras)


def _answers(event):
    """What the body answers: factors on amplitudes, and heart rate in beats per minute."""
    if not isinstance(event, BodyEvent):
        return {"emg": float(event.emg)}
    body = {key: float(getattr(event, key)) for key in ("emg", "heart", "breath", "leg")}
    return body | ({"kind": event.kind} if event.kind else {})
