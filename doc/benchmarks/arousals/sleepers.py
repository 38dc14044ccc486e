"""Kinds of simulated sleepers."""

from __future__ import annotations

import warnings

import mne
import numpy as np
from scipy.signal import butter, sosfiltfilt

from mne_arousal.datasets import simulate_psg
from mne_arousal.hypnogram import hypnogram_to_stages

HOURS = 4.0
_APNOEA = {"respiratory": True, "arousal_index": 54.0}
_PATIENT_HOURS = 3.0
_ENVELOPE = 0.7  # Hz, low-pass of Sleep-EDF's rectified EMG (Kemp et al. 2000)

# Patients, see `simulate_psg`: their nights are shorter, as their arousals are more
PATIENT_KINDS = {
    f"patient-{name}": {"patient": name, "hours": _PATIENT_HOURS}
    for name in ("apnea", "periodic", "fluctuating", "insomnia", "limbs", "weak")
}
# half an hour of clinic: the lightest of two hours
PATIENT_KINDS |= {
    f"patient-{name}30min": {"patient": name, "hours": 2.0, "lightest": 60}
    for name in ("dense", "apnea", "fluctuating")
}
# options of `simulate_psg`; "lightest" (so many epochs are cut out where sleep is lightest),
# "hours", "channels" and "envelope" are of this script
KINDS = {
    "easy": {"difficulty": "easy"},
    "medium": {},
    "hard": {"difficulty": "hard"},
    "index3": {"arousal_index": 3.0},
    "index30": {"arousal_index": 30.0},
    "index60": {"arousal_index": 60.0},
    "apnea": _APNOEA,
    "apnea50Hz": {**_APNOEA, "sfreq": 50.0},
    "apnea30min": {**_APNOEA, "lightest": 60},
    "apnea30min50Hz": {**_APNOEA, "lightest": 60, "sfreq": 50.0},
    "gain0.3": {"gain": 0.3},
    "gain3": {"gain": 3.0},
    "old": {"age": "old"},
    "50Hz": {"sfreq": 50.0},
    "256Hz": {"sfreq": 256.0},
    "512Hz": {"sfreq": 512.0},
    "eeg1": {"n_eeg": 1},
    "eeg3": {"n_eeg": 3},
    "eeg6": {"n_eeg": 6},
    "eegalone": {"n_eeg": 1, "channels": ("eeg",)},
    "envelope": {"envelope": True},
    **PATIENT_KINDS,
}


def simulate(kind: str, seed: int, **changes):
    """Simulate a night of some kind.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    seed : int
        Seed.
    **changes : dict
        Options that replace the kind's own.

    Returns
    -------
    raw : mne.io.RawArray
        Signals, V.
    arousals : mne.Annotations
        True arousals.
    lookalikes : mne.Annotations
        What resembles an arousal and is none.
    stages : array of int, shape (n_epochs,)
        True stages.
    """
    options = {**KINDS[kind], **changes}
    hours = options.pop("hours", HOURS)
    channels, lightest = options.pop("channels", None), options.pop("lightest", None)
    envelope = options.pop("envelope", False)
    with warnings.catch_warnings():
        # where arousals are dense, fewer find room than were asked for
        warnings.filterwarnings("ignore", "Only .* arousals found room", RuntimeWarning)
        night = simulate_psg(hours * 3600, random_state=seed, verbose="error", **options)
    raw = night.raw
    if envelope:
        store_envelope(raw)
    if channels is not None:
        raw.pick(list(channels))
    stages = hypnogram_to_stages(night.hypnogram, n_epochs=int(hours * 120))
    if lightest is not None:
        return cut_lightest(raw, night.arousals, night.decoys, stages, lightest)
    return raw, night.arousals, night.decoys, stages


def cut_lightest(raw, arousals, lookalikes, stages, n_epochs: int):
    """Cut out the `n_epochs` epochs with most N1, and least deep sleep and wake."""
    worth = np.select([stages == 1, stages == 3, stages == 0], [1.0, -1.0, -1.0])
    first = int(np.argmax(np.convolve(worth, np.ones(n_epochs), "valid")))
    start, stop = first * 30.0, (first + n_epochs) * 30.0
    raw.crop(start, stop, include_tmax=False)
    cut = mne.io.RawArray(raw.get_data(), raw.info, copy=None, verbose="error")
    inside = [cut_events(events, start, stop) for events in (arousals, lookalikes)]
    return cut, *inside, stages[first : first + n_epochs]


def cut_events(events, start: float, stop: float) -> mne.Annotations:
    """Return the events that lie wholly in a span, counted from its start."""
    keep = (events.onset >= start) & (events.onset + events.duration <= stop)
    return mne.Annotations(
        events.onset[keep] - start,
        events.duration[keep],
        events.description[keep],
        extras=[extra for extra, kept in zip(events.extras, keep, strict=True) if kept],
    )


def store_envelope(raw: mne.io.BaseRaw) -> None:
    """Turn the chin EMG, in place, into the level at 1 Hz that Sleep-EDF keeps."""
    at = raw.ch_names.index("Chin")
    rate = raw.info["sfreq"]
    rectified = np.abs(raw._data[at])
    level = sosfiltfilt(butter(2, _ENVELOPE, fs=rate, output="sos"), rectified)
    seconds = np.arange(0, raw.n_times, round(rate))
    raw._data[at] = np.interp(np.arange(raw.n_times), seconds, level[seconds])
