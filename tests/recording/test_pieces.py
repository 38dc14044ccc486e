"""Recordings with pauses, on their own clock."""

import mne
import numpy as np
import pytest

from mne_arousal.recording.edf_header import read_edf_header
from mne_arousal.recording.loading import load_channels
from mne_arousal.recording.pieces import PausedRaw, lay_pieces
from mne_arousal.recording.reading import read_recording
from mne_arousal.utils.errors import RecordingError
from mne_arousal.utils.notes import collect_notes

NAMES = ("C3-M2", "C4-M1", "Chin")


def write_edf_plus(path, onsets, *, flag="EDF+D", marks=None, rate=100, slow=None):
    """Write records of 1 s that begin at `onsets`; C3-M2 is 100 µV a second, modulo 30 mV.

    `marks` are texts of annotations by record; `slow` is the rate of C4-M1, where it has its own.
    """
    marks = marks or {}
    rates = [rate, slow or rate, rate]
    n, tal = len(NAMES) + 1, 40
    field = lambda values, width: b"".join(str(v).encode().ljust(width) for v in values)  # noqa: E731
    head = b"0".ljust(8) + b"X X X X".ljust(80) + b"Startdate X X X X".ljust(80)
    head += b"01.01.2022.13.00" + str(256 * (n + 1)).encode().ljust(8) + flag.encode().ljust(44)
    head += str(len(onsets)).encode().ljust(8) + b"1".ljust(8) + str(n).encode().ljust(4)
    head += field([*NAMES, "EDF Annotations"], 16) + field([""] * n, 80)
    head += field(["uV"] * (n - 1) + [""], 8)
    head += field([-32768] * (n - 1) + [-1], 8) + field([32767] * (n - 1) + [1], 8)
    head += field([-32768] * n, 8) + field([32767] * n, 8) + field([""] * n, 80)
    head += field([*rates, tal], 8) + field([""] * n, 32)
    rng = np.random.default_rng(0)
    with open(path, "wb") as file:
        file.write(head)
        for i, onset in enumerate(onsets):
            for name, own in zip(NAMES, rates, strict=True):
                signal = rng.normal(0, 20, own)
                if name == "C3-M2":
                    signal = (100 * (onset - onsets[0]) + np.arange(own) * 100 / own) % 30000
                file.write(np.round(signal).astype("<i2").tobytes())
            text = f"+{onset:g}\x14\x14\x00"
            if i in marks:
                text += f"+{onset:g}\x15{1}\x14{marks[i]}\x14\x00"
            file.write(text.encode().ljust(2 * tal, b"\x00"))
    return path


PAUSED = [*range(400), *range(700, 1100)]


@pytest.mark.parametrize("flag", ["EDF+D", "EDF+C"])
def test_samples_lie_where_they_were_recorded(tmp_path, flag):
    """Also in a file that says to be continuous while its time stamps jump."""
    path = write_edf_plus(tmp_path / "night.edf", PAUSED, flag=flag)
    raw, _ = read_recording(path)
    assert isinstance(raw, PausedRaw)
    assert not raw.preload
    assert raw.n_times == 110_000
    data = raw.get_data(picks=["C3-M2"], start=39_000, stop=71_000)[0] * 1e6
    assert np.isnan(data[1000:31000]).all()
    at = np.r_[39_000:40_000, 70_000:71_000]
    np.testing.assert_allclose(data[np.isfinite(data)], at % 30000, atol=0.01)
    whole = raw.copy().load_data().get_data(picks=["C4-M1", "C3-M2"])
    assert np.array_equal(whole[1, 39_000:71_000] * 1e6, data, equal_nan=True)


def test_stamps_may_begin_anywhere(tmp_path):
    """The first record is the start, whatever its own time."""
    path = write_edf_plus(tmp_path / "night.edf", [onset + 0.25 for onset in PAUSED])
    assert read_recording(path)[0].n_times == 110_000


def test_annotations_after_a_pause_are_kept(tmp_path):
    """MNE drops those that lie past the end of the joined pieces."""
    path = write_edf_plus(tmp_path / "night.edf", PAUSED, marks={10: "BAD_x", 790: "bad leads"})
    raw, _ = read_recording(path)
    assert raw.annotations.onset.tolist() == [10.0, 1090.0]
    with collect_notes() as notes:
        loaded, _, _ = load_channels(path)
    assert {note.code for note in notes} >= {"gaps", "marked_bad"}
    rate = loaded.info["sfreq"]
    assert np.isnan(loaded.get_data(0, int(1090 * rate), int(1091 * rate))).all()


def test_channel_of_a_lower_rate(tmp_path):
    """It is brought to the common rate piece by piece, without a warning."""
    path = write_edf_plus(tmp_path / "night.edf", PAUSED, slow=50)
    raw, _ = read_recording(path)
    data = raw.get_data(picks=["C4-M1"])[0]
    assert np.isnan(data).sum() == 30_000
    assert np.isnan(data[40_000:70_000]).all()
    assert 15e-6 < np.nanstd(data) < 25e-6


def test_continuous_files_stay_as_they_are(tmp_path):
    """EDF+D without a pause, and EDF+C whose time stamps mean nothing."""
    for flag, onsets in (("EDF+D", range(400)), ("EDF+C", [0] * 400)):
        raw, _ = read_recording(write_edf_plus(tmp_path / "night.edf", list(onsets), flag=flag))
        assert not isinstance(raw, PausedRaw)
        assert raw.n_times == 40_000


def test_clocks_that_drift_make_no_gap(tmp_path):
    """A recorder's second may be a little long."""
    path = write_edf_plus(tmp_path / "night.edf", [round(1.0005 * i, 4) for i in range(2000)])
    assert not read_edf_header(path, "night").has_gaps


@pytest.mark.parametrize(
    ("onsets", "message"),
    [
        ([*range(200), *range(100, 300)], "time stamps go back"),
        ([*range(200), *range(10_000, 10_200)], "a gap begins 200 s after its start"),
    ],
)
def test_times_that_can_not_be(tmp_path, onsets, message):
    """Pieces that overlap, and pauses longer than what was recorded, are refused."""
    path = write_edf_plus(tmp_path / "night.edf", onsets)
    with pytest.raises(RecordingError, match=message):
        read_recording(path)


@pytest.mark.parametrize(
    ("at", "text", "message"),
    [
        (244, b"0       ", "length of a data record"),
        (244, b"nan     ", "length of a data record"),
        (244, b"1e300   ", "length of a data record"),
        (244, b"1e-6    ", "sampling frequency"),
        (184, b"0       ", "length of the header"),
        (236, b"-1      ", "never closed"),
        (236, b"500     ", "fewer data than its header says"),
        (252, b"9999", "number of signals"),
    ],
)
def test_impossible_headers_of_single_files(tmp_path, at, text, message):
    """As in a dataset."""
    path = write_edf_plus(tmp_path / "night.edf", range(400), flag="EDF+C")
    data = bytearray(path.read_bytes())
    data[at : at + len(text)] = text
    path.write_bytes(data)
    with pytest.raises(RecordingError, match=message):
        read_recording(path)


def test_channel_without_a_scale_is_left_out(tmp_path):
    """Its physical limits are equal."""
    path = write_edf_plus(tmp_path / "night.edf", range(400), flag="EDF+C")
    data = bytearray(path.read_bytes())
    for field in (104, 112):  # physical minimum and maximum of the first signal
        data[256 + field * 4 : 256 + field * 4 + 8] = b"100     "
    path.write_bytes(data)
    with collect_notes() as notes:
        raw, _ = read_recording(path)
    assert raw.info["bads"] == ["C3-M2"]
    assert [(note.code, note.channel) for note in notes] == [("channel_dropped", "C3-M2")]


def test_paused_raw_can_be_worked_with(tmp_path):
    """Copies, crops and picks."""
    raw, _ = read_recording(write_edf_plus(tmp_path / "night.edf", PAUSED))
    part = raw.copy().pick(["C4-M1"]).crop(300, 800)
    assert part.ch_names == ["C4-M1"]
    missing = np.isnan(part.get_data()[0])
    assert np.array_equal(np.flatnonzero(missing), np.arange(10_000, 40_000))
    assert isinstance(raw.annotations, mne.Annotations)


def test_units_stay_known():
    """A channel in % is no EEG on the recording's clock either."""
    info = mne.create_info(["C3", "X1"], 100.0, "eeg")
    joined = mne.io.RawArray(np.zeros((2, 2000)), info, verbose="error")
    joined._orig_units = {"C3": "µV", "X1": "%"}
    laid = lay_pieces(joined, [(0.0, 0, 10), (30.0, 10, 20)], 1.0)
    assert laid._orig_units == {"C3": "µV", "X1": "%"}
