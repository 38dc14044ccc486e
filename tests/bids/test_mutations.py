"""Damaged EDF files: whatever is done to them, the error is the documented one."""

import warnings

import pytest

hypothesis = pytest.importorskip("hypothesis", reason="python -m pip install hypothesis")
from hypothesis import strategies as st  # noqa: E402

from mne_arousal.bids.dataset import Recording  # noqa: E402
from mne_arousal.bids.source import read_source  # noqa: E402
from mne_arousal.recording.loading import load_channels  # noqa: E402
from mne_arousal.utils.errors import RecordingError  # noqa: E402

from .mutations import KINDS, ODD_VALUES, apply_edits, small_edf  # noqa: E402
from .small_dataset import eeg_file  # noqa: E402

EDITS = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.floats(0, 1),
        st.booleans(),
        st.one_of(st.sampled_from(ODD_VALUES), st.binary(max_size=12)),
    ),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """The recording that is damaged, small."""
    path = eeg_file(tmp_path_factory.mktemp("mutations"), "01")
    path.write_bytes(small_edf())
    return Recording(
        str(path.parents[2]), "/".join(path.parts[-3:]), "01", None, "sleep", None, "eeg"
    )


def read(recording):
    """Open a recording and load what detection uses; tell whether it could be used."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            source = read_source(recording, hypnogram=True)
            load_channels(source.raw)
        except RecordingError:
            return False
    return True


def test_the_whole_file_is_read(recording):
    """What is damaged below is sound."""
    assert read(recording)


@hypothesis.given(edits=EDITS)
@hypothesis.settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_damaged_files(recording, edits):
    """Read, or refused with a `RecordingError`; nothing else is raised."""
    whole = recording.file.read_bytes()
    recording.file.write_bytes(apply_edits(whole, edits))
    try:
        hypothesis.event("read" if read(recording) else "refused")
    finally:
        recording.file.write_bytes(whole)
