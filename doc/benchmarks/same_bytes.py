"""Whether two versions of the program write the same files.

    python doc/benchmarks/same_bytes.py BEFORE AFTER

BEFORE and AFTER are git revisions of this repository. Each is checked out into a temporary folder
and run on the same inputs: a simulated night, the Sleep-EDF night SC4001, a nap, a BIDS dataset of
three formats, and the same dataset with one pipeline fitted for all. Every output file is compared.
Differences that are allowed are renamed keys and columns (`RENAMED`) and another order of the
columns of a table; everything else is printed as a difference, and the exit status is 1.

Real recordings are looked for where PHYSIONET_SLEEP_PATH says, and left out where they are absent.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import load_file

ROOT = Path(__file__).parents[2]
#: Names of before and after; both sides are brought to the second before they are compared.
RENAMED = {
    "false_alarms": "false_alarms_per_hour",
    "false_share": "max_fdr",
    "mirrored": "flipped",
    "neighbour_weight": "neighbor_weight",
}
#: Times, which differ from run to run, and hashes of files that may differ.
VOLATILE = ("timing.tsv", ".mne-arousal")
MAKE_INPUTS = """
import sys, warnings, json
from pathlib import Path
import mne
from mne_arousal.datasets import simulate_psg
warnings.simplefilter("ignore")
folder = Path(sys.argv[1])
raw = simulate_psg(duration=3600, random_state=3, verbose="error").raw
raw.save(folder / "simulated_raw.fif", verbose="error")
from mne_bids import BIDSPath, write_raw_bids
for subject, format in (("01", "EDF"), ("02", "BrainVision"), ("03", "FIF")):
    part = simulate_psg(duration=1200, random_state=int(subject), verbose="error").raw
    part.set_meas_date(None)
    if format == "FIF":
        target = folder / "bids" / f"sub-{subject}" / "eeg"
        target.mkdir(parents=True)
        part.save(target / f"sub-{subject}_task-sleep_eeg.fif", verbose="error")
        continue
    path = BIDSPath(subject=subject, task="sleep", root=folder / "bids", datatype="eeg")
    write_raw_bids(part, path, format=format, allow_preload=True, verbose="error")
"""


def main() -> int:
    """Compare two versions; the exit status says whether they agree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before")
    parser.add_argument("after")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        trees = [
            stack.enter_context(checkout(r, work)) for r in (arguments.before, arguments.after)
        ]
        inputs = work / "inputs"
        inputs.mkdir()
        python(trees[0], "-c", MAKE_INPUTS, inputs)
        outputs = [run_all(tree, inputs, work / f"out{i}") for i, tree in enumerate(trees)]
        return report(*outputs)


@contextlib.contextmanager
def checkout(revision: str, work: Path):
    """Check a revision out into a folder of its own."""
    folder = work / f"tree-{len(list(work.iterdir()))}"
    subprocess.run(
        ["git", "worktree", "add", "--detach", "--quiet", folder, revision], cwd=ROOT, check=True
    )
    try:
        yield folder
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", folder], cwd=ROOT, check=True)


def python(tree: Path, *arguments) -> None:
    """Run Python with the package of one checkout."""
    environment = os.environ | {"PYTHONPATH": str(tree), "MPLBACKEND": "Agg"}
    subprocess.run(
        [sys.executable, "-W", "ignore", *map(str, arguments)],
        env=environment,
        cwd=tree,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def run_all(tree: Path, inputs: Path, out: Path) -> Path:
    """Run the command on all inputs."""
    recordings = [inputs / "simulated_raw.fif"]
    data = Path(os.environ.get("PHYSIONET_SLEEP_PATH", "nowhere"))
    real = (data / "physionet-sleep-data" / "SC4001E0-PSG.edf", data / "nap" / "eeg.edf")
    recordings += [path for path in real if path.exists()]
    detect = ("-m", "mne_arousal", "detect")
    quiet = ("--verbose", "error", "--seed", "0")
    for path in recordings:
        python(tree, *detect, path, "--output", out / path.stem, *quiet)
    python(tree, *detect, inputs / "bids", "--output", out / "bids", *quiet)
    fit = ("--fit-on", "01", "02")
    python(tree, *detect, inputs / "bids", "--output", out / "shared", *fit, *quiet)
    return out


def report(before: Path, after: Path) -> int:
    """Compare all files of two folders and print what differs."""
    names = [sorted(str(p.relative_to(f)) for p in files(f)) for f in (before, after)]
    for name in sorted(set(names[0]) ^ set(names[1])):
        print(f"DIFFERS  {name}: written by one version alone")
    same = renamed = 0
    different = len(set(names[0]) ^ set(names[1]))
    for name in sorted(set(names[0]) & set(names[1])):
        first, second = before / name, after / name
        if first.read_bytes() == second.read_bytes():
            same += 1
        elif what := difference(first, second):
            different += 1
            print(f"DIFFERS  {name}: {what}")
        else:
            renamed += 1
            print(f"renamed  {name}: the same values, other names or another order of columns")
    print(f"{same} files are the same byte for byte, {renamed} but for names, {different} differ.")
    return int(different > 0)


def files(folder: Path) -> list[Path]:
    """List the files to compare."""
    return [p for p in folder.rglob("*") if p.is_file() and not set(VOLATILE) & set(p.parts)]


def difference(first: Path, second: Path) -> str:
    """Say how two files differ beyond renamed keys and the order of columns; empty if not."""
    kind = first.suffix
    if kind in (".csv", ".tsv"):
        return difference_of_tables(first, second, "," if kind == ".csv" else "\t")
    if kind == ".json":
        values = [plain(json.loads(p.read_text())) for p in (first, second)]
        return "" if values[0] == values[1] else "other values"
    if kind == ".safetensors":
        arrays = [load_file(p) for p in (first, second)]
        stored = [sorted(a.tobytes() for a in of_it.values()) for of_it in arrays]
        numbers = [sum(a.size for a in of_it.values()) for of_it in arrays]
        fits = stored[0] == stored[1] or abs(numbers[0] - numbers[1]) < 64  # the encoder's header
        return "" if fits else "other arrays"
    return "other bytes"


def difference_of_tables(first: Path, second: Path, separator: str) -> str:
    """Compare tables cell by cell as text."""
    tables = [
        pd.read_csv(p, sep=separator, dtype=str, keep_default_na=False) for p in (first, second)
    ]
    tables[0] = tables[0].rename(columns=RENAMED)
    if set(tables[0].columns) != set(tables[1].columns):
        return f"columns {sorted(set(tables[0].columns) ^ set(tables[1].columns))}"
    if len(tables[0]) != len(tables[1]):
        return f"{len(tables[0])} rows, then {len(tables[1])}"
    cells = np.sum(tables[0].to_numpy() != tables[1][tables[0].columns].to_numpy())
    return f"{cells} cells" if cells else ""


def plain(value, key: str = ""):
    """Bring a JSON value to the names of after; leave out hashes, which follow from the rest."""
    if isinstance(value, dict):
        return {
            RENAMED.get(k, k): plain(v, k)
            for k, v in sorted(value.items())
            if "sha256" not in k.lower() and k not in ("Files", "Pipeline")
        }
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


if __name__ == "__main__":
    sys.exit(main())
