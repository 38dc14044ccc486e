"""A review: MNE's browser with keys that accept and reject, and a file that keeps what was done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import mne
import numpy as np
import pandas as pd

from .marks import (
    ENDING,
    apply_review,
    empty_review,
    events_to_review,
    read_reviewed,
    write_reviewed,
)
from .reconcile import join_marks, make_mark, marks_of, reconcile
from .signals import signals_to_review
from .views import make_view

if TYPE_CHECKING:
    from ..night import Night
    from ..utils.types import PathLike, Recording

#: Keys of a review; no key of MNE's browser.
KEYS = {
    "y": "accept",
    "x": "reject",
    "u": "undo",
    "n": "next",
    "v": "previous",
}
_HELP = "y accept · x reject · u undo · n next · v previous · ? keys of MNE"
# Okabe & Ito (2008): told apart by color-blind readers.
COLORS = {
    "arousal": "#D55E00",
    "candidate": "#56B4E9",
    "accepted": "#009E73",
    "rejected": "#999999",
}
_LEAD = 12.0  # s shown before an event: the rule asks for 10 s of stable sleep
_PAGE = 30.0  # s, the page on which arousals are scored
_SCALINGS = {"eeg": 75e-6, "eog": 100e-6, "emg": 50e-6, "misc": 0.6}  # V; lanes are 1 high

# As on pages of single arousals; lanes of what was computed are purple.
_TRACES = {"eeg": "black", "eog": "#0072B2", "emg": "#009E73", "misc": "#7A3E68"}


def review_night(
    night: Night,
    raw: Recording,
    *,
    path: PathLike | None = None,
    block: bool = False,
    show: bool = True,
) -> Review:
    """Review a night in MNE's browser.

    The browser shows the channels that the analysis used and, below them, evidence, probability,
    heart rate, breath and the hypnogram. Arousals are orange, candidates blue. Keys: ``y`` accepts
    the current event and ``x`` rejects it, each goes on to the next; ``u`` takes a decision back;
    ``n`` and ``v`` go to the next and to the previous event. MNE's own keys work, too: in its
    annotation mode (``a``) events can be moved, deleted, and new ones described ``arousal`` drawn.

    Parameters
    ----------
    night : Night
        The night, such as :func:`mne_arousal.load_night` reads it.
    raw : instance of Raw | path-like
        Its recording; it is not changed.
    path : path-like | None
        File that keeps what the reviewer did, written at each decision. Decisions that are in it
        already are shown and go on. None keeps them in memory alone.
    block : bool
        Whether to wait until the browser is closed.
    show : bool
        Whether to show the browser.

    Returns
    -------
    review : Review
        The review, with the browser as ``figure`` and what was done as ``reviewed``.

    See Also
    --------
    apply_review : The night that follows from a review.

    Examples
    --------
    >>> from mne_arousal import load_night
    >>> from mne_arousal.review import review_night
    >>> night = load_night("results/night.night.zip")  # doctest: +SKIP
    >>> review = review_night(night, "night.edf", path="night_reviewed.csv")  # doctest: +SKIP
    """
    review = Review(night, path)
    review.open(signals_to_review(night, raw), show=show, block=block)
    return review


class Review:
    """A review of a night.

    Parameters
    ----------
    night : Night
        The night.
    path : path-like | None
        File that keeps what the reviewer did.

    Attributes
    ----------
    events : DataFrame
        What there is to review, in order of time.
    reviewed : DataFrame
        What was done, see :func:`read_reviewed`.
    current : int
        Row of `events` at which the browser stands; -1 before the first.
    figure : instance of MNEBrowseFigure | MNEQtBrowser
        The browser.

    See Also
    --------
    review_night : Open a review.

    Examples
    --------
    >>> from mne_arousal import load_night
    >>> from mne_arousal.review import review_night
    >>> night = load_night("results/night.night.zip")  # doctest: +SKIP
    >>> review = review_night(night, "night.edf")  # doctest: +SKIP
    >>> review.accept()  # doctest: +SKIP
    """

    def __init__(self, night: Night, path: PathLike | None = None):
        self.night = night
        self.path = None if path is None else Path(path)
        self.events = events_to_review(night)
        self.reviewed = empty_review()
        if self.path is not None and self.path.exists():
            self.reviewed = read_reviewed(self.path)
        self.current = -1
        self.figure: Any = None
        self._view: Any = None
        self._raw: Any = None

    def open(self, shown: mne.io.BaseRaw, *, show: bool = True, block: bool = False) -> None:
        """Open the browser.

        Parameters
        ----------
        shown : instance of Raw
            What is shown, in which the events become annotations.
        show : bool
            Whether to show it.
        block : bool
            Whether to wait until it is closed.
        """
        self._raw = shown
        shown.set_annotations(self._annotations(shown))
        self.figure = shown.plot(
            duration=_PAGE,
            n_channels=len(shown.ch_names),
            scalings=_SCALINGS,
            color=_TRACES,
            remove_dc=False,  # the lanes have a zero
            precompute=False,  # all is filtered and in memory
            time_format="clock" if shown.info["meas_date"] is not None else "float",
            show=False,
            block=False,
            verbose="error",
        )
        self._view = make_view(self.figure)
        self._view.connect(self._on_key, self._on_close)
        self._view.color(COLORS)
        self.next()
        if show:
            _show(self.figure, block)

    def accept(self) -> None:
        """Take the current event for an arousal and go to the next."""
        self._decide("accepted")

    def reject(self) -> None:
        """Take the current event for none and go to the next."""
        self._decide("rejected")

    def undo(self) -> None:
        """Take back what was decided on the current event."""
        if self.current < 0:
            return
        self.reviewed = self.reviewed[~self._of(self.current)].reset_index(drop=True)
        self._view.describe(self.current, self.events["found"].iloc[self.current], COLORS)
        self._tell()
        self.save()

    def next(self) -> None:
        """Go to the next event."""
        self._go(min(self.current + 1, len(self.events) - 1))

    def previous(self) -> None:
        """Go to the previous event."""
        self._go(max(self.current - 1, 0))

    def save(self) -> Path | None:
        """Write what was done.

        Returns
        -------
        path : Path | None
            The file; None where the review has none.
        """
        return None if self.path is None else write_reviewed(self.reviewed, self.path)

    def result(self) -> Night:
        """Return the night as the reviewer left it.

        Returns
        -------
        night : Night
            See :func:`apply_review`.
        """
        self._reconcile()
        return apply_review(self.night, self.reviewed)

    def _annotations(self, shown) -> mne.Annotations:
        onsets, lengths, texts, extras = [], [], [], []
        for number, event in enumerate(self.events.itertuples()):
            mark = self.reviewed[self._of(number)]
            decision = "" if mark.empty else str(mark["decision"].iloc[-1])
            moved = decision == "moved"
            onsets.append(mark["onset"].iloc[-1] if moved else event.onset)
            lengths.append(mark["duration"].iloc[-1] if moved else event.duration)
            texts.append({"": event.found, "moved": "accepted"}.get(decision, decision))
            extras.append({"mark": number})
        for mark in self.reviewed[self.reviewed["decision"] == "added"].itertuples():
            onsets.append(mark.onset)
            lengths.append(mark.duration)
            texts.append("accepted")
            extras.append({})
        return mne.Annotations(
            onsets, lengths, texts, orig_time=shown.info["meas_date"], extras=extras
        )

    def _of(self, number: int) -> np.ndarray:
        return marks_of(self.reviewed, self.events.iloc[number])

    def _on_key(self, key: str) -> bool:
        action = KEYS.get(key)
        if action is None:
            return False
        getattr(self, action)()
        return True

    def _on_close(self) -> None:
        self._reconcile()
        self.save()

    def _decide(self, decision: str) -> None:
        if self.current < 0:
            return
        event = self.events.iloc[self.current]
        mark = make_mark(event, decision, event["onset"], event["duration"])
        self.reviewed = join_marks(self.reviewed[~self._of(self.current)], [mark])
        self._view.describe(self.current, decision, COLORS)
        self.save()
        self.next()

    def _go(self, number: int) -> None:
        if not len(self.events):
            return
        self.current = number
        self._view.go_to(float(self.events["onset"].iloc[number]) - _LEAD)
        self._tell()

    def _tell(self) -> None:
        event = self.events.iloc[self.current]
        mark = self.reviewed[self._of(self.current)]
        decision = "" if mark.empty else f" · {mark['decision'].iloc[-1].upper()}"
        place = f"{self.current + 1} of {len(self.events)} · {event['found']}"
        self._view.tell(f"{place}{decision} · {event['text']}", _HELP)

    def _reconcile(self) -> None:
        """Note what was moved, deleted or drawn with the browser's own means."""
        if self._raw is None:
            return
        annotations = self._raw.annotations
        shift = self._raw.first_time if annotations.orig_time is not None else 0.0
        table = pd.DataFrame(
            {
                "onset": np.asarray(annotations.onset, dtype=float) - shift,
                "duration": np.asarray(annotations.duration, dtype=float),
                "description": [str(text) for text in annotations.description],
            }
        )
        ours = table[table["description"].isin(list(COLORS))]
        self.reviewed = reconcile(self.events, self.reviewed, ours)


def _show(figure, block: bool) -> None:
    from mne.viz.backends._utils import _qt_app_exec
    from mne.viz.utils import plt_show

    if hasattr(figure, "canvas"):
        plt_show(True, block=block)
        return
    figure.show()
    if block:
        from qtpy.QtWidgets import QApplication

        _qt_app_exec(QApplication.instance())


def default_path(night_path: PathLike, name: str) -> Path:
    """Name the file of a review, beside the night."""
    return Path(night_path).parent / f"{name}{ENDING}"
