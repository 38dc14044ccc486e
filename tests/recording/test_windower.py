"""From recordings to windows, and every kind of recording that can't be used."""

import numpy as np
import pytest
from sklearn.base import clone

from mne_arousal import PSGWindower, RecordingError
from mne_arousal.recording.loading import load_channels
from mne_arousal.recording.reading import read_recording

from ..recordings import noise_raw, write_edf


def test_grid_and_roles():
    """Windows of 2 s every 0.5 s, channels with their roles, the Raw untouched."""
    raw = noise_raw()
    before = raw.get_data().copy()
    windower = PSGWindower(verbose="error")
    windows = windower.fit_transform(raw)
    assert windower.channels_ == ["eeg:C3-M2", "eeg:O1-M2", "eog:E1-M2", "emg:Chin"]
    assert len(windows) == (400 - 2) * 2 + 1
    assert windows[0][0].shape == (4, 200)
    assert windows.datasets[0].raw.get_channel_types() == ["eeg", "eeg", "eog", "emg"]
    np.testing.assert_array_equal(raw.get_data(), before)
    assert raw.get_channel_types() == ["eeg"] * 4


def test_classical_epochs_are_reachable():
    """Windows of 30 s that overlap by half."""
    windows = PSGWindower(30.0, 15.0, verbose="error").fit_transform(noise_raw())
    assert len(windows) == (400 - 30) // 15 + 1
    assert windows[0][0].shape[1] == 3000


@pytest.mark.parametrize("sfreq", [50.0, 128.0, 512.0])
def test_every_rate_comes_to_one(sfreq):
    """Recordings of any rate give windows at 100 Hz; what they hold is remembered."""
    windows = PSGWindower(verbose="error").fit_transform(noise_raw(320, sfreq))
    assert windows.datasets[0].raw.info["sfreq"] == 100.0
    assert windows.datasets[0].description["lowpass"] == min(sfreq, 100.0) / 2


def test_recordings_with_other_names_are_matched_by_role():
    """A second recording brings its own names to the channels of the first."""
    windower = PSGWindower(verbose="error").fit(noise_raw())
    other = noise_raw(names=["Chin", "ECG", "LOC", "O2-M1", "C4-M1"])
    windows = windower.transform(other)
    assert windows.datasets[0].raw.ch_names == ["C4-M1", "O2-M1", "LOC", "Chin"]
    assert windows.datasets[0].description["channels"] == windower.channels_


def test_recording_that_lacks_a_role():
    """A recording that can't stand beside the first is named."""
    windower = PSGWindower(verbose="error").fit(noise_raw())
    with pytest.raises(RecordingError, match="no channel to stand for emg:Chin"):
        windower.transform(noise_raw(names=["C3-M2", "O1-M2", "E1-M2"]))


def test_picks_by_name_and_role():
    """A dict overrules what names suggest; an unknown name is told with those there are."""
    windower = PSGWindower(picks={"Chin": "eeg"}, verbose="error").fit(noise_raw())
    assert windower.channels_ == ["eeg:Chin"]
    with pytest.raises(RecordingError, match=r"no channel 'Cz'.*C3-M2"):
        PSGWindower(picks=["Cz"], verbose="error").fit(noise_raw())


def test_bad_channels_are_not_used():
    """What the user marked bad is left out."""
    raw = noise_raw(names=["C3-M2", "C4-M1", "Chin"])
    raw.info["bads"] = ["C3-M2"]
    windower = PSGWindower(verbose="error").fit(raw)
    assert windower.channels_ == ["eeg:C4-M1", "emg:Chin"]


@pytest.mark.parametrize("value", [np.nan, 1e-5])
def test_flat_and_missing_channels_are_named_and_replaced(value):
    """A flat or NaN channel is named, and another of the region takes its place."""
    raw = noise_raw(names=["C3-M2", "C4-M1", "Chin"])
    raw._data[0] = value
    with pytest.warns(RuntimeWarning, match="channel C3-M2 is"):
        windower = PSGWindower(verbose="warning").fit(raw)
    assert windower.channels_ == ["eeg:C4-M1", "emg:Chin"]


def test_gap_stays_a_gap():
    """NaN in a recording stays NaN in its windows and nowhere else."""
    raw = noise_raw()
    raw._data[:, 10_000:10_500] = np.nan
    with pytest.warns(RuntimeWarning, match="every channel has a gap"):
        data = load_channels(raw)[0].get_data()
    expected = np.zeros(raw.n_times, dtype=bool)
    expected[10_000:10_500] = True
    np.testing.assert_array_equal(np.isnan(data).all(axis=0), expected)
    np.testing.assert_array_equal(np.isnan(data).any(axis=0), expected)


def test_no_eeg_left():
    """The error tells a recording without EEG from one whose EEG is unusable."""
    raw = noise_raw(names=["C3-M2", "Chin"])
    raw._data[0] = 0.0
    with (
        pytest.raises(RecordingError, match="no EEG channel is left"),
        pytest.warns(RuntimeWarning, match="flat"),
    ):
        PSGWindower(verbose="warning").fit(raw)
    named = noise_raw(names=["Chin", "E1-M2"])
    named.set_channel_types({"Chin": "emg", "E1-M2": "eog"}, verbose="error")
    with pytest.raises(RecordingError, match="no channel that is known as EEG"):
        PSGWindower(verbose="error").fit(named)


def test_too_short():
    """Four minutes hold no baseline."""
    with pytest.raises(RecordingError, match="lasts 240 s, and at least 300 s"):
        PSGWindower(verbose="error").fit(noise_raw(240))


def test_files_that_are_none(tmp_path):
    """Missing, empty and foreign files are told by name, in one line."""
    for content, name in ((None, "absent.edf"), (b"", "empty.edf"), (b"text\n" * 99, "notes.edf")):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(RecordingError, match=path.stem) as caught:
            read_recording(path)
        assert "\n" not in str(caught.value)


def test_truncated_edf(tmp_path):
    """A file that was cut short is refused, not read in part."""
    path = write_edf(tmp_path / "night.edf", noise_raw(600))
    read_recording(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(RecordingError, match="cut short"):
        load_channels(path)


@pytest.mark.parametrize("wrong", [3, [], np.ones((3, 3))])
def test_things_that_are_no_recordings(wrong):
    """Arrays and numbers belong to other steps."""
    with pytest.raises(TypeError, match="recording"):
        PSGWindower().fit(wrong)


@pytest.mark.parametrize("kwargs", [{"window_length": 0}, {"hop": -1.0}, {"sfreq": 0.0}])
def test_bad_parameters(kwargs):
    """A parameter that can't be is named."""
    with pytest.raises(ValueError, match=next(iter(kwargs))):
        PSGWindower(**kwargs).fit(noise_raw())


def test_clone_keeps_parameters():
    """The windower is a plain estimator."""
    copy = clone(PSGWindower(3.0, hop=1.0, picks=["C3-M2"]))
    assert copy.get_params()["window_length"] == 3.0
    assert copy.picks == ["C3-M2"]


def test_sleep_edf_envelope(sleep_edf_night):
    """The chin EMG of Sleep-EDF is a slow envelope, its EEG is none."""
    windower = PSGWindower(verbose="error").fit(sleep_edf_night[0])
    assert windower.channels_ == [
        "eeg:EEG Fpz-Cz",
        "eeg:EEG Pz-Oz",
        "eog:EOG horizontal",
        "emg/envelope:EMG submental",
    ]
