"""What a release promises: one list of dependencies, one list of checks."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = {"matplotlib": "matplotlib-base", "mne": "mne-base", "torch": "pytorch"}
pytestmark = pytest.mark.skipif(not (ROOT / ".github").is_dir(), reason="not a checkout")


def bounds(lines):
    """Name to lower bound."""
    return dict(re.split(r" ?>=", line) for line in lines)


def test_lowest_versions():
    """Every dependency at the bound that is declared, and torchaudio with torch."""
    command = [sys.executable, str(ROOT / ".ci" / "lowest")]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    found = dict(line.split("==") for line in lines)
    declared = bounds(PROJECT["dependencies"])
    assert {name: found[name] for name in declared} == declared
    assert found["torchaudio"] == found["torch"]


def test_conda_recipe():
    """The same dependencies, by their names there."""
    text = (ROOT / ".github" / "conda" / "recipe.yaml").read_text(encoding="utf-8")
    run = re.search(r"  run:\n((?:    - .*\n)+)", text)[1].splitlines()
    found = bounds(line.strip(" -") for line in run)
    assert found.pop("python") == "${{ python_min }}"
    assert f'python_min: "{PROJECT["requires-python"].removeprefix(">=")}"' in text
    declared = bounds(PROJECT["dependencies"])
    assert found == {CONDA.get(name, name): low for name, low in declared.items()}


def test_pythons():
    """Classifiers and the workflow name the same ones."""
    classifiers = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if re.search(r":: 3\.", c)]
    text = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    matrix = text[text.index("matrix:") : text.index("steps:")]
    assert sorted(set(re.findall(r'"(3\.\d+)"', matrix))) == sorted(classifiers)
    assert "Typing :: Typed" in PROJECT["classifiers"]
    assert (ROOT / "mne_arousal" / "py.typed").is_file()


@pytest.mark.parametrize("check", ["ruff check", "ruff format", "codespell", "numpydoc", "mypy"])
def test_checks(check):
    """Of style are the same before a commit, in the script of CI and in the workflow."""
    for name in (".pre-commit-config.yaml", ".ci/run", ".github/workflows/build.yml"):
        assert check in (ROOT / name).read_text(encoding="utf-8"), name
