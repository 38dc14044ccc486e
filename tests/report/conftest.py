"""One night and its page."""

import matplotlib as mpl
import pytest

mpl.use("Agg")

from mne_arousal import analyze_recording
from mne_arousal.datasets import simulate_psg
from mne_arousal.report import make_report, save_report


@pytest.fixture(scope="session")
def simulated():
    """A simulated recording and the night that was found in it."""
    raw = simulate_psg(duration=1800, random_state=1, verbose="error").raw
    return raw, analyze_recording(raw, features=("spectral",), random_state=0, verbose="error")


@pytest.fixture(scope="session")
def page_path(simulated, tmp_path_factory):
    """The page of that night."""
    raw, night = simulated
    report = make_report(
        night, raw=raw, warnings=["flat <b>channel</b>"], n_examples=1, verbose="error"
    )
    return save_report(report, tmp_path_factory.mktemp("report") / "night.html")
