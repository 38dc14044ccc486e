"""What an import pulls in, and what `sys_info` says."""

import io
import subprocess
import sys
from importlib.metadata import version

import pytest

from mne_arousal import __version__, sys_info

HEAVY = ("torch", "braindecode", "cupy")


def loaded(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after `code`."""
    code += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return set(result.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import mne_arousal",
        "import mne_arousal; mne_arousal.metrics.score_arousals",
        "import mne_arousal; mne_arousal.make_arousal_pipeline",
        "import mne_arousal; mne_arousal.SpectralTransformer; mne_arousal.DMDTransformer",
        "import mne_arousal; mne_arousal.ArousalClusterer; mne_arousal.PSGEncoder",
    ],
)
def test_import_is_light(code):
    found = loaded(code)
    assert "mne_arousal" in found
    assert found.isdisjoint(HEAVY)


def test_default_analysis_needs_no_torch():
    found = loaded(
        "from mne_arousal import analyze_recording\n"
        "from mne_arousal.datasets import simulate_psg\n"
        "raw = simulate_psg(duration=600, random_state=0, verbose='error').raw\n"
        "analyze_recording(raw, random_state=0, verbose='error')"
    )
    assert found.isdisjoint(HEAVY)


def test_import_alone_loads_no_mne():
    assert loaded("import mne_arousal").isdisjoint({"mne", "sklearn", "scipy", "matplotlib"})


def test_one_version():
    assert version("mne-arousal") == __version__


def test_sys_info(capsys):
    sys_info()
    printed = capsys.readouterr().out
    file = io.StringIO()
    sys_info(file)
    assert file.getvalue() == printed
    rows = dict(line.split(maxsplit=1) for line in printed.splitlines() if "  " in line)
    assert rows["mne-arousal"] == __version__
    for name in ("mne", "torch", "scikit-learn"):
        assert rows[name] == version(name)
    assert "CUDA device" in printed


def test_without_docstrings_it_is_refused():
    """MNE can't be imported then; the reason is said."""
    command = [sys.executable, "-OO", "-m", "mne_arousal", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "can't run under python -OO" in done.stderr
    command[1] = "-O"
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_night_without_encoder_needs_no_torch():
    """Nor what is only drawn or trained with."""
    found = loaded(
        "from mne_arousal import analyze_recording\n"
        "from mne_arousal.datasets import simulate_psg\n"
        "raw = simulate_psg(600, random_state=0, verbose='error').raw\n"
        "analyze_recording(raw, features=('spectral', 'dmd', 'body'), verbose='error')"
    )
    of_mne = loaded("import mne; mne.filter, mne.Annotations, mne.io.RawArray")  # 1.11: matplotlib
    light = {"skorch", "matplotlib", "sleepecg", "numba", "requests"} - of_mne
    assert found.isdisjoint({*HEAVY, *light})
