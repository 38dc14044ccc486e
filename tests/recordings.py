"""Small recordings that tests share."""

import mne
import numpy as np


def noise_raw(duration=400.0, sfreq=100.0, names=None, seed=0, scale=2e-5):
    """A Raw of white noise with PSG channel names, all typed EEG as EDF readers do."""
    names = ["C3-M2", "O1-M2", "E1-M2", "Chin"] if names is None else names
    rng = np.random.default_rng(seed)
    data = rng.normal(scale=scale, size=(len(names), int(duration * sfreq)))
    return mne.io.RawArray(data, mne.create_info(list(names), sfreq, "eeg"), verbose="error")


def write_edf(path, raw):
    """Write a Raw as EDF."""
    mne.export.export_raw(path, raw, fmt="edf", physical_range=(-3200, 3200), verbose="error")
    return path
