"""Roles, kinds and checks of channels."""

import numpy as np
import pytest

from mne_arousal.recording.channels import (
    channel_roles,
    guess_role,
    note_unit,
    select_channels,
    signal_kind,
    unit_factor,
    unusable_reason,
)
from mne_arousal.recording.reading import read_recording
from mne_arousal.utils.notes import collect_notes


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("EEG Fpz-Cz", "eeg"),
        ("C4-M1", "eeg"),
        ("C3A2", "eeg"),
        ("EEG(sec)", "eeg"),
        ("E1-M2", "eog"),
        ("LOC-A2", "eog"),
        ("EOG horizontal", "eog"),
        ("Auge links", "eog"),
        ("Chin1-Chin2", "emg"),
        ("EMG submental", "emg"),
        ("Kinn", "emg"),
        ("EMG menton", "emg"),
        ("Jambe droite", "leg"),
        ("Bein li", "leg"),
        ("Left Leg", "leg"),
        ("EKG", "ecg"),
        ("Resp oro-nasal", "resp"),
        ("Débit nasal", "resp"),
        ("Atemfluss", "resp"),
        ("Saturation", "spo2"),
        ("Temp rectal", "misc"),
        ("Event marker", "misc"),
        ("C3 ImpÃ©dance", "misc"),
        ("X7y", None),
    ],
)
def test_role_from_name(name, role):
    """Names of several clinics and languages are understood."""
    assert guess_role(name) == role


def test_types_outweigh_names_only_where_set():
    """An explicit type wins; the type that EDF gives to all does not."""
    assert channel_roles(["Chin", "C3"], ["eeg", "eeg"]) == {"Chin": "emg", "C3": "eeg"}
    assert channel_roles(["left", "C3"], ["eog", "eeg"]) == {"left": "eog", "C3": "eeg"}
    assert channel_roles(["EMG leg"], ["emg"]) == {"EMG leg": "leg"}


def test_unnamed_eeg_is_kept_where_no_name_tells():
    """A recording whose names tell nothing is EEG as its types say."""
    assert set(channel_roles(["one", "two"], ["eeg", "eeg"]).values()) == {"eeg"}


def test_selection_takes_one_channel_a_region():
    """Central, frontal and occipital derivations come before their neighbors and bare leads."""
    names = ["F3-M2", "F4-M1", "C3", "C3-M2", "C4-M1", "O1-M2", "E1-M2", "E2-M1", "Chin", "ECG"]
    roles = channel_roles(names, ["eeg"] * len(names))
    expected = ["C3-M2", "F3-M2", "O1-M2", "E1-M2", "E2-M1", "Chin"]
    assert select_channels(roles) == expected


def test_mixed_rate_recording(data_folder):
    """A clinical montage of 89 signals with accents is understood."""
    raw, _ = read_recording(data_folder / "mixed-rates" / "subject1.edf")
    roles = channel_roles(raw.ch_names, raw.get_channel_types())
    assert select_channels(roles) == ["C3-M2", "F3-M2", "O1-M2", "E1-M2", "E2-M1", "1-2"]
    assert roles["Right Leg"] == "leg"
    assert roles["C3 ImpÃ©dance"] == "misc"


def test_kind_of_signal():
    """A waveform is told from a slow envelope."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=20_000)
    envelope = np.repeat(np.abs(rng.normal(size=200)), 100)
    envelope = np.convolve(envelope, np.hanning(200) / 100, mode="same")
    assert signal_kind(noise, 100.0) == "raw"
    assert signal_kind(envelope, 100.0) == "envelope"


def test_unusable_channels():
    """Flat and missing channels are told from those with a few bad samples."""
    good = np.random.default_rng(0).normal(size=1000)
    gap = good.copy()
    gap[:100] = np.nan
    assert unusable_reason(good) is None
    assert unusable_reason(gap) is None
    assert unusable_reason(np.full(1000, 3e-5)) == "flat"
    assert unusable_reason(np.full(1000, np.nan)) == "not a number"
    gap[:700] = np.nan
    assert unusable_reason(gap) == "not a number for most of its length"
    assert unusable_reason(gap, alive=400) is None  # others were on for no longer


@pytest.mark.parametrize(("scale", "factor"), [(2e-5, 1.0), (20.0, 1e-6), (2e-11, 1e6)])
def test_wrong_units_are_corrected(scale, factor):
    """Microvolts read as volts are recognized, and the other way round."""
    signal = np.random.default_rng(0).normal(scale=scale, size=1000)
    assert unit_factor(signal, "eeg") == factor
    assert unit_factor(signal, "emg") == 1.0
    with collect_notes() as notes:
        note_unit("C3", factor, "night")
    assert [note.code for note in notes] == ["unit_guessed"] * (factor != 1.0)
