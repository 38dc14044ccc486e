"""A browser to open pages in, one for all tests: Playwright runs once in a process."""

import shutil

import pytest


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
