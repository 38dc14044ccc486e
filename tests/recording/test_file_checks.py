"""Files that never end, and small files that ask for much: refused before anything is read."""

import os
import struct
import sys
import zlib

import mne
import pytest

from mne_arousal.recording import mat_checks
from mne_arousal.recording.reading import read_recording
from mne_arousal.utils.errors import RecordingError

from ..recordings import noise_raw

HEADER = """Brain Vision Data Exchange Header File Version 1.0
[Common Infos]
DataFile=night.eeg
MarkerFile=night.vmrk
DataFormat=BINARY
DataOrientation=MULTIPLEXED
NumberOfChannels={n}
SamplingInterval=10000
[Binary Infos]
BinaryFormat=INT_16
[Channel Infos]
"""
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="pipes with a name are POSIX")


def brainvision(folder, n_channels):
    """Write a header and 4 kB of data."""
    (folder / "night.eeg").write_bytes(bytes(4000))
    (folder / "night.vmrk").write_text("")
    path = folder / "night.vhdr"
    path.write_text(HEADER.format(n=n_channels))
    return path


@POSIX
@pytest.mark.parametrize("name", ["night.edf", "night.fif", "night.vhdr", "night.set"])
def test_a_pipe_is_not_waited_for(tmp_path, name):
    """In place of the recording."""
    os.mkfifo(tmp_path / name)
    with pytest.raises(RecordingError, match="a pipe or a device"):
        read_recording(tmp_path / name)


@POSIX
@pytest.mark.parametrize("name", ["night.eeg", "night.vmrk"])
def test_a_pipe_beside_a_header(tmp_path, name):
    """In place of a file that the header names."""
    path = brainvision(tmp_path, 2)
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with pytest.raises(RecordingError, match="a file that its header names"):
        read_recording(path)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="needs a device")
def test_a_link_to_a_device(tmp_path):
    """Followed, and refused."""
    (tmp_path / "night.edf").symlink_to("/dev/zero")
    with pytest.raises(RecordingError, match="a pipe or a device"):
        read_recording(tmp_path / "night.edf")


@POSIX
def test_links_that_lead_nowhere_or_in_a_circle(tmp_path):
    """Each its sentence."""
    for target in ("absent.edf", "night.edf"):
        (tmp_path / "night.edf").unlink(missing_ok=True)
        (tmp_path / "night.edf").symlink_to(tmp_path / target)
        with pytest.raises(RecordingError, match="can't be opened"):
            read_recording(tmp_path / "night.edf")


@pytest.mark.parametrize("n_channels", ["200000000", "3000", "9" * 400])
def test_more_channels_than_the_data_hold(tmp_path, n_channels):
    """Compared with the size of the data before a list of them is made."""
    with pytest.raises(RecordingError, match="more channels than the data file can hold"):
        read_recording(brainvision(tmp_path, n_channels))


def test_a_compressed_file_that_would_fill_memory(tmp_path, monkeypatch):
    """Sizes of compressed parts are added up before any is unpacked."""
    monkeypatch.setattr(mat_checks, "_FREE_INFLATION", 1_000_000)
    data = zlib.compress(struct.pack("<II", 14, 20_000_000) + bytes(20_000_000))
    header = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    (tmp_path / "night.set").write_bytes(header + struct.pack("<II", 15, len(data)) + data)
    with pytest.raises(RecordingError, match="far more memory"):
        read_recording(tmp_path / "night.set")


def with_skip(path, n_buffers):
    """Put a tag into a FIF file that says that buffers were left out."""
    data, at, seen = path.read_bytes(), 0, 0
    while seen < 3:
        kind, _, size, _ = struct.unpack(">iiii", data[at : at + 16])
        seen += kind == 300
        at += (16 + size) * (seen < 3)
    skip = struct.pack(">iiiii", 301, 3, 4, 0, n_buffers)
    path.write_bytes(data[:at] + skip + data[at:])


@pytest.mark.filterwarnings("ignore")
def test_longer_than_the_file_can_be(tmp_path):
    """A gap of a month, and one that is shorter but still larger than the file."""
    for n_buffers, message in ((2_000_000, "longer than a week"), (9000, "more samples than its")):
        path = tmp_path / "night_raw.fif"
        noise_raw(400.0, names=["C3-M2"]).save(path, fmt="short", overwrite=True, verbose="error")
        with_skip(path, n_buffers)
        with pytest.raises(RecordingError, match=message):
            read_recording(path)


@pytest.mark.filterwarnings("ignore")
def test_a_sound_recording_is_read(tmp_path):
    """Also through a link, when the user names it."""
    noise_raw(400.0).save(tmp_path / "night_raw.fif", verbose="error")
    mne.export.export_raw(tmp_path / "night.vhdr", noise_raw(400.0), verbose="error")
    mne.export.export_raw(tmp_path / "night.set", noise_raw(400.0), verbose="error")
    paths = [tmp_path / name for name in ("night_raw.fif", "night.vhdr", "night.set")]
    if sys.platform != "win32":
        (tmp_path / "link_raw.fif").symlink_to(tmp_path / "night_raw.fif")
        paths.append(tmp_path / "link_raw.fif")
    for path in paths:
        assert read_recording(path)[0].n_times == 40_000
