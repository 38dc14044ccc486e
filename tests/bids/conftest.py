"""Datasets and results that tests of BIDS share."""

import mne
import pytest

from mne_arousal.datasets import simulate_psg

from .small_dataset import add_fif, add_noise, add_recording, annotate


@pytest.fixture(scope="session")
def simulated():
    """Twenty minutes of simulated sleep."""
    return simulate_psg(1200.0, random_state=5, verbose="error").raw


@pytest.fixture(scope="session")
def dataset(tmp_path_factory, simulated):
    """A dataset of simulated nights in the formats of BIDS, and one in FIF."""
    root = tmp_path_factory.mktemp("data") / "study"
    add_recording(root, "01", simulated, "BrainVision", session="a")
    add_recording(root, "02", simulated.copy().crop(0, 700), "EDF")
    add_recording(root, "03", simulated.copy().crop(200, 800), "BDF", run="1")
    add_recording(root, "03", simulated.copy().crop(400, 1000), "EEGLAB", run="2")
    add_fif(root, "04", simulated.copy().crop(300, 900))
    return root


@pytest.fixture(scope="session")
def derived(dataset):
    """The dataset's derivative: its folder and its summary."""
    table = annotate(dataset)
    return dataset / "derivatives" / "mne-arousal", table


@pytest.fixture
def noise_dataset(tmp_path):
    """Three short recordings of noise."""
    for subject in ("01", "02", "03"):
        add_noise(tmp_path / "noise", subject)
    return tmp_path / "noise"


@pytest.fixture(scope="session")
def scored_raw(sleep_edf_night):
    """Forty minutes of the real night SC4001, from 20 min before sleep, with its stages."""
    recording, hypnogram = sleep_edf_night
    raw = mne.io.read_raw_edf(recording, verbose="error")
    raw.set_annotations(mne.read_annotations(hypnogram), emit_warning=False)
    return raw.crop(29_400.0, 31_800.0).load_data(verbose="error")
