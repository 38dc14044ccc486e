"""Files of environments name what the package needs."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
OTHER_NAMES = {
    "lazy-loader": "lazy_loader",
    "matplotlib": "matplotlib-base",
    "mne": "mne-base",
    "torch": "pytorch-cpu",
}  # of conda-forge


def test_the_conda_environment_has_all_dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "doc" / "environment.yml").read_text(encoding="utf-8").splitlines()
    listed = {" ".join(line.split("#")[0].strip(" -").split()) for line in lines}
    for requirement in project["dependencies"]:
        name, version = re.fullmatch(r"([\w-]+)(>=.*)", requirement).groups()
        assert f"{OTHER_NAMES.get(name, name)} {version}" in listed
    assert f"python {project['requires-python']}" in listed


def test_the_container_installs_this_source():
    text = (ROOT / ".devcontainer" / "Dockerfile").read_text(encoding="utf-8")
    assert 'pip install --no-cache-dir ".[edf]"' in text
    assert 'ENTRYPOINT ["mne-arousal"]' in text
