"""Which channels are the body's."""

import mne
import numpy as np
import pytest

from mne_arousal.recording.body_channels import body_roles, load_body_channels, select_body_channels
from mne_arousal.recording.channels import channel_roles
from mne_arousal.recording.signals import Signals
from mne_arousal.utils.notes import collect_notes


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
    signals = Signals(100.0, 40_000)
    roles = {"Flow": "resp", "SpO2": "spo2", "Pulse": "pulse"}
    channels = load_body_channels(raw, roles, signals, "a night")
    data = signals.get_data()
    found = {c.role: signal for c, signal in zip(channels, data, strict=True)}
    assert set(found) == {"resp", "spo2", "hr"}
    assert data.shape == (3, 40_000)
    assert set(np.unique(found["spo2"])) == {97.0, 88.0}
    assert set(np.unique(found["hr"])) == {60.0, 72.0}
    wave = np.sin(2 * np.pi * 0.25 * np.arange(40_000) / 100)
    np.testing.assert_allclose(found["resp"][500:-500], wave[500:-500], atol=0.01)


def test_marks_constants_and_zeros_are_gaps():
    """Bad marks in any case, for all or one channel; electrodes that stand still; a pulse of 0."""
    rng, sfreq, n = np.random.default_rng(0), 100.0, 100_000
    rate = np.full(n, 62.0)
    rate[10_000:70_000] = 0  # off for most of the time: a rate all the same
    data = [rng.standard_normal(n), np.sin(np.arange(n) / 60), rng.standard_normal(n), rate]
    data[0][50_000:56_000] = 0.2
    data[1][50_000:56_000] = 0.2  # a belt may rest
    names = ["ECG", "Flow", "LAT-RAT", "HR"]
    raw = mne.io.RawArray(np.array(data), mne.create_info(names, sfreq, "misc"), verbose="error")
    marks = mne.Annotations([700, 800], [30, 30], ["bad", "Bad_flow"], ch_names=[[], ["Flow"]])
    raw.set_annotations(marks)
    loaded = Signals(sfreq, n)
    roles = {"ECG": "ecg", "Flow": "resp", "LAT-RAT": "leg", "HR": "hr"}
    with collect_notes() as notes:
        channels = load_body_channels(raw, roles, loaded, "a night")
    signals = loaded.get_data()
    edges = [np.flatnonzero(np.diff(np.isnan(signal))) + 1 for signal in signals]
    gaps = dict(zip([c.name for c in channels], edges, strict=True))
    assert gaps["ECG"].tolist() == [50_000, 56_000, 70_000, 73_000]
    assert gaps["Flow"].tolist() == [70_000, 73_000, 80_000, 83_000]
    assert gaps["LAT-RAT"].tolist() == gaps["HR"].tolist() == [70_000, 73_000]
    assert {c.name: c.role for c in channels} == roles
    assert [(note.code, note.channel) for note in notes] == [
        ("signal_lost", "ECG"),
        ("marked_bad", "Flow"),
    ]
