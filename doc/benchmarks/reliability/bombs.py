"""Small files that ask for much, and what stands in place of files: time and memory until refused.

    python doc/benchmarks/reliability/bombs.py

Each is made by a function below and used in a process of its own, which may take 30 s and 8 GB.
"""

import gzip
import json
import multiprocessing
import os
import re
import resource
import signal
import struct
import sys
import tempfile
import time
import warnings
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import mne  # noqa: E402
import numpy as np  # noqa: E402
from page import replace_section, table  # noqa: E402

from mne_arousal import PSGEncoder, analyze_recording, load_night, pipeline_file  # noqa: E402
from mne_arousal.encoder import weights  # noqa: E402
from mne_arousal.hypnogram import hypnogram_to_stages, read_arousals  # noqa: E402
from mne_arousal.review import read_reviewed  # noqa: E402
from mne_arousal.written_results import read_result  # noqa: E402
from tests.bids.small_dataset import FAST, add_fif, annotate, errors  # noqa: E402
from tests.damage import formats  # noqa: E402
from tests.damage.worker import _forget_peak, _memory  # noqa: E402
from tests.test_forged_files import forge, replaced  # noqa: E402

MEBIBYTE = 1 << 20
ABOUT = """Time and memory (resident, on top of what the process had) from the call until the file
was refused. Limits that were asked for: 5 s and 500 MB. In the last column, what was said. Made
by `doc/benchmarks/reliability/bombs.py`."""


def analyze(path):
    """Analyze one file."""
    analyze_recording(path, random_state=0, **FAST)


def study(folder):
    """Analyze a dataset of one recording, whose error is raised."""
    found = errors(annotate(folder))["01"]
    if found is not None:
        raise ValueError(found)


def pipe_as_edf(folder):
    """A pipe in place of an EDF file."""
    os.mkfifo(folder / "night.edf")
    return analyze, folder / "night.edf"


def device_as_edf(folder):
    """A link to /dev/zero in place of an EDF file."""
    (folder / "night.edf").symlink_to("/dev/zero")
    return analyze, folder / "night.edf"


def pipe_as_data(folder):
    """A pipe as the data file of a BrainVision header."""
    path = formats._exported(folder, ".vhdr")
    path.with_suffix(".eeg").unlink()
    os.mkfifo(path.with_suffix(".eeg"))
    return analyze, path


def pipe_as_sidecar(folder):
    """A pipe in place of channels.tsv."""
    add_fif(folder, "01", formats.small_raw())
    os.mkfifo(folder / "task-sleep_channels.tsv")
    return study, folder


def link_out(folder):
    """A recording that is a link out of the dataset."""
    (folder / "a").mkdir()
    path = add_fif(folder / "a", "01", formats.small_raw())
    path.rename(folder / "elsewhere.fif")
    path.symlink_to(folder / "elsewhere.fif")
    return study, folder / "a"


def pipe_as_hypnogram(folder):
    """A pipe in place of a hypnogram."""
    os.mkfifo(folder / "stages.csv")
    return hypnogram_to_stages, folder / "stages.csv"


def pipe_as_pipeline(folder):
    """A pipe in place of a saved pipeline."""
    os.mkfifo(folder / "pipeline.safetensors")
    return pipeline_file.read_pipeline, folder / "pipeline.safetensors"


def pipe_as_encoder(folder):
    """A pipe in place of an encoder."""
    os.mkfifo(folder / "encoder.safetensors")
    return PSGEncoder.load, folder / "encoder.safetensors"


def pipe_as_night(folder):
    """A pipe in place of a saved night."""
    os.mkfifo(folder / "a.night.zip")
    return load_night, folder / "a.night.zip"


def pipe_as_result(folder):
    """A pipe in place of a table of results."""
    os.mkfifo(folder / "a_stages.csv")
    (folder / "a_arousals.csv").write_text("onset,duration\n1,2\n")
    return read_result, folder / "a_arousals.csv"


def pipe_as_review(folder):
    """A pipe in place of a table of a review."""
    os.mkfifo(folder / "a_reviewed.csv")
    return read_reviewed, folder / "a_reviewed.csv"


def edf_records(folder):
    """EDF+ whose header says a thousand million records."""
    path = formats._edf(folder, annotated=True)
    data = bytearray(path.read_bytes())
    data[236:244] = b"1e9     "
    path.write_bytes(data)
    return analyze, path


def edf_slow(folder):
    """EDF whose header says that a second of data lasts half an hour."""
    path = formats._edf(folder)
    data = bytearray(path.read_bytes())
    data[244:252] = b"1900    "
    path.write_bytes(data)
    return analyze, path


def edf_signals(folder):
    """EDF whose header says 4,000 signals of 99,999,999 samples a record."""
    path = folder / "night.edf"
    n = 4000
    fixed = b"0".ljust(184) + str(256 * (n + 1)).encode().ljust(8) + b" " * 44
    fixed += b"1".ljust(8) + b"1".ljust(8) + str(n).encode().ljust(4)
    widths = [(16, b"C3"), (80, b""), (8, b"uV"), (8, b"-1"), (8, b"1"), (8, b"-1"), (8, b"1")]
    widths += [(80, b""), (8, b"99999999"), (32, b"")]
    path.write_bytes(fixed + b"".join(value.ljust(width) * n for width, value in widths))
    return analyze, path


def vhdr(folder, **changes):
    """A BrainVision recording with changed values of its header."""
    path = formats._exported(folder, ".vhdr")
    text = path.read_text(encoding="utf-8")
    for key, value in changes.items():
        text = re.sub(rf"(?m)^{key}=.*$", f"{key}={value}", text)
    path.write_text(text, encoding="utf-8")
    return analyze, path


def vhdr_channels(folder):
    """A BrainVision header of two hundred million channels."""
    return vhdr(folder, NumberOfChannels=200_000_000)


def vhdr_rate(folder):
    """A BrainVision header of 0.08 µs from sample to sample."""
    return vhdr(folder, SamplingInterval="0.08")


def set_inflates(folder):
    """An EEGLAB file of 1.8 MB that inflates to 400 MiB."""
    return analyze, _mat(folder, 400)


def _mat(folder, n):
    stream = zlib.compressobj(1)
    parts = [stream.compress(struct.pack("<II", 14, n * MEBIBYTE))]
    parts += [stream.compress(bytes(MEBIBYTE)) for _ in range(n)]
    data = b"".join([*parts, stream.flush()])
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + struct.pack("<II", 15, len(data))
    (folder / "night.set").write_bytes(head + data)
    return folder / "night.set"


def set_shape(folder):
    """An EEGLAB file with an array of 46,000 by 46,000 and no values."""
    flags = struct.pack("<IIII", 6, 8, 6, 0)
    dims = struct.pack("<IIii", 5, 8, 46_000, 46_000)
    body = flags + dims + struct.pack("<II", 1 | 3 << 16, 0) + struct.pack("<II", 9, 0)
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    (folder / "night.set").write_bytes(head + struct.pack("<II", 14, len(body)) + body)
    return analyze, folder / "night.set"


def fif_skips(folder):
    """A FIF that skips two hundred million buffers."""
    data = add_fif(folder, "01", formats.small_raw()).read_bytes()
    at, seen = 0, 0
    while seen < 3:
        kind, _, size, _ = struct.unpack(">4i", data[at : at + 16])
        seen += kind == 300
        at += 16 + size if seen < 3 else 0
    skip = struct.pack(">5i", 301, 3, 4, 0, 200_000_000)
    path = folder / "skips_raw.fif"
    path.write_bytes(data[:at] + skip + data[at:])
    return analyze, path


def fif_circle(folder):
    """A FIF whose chain of tags runs in a circle."""
    data = bytearray(add_fif(folder, "01", formats.small_raw()).read_bytes())
    at = 0
    for _ in range(5):
        at += 16 + struct.unpack(">4i", data[at : at + 16])[2]
    data[at + 12 : at + 16] = struct.pack(">i", 36)
    pointer = data.find(struct.pack(">4i", 101, 3, 4, 0))
    data[pointer + 16 : pointer + 20] = struct.pack(">i", -1)
    path = folder / "circle_raw.fif"
    path.write_bytes(data)
    return analyze, path


def fif_tag(folder):
    """A FIF whose first tag says 2 GiB."""
    data = bytearray(add_fif(folder, "01", formats.small_raw()).read_bytes())
    at = 36
    data[at + 8 : at + 12] = struct.pack(">i", 2**31 - 1)
    path = folder / "long_raw.fif"
    path.write_bytes(data)
    return analyze, path


def fif_gzip(folder):
    """A compressed FIF of 1.8 MB that inflates to 2 GiB."""
    path = folder / "bomb_raw.fif.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(2048):
            file.write(bytes(MEBIBYTE))
    return analyze, path


def events_far(folder):
    """Stages in events.tsv of a recording, one of them at 1e9 s."""
    path = formats._sidecar(folder, "events.tsv")
    path.write_text("onset\tduration\ttrial_type\n0\t30\tN2\n1e9\t30\tN2\n")
    return hypnogram_to_stages, path


def hypnogram_row(folder):
    """A hypnogram with a row at 1e9 s."""
    (folder / "a.csv").write_text("onset,duration,description\n0,30,N2\n1e9,30,N2\n")
    return hypnogram_to_stages, folder / "a.csv"


def hypnogram_open(folder):
    """A hypnogram with a line without a duration, 1e9 s before the next."""
    (folder / "a.annot").write_text("N2\t.\t.\t0\t...\t.\nN2\t.\t.\t1000000000\t...\t.\n")
    return hypnogram_to_stages, folder / "a.annot"


def hypnogram_epochs(folder):
    """Elan's list whose epoch lasts 1e12 s."""
    (folder / "a.hyp").write_text(
        "time_base 1e12\nsampling_period 1\nepoch_nb 2\nepoch_list\n0\n1\n"
    )
    return hypnogram_to_stages, folder / "a.hyp"


def hypnogram_lines(folder):
    """A hypnogram of 60 MB of empty lines."""
    (folder / "a.txt").write_bytes(b"\n" * 60 * MEBIBYTE)
    return hypnogram_to_stages, folder / "a.txt"


def laughs(encoding):
    """XML whose entities would fill memory."""
    entities = "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(9))
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    return f'{head}<!DOCTYPE a [<!ENTITY a0 "ha">{entities}]><annotationlist>&a9;</annotationlist>'


def xml_utf8(folder):
    """XML with a billion laughs in UTF-8."""
    (folder / "a.xml").write_bytes(laughs("UTF-8").encode())
    return hypnogram_to_stages, folder / "a.xml"


def xml_utf16(folder):
    """XML with a billion laughs in UTF-16."""
    (folder / "a.xml").write_bytes(laughs("UTF-16").encode("utf-16"))
    return hypnogram_to_stages, folder / "a.xml"


def xml_deep(folder):
    """XML nested two million times."""
    (folder / "a.xml").write_bytes(b"<annotationlist>" + b"<a>" * 2_000_000)
    return hypnogram_to_stages, folder / "a.xml"


def hdf5_vector(folder):
    """Arousals of the Challenge 2018 that say a million million samples."""
    import h5py

    with h5py.File(folder / "tr-arousal.mat", "w") as file:
        file.create_dataset("data/arousals", (1, 10**12), np.int8, chunks=(1, 1000))
    return read_arousals, folder / "tr-arousal.mat"


def encoder_hidden(folder):
    """An encoder whose parameters say 14,000 hidden units, with a checksum that fits."""
    data = weights.default_weights().read_bytes()
    change = {"change": lambda about: about["parameters"].update(n_hidden=14_000)}
    (folder / "encoder.safetensors").write_bytes(forge(weights, data, **change))
    return PSGEncoder.load, folder / "encoder.safetensors"


def pipeline_hop(folder):
    """A pipeline whose windows come every nanosecond, with a checksum that fits."""
    data = formats._pipeline(folder).read_bytes()
    change = {"change": replaced('"hop": 0.5', '"hop": 1e-09')}
    path = folder / "forged.safetensors"
    path.write_bytes(forge(pipeline_file, data, **change))
    return pipeline_file.read_pipeline, path


def night_inflates(folder):
    """A saved night of 0.8 MB that inflates to 300 MB."""
    path = folder / "a.night.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("night.json", json.dumps({"format": "mne-arousal night", "version": 2}))
        with archive.open("arousals.csv", "w") as member:
            for _ in range(300):
                member.write(b"1\n" * (MEBIBYTE // 2))
    return load_night, path


BOMBS = (
    *(pipe_as_edf, device_as_edf, pipe_as_data, pipe_as_sidecar, link_out, pipe_as_hypnogram),
    *(pipe_as_pipeline, pipe_as_encoder, pipe_as_night, pipe_as_result, pipe_as_review),
    *(edf_records, edf_slow, edf_signals, vhdr_channels, vhdr_rate, set_inflates, set_shape),
    *(fif_skips, fif_circle, fif_tag, fif_gzip),
    *(events_far, hypnogram_row, hypnogram_open, hypnogram_epochs, hypnogram_lines),
    *(xml_utf8, xml_utf16, xml_deep, hdf5_vector),
    *(encoder_hidden, pipeline_hop, night_inflates),
)


def use(make, send):
    """Make a bomb and use it, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mne.set_log_level("error")
        read, path = make(Path(folder))
        size = sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file())
        with _limits():
            before = _memory("VmRSS")
            _forget_peak()
            begin = time.perf_counter()
            try:
                read(path)
                said = "ACCEPTED"
            except (ValueError, FileNotFoundError) as error:
                said = str(error).replace(folder, "").strip("/")
            except Exception as error:
                said = f"{type(error).__name__.upper()}: {error}"
            seconds = time.perf_counter() - begin
        send.send((size, seconds, max(_memory("VmHWM") - before, 0) / 1e6, said))


@contextmanager
def _limits():
    signal.alarm(30)
    resource.setrlimit(resource.RLIMIT_AS, (_memory("VmSize") + (8 << 30),) * 2)
    yield
    signal.alarm(0)


def main():
    """Use all and write the section."""
    context = multiprocessing.get_context("fork")
    rows, bad = [], 0
    for make in BOMBS:
        receive, send = context.Pipe(duplex=False)
        process = context.Process(target=use, args=(make, send))
        process.start()
        send.close()
        try:
            size, seconds, megabytes, said = receive.recv()
        except EOFError:
            size, seconds, megabytes, said = 0, np.nan, np.nan, "HUNG OR CRASHED"
        process.join()
        fine = seconds < 5 and megabytes < 500 and not said.isupper() and ": " in said + ": "
        bad += not fine or said == "ACCEPTED"
        said = said.replace("|", "\\|")
        rows.append((make.__doc__.rstrip("."), f"{size / 1000:.1f}", f"{seconds:.2f}",
                     f"{megabytes:.0f}", said[:110]))  # fmt: skip
        print(make.__name__, *rows[-1][1:], flush=True)
    heads = ("what", "files, kB", "s", "MB", "refused with")
    total = f"**{len(rows)} of them, {len(rows) - bad} refused within the limits.**"
    replace_section("Small files that ask for much", [ABOUT, "", total, "", *table(heads, rows)])


if __name__ == "__main__":
    main()
