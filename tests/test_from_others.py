"""The page for users of other programs: its lines of Python run as they stand."""

import re
from pathlib import Path

import pytest

from mne_arousal.datasets import simulate_psg

from .recordings import write_edf

PAGE = Path(__file__).parents[1] / "doc" / "guide" / "from_others.md"


@pytest.mark.filterwarnings("ignore:Montage name:FutureWarning")
@pytest.mark.filterwarnings("default")  # YASA's own
def test_the_page_runs(tmp_path, monkeypatch):
    pytest.importorskip("yasa")
    write_edf(tmp_path / "night.edf", simulate_psg(1800.0, random_state=1, verbose="error").raw)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict = {}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)
    written = {path.name for path in tmp_path.iterdir()}
    assert {"night.csv", "night.eannot", "night.annot"} <= written
    assert names["night"].given_hypnogram is not None
