"""The page of results says what the other pages of benchmarks say."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "doc" / "benchmarks" / "results.py"


@pytest.fixture(scope="module")
def results():
    spec = spec_from_file_location("benchmark_results", SCRIPT)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_the_page_is_of_these_tables(results):
    what = (
        results.by_kind(),
        results.onset_errors(),
        results.stage_accuracy(),
        results.seconds(),
    )
    assert results.words(*what) in results.PAGE.read_text(encoding="utf-8"), (
        "the tables have changed: run doc/benchmarks/results.py"
    )


def test_tables_of_markdown(results, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    (tmp_path / "page.md").write_text(
        "| | s |\n| --- | ---: |\n| **mne-arousal** | 16.4 |\n"
        "\n| a | b |\n| --- | --- |\n| x | 1 |\n"
    )
    table = results.find_table("page.md", "s", begins="mne-arousal")
    assert results.numbers(table, "s").tolist() == [16.4]
    with pytest.raises(SystemExit, match="no table with c"):
        results.find_table("page.md", "c")
