"""Small windows with structure in time and frequency."""

import warnings

import mne
import numpy as np
import pytest

from mne_arousal import PSGEncoder

SFREQ = 64.0
LABELS = ["eeg:C3", "eog:E1", "emg:Chin"]


def make_signal(duration, seed):
    """Noise whose alpha and EMG come and go together, in V."""
    rng = np.random.default_rng(seed)
    n = int(duration * SFREQ)
    times = np.arange(n) / SFREQ
    active = np.sin(2 * np.pi * times / 60) > 0.3
    eeg = rng.normal(scale=1e-5, size=n) + active * 4e-5 * np.sin(2 * np.pi * 10 * times)
    eog = rng.normal(scale=1e-5, size=n)
    emg = rng.normal(scale=2e-6, size=n) * (1 + 9 * active)
    return np.stack([eeg, eog, emg])


@pytest.fixture
def make_windows():
    """Return a maker of windows datasets of one or more recordings."""

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what braindecode imports has deprecations of its own
        from braindecode.datasets import BaseConcatDataset, RawDataset
        from braindecode.preprocessing import create_fixed_length_windows

    def make(n_recordings=1, duration=240.0, hop=1.0, nan=None):
        datasets = []
        for i in range(n_recordings):
            signal = make_signal(duration, i)
            if nan is not None:
                signal[1, int(nan[0] * SFREQ) : int(nan[1] * SFREQ)] = np.nan
            info = mne.create_info(["C3", "E1", "Chin"], SFREQ, "misc")
            raw = mne.io.RawArray(signal, info, verbose="error")
            about = {"recording": f"night{i}", "channels": LABELS}
            datasets.append(RawDataset(raw, description=about))
        return create_fixed_length_windows(
            BaseConcatDataset(datasets),
            window_size_samples=int(2 * SFREQ),
            window_stride_samples=int(hop * SFREQ),
            on_last_window="drop",
        )

    return make


@pytest.fixture
def make_encoder():
    """Return a maker of encoders small enough to train at once."""

    def make(**changes):
        params = {
            "n_latent": 4,
            "n_filters": 4,
            "n_embedding": 16,
            "n_hidden": 8,
            "n_projection": 8,
            "sequence_length": 16,
            "batch_size": 4,
            "max_epochs": 3,
            "steps_per_epoch": 5,
            "device": "cpu",
            "random_state": 0,
            "verbose": False,
        }
        return PSGEncoder(**(params | changes))

    return make
