"""Roles from types, units, tables and signals together."""

import mne
import numpy as np
import pytest

from mne_arousal import PSGWindower
from mne_arousal.datasets import simulate_psg
from mne_arousal.recording.montage import Montage
from mne_arousal.recording.reading import read_recording
from mne_arousal.recording.roles import channel_roles, check_picks, recording_roles
from mne_arousal.recording.selection import select_channels
from mne_arousal.utils.errors import RecordingError
from mne_arousal.utils.notes import collect_notes


@pytest.fixture(scope="module")
def simulated():
    """Raw of a simulated night, and its signals by name."""
    raw = simulate_psg(duration=1200, random_state=1, verbose="error").raw
    return raw, dict(zip(raw.ch_names, raw.get_data(), strict=True))


def as_raw(simulated, types="eeg", **channels):
    """Make a recording of signals of the simulated night, by name, or of others."""
    raw, signals = simulated
    data = [signals[x] if isinstance(x, str) else x for x in channels.values()]
    types = types if isinstance(types, list) else [types] * len(data)
    info = mne.create_info(list(channels), raw.info["sfreq"], types)
    return mne.io.RawArray(np.array(data), info, verbose="error")


LIMBS = [
    ("LLEG", "RLEG"),
    ("lleg_r", "rleg"),
    ("LLeg1-LLeg2", "RLeg1-RLeg2"),
    ("LTA", "RTA"),
    ("EMG LAT", "EMG RAT"),
    ("EMG FDS L", "EMG FDS R"),
    ("EMG Arm L", "EMG Arm R"),
    ("EMG AntTib L", "EMG AntTib R"),
    ("EMG Tib.l", "EMG Tib.r"),
    ("Leg/L", "Leg/R"),
    ("PLM1", "PLM2"),
    ("Bein li", "Bein re"),
    ("Tibialis ant. L", "Tibialis ant. R"),
    ("EMG", "EMG2"),
]


@pytest.mark.parametrize("kind", ["eeg", "emg"])
@pytest.mark.parametrize("limbs", LIMBS, ids=lambda value: value[0])
@pytest.mark.parametrize("chin", ["Chin", "EMG mentalis", "EMG submental", "Kinn", "cchin_l"])
def test_limbs_are_never_the_chin(limbs, chin, kind):
    """Whatever stands first, and however it is typed, the chin is used."""
    names = ["C3-M2", *limbs, chin]
    roles = channel_roles(names, ["eeg", kind, kind, kind])
    assert select_channels(roles) == ["C3-M2", chin]


def test_known_names_outweigh_the_type_of_a_reader():
    """Once some channels are typed, thermistor, oximeter and CO2 are still no EEG."""
    names = ["C3-M2", "E1-M2", "Chin", "Therm", "OSAT", "EtCO2", "Something"]
    roles = channel_roles(names, ["eeg", "eog", "emg", "eeg", "eeg", "eeg", "eeg"])
    assert list(roles.values()) == ["eeg", "eog", "emg", "resp", "spo2", "misc", "misc"]


def test_units_tell():
    """What is in %, mmHg or °C is no electrode; O2 in % is oxygen."""
    units = {"O2": "%", "C3": "µV", "Fp1": "mmHg", "Q": "Ohm"}
    roles = channel_roles(list(units), ["eeg"] * 4, units=units)
    assert roles == {"O2": "spo2", "C3": "eeg", "Fp1": "misc", "Q": "misc"}


def test_pulse_beside_a_pulse_wave_is_the_rate():
    """And alone it is the wave."""
    assert channel_roles(["Pulse", "Pleth"], ["eeg"] * 2) == {"Pulse": "hr", "Pleth": "pulse"}
    assert channel_roles(["Pulse"], ["eeg"]) == {"Pulse": "pulse"}


def test_unknown_names_are_told_by_their_signal(simulated):
    """Only what looks like EEG is used, and said to be guessed."""
    n = simulated[0].n_times
    rng = np.random.default_rng(0)
    raw = as_raw(
        simulated,
        first=96 + 0.3 * rng.standard_normal(n),
        second=1 + 0.01 * rng.standard_normal(n),
        third="C3-M2",
        fourth="Airflow",
        fifth="ECG",
        Chin="Chin",
    )
    with collect_notes() as notes:
        windower = PSGWindower(verbose="error").fit(raw)
    assert windower.channels_ == ["eeg:third", "emg:Chin"]
    assert [(note.code, note.channel) for note in notes] == [("role_guessed", "third")]
    roles = {role.name: role for role in recording_roles(raw)}
    assert roles["fifth"].role == "ecg"
    assert roles["first"].guessed
    assert not roles["Chin"].guessed


def test_no_signal_looks_like_eeg(simulated):
    """It is refused, and each channel's reason is said."""
    raw = as_raw(simulated, a="ECG", b="Airflow", Chin="Chin")
    with pytest.raises(
        RecordingError, match=r"known as EEG.*--picks NAME=eeg.*b: misc, its signal"
    ):
        PSGWindower(verbose="error").fit(raw)


def test_known_eeg_makes_looking_needless(simulated):
    """Channels of unknown names are left out, unread, where others are known."""
    raw = as_raw(simulated, C3="C3-M2", other="C4-M1")
    roles = {role.name: role for role in recording_roles(raw)}
    assert roles["other"].role == "misc"
    assert not roles["other"].guessed


def test_simulated_night_is_as_before(simulated):
    """Its channels are those that were always used."""
    names = ["C3-M2", "C4-M1", "E1-M2", "E2-M2", "Chin"]
    assert Montage(simulated[0]).choose().names == names


def test_sleep_edf_is_as_before(sleep_edf_night):
    """So are those of Sleep-EDF."""
    raw, _ = read_recording(sleep_edf_night[0])
    names = ["EEG Fpz-Cz", "EEG Pz-Oz", "EOG horizontal", "EMG submental"]
    assert Montage(raw).choose().names == names


def test_picks_are_checked():
    """Roles in capitals are taken, unknown ones refused with those that there are."""
    assert check_picks({"C3": "EEG", "Chin": " Emg"}) == {"C3": "eeg", "Chin": "emg"}
    assert check_picks(("C3",)) == ["C3"]
    for picks, message in (
        ({"Chin": "chin"}, "A role is one of eeg, eog, emg, leg"),
        ({"Chin": None}, "is not known"),
        ("C3", "picks is 'auto', a list"),
    ):
        with pytest.raises(RecordingError, match=message):
            check_picks(picks)
