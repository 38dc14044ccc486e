"""Fixtures and options shared by all tests."""

import os
import sys
from pathlib import Path

# Before SciPy is imported: without it, scikit-learn leaves out some of its checks.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import pytest

from .browser import browser, open_page

__all__ = ["browser", "open_page"]

AROUSALS_BENCHMARK = Path(__file__).parents[1] / "doc" / "benchmarks" / "arousals"


@pytest.fixture
def arousals_benchmark(monkeypatch):
    """Import from the folder of the benchmark of arousals."""
    monkeypatch.syspath_prepend(AROUSALS_BENCHMARK)
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(AROUSALS_BENCHMARK) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture(autouse=True)
def _log_level():
    """Give each test MNE's log at its default: the command sets it, and warnings go by it."""
    from mne.utils import logger, set_log_level

    level = logger.level
    set_log_level(None)
    yield
    logger.setLevel(level)


def pytest_addoption(parser):
    parser.addoption(
        "--run-network", action="store_true", default=False, help="run tests that need the internet"
    )


def pytest_collection_modifyitems(config, items):
    if config.getoption("--run-network"):
        return
    skip = pytest.mark.skip(reason="needs the internet: pass --run-network")
    for item in items:
        if "network" in item.keywords:
            item.add_marker(skip)


def _data_folder() -> Path | None:
    folder = os.environ.get("PHYSIONET_SLEEP_PATH")
    return Path(folder) if folder else None


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of real recordings, or a skip that says how to have it."""
    folder = _data_folder()
    if folder is None or not folder.exists():
        pytest.skip(
            "real recordings absent: set PHYSIONET_SLEEP_PATH to the folder that holds them"
        )
    return folder


@pytest.fixture(scope="session")
def sleep_edf_night(data_folder) -> tuple[Path, Path]:
    """Paths of the Sleep-EDF night SC4001: recording and hypnogram."""
    folder = data_folder / "physionet-sleep-data"
    paths = folder / "SC4001E0-PSG.edf", folder / "SC4001EC-Hypnogram.edf"
    if not all(path.exists() for path in paths):
        pytest.skip(f"the Sleep-EDF night SC4001 is not in {folder}")
    return paths
