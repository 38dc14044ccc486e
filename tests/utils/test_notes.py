"""Notes on recordings in place of warnings."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mne_arousal.utils.notes import CODES, Note, add_note, collect_notes


def test_without_notes_it_is_a_warning():
    """As users of one recording see it; also in a thread beside one that takes notes."""
    with pytest.warns(RuntimeWarning, match="sub-01: flat"):
        add_note("channel_dropped", "sub-01", "flat")
    with collect_notes() as notes, ThreadPoolExecutor(1) as pool:
        with pytest.warns(RuntimeWarning, match="sub-02: flat"):
            pool.submit(add_note, "channel_dropped", "sub-02", "flat").result()
        with collect_notes() as inner:
            add_note("channel_dropped", "sub-03", "flat", channel="C3", onset=3.0)
    assert notes == []
    assert inner == [Note("channel_dropped", "sub-03", "flat", "C3", 3.0)]


def test_each_thread_has_its_own_notes():
    """However they overlap."""
    both = threading.Barrier(2)

    def work(name):
        with collect_notes() as notes:
            for i in range(50):
                both.wait(10)
                add_note("no_sleep", name, str(i))
        return notes

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(work, ("first", "second")))
    assert found == [
        [Note("no_sleep", name, str(i)) for i in range(50)] for name in ("first", "second")
    ]


def test_a_note_has_a_known_code():
    """Flags are made of codes, so a wrong one is a mistake."""
    with pytest.raises(ValueError, match="no code of a note"):
        Note("flat", "sub-01", "flat")


def test_every_code_is_a_flag_of_the_dataset():
    """The table's sidecar explains each flag that a note can bring."""
    from mne_arousal.bids.summary import FLAGS

    assert set(CODES) <= set(FLAGS)
