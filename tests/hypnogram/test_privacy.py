"""Names, dates, numbers, hosts and paths in files of stages: none reaches an error or a note."""

import contextlib
import io
import re
import warnings

import pytest
from mne.utils import use_log_level

from mne_arousal import RecordingError
from mne_arousal.annotation_files import read_annotation_file
from mne_arousal.hypnogram import hypnogram_to_stages, read_arousals
from mne_arousal.hypnogram.names import shown
from mne_arousal.utils.notes import collect_notes

from ..damage.formats import HYPNOGRAMS, _hypnogram
from .files import START

SECRETS = ("Zebulon Quackenbush", "MRN7364521", "17-FEB-1953", "/home/qbuser/wardpc9/x")
PATTERN = re.compile(r"zebulon|quackenbush|7364521|1953|qbuser|wardpc9", re.IGNORECASE)
pytestmark = pytest.mark.filterwarnings("ignore")


def planted(data: bytes):
    """Copies of a file with secrets as lines, in place of cells, and of all labels."""
    for secret in (s.encode() for s in SECRETS):
        yield secret + b"\n" + data
        yield data + b"\n" + secret
        cells = list(re.finditer(rb"[^\s,;<>\x00=\"]+", data))
        for cell in [*cells[:25], *cells[60:120:6], *cells[-3:]]:
            yield data[: cell.start()] + secret + data[cell.end() :]
        yield re.sub(rb"(?i)arousal|N[123]|\bW\b|wake|REM|stage", secret, data)


def said_of(path):
    """All that reading a file says."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said), use_log_level("debug"):
        for read in (_stages, read_arousals, read_annotation_file):
            try:
                read(path, start=START)
            except RecordingError as error:
                said.write(f"{error}\n")
    return said.getvalue()


def _stages(path, start):
    with collect_notes() as notes, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            hypnogram_to_stages(path, duration=1800, start=start)
        finally:
            print(*(note.text for note in notes), *(w.message for w in caught))


@pytest.mark.parametrize("name", HYPNOGRAMS)
def test_nothing_of_a_hypnogram_is_said(name, tmp_path):
    """Whatever field of whatever format it stands in."""
    path = _hypnogram(tmp_path, name)
    whole = path.read_bytes()
    for data in planted(whole):
        path.write_bytes(data)
        assert PATTERN.findall(said_of(path)) == [], said_of(path)


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("Sleep stage 2", "'Sleep stage 2'"),
        ("stage Quackenbush", "'stage ...'"),
        ("Zebulon Quackenbush", "'...'"),
        ("Limb movement 7364521", "'Limb movement ...'"),
        ("17-FEB-1953", "'17-... '"),
    ],
)
def test_labels_are_shown_by_words_that_are_known(label, text):
    """What helps to mend a file stays."""
    assert shown(label).replace(" '", "'") == text.replace(" '", "'")
