"""Files whose parts are followed before a reader trusts them."""

import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from scipy.io import savemat

from mne_arousal.recording.edf_header import read_edf_header
from mne_arousal.recording.loading import load_channels
from mne_arousal.recording.mat_checks import check_mat
from mne_arousal.recording.reading import read_recording
from mne_arousal.recording.resampling import resample
from mne_arousal.utils.errors import RecordingError
from mne_arousal.utils.fif_tags import check_tags

from ..recordings import noise_raw, write_edf

FIELDS = {
    "nbchan": 2.0,
    "data": np.ones((2, 5), np.float32),
    "chanlocs": np.array([("C3", 1.0), ("C4", 2.0)], [("labels", object), ("X", object)]),
    "comments": "one",
    "cells": np.array([1.0, "two", np.zeros((0, 0))], dtype=object),
    "complex": np.array([1 + 2j]),
    "flag": np.array([True]),
}


@pytest.mark.parametrize("compressed", [False, True])
def test_whole_mat_files(tmp_path, compressed):
    """Numbers, texts, structures and cells, compressed or not."""
    savemat(tmp_path / "a.set", {"EEG": FIELDS}, do_compression=compressed)
    check_mat(tmp_path / "a.set")


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        (126, b"XX", "header"),
        (132, struct.pack("<I", 2**31), "longer"),
        (144, struct.pack("<I", 99), "no class"),
        (136, struct.pack("<I", 9), "flags"),
        (160, struct.pack("<i", -1), "negative"),
        (160, struct.pack("<i", 10**6), "missing"),
    ],
)
def test_damaged_mat_files(tmp_path, at, value, message):
    """Types and counts that there are not."""
    path = tmp_path / "a.set"
    savemat(path, {"EEG": FIELDS})
    data = bytearray(path.read_bytes())
    data[at : at + len(value)] = value
    path.write_bytes(data)
    with pytest.raises(ValueError, match=message):
        check_mat(path)
    with pytest.raises(RecordingError, match="damaged or cut short"):
        read_recording(path)


def test_types_of_values(tmp_path):
    """On such ones SciPy ends the process."""
    path = tmp_path / "a.set"
    savemat(path, {"EEG": FIELDS})
    data = path.read_bytes()
    values = data.index(struct.pack("<II", 7, 40))  # the ten numbers of `data`
    path.write_bytes(data[:values] + struct.pack("<I", 77) + data[values + 4 :])
    with pytest.raises(ValueError, match="values are of no type"):
        check_mat(path)


@pytest.fixture
def fif(tmp_path):
    """A recording as FIF."""
    path = tmp_path / "night_raw.fif"
    noise_raw(20.0).save(path, verbose="error")
    check_tags(path)
    return path


def tag_of(data, number):
    """Place of a tag."""
    at = 0
    for _ in range(number):
        at += 16 + struct.unpack(">i", data[at + 8 : at + 12])[0]
    return at


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [(12, 36, "circle"), (12, 2**31 - 1, "outside"), (8, 2**31 - 1, "longer"), (8, -5, "longer")],
)
def test_fif_chains(fif, field, value, message):
    """That never end, or lead out of the file."""
    data = bytearray(fif.read_bytes())
    at = tag_of(data, 6) + field
    data[at : at + 4] = struct.pack(">i", value)
    fif.write_bytes(data)
    with pytest.raises(ValueError, match=message):
        check_tags(fif)
    with pytest.raises(RecordingError, match="damaged or cut short"):
        read_recording(fif)


def test_fif_directory(fif):
    """A directory that names a place after the end; MNE writes none, and trusts what is there."""
    data = bytearray(fif.read_bytes())
    pointer = data.index(struct.pack(">4i", 101, 3, 4, 0)) + 16
    data[pointer : pointer + 4] = struct.pack(">i", len(data))
    for place, fits in ((36, True), (len(data), False), (-7, False)):
        entry = struct.pack(">4i", 100, 31, 20, place)
        fif.write_bytes(data + struct.pack(">4i", 102, 32, 16, -1) + entry)
        if fits:
            check_tags(fif)
    with pytest.raises(ValueError, match="directory leads out"):
        check_tags(fif)


def test_compressed_fif(tmp_path, fif):
    """Read where whole, refused where it inflates without end."""
    whole = tmp_path / "whole_raw.fif.gz"
    whole.write_bytes(gzip.compress(fif.read_bytes(), 1))
    check_tags(whole)
    bomb = tmp_path / "bomb_raw.fif.gz"
    bomb.write_bytes(gzip.compress(bytes(150_000_000), 1))
    with pytest.raises(ValueError, match="far more memory"):
        check_tags(bomb)


def test_edf_records_that_are_not_there(tmp_path):
    """Told before times of a thousand million records are kept."""
    path = write_edf(tmp_path / "a.edf", noise_raw(20.0))
    data = bytearray(path.read_bytes())
    data[192:197], data[236:244] = b"EDF+C", b"1e9     "
    path.write_bytes(data)
    tracemalloc.start()
    with pytest.raises(RecordingError, match="cut short"):
        read_edf_header(path, "a")
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()


@pytest.mark.parametrize("n_times", [25_600, 25_601, 25_999])
@pytest.mark.parametrize("old", [256.0, 256.016, 0.1])
def test_resampling_goes_by_the_rates(old, n_times):
    """Whatever the number of samples is: times are right, and the filter is short."""
    times = np.arange(n_times) / old
    slow = old / 80
    signal = np.sin(2 * np.pi * slow * times)
    new = 100.0 if old > 100 else 1.0
    n_new = round(n_times * new / old)
    tracemalloc.start()
    found = resample(signal, old, new, n_new)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    wanted = np.sin(2 * np.pi * slow * np.arange(n_new) / new)
    edge = int(20 * max(new / old, 1)) + 50
    assert np.abs(found - wanted)[edge:-edge].max() < 0.01
    assert peak < 40e6


def test_zeros_at_the_end_of_a_name(tmp_path):
    """NumPy takes them off, so that the channel would not be found."""
    path = write_edf(tmp_path / "a.edf", noise_raw(310.0))
    data = bytearray(path.read_bytes())
    data[256:272] = b"C3-M2".ljust(16, b"\0")
    path.write_bytes(data)
    raw, channels, _ = load_channels(path)
    assert raw.ch_names[0] == "C3-M2"
    assert channels[0].role == "eeg"
