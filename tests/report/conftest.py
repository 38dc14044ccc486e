"""One night and its page, and a browser to open it in."""

import shutil

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


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium, or a skip that says what is missing."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(names)} is on the PATH")
    with sync_api.sync_playwright() as playwright:
        # Chromium's sandbox does not start as root, as which containers run tests.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser):
    """Open a file with the network off; the page and what it complained of."""
    context = browser.new_context(offline=True)
    context.set_default_timeout(180_000)  # ms; drawn without a GPU, a page of a night is slow

    def open_(path):
        page, complaints = context.new_page(), []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url[:80]))
        page.goto(path.as_uri())
        page.wait_for_load_state("networkidle")
        return page, complaints

    yield open_
    context.close()
