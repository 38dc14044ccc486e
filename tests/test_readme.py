"""README: its lines run and end in a plot, and an index can show it."""

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import matplotlib.pyplot as plt
import mne
import pytest

from mne_arousal.datasets import simulate_psg

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)[0]


@pytest.fixture
def hook(monkeypatch):
    """The hook of the build, without the builder."""
    builder = ModuleType("hatchling.metadata.plugin.interface")
    builder.MetadataHookInterface = object
    for name in ("hatchling", "hatchling.metadata", "hatchling.metadata.plugin"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, builder.__name__, builder)
    spec = spec_from_file_location("readme_of_index", ROOT / ".ci" / "readme_of_index.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_lines_end_in_a_plot(tmp_path, monkeypatch):
    pytest.importorskip("edfio")
    raw = simulate_psg(1800.0, random_state=1, verbose="error").raw
    path = tmp_path / "night.edf"
    mne.export.export_raw(path, raw, physical_range="channelwise", verbose="error")
    monkeypatch.chdir(tmp_path)
    mne.viz.set_browser_backend("matplotlib", verbose="error")
    plt.close("all")
    names: dict = {}
    exec(compile(LINES, "README.md", "exec"), names)
    (number,) = plt.get_fignums()
    shown = plt.figure(number).mne
    found = names["found"]
    assert shown.duration == 30
    assert shown.t_start == pytest.approx(found.onset[0] - 12, abs=0.1)
    assert len(shown.picks) == 5
    assert len(names["raw"].annotations) >= len(found) > 0
    plt.close("all")


def test_home_page_has_the_same_lines():
    assert LINES in (ROOT / "doc" / "index.md").read_text(encoding="utf-8")


def test_pictures_of_the_readme_are_there():
    pictures = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", README)
    assert len(pictures) >= 2
    for text, path in pictures:
        assert (ROOT / path).stat().st_size > 10_000
        assert len(text) > 20


def test_an_index_shows_it_with_an_address_and_without(hook):
    whole = hook.readme_of_index(README, "https://example.org/project/")
    plain = hook.readme_of_index(README)
    relative = re.compile(r"\]\((?!https?:|#)")
    assert relative.search(README)
    assert not relative.search(whole)
    assert not relative.search(plain)
    assert "(https://example.org/project/raw/HEAD/doc/_static/six_lines.png)" in whole
    assert "![" not in plain
