"""Recordings that are broken in every way known: told in a sentence, and the others go on.

Each fault stands for one row of the table that doc/benchmarks/faults.py writes.
"""

import json
import warnings

import edfio
import mne
import numpy as np
import pytest

from ..recordings import noise_raw, write_edf
from .small_dataset import DEFAULT_OUTPUT, add_fif, add_noise, annotate, eeg_file, errors

SUBJECT = "02"
HEALTHY = "01"
N_SIGNALS = 5  # of an exported recording of four channels; the fifth holds annotations


@pytest.fixture
def root(tmp_path):
    """A dataset with one healthy recording."""
    add_noise(tmp_path / "study", HEALTHY)
    return tmp_path / "study"


def result(root, **options):
    """Error of the recording under test, and its flags; the healthy one always has a result."""
    table = annotate(root, **options).set_index("subject", drop=False)
    assert errors(table)[HEALTHY] is None
    flags = table.loc[SUBJECT, "flags"]
    return errors(table)[SUBJECT], flags.split(",") if isinstance(flags, str) else []


def patched(root, *patches, cut=None):
    """An EDF recording whose bytes are changed at (offset, bytes), or cut at an end."""
    path = add_noise(root, SUBJECT)
    data = bytearray(path.read_bytes())
    for offset, new in patches:
        data[offset : offset + len(new)] = new
    path.write_bytes(bytes(data[:cut]))


@pytest.mark.parametrize("cut", [0, 100, 256, 700, 2000, -20_000, -1])
def test_truncated_file(root, cut):
    """Cut to nothing, in the header, at its end, in the data, by one byte."""
    patched(root, cut=cut)
    error, _ = result(root)
    assert error.startswith("sub-02_task-sleep_eeg: ")
    assert any(text in error for text in ("cut short", "can't be read", "lasts"))


@pytest.mark.parametrize(
    ("offset", "new"),
    [
        (0, b"\x00" * 256),  # all of the fixed header
        (184, b"abc     "),  # length of the header
        (236, b"-5      "),  # number of records
        (236, b"-1      "),  # the recorder stopped before it wrote the number
        (244, b"0       "),  # length of a record, s
        (244, b"nan     "),
        (252, b"9999"),  # number of signals
        (252, b"-1  "),
        (256 + 216 * N_SIGNALS, b"0       " * 4),  # samples in a record
        (256 + 216 * N_SIGNALS, b"99999999" * 4),
    ],
)
def test_wrong_header(root, offset, new):
    """Numbers in the header that can't be."""
    patched(root, (offset, new))
    error, _ = result(root)
    assert error.startswith("sub-02_task-sleep_eeg: ")
    assert "report" not in error


def test_channel_without_scale(root):
    """Its voltage can't be known; the others are used."""
    low, high = 256 + 104 * N_SIGNALS, 256 + 112 * N_SIGNALS
    patched(root, (low, b"-3200   "), (high, b"-3200   "))
    error, flags = result(root)
    assert error is None
    assert {"bad_channels", "one_eeg"} <= set(flags)


def test_no_file_of_its_format(root):
    """Text with the name of an EDF file."""
    eeg_file(root, SUBJECT).write_bytes(b"once upon a time" * 100)
    assert "It is no EDF or BDF file" in result(root)[0]


def test_nan_and_infinity(root):
    """Seconds that are no numbers are a gap; a channel without numbers is left out."""
    raw = noise_raw(400.0)
    raw._data[1] = np.inf
    raw._data[0, 5000:6000] = np.nan
    add_fif(root, SUBJECT, raw)
    error, flags = result(root)
    assert error is None
    assert {"gaps", "channel_dropped"} <= set(flags)


def test_nothing_but_nan(root):
    """No EEG is left."""
    raw = noise_raw(400.0)
    raw._data[:] = np.nan
    add_fif(root, SUBJECT, raw)
    assert "no EEG channel is left" in result(root)[0]


def test_flat_channel(root):
    """Told, and the rest is used."""
    raw = noise_raw(400.0)
    raw._data[0] = 1e-4
    write_edf(eeg_file(root, SUBJECT), raw)
    error, flags = result(root)
    assert error is None
    assert "channel_dropped" in flags


def test_saturated_channel(root):
    """Stuck at its limit for nearly all of the night."""
    raw = noise_raw(400.0)
    raw._data[0] = 3.2e-3
    raw._data[0, ::500] = -3.2e-3
    write_edf(eeg_file(root, SUBJECT), raw)
    error, flags = result(root)
    assert error is None
    assert "channel_dropped" in flags


def test_disconnected_electrode(root):
    """Mains hum of millivolts in one channel spoils no other."""
    raw = noise_raw(400.0, sfreq=256.0)
    raw._data[0] = 3e-3 * np.sin(2 * np.pi * 50 * raw.times)
    write_edf(eeg_file(root, SUBJECT), raw)
    assert result(root)[0] is None


def test_duplicate_channel_names(root):
    """Both are there, told apart by a number."""
    signals = [
        edfio.EdfSignal(np.random.default_rng(i).normal(0, 20, 40_000), 100.0, label=label)
        for i, label in enumerate(("C3-M2", "C3-M2", "Chin"))
    ]
    edfio.Edf(signals).write(eeg_file(root, SUBJECT))
    assert result(root)[0] is None
    record = json.loads(next(root.rglob("sub-02*_parameters.json")).read_text())
    assert len(record["Channels"]) == len(set(record["Channels"]))


def test_accents_in_labels(root):
    """Latin-1 in the header, as recorders in Europe write it."""
    label = "Menton é".encode("latin-1").ljust(16)
    patched(root, (256 + 3 * 16, label), (8, "Müller".encode("latin-1")))
    assert result(root)[0] is None


def test_annotations_in_latin_1(root):
    """As recorders wrote them before EDF+ said UTF-8."""
    path = eeg_file(root, SUBJECT)
    signals = [edfio.EdfSignal(np.random.default_rng(0).normal(0, 20, 40_000), 100.0, label="C3")]
    notes = [edfio.EdfAnnotation(10.0, None, "Lichter geloescht")]
    edfio.Edf(signals, annotations=notes).write(path)
    path.write_bytes(
        path.read_bytes().replace(b"geloescht", "gel\xf6scht".encode("latin-1") + b" ")
    )
    assert result(root)[0] is None


def gap_recording(path, gap):
    """Write an EDF+ recording in two pieces, `gap` s apart."""
    rng = np.random.default_rng(0)
    signals = [
        edfio.EdfSignal(rng.normal(0, 20, 40_000), 100.0, label=label)
        for label in ("C3-M2", "O1-M2", "Chin")
    ]
    edf = edfio.Edf(signals, annotations=[edfio.EdfAnnotation(0.0, None, "start")])
    edf.write(path)
    data = bytearray(path.read_bytes())
    data[192:197] = b"EDF+D"
    start, n_records = 256 * 5, int(data[236:244])
    record = (len(data) - start) // n_records
    for i in range(n_records):
        stop = start + (i + 1) * record
        at = data.index(b"+", stop - (record - 600), stop)
        stamp = f"+{i + (gap if i >= n_records // 2 else 0)}\x14\x14".encode()
        old = data.index(b"\x14\x14", at, stop) + 2
        data[at : max(old, at + len(stamp))] = stamp.ljust(max(old - at, len(stamp)), b"\x00")
    path.write_bytes(bytes(data))


def test_discontinuous_edf(root):
    """A recording with an interruption is refused, or its gap is known; never glued."""
    gap_recording(eeg_file(root, SUBJECT), 500)
    assert "discontinuous (EDF+D): a gap begins 200 s after its start" in result(root)[0]


def test_edf_that_may_have_gaps_but_has_none(root):
    """Pieces that follow on one another are one recording."""
    gap_recording(eeg_file(root, SUBJECT), 0)
    assert result(root)[0] is None


def test_rates_from_1_to_2000_hz(root):
    """Each channel of an EDF file may have its own rate."""
    rng = np.random.default_rng(0)
    rates = {"C3-M2": 2000.0, "E1-M2": 256.0, "Chin": 500.0, "SpO2": 1.0}
    signals = [
        edfio.EdfSignal(rng.normal(0, 20, int(400 * rate)), rate, label=label)
        for label, rate in rates.items()
    ]
    edfio.Edf(signals).write(eeg_file(root, SUBJECT))
    assert result(root)[0] is None


def test_annotations_past_the_end(root):
    """Stages beyond the end of the recording are cut off."""
    path = add_noise(root, SUBJECT)
    rows = ["onset\tduration\ttrial_type", *(f"{30 * i}\t30\tSleep stage 2" for i in range(60))]
    table = str(path).replace("_eeg.edf", "_events.tsv")
    with open(table, "w") as file:
        file.write("\n".join(rows) + "\n99999\t30\tSleep stage W\n")
    error, flags = result(root)
    assert error is None
    assert "hypnogram" in flags


def test_events_that_are_no_stages(root):
    """They are left alone."""
    path = add_noise(root, SUBJECT)
    with open(str(path).replace("_eeg.edf", "_events.tsv"), "w") as file:
        file.write("onset\tduration\ttrial_type\n10\t0\tlights off\n")
    error, flags = result(root)
    assert error is None
    assert "hypnogram" not in flags


@pytest.mark.parametrize(
    "text", ["", "onset\n", "onset\tduration\ttrial_type\nx\ty\tz\n", "\x00\xff"]
)
def test_broken_sidecars(root, text):
    """A table that can't be read is an error of that recording, or is left alone."""
    path = add_noise(root, SUBJECT)
    for kind in ("events", "channels"):
        with open(str(path).replace("_eeg.edf", f"_{kind}.tsv"), "w", encoding="utf-8") as file:
            file.write(text)
    error, _ = result(root)
    assert error is None or "Please report" not in error


def test_no_date(root):
    """A recording needs no date."""
    raw = noise_raw(400.0)
    raw.set_meas_date(None)
    add_fif(root, SUBJECT, raw)
    error, flags = result(root)
    assert error is None
    assert "no_date" in flags


def test_two_minutes(root):
    """Too short to know what its stable sleep looks like."""
    add_noise(root, SUBJECT, 120.0)
    assert "lasts 120 s" in result(root)[0]


def test_thirty_hours(root):
    """A day and a night; the end of the recording has stages, too."""
    write_edf(eeg_file(root, SUBJECT), noise_raw(30 * 3600.0, 50.0, names=["C3-M2"]))
    error, flags = result(root)
    assert error is None
    assert "long" in flags


def test_no_sleep_at_all(root):
    """Wake throughout, by the stages: no arousals, and an index that is no number."""
    path = add_noise(root, SUBJECT)
    with open(str(path).replace("_eeg.edf", "_events.tsv"), "w") as file:
        file.write("onset\tduration\ttrial_type\n0\t400\tSleep stage W\n")
    table = annotate(root).set_index("subject")
    assert table.loc[SUBJECT, "n_arousals"] == 0
    assert np.isnan(table.loc[SUBJECT, "arousal_index"])
    assert "no_sleep" in table.loc[SUBJECT, "flags"].split(",")


def test_missing_sidecars(root):
    """Neither channels.tsv nor events.tsv: types go by names."""
    add_noise(root, SUBJECT)
    error, flags = result(root)
    assert error is None
    assert "no_channels_tsv" in flags


def test_missing_data_file(root):
    """A BrainVision header without its data."""
    raw = noise_raw(400.0)
    path = eeg_file(root, SUBJECT, ".vhdr")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mne.export.export_raw(path, raw, verbose="error")
    path.with_suffix(".eeg").unlink()
    assert "can't be read" in result(root)[0]


def test_two_formats_of_one_recording(root):
    """Which is meant can't be known."""
    add_noise(root, SUBJECT)
    add_fif(root, SUBJECT, noise_raw(400.0))
    assert "several files of this recording" in result(root)[0]


def test_a_folder_in_place_of_a_file(root):
    """It can't be read, and it is said."""
    eeg_file(root, SUBJECT).mkdir()
    assert result(root)[0] is not None


def test_an_unexpected_error_costs_one_recording(root, monkeypatch):
    """A fault of the program itself is told as such."""
    add_noise(root, SUBJECT)
    from mne_arousal.bids import process

    analyze = process.analyze_recording

    def faulty(raw, **kwargs):
        if "sub-02" in str(raw.filenames[0]):
            raise IndexError("index 7 is out of bounds")
        return analyze(raw, **kwargs)

    monkeypatch.setattr(process, "analyze_recording", faulty)
    assert "unexpected IndexError (index 7 is out of bounds)" in result(root)[0]
    assert "sub-02_task-sleep_eeg" in (root / DEFAULT_OUTPUT / "arousals.tsv").read_text()
