"""Progress of an analysis: steps are announced here, and whoever wants shows them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from mne.utils import logger

#: Share of each step in the time of an analysis, percent: the median of three simulated nights of
#: 2 h with all extractors (doc/benchmarks/progress_shares.py). "features" stands for extractors
#: that are no union of named ones.
SHARES = {
    "reading": 14.0,
    "spectral": 3.0,
    "dmd": 20.0,
    "encoder": 8.0,
    "body": 2.0,
    "features": 33.0,
    "states and stages": 36.0,
    "evidence and events": 12.0,
    "onsets": 6.0,
}
_LISTENER: ContextVar[Callable[[str, float], None] | None] = ContextVar("listener", default=None)


def announce(step: str, done: float = 0.0) -> None:
    """Say which step is being done.

    Parameters
    ----------
    step : str
        Name of the step.
    done : float
        How much of it is done, from 0 to 1.
    """
    listener = _LISTENER.get()
    if listener is not None:
        listener(step, done)


def is_shown() -> bool:
    """Tell whether somebody shows the steps: then a step needs no bar of its own."""
    return _LISTENER.get() is not None


def shows_bars(stream=None) -> bool:
    """Tell whether a bar would be seen as one: on a terminal or in a notebook.

    Parameters
    ----------
    stream : file | None
        Where to; None is stderr.

    Returns
    -------
    shown : bool
        False where lines are kept, as in a file.
    """
    stream = sys.stderr if stream is None else stream
    return stream.isatty() or "ipykernel" in sys.modules


@contextmanager
def listen(listener: Callable[[str, float], None]) -> Iterator[None]:
    """Have a function called with each step.

    Parameters
    ----------
    listener : callable
        Called with the name of the step and with how much of it is done.

    Yields
    ------
    None
        Nothing.
    """
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


@contextmanager
def progress_bar(name: str, features: tuple[str, ...], *, stream=None) -> Iterator[None]:
    """Show one bar for a whole analysis, with the name of the step and the time left.

    Where the stream is no terminal nothing is shown but lines of the log.

    Parameters
    ----------
    name : str
        What is analyzed.
    features : tuple of str
        Extractors that are used.
    stream : file | None
        Where to; None is stderr.

    Yields
    ------
    None
        Nothing.
    """
    stream = sys.stderr if stream is None else stream
    if not stream.isatty():
        with listen(lambda step, done: None):
            yield
        return
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm

    steps = ["reading", *features, "states and stages", "evidence and events", "onsets"]
    total = sum(SHARES.get(step, 0.0) for step in steps)
    form = "{desc} {percentage:3.0f}%|{bar}| {elapsed}, {remaining} left"
    with (
        tqdm(total=total, desc=name, bar_format=form, file=stream) as bar,
        logging_redirect_tqdm([logger]),
    ):

        def show(step: str, done: float) -> None:
            before = steps[: steps.index(step)] if step in steps else []
            at = sum(SHARES.get(one, 0.0) for one in before) + done * SHARES.get(step, 0.0)
            bar.set_description(f"{name}: {step}", refresh=False)
            bar.n = max(bar.n, min(at, total))
            bar.refresh()

        with listen(show):
            yield
        bar.n = total
        bar.set_description(name, refresh=True)


class Clock:
    """Where the time went.

    Attributes
    ----------
    seconds : dict of float
        Time that each part took, s.
    """

    def __init__(self):
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Note what the time since the last lap went into."""
        now = time.perf_counter()
        self.seconds[name] = now - self._last
        self._last = now

    def report(self) -> str:
        """Write it in a line."""
        return ", ".join(f"{name} {s:.1f} s" for name, s in self.seconds.items())
