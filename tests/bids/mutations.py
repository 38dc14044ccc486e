"""Small EDF files, and edits that damage them."""

import io

import edfio
import numpy as np

# Where fields of the header begin, for a file of two signals and one of annotations.
N_SIGNALS = 3
FIXED_FIELDS = {0: 8, 8: 80, 88: 80, 168: 8, 176: 8, 184: 8, 192: 44, 236: 8, 244: 8, 252: 4}
SIGNAL_FIELDS = {0: 16, 16: 80, 96: 8, 104: 8, 112: 8, 120: 8, 128: 8, 136: 80, 216: 8, 224: 32}
FIELDS = FIXED_FIELDS | {
    256 + start * N_SIGNALS + i * width: width
    for start, width in SIGNAL_FIELDS.items()
    for i in range(N_SIGNALS)
}
ODD_VALUES = (
    b"",
    b"0",
    b"-1",
    b"1",
    b"1e9",
    b"nan",
    b"inf",
    b"99999999",
    b"-0.0",
    b"\xff\x00",
    b"x",
)
KINDS = ("set", "field", "delete", "insert", "cut", "swap")


def small_edf(duration=310, sfreq=20):
    """Bytes of an EDF+ file of noise, long enough to be analyzed."""
    rng = np.random.default_rng(0)
    signals = [
        edfio.EdfSignal(rng.normal(0, 20, duration * sfreq), sfreq, label=label)
        for label in ("C3-M2", "Chin")
    ]
    file = io.BytesIO()
    notes = [edfio.EdfAnnotation(30.0 * i, 30.0, "Sleep stage 2") for i in range(3)]
    edfio.Edf(signals, annotations=notes).write(file)
    return file.getvalue()


def apply_edits(data, edits):
    """Damage a file by edits (kind, position from 0 to 1, in the header or not, value)."""
    data = bytearray(data)
    for kind, position, in_header, value in edits:
        length = min(len(data), 256 * (N_SIGNALS + 1)) if in_header else len(data)
        at = int(position * max(length - 1, 0))
        if kind == "set":
            data[at : at + len(value)] = value
        elif kind == "field":
            start = list(FIELDS)[int(position * (len(FIELDS) - 1))]
            data[start : start + FIELDS[start]] = value[: FIELDS[start]].ljust(FIELDS[start])
        elif kind == "delete":
            del data[at : at + max(len(value), 1)]
        elif kind == "insert":
            data[at:at] = value
        elif kind == "cut":
            del data[at:]
        elif kind == "swap":
            other = len(data) - 1 - at
            width = max(len(value), 1)
            here, there = data[at : at + width], data[other : other + width]
            data[at : at + width], data[other : other + width] = there, here
    return bytes(data)
