"""The cases of the benchmark page that cost no analysis of a night; the page has all of them."""

import importlib
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "doc" / "benchmarks"


@pytest.fixture(scope="module")
def cases():
    """All cases."""
    sys.path.insert(0, str(FOLDER))
    try:
        for name in ("signals", "channels", "hypnograms", "times"):
            importlib.import_module(f"recording_cases.{name}")
        yield sys.modules["recording_cases.table"].CASES
    finally:
        sys.path.remove(str(FOLDER))


def test_hypnograms_and_channels_are_right(cases):
    """What the page says of them still holds."""
    quick = [
        case
        for case in cases
        if case.kind in ("What a channel is", "Hypnograms of others")
        and "our sleep" not in case.title
    ]
    assert len(quick) > 30
    wrong = {case.title: seen for case in quick for right, seen in [case.run()] if not right}
    assert wrong == {}


def test_the_page_is_of_these_cases(cases):
    """Each case stands on the page, and none is wrong there."""
    page = (FOLDER / "cases.md").read_text(encoding="utf-8")
    assert "**wrong**" not in page
    assert [case.title for case in cases if case.title not in page] == []
