"""Derivations that are made, and those that are there."""

import matplotlib.pyplot as plt
import mne
import numpy as np
import pytest

from mne_arousal import PSGWindower
from mne_arousal.annotate import analyze_recording
from mne_arousal.datasets import simulate_psg
from mne_arousal.recording.derived import find_derivation, read_derived, recorded_channels
from mne_arousal.recording.montage import Montage
from mne_arousal.recording.references import plan_references
from mne_arousal.recording.selection import select_channels
from mne_arousal.utils.errors import RecordingError
from mne_arousal.utils.notes import collect_notes
from mne_arousal.viz import plot_arousal

RATE = 100.0
N = int(320 * RATE)


def recording(names, types="eeg", **signals):
    """Make a recording of pink noise; `signals` by name."""
    rng = np.random.default_rng(0)
    data = np.cumsum(rng.standard_normal((len(names), N)), axis=1)
    data = 2e-5 * (data - np.convolve(data[0], np.ones(50) / 50, "same")) / 10
    for name, signal in signals.items():
        data[names.index(name)] = signal
    types = [types] * len(names) if isinstance(types, str) else types
    return mne.io.RawArray(data, mne.create_info(names, RATE, types), verbose="error")


def used(names, types="eeg", **options):
    """Names of what would be used."""
    return Montage(recording(names, types), **options).choose().names


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["C3", "C4", "M1", "M2"], ["C3-M2", "C4-M1"]),
        (["C3", "C4", "A1", "A2"], ["C3-A2", "C4-A1"]),
        (["EEG C3", "EEG C4", "EEG M1", "EEG M2"], ["C3-M2", "C4-M1"]),
        (["C3-Ref", "M2-Ref"], ["C3-M2"]),
        (["C3-Fpz", "M2-Fpz"], ["C3-M2"]),
        (["F4", "C4", "O2", "M1"], ["C4-M1", "F4-M1", "O2-M1"]),
        (["Cz", "A1", "A2"], ["Cz-A1"]),
        (["C3", "M1"], ["C3"]),
        (["C3-M2", "C3", "M2"], ["C3-M2"]),
        (["C3:A2", "C3", "A1", "A2"], ["C3:A2"]),
        (["C3", "C3A2", "A1", "A2"], ["C3A2"]),
        (["C3_M2", "C4", "M1", "M2"], ["C3_M2", "C4-M1"]),
        (["C3-CLE", "M1", "M2"], ["C3-CLE"]),
        (["C3-M2", "M2-M1"], ["C3-M2"]),
        (["C3", "M1", "M2", "E1", "E2"], ["C3-M2", "E1-M2", "E2-M2"]),
        (["C3", "A1", "A2", "LOC", "ROC"], ["C3-A2", "LOC-A2", "ROC-A2"]),
        (["C3", "M2", "EOG horizontal"], ["C3-M2", "EOG horizontal"]),
        (["C3-M2", "Chin1", "Chin2"], ["C3-M2", "Chin1-Chin2"]),
        (["C3-M2", "L Chin", "R Chin"], ["C3-M2", "L Chin-R Chin"]),
        (["C3-M2", "Chin1", "Chin2", "Chin1-Chin2"], ["C3-M2", "Chin1-Chin2"]),
        (["C3-M2", "EMG1", "EMG2"], ["C3-M2", "EMG1"]),
        (["C3-Fpz", "C4-Fpz", "O1-Fpz", "O2-Fpz"], ["C3-O2", "C4-O1"]),
        (["C3-Fpz", "Cz-Oz"], ["Cz-Oz"]),
        (["C3-Fpz", "C4-Fpz"], ["C3-Fpz", "C4-Fpz"]),
    ],
    ids=lambda value: ",".join(value),
)
def test_automatic_derivations(names, expected):
    """What is derived where, and what is there already is used."""
    assert used(names) == expected


def test_mastoids_are_no_eeg_without_references():
    """With ``reference=None`` nothing is derived, and mastoids are not analyzed either."""
    assert used(["C3", "C4", "M1", "M2"], reference=None) == ["C3", "C4"]


def test_net_has_no_ears():
    """A1 and A2 of a BioSemi cap are electrodes, as are E1 and E2 of EGI's net."""
    biosemi = [f"{letter}{i}" for letter in "AB" for i in range(1, 33)]
    assert used(biosemi) == ["A1", "A2", "A3"]
    egi = [f"E{i}" for i in range(1, 33)]
    choice = Montage(recording(egi)).choose()
    assert set(choice.roles.values()) == {"eeg"}


def test_muscles_that_share_a_reference():
    """EMG1 and EMG2 are subtracted where they hold the same brain, as against one reference."""
    rng = np.random.default_rng(1)
    brain = 2e-6 * np.cumsum(rng.standard_normal(N))
    names = ["C3-M2", "EMG1", "EMG2"]
    shared = recording(names, EMG1=brain + 1e-6 * rng.standard_normal(N), EMG2=brain)
    assert Montage(shared).choose().names == ["C3-M2", "EMG1-EMG2"]


@pytest.mark.parametrize(
    ("reference", "name", "others"),
    [
        ("auto", "C3-M2", ["M2"]),
        ({"C3": "M1"}, "C3-M1", ["M1"]),
        ({"C3": ("M1", "M2")}, "C3-(M1+M2)", ["M1", "M2"]),
    ],
)
def test_derivation_is_the_difference(reference, name, others):
    """Samples are subtracted, also those of a mean; the log and the name say of what."""
    raw = recording(["C3", "M1", "M2"])
    with mne.utils.catch_logging() as log:
        windower = PSGWindower(reference=reference, verbose="info").fit(raw)
    assert windower.channels_ == [f"eeg:{name}"]
    assert f"{name} is derived: C3 minus {' and '.join(others)}." in log.getvalue()
    choice = Montage(raw, reference=reference).choose()
    data, bad = read_derived(raw, choice.names, choice.derived)
    expected = raw.get_data(["C3"])[0] - raw.get_data(others).mean(axis=0)
    assert not bad
    np.testing.assert_array_equal(data, [expected])
    assert find_derivation(name, raw.ch_names).references == tuple(others)


def test_flat_mastoid_is_not_subtracted():
    """C3 minus nothing is not called C3-M2."""
    raw = recording(["C3", "C4", "M1", "M2"], M2=np.zeros(N))
    with pytest.warns(RuntimeWarning, match="channel M2 is flat"):
        windower = PSGWindower(verbose="warning").fit(raw)
    assert set(windower.channels_) == {"eeg:C4-M1", "eeg:C3"}


def test_bad_mastoid_is_not_subtracted():
    """Nor is one that is marked bad."""
    raw = recording(["C3", "C4", "M1", "M2"])
    raw.info["bads"] = ["M2"]
    assert set(Montage(raw).choose().names) == {"C3", "C4-M1"}


@pytest.mark.parametrize("reference", ["average", ["C3"], {}, 3, True])
def test_reference_is_checked(reference):
    """What is no reference is refused in words."""
    with pytest.raises(RecordingError, match="reference is 'auto', None or"):
        PSGWindower(reference=reference, verbose="error").fit(recording(["C3", "M2"]))


def test_unknown_electrodes_are_named():
    """A reference to a channel that is not there says what there is."""
    with pytest.raises(RecordingError, match=r"no channel 'M9'.*C3, M2"):
        used(["C3", "M2"], reference={"C3": "M9"})


def test_picked_derivations():
    """A derivation may be picked; a channel that is picked stays as it is."""
    names = ["C3", "C4", "M1", "M2"]
    assert used(names, picks=["C3-M2"]) == ["C3-M2"]
    assert used(names, picks=["C3"]) == ["C3"]
    assert used(names, picks={"C3": "EEG"}, reference={"C3": "M2"}) == ["C3-M2"]
    with pytest.raises(RecordingError, match="no channel 'C9-M2'"):
        used(names, picks=["C9-M2"])


def test_reference_over_the_forehead_is_told():
    """All EEG against Fpz, nothing to lead it to: a note."""
    montage = Montage(recording(["C3-Fpz", "C4-Fpz"]))
    with collect_notes() as notes:
        montage.tell(montage.choose())
    assert [note.code for note in notes] == ["frontal_reference"]


def test_recorded_channels_stand_for_derivations():
    """Annotations name channels of the recording."""
    assert recorded_channels(("C3-M2", "C4"), ["C3", "M2", "C4"]) == ("C3", "C4")


def test_annotations_fit_a_recording_with_mastoids():
    """Arousals of derived channels can be set on the recording."""
    simulated = simulate_psg(duration=1200, random_state=1, arousal_index=30, verbose="error")
    signals = dict(zip(simulated.raw.ch_names, simulated.raw.get_data(), strict=True))
    noise = 4e-6 * np.random.default_rng(0).standard_normal(simulated.raw.n_times)
    data = {"C3": signals["C3-M2"] - noise, "C4": signals["C4-M1"] - noise}
    data |= {"M1": -noise, "M2": -noise, "Chin": signals["Chin"]}
    info = mne.create_info(list(data), simulated.raw.info["sfreq"], ["eeg"] * 4 + ["emg"])
    raw = mne.io.RawArray(np.array(list(data.values())), info, verbose="error")
    night = analyze_recording(raw, features=("spectral",), random_state=0, verbose="error")
    found = night.annotations
    assert len(found) > 0
    assert "eeg:C3-M2" in night.channels
    raw.set_annotations(found)
    plot_arousal(raw, 0, night=night, show=False)
    plt.close("all")
    assert {name for names in night.arousals["ch_names"] for name in names} <= {"C3", "C4"}
    assert {name for names in found.ch_names for name in names} <= {"C3", "C4"}


def test_tp9_and_tp10_stand_for_mastoids_beside_others():
    """Of a cap they are references, and not analyzed; of a headband they are the EEG."""
    cap = {"C3": "eeg", "C4": "eeg", "TP9": "eeg", "TP10": "eeg"}
    assert list(plan_references(cap, "auto", "a night")) == ["C3-TP10", "C4-TP9"]
    assert select_channels(cap) == ["C3", "C4"]
    ears = cap | {"M1": "ref", "M2": "ref"}
    assert list(plan_references(ears, "auto", "a night")) == ["C3-M2", "C4-M1"]
    headband = {"TP9": "eeg", "AF7": "eeg", "AF8": "eeg", "TP10": "eeg"}
    assert plan_references(headband, "auto", "a night") == {}
    assert "TP9" in select_channels(headband)


def test_mastoids_in_words():
    """With their side in words, as bare names and not."""
    roles = {"C3": "eeg", "C4": "eeg", "Mastoid L": "ref", "right mastoid": "ref"}
    found = plan_references(roles, "auto", "a night")
    assert {d.channel: d.references for d in found.values()} == {
        "C3": ("right mastoid",),
        "C4": ("Mastoid L",),
    }
