"""Warnings of one thread: those of the recording that it works on, and of no other."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_lists: dict[int, list[list[str]]] = {}  # of each thread, the innermost last
_outer: warnings.catch_warnings | None = None


@contextmanager
def caught_warnings() -> Iterator[list[str]]:
    """Catch the warnings of this thread; all of them, whatever filters say.

    Filters and what shows warnings belong to the process, and ``warnings.catch_warnings`` of two
    threads would restore each other's. So the first thread to enter changes both, each warning goes
    to the thread that made it, and the last thread to leave restores both.

    Yields
    ------
    texts : list of str
        Filled while the context lasts.
    """
    global _outer
    me = threading.get_ident()
    texts: list[str] = []
    with _lock:
        if not _lists:
            _outer = warnings.catch_warnings()
            _outer.__enter__()
            warnings.simplefilter("always")
            warnings.showwarning = _to_thread(warnings.showwarning)
        _lists.setdefault(me, []).append(texts)
    try:
        yield texts
    finally:
        with _lock:
            _lists[me].pop()
            if not _lists[me]:
                del _lists[me]
            if not _lists and _outer is not None:
                _outer.__exit__(None, None, None)
                _outer = None


def _to_thread(shown):
    def show(message, category, filename, lineno, file=None, line=None):
        mine = _lists.get(threading.get_ident())
        if mine:
            mine[-1].append(str(message))
        else:
            shown(message, category, filename, lineno, file, line)

    return show
