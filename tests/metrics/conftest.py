"""The browser of the tests of reports."""

from ..report.conftest import browser, open_page

__all__ = ["browser", "open_page"]
