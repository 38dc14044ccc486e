"""What the page for contributors says to do works when it is done."""

import re
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from mne_arousal.datasets import simulate_psg

PAGE = Path(__file__).parents[1] / "doc" / "contributing.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.fixture(scope="module")
def page():
    """Names that the blocks of the page leave behind."""
    module = ModuleType("contributing_page")  # a module, since estimators have to pickle
    module.raw = simulate_psg(duration=1200, random_state=1, verbose="error").raw
    sys.modules[module.__name__] = module
    for block in BLOCKS:
        exec(block, vars(module))
    yield vars(module)
    del sys.modules[module.__name__]


def test_the_extractor_takes_part(page):
    assert len(BLOCKS) == 2
    features = page["pipeline"][:-1].transform(page["raw"])
    new = [name for name in features if name.endswith(":line_length.log")]
    assert new == ["eeg:C3-M2:line_length.log", "eeg:C4-M1:line_length.log"]
    assert isinstance(features, pd.DataFrame)
    assert features.index.names == ["recording", "onset"]
    assert set(page["annotations"].description) <= {"arousal"}


def test_the_extractor_measures_line_length(page):
    X = np.array([[[0.0, 1e-6, 0.0, 1e-6]], [[0.0, 0.0, 0.0, 0.0]], [[0.0, np.nan, 0.0, 0.0]]])
    found = page["LineLengthTransformer"](sfreq=100.0).fit_transform(X)
    np.testing.assert_allclose(found[:, 0], [np.log(3e-6), np.log(1e-9), np.nan])


def test_the_extractor_passes_the_checks_of_scikit_learn(page):
    estimator = page["LineLengthTransformer"](sfreq=100.0)
    checks = list(estimator_checks_generator(estimator, legacy=True, mark=None))
    assert len(checks) > 30
    for checked, check in checks:
        with suppress(SkipTest):
            check(checked)


def test_the_map_names_every_room():
    package = PAGE.parents[1] / "mne_arousal"
    rooms = {
        path.name + ("/" if path.is_dir() else "")
        for path in package.iterdir()
        if (path.is_dir() and path.name != "__pycache__")
        or (path.suffix == ".py" and not path.name.startswith("__"))
    } - {"_version.py"}
    text = PAGE.read_text(encoding="utf-8")
    assert {room for room in rooms if f"`{room}`" not in text} == set()


def test_rooms_import_only_from_those_above():
    """The order of the map is the order of imports; rooms that are open to all are left out."""
    package = PAGE.parents[1] / "mne_arousal"
    table = PAGE.read_text(encoding="utf-8").partition("| room |")[2].partition("\n\n")[0]
    rooms = [
        re.findall(r"`([a-z_]+)(?:\.py|/)`", line.split("|")[1]) for line in table.splitlines()[2:]
    ]
    place = {room: i for i, row in enumerate(rooms) for room in row}
    everybody = {"hypnogram", "annotation_files", "_array", "utils", "_version"}
    wrong = []
    for path in package.rglob("*.py"):
        relative = path.relative_to(package)
        own = relative.parts[0].removesuffix(".py")
        for dots, module in re.findall(r"from (\.+)([a-z_]+)", path.read_text(encoding="utf-8")):
            if len(dots) != len(relative.parts) or own.startswith("__"):
                continue
            known = module in place and own in place and module not in everybody
            if known and place[module] > place[own]:
                wrong.append(f"{relative} imports {module}")
    assert place["recording"] < place["arousals"] < place["bids"]
    assert wrong == []
