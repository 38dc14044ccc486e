"""Notes on recordings in place of warnings."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mne_arousal.utils.notes import taking_notes, warn_of


def test_without_notes_it_is_a_warning():
    """As users of one recording see it; also in a thread beside one that takes notes."""
    with pytest.warns(RuntimeWarning, match="sub-01: flat"):
        warn_of("sub-01: flat")
    with taking_notes() as notes, ThreadPoolExecutor(1) as pool:
        with pytest.warns(RuntimeWarning, match="sub-02: flat"):
            pool.submit(warn_of, "sub-02: flat").result()
        with taking_notes() as inner:
            warn_of("sub-03: flat")
    assert notes == []
    assert inner == ["sub-03: flat"]


def test_each_thread_has_its_own_notes():
    """However they overlap."""
    both = threading.Barrier(2)

    def work(name):
        with taking_notes() as notes:
            for i in range(50):
                both.wait(10)
                warn_of(f"{name}: {i}")
        return notes

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(work, ("first", "second")))
    assert found == [[f"{name}: {i}" for i in range(50)] for name in ("first", "second")]
