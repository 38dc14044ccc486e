"""What a signal looks like, whatever its name."""

import numpy as np
import pytest

from mne_arousal.datasets import simulate_psg
from mne_arousal.recording.reading import read_recording
from mne_arousal.recording.signal_role import look_at

RATE = 128.0
TIMES = np.arange(int(1200 * RATE)) / RATE


@pytest.fixture(scope="module")
def simulated():
    """Signals of a simulated night, by name."""
    raw = simulate_psg(duration=1200, random_state=1, verbose="error").raw
    return dict(zip(raw.ch_names, raw.get_data(), strict=True)), raw.info["sfreq"]


def _noise(spread=1.0, seed=0):
    return spread * np.random.default_rng(seed).standard_normal(len(TIMES))


OTHERS = {
    "accelerometer that turns once": 1 + _noise(0.001) - 0.7 * (TIMES > 600),
    "accelerometer that breathes": 0.02 * np.sin(np.pi * TIMES / 2) + _noise(0.002),
    "random walk": 1e-6 * np.cumsum(_noise()),
    "CO2": 40 * np.abs(np.sin(np.pi * TIMES / 2)),
    "CO2 with plateaus": 20 + 20 * np.sign(np.sin(np.pi * TIMES / 2)) + _noise(0.2),
    "thermistor": np.sin(np.pi * TIMES / 2) + _noise(0.05),
    "saturation": 96 + _noise(0.3),
    "saturation in whole percent": np.round(96 + np.sin(TIMES / 60)),
    "pulse wave": np.sin(2.2 * np.pi * TIMES) + 0.4 * np.sin(4.4 * np.pi * TIMES) + _noise(0.01),
    "temperature": 36 + _noise(0.1),
    "muscle": _noise(5e-6),
    "light": np.random.default_rng(0).integers(0, 3, len(TIMES)).astype(float),
    "nothing": np.zeros(len(TIMES)),
    "no number": np.full(len(TIMES), np.nan),
}


@pytest.mark.parametrize("what", OTHERS)
def test_other_signals_are_no_eeg(what):
    """What sensors give is not taken for EEG."""
    assert look_at(OTHERS[what], RATE).role == "misc"


@pytest.mark.parametrize(
    ("change", "volts"),
    [
        (lambda x: x, False),
        (lambda x: 1e6 * x, False),
        (lambda x: x + 3e-4, False),
        (lambda x: np.where(np.arange(len(x)) < len(x) // 3, 0.0, x), False),
        (lambda x: np.where(np.arange(len(x)) < len(x) // 3, np.nan, x), False),
        (lambda x: x + 3e-5 * np.sin(0.4 * np.pi * np.arange(len(x))), False),
        (lambda x: x + 0.02 + 1e-3 * np.linspace(-1, 1, len(x)), True),
    ],
    ids=["V", "µV", "level", "off for a while", "gap", "mains", "drift"],
)
def test_eeg_is_recognized(simulated, change, volts):
    """EEG in V or µV, with a level, gaps, mains and, where the unit is V, drift."""
    signals, sfreq = simulated
    assert look_at(change(signals["C3-M2"]), sfreq, volts=volts).role == "eeg"


@pytest.mark.parametrize(("name", "role"), [("ECG", "ecg"), ("Chin", "misc"), ("Airflow", "misc")])
def test_rest_of_the_body(simulated, name, role):
    """Heart, chin and breath of a simulated night."""
    signals, sfreq = simulated
    assert look_at(signals[name], sfreq).role == role


def test_real_signals(data_folder):
    """Without their names, brain and eyes look like EEG and the rest does not."""
    raw, _ = read_recording(data_folder / "mixed-rates" / "subject1.edf")
    names = [
        "C3-M2",
        "O2-M1",
        "E1-M2",
        "Airflow",
        "Saturation",
        "X Axis",
        "ECG",
        "Abdomen",
        "Pulse",
    ]
    names += ["C3 ImpÃ©dance", "Pulse Waveform", "Snoring", "Heart Rate", "Voltage (core)"]
    looks = [look_at(signal, raw.info["sfreq"]).role for signal in raw.get_data(picks=names)]
    assert [role == "eeg" for role in looks] == [True] * 3 + [False] * 11


def test_few_samples():
    """A slow channel is no EEG, a short one is judged."""
    look = look_at(np.zeros(100), 10.0)
    assert (look.role, look.reason) == ("misc", "has 10 samples a second, too few for an EEG")
    assert look_at(np.zeros(0), 128.0).reason == "lasts less than 4 s"
