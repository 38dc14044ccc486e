"""What a channel is."""

import mne
import numpy as np

from mne_arousal import PSGWindower
from mne_arousal.utils.errors import RecordingError

from .table import case, night

KIND = "What a channel is"
NAMED = "roles from type, unit, name and the signal itself"


def _recording(names, kinds="eeg"):
    """A recording with these channels: brain from the night, others made up."""
    raw = night().raw
    rate, n = raw.info["sfreq"], raw.n_times
    t, rng = np.arange(n) / rate, np.random.default_rng(0)
    brain = raw.get_data()
    made = {
        "eeg": brain[0],
        "eog": brain[2],
        "emg": brain[4],
        "breath": 1e-3 * np.sin(2 * np.pi * 0.25 * t) + 1e-6 * rng.standard_normal(n),
        "gravity": 1.0 + 0.01 * rng.standard_normal(n),
        "oxygen": 96 + np.round(rng.standard_normal(n)),
        "leg": 5e-6 * rng.standard_normal(n),
    }
    data = np.array([made[what] for what in names.values()])
    return mne.io.RawArray(data, mne.create_info(list(names), rate, kinds), verbose="error")


_MONTAGES = (
    (
        "channels that nobody knows: EEG, breath, an accelerometer",
        {"Kanal 1": "eeg", "Kanal 2": "breath", "Kanal 3": "gravity"},
        ["eeg:Kanal 1"],
    ),
    (
        "a thermistor, SpO2 and CO2 typed EEG",
        {"C3-M2": "eeg", "Therm": "breath", "OSAT": "oxygen", "EtCO2": "breath"},
        ["eeg:C3-M2"],
    ),
    (
        "legs before the chin",
        {"C3-M2": "eeg", "LAT-RAT": "leg", "EMGleg": "leg", "Kinn": "emg"},
        ["eeg:C3-M2", "emg:Kinn"],
    ),
    ("legs and no chin", {"C3-M2": "eeg", "Tib dx": "leg", "Jambe G": "leg"}, ["eeg:C3-M2"]),
    (
        "mastoids as channels",
        {"C3": "eeg", "C4": "eeg", "M1": "leg", "M2": "leg", "E1": "eog"},
        ["eeg:C3-M2", "eeg:C4-M1", "eog:E1-M2"],
    ),
    (
        "mastoids in words",
        {"C3": "eeg", "C4": "eeg", "Mastoid L": "leg", "Mastoid R": "leg"},
        ["eeg:C3-Mastoid R", "eeg:C4-Mastoid L"],
    ),
    (
        "a cap with TP9 and TP10",
        {"C3": "eeg", "C4": "eeg", "TP9": "leg", "TP10": "leg"},
        ["eeg:C3-TP10", "eeg:C4-TP9"],
    ),
    (
        "everything against Fpz, mastoids as well",
        {"C3-Fpz": "eeg", "C4-Fpz": "eeg", "M1-Fpz": "leg", "M2-Fpz": "leg"},
        ["eeg:C3-M2", "eeg:C4-M1"],
    ),
    (
        "a derivation that exists, with other signs",
        {"C3:M2": "eeg", "C4/M1": "eeg", "M1": "leg", "M2": "leg"},
        ["eeg:C3:M2", "eeg:C4/M1"],
    ),
    (
        "two electrodes of the chin",
        {"C3-M2": "eeg", "Chin1": "emg", "Chin2": "leg"},
        ["eeg:C3-M2", "emg:Chin1-Chin2"],
    ),
    (
        "UCDDB",
        {"Lefteye": "eog", "RightEye": "eog", "EMG": "emg", "C3A2": "eeg", "ribcage": "breath"},
        ["eeg:C3A2", "eog:Lefteye", "eog:RightEye", "emg:EMG"],
    ),
)
for _title, _names, _expected in _MONTAGES:

    @case(KIND, _title, f"uses {', '.join(_expected)}", NAMED)
    def _montage(names=_names, expected=_expected):
        used = PSGWindower(verbose="error").fit(_recording(names)).channels_
        used = [channel.replace("/envelope", "") for channel in used]
        return used == expected, ", ".join(used)


@case(KIND, "`picks` with a role that does not exist", "refused", "an error that lists the roles")
def _unknown_role():
    try:
        PSGWindower(picks={"C3-M2": "brain"}).fit(night().raw)
    except RecordingError as error:
        return "brain" in str(error), "refused"
    return False, "used"
