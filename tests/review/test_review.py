"""Review with real key events, off screen: what is decided is shown, saved and applied."""

import os
from datetime import UTC, datetime

import matplotlib as mpl

mpl.use("Agg")

import mne
import numpy as np
import pytest

from mne_arousal import analyze_recording, load_night, summarize
from mne_arousal.datasets import simulate_psg
from mne_arousal.report import make_report
from mne_arousal.review import apply_review, read_reviewed, review_night
from mne_arousal.review.session import COLORS, KEYS
from mne_arousal.utils.errors import RecordingError

from ..report.test_dataset import sections


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """A recording with a date, cropped, and the night that was found in it, saved and loaded."""
    raw = simulate_psg(2400, random_state=1, patient="apnea", verbose="error").raw
    raw.set_meas_date(datetime(2025, 3, 2, 22, 47, 13, tzinfo=UTC))
    raw = raw.crop(60.0)
    night = analyze_recording(
        raw, features=("spectral", "body"), min_probability=0.3, random_state=0, verbose="error"
    )
    path = night.save(tmp_path_factory.mktemp("night") / "night.night.zip")
    return raw, load_night(path)


@pytest.fixture
def review(loaded, tmp_path):
    """An open review in the browser of matplotlib."""
    raw, night = loaded
    with mne.viz.use_browser_backend("matplotlib"):
        review = review_night(night, raw, path=tmp_path / "night_reviewed.csv", show=False)
    yield review
    mpl.pyplot.close(review.figure)


def press(review, keys):
    """Send key events to the canvas, as a person's keyboard does."""
    canvas = review.figure.canvas
    for key in keys:
        canvas.callbacks.process(
            "key_press_event",
            mpl.backend_bases.KeyEvent("key_press_event", canvas, key),
        )


def go_to(review, found):
    """Press next until an event of a kind is shown."""
    while review.events["found"].iloc[review.current] != found:
        press(review, "n")
    return review.events.iloc[review.current]


def test_the_browser_shows_what_the_analysis_saw(review):
    names = review.figure.mne.inst.ch_names
    assert {"Evidence", "Probability", "Breath", "Stage, W on top"} <= set(names)
    assert any(name.startswith("HR ") for name in names)
    described = review.figure.mne.inst.annotations.description
    assert set(described) == {"arousal", "candidate"}
    colors = review.figure.mne.annotation_segment_colors
    assert colors["arousal"] == COLORS["arousal"] != colors["candidate"]
    event = review.events.iloc[0]
    shown = review.figure.mne
    assert shown.t_start <= event["onset"] <= shown.t_start + shown.duration


def test_no_key_of_mne_is_taken():
    taken = {"a", "b", "d", "h", "j", "p", "s", "t", "w", "z", "0", "?"}
    assert not taken & set(KEYS)


def test_keys_decide_move_on_and_are_saved(review):
    first = go_to(review, "arousal")
    at = review.current
    press(review, "x")
    assert review.current == at + 1
    second = go_to(review, "candidate")
    press(review, "y")
    saved = read_reviewed(review.path)
    assert set(saved["decision"]) == {"accepted", "rejected"}
    np.testing.assert_allclose(sorted(saved["onset"]), [first["onset"], second["onset"]], atol=1e-3)
    assert "T" in saved["time"].iloc[0]
    press(review, "v")
    press(review, "u")  # takes the acceptance back
    assert read_reviewed(review.path)["decision"].tolist() == ["rejected"]


def test_a_review_goes_on_where_it_stopped(loaded, review):
    go_to(review, "arousal")
    press(review, "x")
    raw, night = loaded
    with mne.viz.use_browser_backend("matplotlib"):
        again = review_night(night, raw, path=review.path, show=False)
    assert (again.figure.mne.inst.annotations.description == "rejected").sum() == 1
    assert again.reviewed["decision"].tolist() == ["rejected"]
    mpl.pyplot.close(again.figure)


def test_report_and_summary_use_a_review(loaded, review):
    _, night = loaded
    rejected = go_to(review, "arousal")
    press(review, "x")
    accepted = go_to(review, "candidate")
    press(review, "y")
    after = apply_review(night, review.path)
    onsets = after.arousals["onset"].to_numpy()
    assert not np.isclose(onsets, rejected["onset"]).any()
    assert np.isclose(onsets, accepted["onset"], atol=1e-3).any()
    assert len(after.annotations) == len(after.arousals) == len(night.arousals)
    shift = after.annotations.onset - onsets  # on the clock of the recording, as before
    np.testing.assert_allclose(shift, 60.0, atol=1e-6)
    only = review.reviewed.query("decision == 'rejected'")
    table = summarize(night, reviewed=only)
    assert table["arousals"].iloc[0] == len(night.arousals) - 1
    found = sections(make_report(night, reviewed=review.path, verbose="error"))
    assert "1 arousals accepted or added, 1 rejected" in found["The night"]
    assert "rejected by the reviewer" in found["Rejected candidates"]
    path = after.save(review.path.with_name("after.night.zip"))
    assert load_night(path).arousals["review"].isin(["", "accepted"]).all()


def test_events_moved_deleted_and_drawn_in_the_browser(loaded, review):
    _, night = loaded
    annotations = review.figure.mne.inst.annotations
    rows = np.flatnonzero(annotations.description == "arousal")
    moved = float(night.arousals["onset"].iloc[0])
    annotations.onset[rows[0]] += 1.0
    annotations.append(annotations.onset[-1] + 100.0, 5.0, "arousal")
    annotations.delete(rows[1])
    review.figure._close_event()  # as a window sends it; saves
    saved = read_reviewed(review.path)
    assert sorted(saved["decision"]) == ["added", "moved", "rejected"]
    after = apply_review(night, saved)
    assert len(after.arousals) == len(night.arousals)
    assert np.isclose(after.arousals["onset"], moved + 1.0, atol=1e-3).any()
    assert after.arousals["onset_low"].isna().sum() == 2


def test_another_recording_is_refused(loaded):
    raw, night = loaded
    with pytest.raises(RecordingError, match="Give the recording that the night was found in"):
        review_night(night, raw.copy().crop(0, 600), show=False)


def test_another_table_is_refused(tmp_path):
    path = tmp_path / "night_reviewed.csv"
    path.write_text("onset,duration\n1,2\n")
    with pytest.raises(RecordingError, match="no table of a review"):
        read_reviewed(path)
    with pytest.raises(FileNotFoundError):
        read_reviewed(tmp_path / "none.csv")


def test_keys_in_the_browser_of_qt(loaded, tmp_path, monkeypatch):
    pytest.importorskip("mne_qt_browser", reason="mne-qt-browser is not installed")
    if "QT_QPA_PLATFORM" not in os.environ:
        monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    core = pytest.importorskip("qtpy.QtCore")
    widgets = pytest.importorskip("qtpy.QtWidgets")
    app = widgets.QApplication.instance() or widgets.QApplication([])  # MNE asks for a display
    assert app is not None
    keys = pytest.importorskip("qtpy.QtTest").QTest
    raw, night = loaded
    path = tmp_path / "night_reviewed.csv"
    with mne.viz.use_browser_backend("qt"):
        review = review_night(night, raw, path=path, show=False)
    told = [label.text() for label in review.figure.statusBar().findChildren(widgets.QLabel)]
    assert any(text.startswith("1 of ") for text in told)
    assert any("y accept" in text for text in told)
    keys.keyClick(review.figure, core.Qt.Key_X)
    keys.keyClick(review.figure, core.Qt.Key_Y)
    assert review.current == 2
    assert sorted(read_reviewed(path)["decision"]) == ["accepted", "rejected"]
    described = [region.description for region in review.figure.mne.regions]
    assert described.count("accepted") == described.count("rejected") == 1
    review.figure.close()
    assert len(read_reviewed(path)) == 2
