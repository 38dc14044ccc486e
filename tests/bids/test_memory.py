"""Too little memory costs the recording that needs more."""

import sys

import pandas as pd
import pytest

from .processes import start
from .small_dataset import add_noise
from .test_runs import CLI_FAST

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits as Linux sets them")
LIMIT = 1_500_000_000  # bytes on top of what the imports take, most of it never touched


def make_long(path, hours=160):
    """Make a recording long: a header that says so, and a file with a hole."""
    data = bytearray(path.read_bytes())
    n_records, n_bytes = int(data[236:244]), len(data) - int(data[184:192])
    n_new = int(hours * 3600 / float(data[244:252]))
    data[236:244] = str(n_new).encode().ljust(8)
    with path.open("wb") as file:
        file.write(data)
        file.truncate(int(data[184:192]) + n_new * (n_bytes // n_records))


def test_too_little_memory_costs_one_recording(tmp_path):
    """Six days at 512 Hz under a limit that five minutes keep."""
    root = tmp_path / "study"
    add_noise(root, "01")
    make_long(add_noise(root, "02", sfreq=512.0))
    add_noise(root, "03")
    output = tmp_path / "out"
    command = ["detect", str(root), "--output", str(output), *CLI_FAST]
    process = start(command, memory_limit=LIMIT)
    process.join(300)
    assert process.exitcode == 1
    table = pd.read_csv(output / "arousals.tsv", sep="\t", dtype=str)
    assert list(table["status"]) == ["ok", "failed", "ok"]
    assert "needs more memory than there is" in table["error"][1]
