"""Headers of EDF and BDF files, checked before anything relies on them.

A reader that meets an impossible value may replace it by a guess: a record of 0 s by one of 1 s, a
missing scale by 1, a gap by nothing. Times and voltages would be wrong then, and nobody told.
Fields and their places: Kemp B. et al. (1992), Electroencephalography and Clinical Neurophysiology
82, 391-393; Kemp B., Olivan J. (2003), Clinical Neurophysiology 114, 1755-1761.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..utils.errors import RecordingError
from .file_checks import MAX_RATE

_FIXED = 256
_ANNOTATIONS = ("EDF Annotations", "BDF Annotations")
_MAX_SIGNALS = 4096  # far above any recorder; a wrong number would have gigabytes read
_MAX_RECORD = 86400.0  # s
_CHUNK = 1 << 20  # bytes of the file at once
_STAMP_BYTES = 64  # of a record's annotations; its own time stands first
_JITTER = 0.02  # s by which time stamps may be rounded
_ONSET = re.compile(rb"^([+-]\d+(?:\.\d*)?)\x14")


@dataclass
class EdfHeader:
    """What a header says.

    Attributes
    ----------
    n_records : int
        Data records.
    record_duration : float
        Length of one, s.
    labels : list of str
        Names of the signals.
    n_samples : list of int
        Samples of each signal in one record.
    unscaled : list of int
        Signals whose values can't be turned into volts.
    sample_bytes : int
        2 for EDF, 3 for BDF.
    discontinuous : bool
        Whether it says that there may be gaps between records.
    pieces : list of (float, int, int)
        Continuous pieces: onset (s from the first record), first record, and one past the last.
        A file without gaps has one.
    """

    n_records: int
    record_duration: float
    labels: list[str]
    n_samples: list[int]
    unscaled: list[int]
    sample_bytes: int
    discontinuous: bool
    pieces: list[tuple[float, int, int]] = field(default_factory=list)

    @property
    def has_gaps(self) -> bool:
        """Whether there are pauses between its pieces."""
        return len(self.pieces) > 1

    @property
    def unscaled_channels(self) -> list[int]:
        """Places of unscaled signals among those that are no annotations."""
        channels = [i for i, label in enumerate(self.labels) if label not in _ANNOTATIONS]
        return [place for place, i in enumerate(channels) if i in self.unscaled]


CUT_SHORT = (
    "the file holds fewer data than its header says: it is cut short or was never closed. Copy it "
    "again, or repair its header."
)


def read_edf_header(path, name: str) -> EdfHeader:
    """Read and check the header of an EDF or BDF file.

    Parameters
    ----------
    path : path-like
        The file.
    name : str
        Name of the recording, for errors.

    Returns
    -------
    header : EdfHeader
        What it says.

    Raises
    ------
    RecordingError
        If it can't be read, or holds impossible values.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            fixed = file.read(_FIXED)
            n_signals = _integer(fixed[252:256], "the number of signals", name, 1, _MAX_SIGNALS)
            signals = file.read(_FIXED * n_signals)
    except OSError as error:
        raise RecordingError(f"can't be read ({error.strerror}).", name) from error
    if len(signals) < _FIXED * n_signals:
        raise RecordingError("is cut short: it ends within its header. Copy it again.", name)
    header = _parse(fixed, signals, n_signals, name)
    record = sum(header.n_samples) * header.sample_bytes
    if _FIXED * (n_signals + 1) + header.n_records * record > path.stat().st_size:
        raise RecordingError(CUT_SHORT, name)
    header.pieces = [(0.0, 0, header.n_records)]
    if fixed[192:197] in (b"EDF+C", b"EDF+D", b"BDF+C", b"BDF+D"):
        onsets = _record_onsets(path, header, _FIXED * (n_signals + 1), name)
        if onsets is not None:
            header.pieces = _pieces(onsets, header, name)
    return header


def _parse(fixed: bytes, signals: bytes, n: int, name: str) -> EdfHeader:
    _integer(fixed[184:192], "the length of the header", name, _FIXED * (n + 1), _FIXED * (n + 1))
    n_records = _integer(fixed[236:244], "the number of data records", name, -1)
    if n_records == -1:
        raise RecordingError(
            "was never closed: its header does not say how many data it holds. Export it again.",
            name,
        )
    duration = _number(fixed[244:252])
    labels = [_text(signals[i * 16 : (i + 1) * 16]) for i in range(n)]
    only_annotations = all(label in _ANNOTATIONS for label in labels)
    if duration is None or duration < 0 or (duration == 0 and not only_annotations):
        raise _impossible("the length of a data record", name)
    if duration > _MAX_RECORD:
        raise _impossible("the length of a data record", name)
    at = 216 * n
    n_samples = [
        _integer(signals[at + i * 8 : at + (i + 1) * 8], f"the samples of signal {i + 1}", name, 1)
        for i in range(n)
    ]
    if duration > 0 and max(n_samples) / duration > MAX_RATE:
        raise _impossible("the sampling frequency", name)
    return EdfHeader(
        n_records=n_records,
        record_duration=duration,
        labels=labels,
        n_samples=n_samples,
        unscaled=[i for i in range(n) if not _has_scale(signals, n, i)],
        sample_bytes=3 if fixed[:1] == b"\xff" else 2,
        discontinuous=fixed[192:197] in (b"EDF+D", b"BDF+D"),
    )


def _has_scale(signals: bytes, n: int, i: int) -> bool:
    limits = [
        _number(signals[at * n + i * 8 : at * n + (i + 1) * 8]) for at in (104, 112, 120, 128)
    ]
    known = [limit for limit in limits if limit is not None]
    if len(known) < len(limits):
        return False
    physical_low, physical_high, digital_low, digital_high = known
    return physical_low != physical_high and digital_low < digital_high


def _record_onsets(path: Path, header: EdfHeader, start: int, name: str) -> np.ndarray | None:
    """Read when each data record begins, s; None where a continuous file does not say."""
    signal = next((i for i, label in enumerate(header.labels) if label in _ANNOTATIONS), None)
    if signal is None:
        if not header.discontinuous:
            return None
        raise RecordingError(
            "says that it is discontinuous (EDF+D) but not when its pieces begin. Export it "
            "without gaps.",
            name,
        )
    size = header.sample_bytes
    before = sum(header.n_samples[:signal]) * size
    record = sum(header.n_samples) * size
    length = min(header.n_samples[signal] * size, _STAMP_BYTES)
    onsets = np.full(header.n_records, np.nan)
    for i, stamp in enumerate(_stamps(path, start + before, record, length, header.n_records)):
        match = _ONSET.match(stamp)
        if match is None and header.discontinuous:
            raise RecordingError(
                f"does not say when its data record {i + 1} begins. Export it again.", name
            )
        if match is None:
            return None
        onsets[i] = float(match[1])
    return onsets if len(onsets) else None


def _stamps(path: Path, start: int, record: int, length: int, n_records: int) -> Iterator[bytes]:
    """Read the first bytes of the annotations of each data record."""
    some = max(_CHUNK // record, 1)
    with path.open("rb", buffering=0) as file:
        for i in range(0, n_records, some):
            n = min(some, n_records - i)
            if some == 1:
                file.seek(start + i * record)
                yield file.read(length)
                continue
            file.seek(start + i * record)
            chunk = file.read(record * (n - 1) + length)
            yield from (chunk[j * record : j * record + length] for j in range(n))


def _pieces(onsets: np.ndarray, header: EdfHeader, name: str) -> list[tuple[float, int, int]]:
    """Cut records where their time stamps jump."""
    duration, n = header.record_duration, header.n_records
    late = np.diff(onsets) - duration
    limit = max(min(0.5 * duration, 0.5), _JITTER)
    if np.any(late < -limit):
        if not header.discontinuous:  # stamps that mean nothing, in a file that needs none
            return [(0.0, 0, n)]
        raise RecordingError(
            "is discontinuous (EDF+D), and its time stamps go back: its pieces overlap. Split it "
            "into continuous recordings.",
            name,
        )
    pauses = np.flatnonzero(late > limit)
    paused, recorded = float(late[pauses].sum()), n * duration
    if paused > recorded:
        begin = onsets[pauses[0]] + duration - onsets[0]
        flag = "EDF+D" if header.discontinuous else "by its time stamps"
        raise RecordingError(
            f"is discontinuous ({flag}): a gap begins {begin:g} s after its start, and "
            f"pauses of {paused / 60:.0f} min in all are longer than the {recorded / 60:.0f} min "
            "that were recorded. Split it into continuous recordings, or repair its time stamps.",
            name,
        )
    edges = [0, *(pauses + 1).tolist(), n]
    return [(float(onsets[a] - onsets[0]), a, b) for a, b in itertools.pairwise(edges)]


def _text(field: bytes) -> str:
    return field.decode("latin-1").strip(" \x00")


def _number(field: bytes) -> float | None:
    text = _text(field).replace(",", ".")  # written so by recorders in Europe
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _integer(field: bytes, what: str, name: str, low: int, high: int | None = None) -> int:
    value = _number(field)
    if value is None or value != int(value) or value < low or (high is not None and value > high):
        raise _impossible(what, name)
    return int(value)


def _impossible(what: str, name: str) -> RecordingError:
    # what stands there is not quoted: in a damaged header it may be the subject's name
    return RecordingError(
        f"can't be read: its header has no possible value for {what}. It is no EDF or BDF file, or "
        "was damaged. Copy or export it again.",
        name,
    )
