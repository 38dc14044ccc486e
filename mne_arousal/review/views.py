"""MNE's browser, drawn by matplotlib or by Qt, as a review needs it: go to, recolor, keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class MatplotlibView:
    """MNE's browser of matplotlib.

    Parameters
    ----------
    figure : instance of MNEBrowseFigure
        What ``raw.plot`` returned.
    """

    def __init__(self, figure):
        self.figure: Any = figure
        self._keys: Any = None

    def connect(self, on_key: Callable[[str], bool], on_close: Callable[[], None]) -> None:
        """Call a function at each key and one at the end."""
        canvas = self.figure.canvas
        canvas.mpl_connect("key_press_event", lambda event: on_key(event.key or ""))
        canvas.mpl_connect("close_event", lambda event: on_close())

    def go_to(self, start: float) -> None:
        """Show the page that begins at a time, s."""
        shown = self.figure.mne
        last = shown.inst.times[-1] - shown.duration
        shown.t_start = float(np.clip(start, 0.0, max(last, 0.0)))
        self.figure._update_hscroll()
        self.figure._redraw(annotations=True)

    def color(self, colors: dict[str, str]) -> None:
        """Color annotations by their description."""
        self.figure.mne.annotation_segment_colors.update(colors)
        self.figure._update_annotation_segments()
        self.figure._redraw(update_data=False, annotations=True)

    def describe(self, mark: int, description: str, colors: dict[str, str]) -> None:
        """Give the annotation of a number another description."""
        _rename(self.figure.mne.inst, mark, description)
        visible = self.figure.mne.visible_annotations
        visible.update({name: visible.get(name, True) for name in colors})
        self.color(colors)

    def tell(self, text: str, keys: str) -> None:
        """Show a line about the event, and the keys."""
        self.figure.mne.ax_main.set_title(text, fontsize="small", loc="left")
        if self._keys is None:
            self._keys = self.figure.text(0.99, 0.01, keys, fontsize="small", ha="right")
        self.figure.canvas.draw_idle()


class QtView:
    """MNE's browser of mne-qt-browser.

    Parameters
    ----------
    figure : instance of MNEQtBrowser
        What ``raw.plot`` returned.
    """

    def __init__(self, figure):
        self.figure: Any = figure
        self._filter: Any = None
        self._labels: Any = None
        figure.mne.plt.getAxis("bottom").enableAutoSIPrefix(False)  # a night in ks is not read
        figure.mne.overview_mode = "empty"  # events are told apart without channels behind them
        figure.mne.overview_bar.set_background()

    def connect(self, on_key: Callable[[str], bool], on_close: Callable[[], None]) -> None:
        """Call a function at each key and one at the end."""
        from qtpy.QtCore import QEvent, QObject

        class Filter(QObject):
            def eventFilter(self, watched, event):  # noqa: N802 (Qt's name)
                if event.type() == QEvent.Type.KeyPress:
                    return on_key(event.text().lower())
                if event.type() == QEvent.Type.Close:
                    on_close()
                return False

        self._filter = Filter(self.figure)
        self.figure.installEventFilter(self._filter)

    def go_to(self, start: float) -> None:
        """Show the page that begins at a time, s."""
        shown = self.figure.mne
        last = shown.inst.times[-1] - shown.duration
        start = float(np.clip(start, 0.0, max(last, 0.0)))
        shown.plt.setXRange(start, start + shown.duration, padding=0)

    def color(self, colors: dict[str, str]) -> None:
        """Color annotations by their description."""
        self.figure.mne.annotation_segment_colors.update(colors)
        for region in self.figure.mne.regions:
            if region.description in self.figure.mne.annotation_segment_colors:
                region.update_color()
        self.figure.mne.overview_bar.update_annotations()

    def describe(self, mark: int, description: str, colors: dict[str, str]) -> None:
        """Give the annotation of a number another description."""
        shown = self.figure.mne
        onset = shown.inst.annotations.onset[_row(shown.inst, mark)] - _first(shown.inst)
        before = str(shown.inst.annotations.description[_row(shown.inst, mark)])
        _rename(shown.inst, mark, description)
        shown.visible_annotations.update(
            {name: shown.visible_annotations.get(name, True) for name in colors}
        )
        shown.annotation_segment_colors.update(colors)
        for region in shown.regions:
            if region.description == before and abs(region.getRegion()[0] - onset) < 0.02:
                region.update_description(description)
                break
        self.color(colors)

    def tell(self, text: str, keys: str) -> None:
        """Show a line about the event, and the keys."""
        from qtpy.QtWidgets import QLabel

        if self._labels is None:  # a title is cut where the window is narrow
            self._labels = QLabel(self.figure), QLabel(keys, self.figure)
            self.figure.statusBar().addWidget(self._labels[0], 1)
            self.figure.statusBar().addPermanentWidget(self._labels[1])
        self._labels[0].setText(text)
        self.figure.setWindowTitle(text)


def make_view(figure) -> MatplotlibView | QtView:
    """Return the view of a figure, by the library that drew it."""
    return MatplotlibView(figure) if hasattr(figure, "canvas") else QtView(figure)


def _first(raw) -> float:
    """By how much onsets of annotations exceed times on the axis, s."""
    return raw.first_time if raw.info["meas_date"] is not None else 0.0


def _row(raw, mark: int) -> int:
    for row, extra in enumerate(raw.annotations.extras):
        if dict(extra or {}).get("mark") == mark:
            return row
    return -1


def _rename(raw, mark: int, description: str) -> None:
    row = _row(raw, mark)
    if row < 0:
        return
    texts = [str(text) for text in raw.annotations.description]
    texts[row] = description
    raw.annotations.description = np.array(texts)  # wide enough for all
