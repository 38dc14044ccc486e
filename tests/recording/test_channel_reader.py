"""Reading one channel at a time gives what MNE gives."""

import mne
import numpy as np
import pytest

from mne_arousal.datasets import simulate_psg
from mne_arousal.recording import channel_reader, quick_edf, signals
from mne_arousal.recording.channel_reader import ChannelReader, is_quick
from mne_arousal.recording.loading import load_channels
from mne_arousal.recording.quick_edf import QuickEdf, read_quickly
from mne_arousal.recording.reading import read_recording
from mne_arousal.utils.errors import RecordingError
from mne_arousal.utils.windows import Channel


@pytest.fixture(scope="module")
def edf(tmp_path_factory):
    path = tmp_path_factory.mktemp("edf") / "night.edf"
    raw = simulate_psg(600, random_state=0, verbose="error").raw
    raw.set_annotations(mne.Annotations([30.0], [5.0], ["a mark"], orig_time=raw.info["meas_date"]))
    raw.export(path, physical_range="channelwise", verbose="error")
    return path


def test_an_edf_is_read_to_the_last_bit(edf):
    raw, _ = read_recording(edf)
    plain = mne.io.read_raw_edf(edf, verbose="error")
    assert isinstance(raw, QuickEdf)
    assert raw.annotations.description.tolist() == plain.annotations.description.tolist()
    np.testing.assert_array_equal(raw.get_data(), plain.get_data())
    for start, stop in ((0, 1), (100, 1000), (127, 129), (raw.n_times - 5, raw.n_times)):
        some = ["Chin", "C3-M2"], start, stop
        np.testing.assert_array_equal(raw.get_data(*some), plain.get_data(*some))
    cropped, expected = (x.copy().crop(10.0, 20.0).load_data() for x in (raw, plain))
    np.testing.assert_array_equal(cropped.get_data(), expected.get_data())


def test_slower_channels_are_left_to_mne(data_folder):
    path = data_folder / "physionet-sleep-data" / "SC4001E0-PSG.edf"
    raw, _ = read_recording(path)
    assert is_quick(raw, "EEG Fpz-Cz")
    assert not is_quick(raw, "EMG submental")
    plain = mne.io.read_raw_edf(path, verbose="error")
    some = ["EMG submental", "EEG Fpz-Cz"]
    np.testing.assert_array_equal(raw.get_data(some), plain.get_data(some))


def test_a_layout_that_is_not_understood_is_not_used(edf, monkeypatch):
    """Should MNE keep its header in another way, MNE reads."""
    plain = mne.io.read_raw_edf(edf, verbose="error")
    assert isinstance(read_quickly(plain), QuickEdf)
    extras = plain._raw_extras[0]
    monkeypatch.setitem(extras, "offsets", extras["offsets"] + 1)  # means something else by it
    layout = quick_edf._find_layout(plain)
    monkeypatch.undo()
    monkeypatch.setattr(quick_edf, "_find_layout", lambda raw: layout)
    assert read_quickly(plain) is plain
    monkeypatch.undo()
    monkeypatch.delitem(extras, "units")
    assert read_quickly(plain) is plain


def test_a_file_that_becomes_shorter_while_it_is_read(edf, tmp_path):
    """Whatever number of its samples is left, they are not taken for those of other channels."""
    path = tmp_path / "night.edf"
    path.write_bytes(edf.read_bytes())
    raw, name = read_recording(path)
    layout = raw._raw_extras[0]["layout"]
    with path.open("r+b") as file:
        file.truncate(layout.offset + layout.record * layout.n_records)  # the half
    with pytest.raises(RecordingError, match="its data can't be read"):
        ChannelReader(raw, name).read("C3-M2")


def test_too_slow_for_an_eeg():
    """A small file that says few samples a second would become a long night at the usual rate."""
    raw = mne.io.RawArray(np.zeros((1, 10_000)), mne.create_info(["C3-M2"], 0.04, "eeg"))
    with pytest.raises(RecordingError, match=r"has 0\.04 samples a second"):
        load_channels(raw)


@pytest.mark.parametrize("kind", ["preloaded", "file", "fif"])
def test_channels_of_any_format(edf, tmp_path, kind):
    raw, name = read_recording(edf)
    if kind == "preloaded":
        raw.load_data()
    if kind == "fif":
        mne.io.RawArray(raw.get_data(), raw.info, verbose="error").save(
            tmp_path / "x_raw.fif", verbose="error"
        )
        raw, name = read_recording(tmp_path / "x_raw.fif")
    reader = ChannelReader(raw, name)
    for channel in ("C3-M2", "Chin"):
        expected = raw.get_data(channel)[0]
        np.testing.assert_allclose(reader.read(channel), expected, rtol=1e-6, atol=1e-12)
    before = reader.read("C3-M2")
    before[:] = 0.0  # what a caller does to it stays with the caller
    assert reader.read("C3-M2").any()


def test_long_recordings_are_the_same_to_rounding(edf, monkeypatch):
    """With 32-bit numbers, read in pieces, and kept in a file."""
    expected, _, _ = load_channels(edf, body=True)
    monkeypatch.setattr(channel_reader, "_LONG", 10_000)
    monkeypatch.setattr(channel_reader, "_PIECE", 7777)
    monkeypatch.setattr(signals, "_MOST_MEMORY", 1000)
    found, _, _ = load_channels(edf, body=True)
    assert found.ch_names == expected.ch_names
    for one, other in zip(found.get_data(), expected.get_data(), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5 * other.std())
    np.testing.assert_array_equal(found.get_data(0, 500, 600), found.get_data()[:1, 500:600])


def test_signals_are_like_a_raw():
    kept = signals.Signals(100.0, 50)
    kept.append(np.arange(50), Channel("eeg", "C3"))
    assert kept.append(None, Channel("ecg", "C3")) == "C3 2"
    kept.append(np.ones(50), Channel("emg", "Chin"))
    kept.select(["Chin", "C3", "C3 2"])
    assert kept.info["sfreq"] == 100.0
    raw = kept.to_raw()
    assert raw.get_channel_types() == ["emg", "eeg", "ecg"]
    for picks in (None, "C3", 1, [0, 2], ["Chin", "C3"]):
        np.testing.assert_array_equal(kept.get_data(picks, 3, 20), raw.get_data(picks, 3, 20))
