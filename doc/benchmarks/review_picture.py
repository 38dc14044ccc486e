"""Picture of a review in MNE's browser (mne-qt-browser), without a screen.

A simulated night of an hour; two events are decided, the third is shown::

    python doc/benchmarks/review_picture.py

writes ``doc/_static/review.png``. Needs mne-qt-browser and PySide6.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # read when Qt starts

import mne
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from mne_arousal import analyze_recording
from mne_arousal.datasets import simulate_psg
from mne_arousal.review import review_night

STATIC = Path(__file__).parents[1] / "_static"
SIZE = 1200, 800  # pixels


def main() -> None:
    """Open, decide, grab."""
    raw = simulate_psg(3600.0, random_state=12, verbose="error").raw
    raw.set_meas_date(datetime(2025, 3, 2, 22, 47, tzinfo=UTC))
    night = analyze_recording(raw, features=("spectral", "body"), random_state=0, verbose="error")
    app = QApplication.instance() or QApplication([])  # MNE asks for a display otherwise
    with mne.viz.use_browser_backend("qt"):
        review = review_night(night, raw, show=False)
    review.accept()
    review.reject()
    while review.events["found"].iloc[review.current] != "arousal":
        review.next()
    review.figure.resize(*SIZE)
    review.figure.show()
    QTest.qWait(1000)  # ms, until the channels are drawn
    review.figure.grab().save(str(STATIC / "review.png"))
    review.figure.close()
    app.processEvents()


if __name__ == "__main__":
    main()
