"""Warnings of workers that are threads."""

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from mne_arousal.bids.thread_warnings import caught_warnings


def test_each_thread_gets_its_own():
    """However their contexts overlap."""
    both_inside, n = threading.Barrier(2), 50

    def work(name):
        with caught_warnings() as texts:
            both_inside.wait(10)
            for i in range(n):
                warnings.warn(f"{name} {i}", RuntimeWarning, stacklevel=1)
            if name == "first":
                both_inside.wait(10)  # the other leaves before
        if name == "second":
            both_inside.wait(10)
        return texts

    filters, shown = list(warnings.filters), warnings.showwarning
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(work, ("first", "second")))
    assert found == [[f"{name} {i}" for i in range(n)] for name in ("first", "second")]
    assert warnings.filters == filters
    assert warnings.showwarning is shown


def test_others_are_shown_as_before():
    """A thread that catches nothing has its warnings shown."""

    def work():
        with caught_warnings() as texts, ThreadPoolExecutor(1) as pool:
            pool.submit(warnings.warn, "outside", RuntimeWarning).result()
            with caught_warnings() as inner:
                warnings.warn("inside", RuntimeWarning, stacklevel=1)
        return texts, inner

    with pytest.warns(RuntimeWarning, match="outside"):
        texts, inner = work()
    assert texts == []
    assert inner == ["inside"]
