"""The same night in many ways: other rates, fewer channels, hum, other gains.

A simulated night at 512 Hz is brought to other rates by resampling, so that events and noise stay
the same; so is a real one with implants. A simulated patient with apnea loses channels of the body.
Names are ``changed-SEED-CHANGE``, ``changed-patientSEED-CHANGE`` and ``changed-SC4001HALF-CHANGE``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from implants import implant
from recordings import RATES, SEEDS, Recording, half_of
from sleepers import simulate

RATE = 128.0  # Hz, of all changes but those of rate
_EEG = ("C3-M2", "F3-M2", "O2-M1")
_OTHERS = ("E1-M2", "E2-M2", "Chin")
CHANGES = {
    "as it is": {},
    "64 Hz": {"sfreq": 64.0},
    "100 Hz": {"sfreq": 100.0},
    "256 Hz": {"sfreq": 256.0},
    "512 Hz": {"sfreq": 512.0},
    "no chin EMG": {"without": ("Chin",)},
    "no EOG": {"without": ("E1-M2", "E2-M2")},
    "no frontal EEG": {"without": ("F3-M2",)},
    "no occipital EEG": {"without": ("O2-M1",)},
    "no central EEG": {"without": ("C3-M2",)},
    "central EEG alone": {"without": (*_EEG[1:], *_OTHERS)},
    "50 Hz hum of 5 µV": {"hum": 5e-6},
    "gain 0.3": {"gain": 0.3},
    "gain 3": {"gain": 3.0},
    "microvolts read as volts": {"gain": 1e6},
}
PATIENT = "patient-apnea"  # kind of sleeper
_BODY = ("ECG", "Airflow", "Thorax", "SpO2", "Leg")
PATIENT_CHANGES = {
    "as it is": {},
    "no ECG": {"without": ("ECG",)},
    "no airflow": {"without": ("Airflow",)},
    "no thorax belt": {"without": ("Thorax",)},
    "no airflow, no belt": {"without": ("Airflow", "Thorax")},
    "no SpO2": {"without": ("SpO2",)},
    "no leg EMG": {"without": ("Leg",)},
    "no chin EMG": {"without": ("Chin",)},
    "no body but the chin": {"without": _BODY},
    "no body at all": {"without": (*_BODY, "Chin")},
}
_EMG, _EOG = "EMG submental", "EOG horizontal"
REAL_CHANGES = {
    "as it is": {},
    "64 Hz": {"sfreq": 64.0},
    "128 Hz": {"sfreq": 128.0},
    "256 Hz": {"sfreq": 256.0},
    "no chin EMG": {"without": (_EMG,)},
    "no EOG": {"without": (_EOG,)},
    "no Pz-Oz": {"without": ("EEG Pz-Oz",)},
    "no Fpz-Cz": {"without": ("EEG Fpz-Cz",)},
    "Fpz-Cz alone": {"without": ("EEG Pz-Oz", _EMG, _EOG)},
    "gain 0.3": {"gain": 0.3},
    "gain 3": {"gain": 3.0},
}


def changed_names(half: str, n_seeds: int = 2) -> list[str]:
    """List the names of changed nights of one half."""
    seeds = SEEDS[half][:n_seeds]
    sources = [*map(str, seeds), *(f"patient{seed}" for seed in seeds), f"SC4001{half}"]
    return [
        f"changed-{source}-{_spelled(change)}"
        for source in sources
        for change in changes_of(source)
    ]


def changes_of(source: str) -> dict[str, dict]:
    """Return the changes of one night, by name."""
    if source.startswith("SC4001"):
        return REAL_CHANGES
    return PATIENT_CHANGES if source.startswith("patient") else CHANGES


def _spelled(change: str) -> str:
    """Spell a change as in the name of a recording."""
    return change.replace(" ", "_").replace("µ", "u")


def build_changed(name: str) -> Recording:
    """Make a changed night from its name."""
    _, source, change = name.split("-", 2)
    options = {_spelled(key): value for key, value in changes_of(source).items()}[change]
    night = _night(source)
    raw = night.raw.copy()
    rate = options.get("sfreq", RATE if source.isdigit() else raw.info["sfreq"])
    if rate != raw.info["sfreq"]:
        raw.resample(rate, method="polyphase", verbose="error")
    raw.drop_channels(list(options.get("without", ())))
    types = raw.get_channel_types()
    rows = [i for i, kind in enumerate(types) if kind in ("eeg", "eog", "emg")]
    raw._data[rows] *= options.get("gain", 1.0)
    if "hum" in options:
        raw._data[rows] += options["hum"] * np.sqrt(2) * np.sin(2 * np.pi * 50.0 * raw.times)
    return replace(night, name=name, part="changed", kind=change, raw=raw)


@lru_cache(maxsize=1)
def _night(source: str) -> Recording:
    if source.startswith("SC4001"):
        raw, arousals, stages = implant(source, RATES[1])
        return Recording(
            source, "changed", "as it is", half_of(source), source, raw, arousals, stages
        )
    half = half_of(source)
    seed = int(source.removeprefix("patient"))
    if source.startswith("patient"):
        raw, arousals, alike, stages = simulate(PATIENT, seed, sfreq=RATE)
    else:
        raw, arousals, alike, stages = simulate("medium", seed, n_eeg=4, sfreq=512.0)
        raw.pick([*_EEG, *_OTHERS, "Airflow"])
    return Recording(source, "changed", "as it is", half, source, raw, arousals, stages, alike)
