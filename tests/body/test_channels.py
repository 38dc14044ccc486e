"""Which channels are the body's."""

import mne
import numpy as np
import pytest

from mne_arousal.recording.body_channels import body_roles, load_body_channels, select_body_channels
from mne_arousal.recording.channels import channel_roles


def chosen(names):
    roles = channel_roles(names, ["eeg"] * len(names))
    return select_body_channels(body_roles(roles))


def test_a_clinic_of_many_channels():
    names = ["C3-M2", "Abdomen", "Abdomen CaL", "Airflow", "ECG", "Flow Limitation", "Heart Rate",
             "Left Leg", "Nasal Pressure", "PTT", "PosAngle", "Pulse Waveform", "Right Leg",
             "Saturation", "SpO2 B-B", "Chest", "ECG Impédance"]  # fmt: skip
    assert chosen(names) == {
        "ECG": "ecg",
        "Heart Rate": "hr",
        "Nasal Pressure": "resp",
        "Abdomen": "effort",
        "Left Leg": "leg",
        "Right Leg": "leg",
        "Saturation": "spo2",
        "PosAngle": "position",
    }


def test_a_pulse_wave_stands_for_an_ecg():
    assert chosen(["C3-M2", "Pleth"]) == {"Pleth": "pulse"}
    assert chosen(["C3-M2", "Pleth", "ECG II"]) == {"ECG II": "ecg"}


def recording(sfreq):
    t = np.arange(round(400 * sfreq)) / sfreq
    steps = np.where(t < 200, 97.0, 88.0)
    rate = np.where(t < 200, 60.0, 72.0)
    data = np.stack([np.sin(2 * np.pi * 0.25 * t), steps, rate])
    info = mne.create_info(["Flow", "SpO2", "Pulse"], sfreq, "misc")
    return mne.io.RawArray(data, info, verbose="error")


@pytest.mark.parametrize("sfreq", [50.0, 100.0, 256.0, 512.5])
def test_numbers_are_held_and_waves_resampled(sfreq):
    raw = recording(sfreq)
    like = mne.io.RawArray(np.zeros((1, 40_000)), mne.create_info(["C3"], 100.0), verbose="error")
    roles = {"Flow": "resp", "SpO2": "spo2", "Pulse": "pulse"}
    data, channels = load_body_channels(raw, roles, like, "a night")
    found = {c.role: signal for c, signal in zip(channels, data, strict=True)}
    assert set(found) == {"resp", "spo2", "hr"}
    assert data.shape == (3, 40_000)
    assert set(np.unique(found["spo2"])) == {97.0, 88.0}
    assert set(np.unique(found["hr"])) == {60.0, 72.0}
    wave = np.sin(2 * np.pi * 0.25 * np.arange(40_000) / 100)
    np.testing.assert_allclose(found["resp"][500:-500], wave[500:-500], atol=0.01)
