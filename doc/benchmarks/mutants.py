"""Do the tests notice when a constant or a sign of the detector changes?

Each mutant is a copy of the package with one text replaced. The tests of its room run on it, the
nearest first, until one fails: the mutant is killed. A mutant that all of them pass survives, and
shows a constant that no test holds. Writes ``mutants.md`` beside this file::

    python doc/benchmarks/mutants.py            # all
    python doc/benchmarks/mutants.py noise.py   # those of one file

Heavy imports are made once; each mutant is a fork of this process, so this runs on Linux and macOS.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
A, S = "arousals/", "stages/"
MUTANTS = [
    (A + "noise.py", "_RATE, _VARIANCE = 8.8, 2.7", "_RATE, _VARIANCE = 30.0, 2.7"),
    (A + "noise.py", "_RATE, _VARIANCE = 8.8, 2.7", "_RATE, _VARIANCE = 8.8, 3.6"),
    (A + "noise.py", "_FEW_BANDS_VARIANCE = 3.3", "_FEW_BANDS_VARIANCE = 2.7"),
    (A + "noise.py", "_FLIPPED_FLOOR = 71.0, 1.35, 2.0", "_FLIPPED_FLOOR = 35.0, 1.35, 2.0"),
    (A + "noise.py", "_LOOKALIKE_FLOOR = 15.0, 2.0", "_LOOKALIKE_FLOOR = 1.0, 2.0"),
    (A + "noise.py", "_PRIOR_EVENTS = 40.0", "_PRIOR_EVENTS = 400.0"),
    (A + "noise.py", "_PRIOR_CLUSTER_EVENTS = 20.0", "_PRIOR_CLUSTER_EVENTS = 200.0"),
    (A + "noise.py", "over**2 - _FLIPPED_FLOOR**2", "over**2 + _FLIPPED_FLOOR**2"),
    (A + "matched_filter.py", '{"delta": -0.5, "theta": 0.5,', '{"delta": 0.5, "theta": 0.5,'),
    (A + "matched_filter.py", '{"delta": -0.5, "alpha": 1.0}', '{"delta": 0.5, "alpha": 1.0}'),
    (A + "matched_filter.py", '"theta": 1.0, "beta": 0.3', '"theta": 1.0, "beta": -0.3'),
    (A + "matched_filter.py", '"beta": 1.0, "gamma": 1.0}', '"beta": 1.0, "gamma": 0.0}'),
    (A + "matched_filter.py", "_RIDGE = 0.1", "_RIDGE = 1.0"),
    (A + "departure.py", "BASELINE = 60.0", "BASELINE = 20.0"),
    (A + "departure.py", "GUARD = 2.0", "GUARD = 8.0"),
    (A + "departure.py", "return 0.5 * (trailing +", "return 1.0 * (trailing +"),
    (A + "departure.py", "(15.87, 50)", "(5.0, 50)"),
    (A + "trust.py", "(error / correlation) ** 2", "0.0 * correlation"),
    (A + "trust.py", "if correlation <= error:", "if correlation <= -1.0:"),
    (A + "trust.py", "_MEMORY = 60.0", "_MEMORY = 2.0"),
    (
        A + "anchor.py",
        "others = [j for j in range(n_folds) if j != k]",
        "others = [*range(n_folds)]",
    ),
    (A + "anchor.py", "ridge: float = 0.01", "ridge: float = 1.0"),
    (
        A + "body_answers.py",
        '(("ecg",), ("pulse",), ("hr",)), 5.0, 6.0',
        '(("ecg",), ("pulse",), ("hr",)), 9.0, 6.0',
    ),
    (A + "body_answers.py", "_LONGEST = 12.0", "_LONGEST = 30.0"),
    (A + "body_answers.py", "shape[::-1]", "shape"),
    (A + "body_answers.py", "_PRIOR_EVENTS = 20.0", "_PRIOR_EVENTS = 500.0"),
    (A + "evidence.py", "_EMG_WEIGHT = 0.25", "_EMG_WEIGHT = 1.0"),
    (A + "evidence.py", '"heart": 0.5', '"heart": 5.0'),
    (A + "evidence.py", '"anchor": 1.0', '"anchor": 3.0'),
    (A + "evidence.py", "_UNSTABLE = 2.0", "_UNSTABLE = 20.0"),
    (A + "evidence.py", "_LIMIT = 4.0", "_LIMIT = 8.0"),
    (A + "scan.py", "_FLANK_WEIGHT = 0.7", "_FLANK_WEIGHT = 0.0"),
    (A + "scan.py", "_FLANK = 8.0", "_FLANK = 20.0"),
    (A + "scan.py", "_GUARD = 1.0", "_GUARD = 0.0"),
    (A + "scan.py", "_LOUD = 2.0", "_LOUD = 6.0"),
    (A + "scan.py", "score = sign * (contrast", "score = (contrast"),
    (A + "extents.py", "half = 0.5 *", "half = 0.25 *"),
    (A + "extents.py", "reach = round(30.0 / hop)", "reach = round(300.0 / hop)"),
    (A + "cues.py", "MUSCLE = 2.3", "MUSCLE = 4.6"),
    (A + "cues.py", "SWAY = 1.15", "SWAY = 0.5"),
    (A + "cues.py", "EMG_RISE = 2.0", "EMG_RISE = 1.0"),
    (A + "cues.py", '"heart": ', '"heart": -'),
    (A + "cues.py", '"no heart": 6.0', '"no heart": 0.0'),
    (A + "cues.py", '"spindle": -2.0', '"spindle": 0.0'),
    (A + "cues.py", "_BODY_SECONDS = 3.0", "_BODY_SECONDS = 9.0"),
    (
        A + "probability.py",
        "_LOG_SCORE_SPREAD, _PRIOR_AROUSALS = float(np.log(8.0)), 0.45",
        "_LOG_SCORE_SPREAD, _PRIOR_AROUSALS = float(np.log(8.0)), 0.9",
    ),
    (A + "probability.py", "OFFSET, FACTOR = -", "OFFSET, FACTOR = "),
    (A + "probability.py", "_LEAST_RISK = 0.15", "_LEAST_RISK = 1.0"),
    (A + "probability.py", "np.maximum.accumulate(log_odds[order])", "log_odds[order]"),
    (
        A + "probability.py",
        "false <= false_alarms_per_hour * hours",
        "false <= false_alarms_per_hour",
    ),
    (A + "rules.py", "_WINDOW_BLUR = 1.0", "_WINDOW_BLUR = 5.0"),
    (A + "rules.py", "stable_sleep: float = 10.0", "stable_sleep: float = 5.0"),
    (A + "candidates.py", "key=lambda c: -c.probability", "key=lambda c: c.probability"),
    (A + "candidates.py", "LEAST_PROBABILITY = 0.05", "LEAST_PROBABILITY = 0.3"),
    (A + "detector.py", "LOWEST_SCORE = 2.5", "LOWEST_SCORE = 4.5"),
    (A + "edges.py", "_SCATTER = 0.2", "_SCATTER = 2.0"),
    (A + "edges.py", "_SEARCHED = 1.0", "_SEARCHED = 0.0"),
    (A + "edges.py", "shown = rise >= 0.5", "shown = rise >= 0.1"),
    (A + "change_point.py", "ORDER = ", "ORDER = 3 * "),
    (A + "context.py", "_DROP = 0.7", "_DROP = 0.1"),
    (A + "context.py", "_LEG_RISE = 3.0", "_LEG_RISE = 30.0"),
    (S + "gates.py", "_REM_SPAN = 11", "_REM_SPAN = 1"),
    (S + "gates.py", "_REM_PERCENT = 40.0", "_REM_PERCENT = 5.0"),
    (S + "gates.py", "lasting = binary_opening(wake, np.ones(2))", "lasting = wake"),
    (
        S + "physiology.py",
        'Cue("slow", (1.7, 1.7, 2.2, 3.4, 5.2, 2.3)',
        'Cue("slow", (1.7, 1.7, 2.2, 5.2, 3.4, 2.3)',
    ),
    (S + "physiology.py", "0.1, 0.0, -1.6), 0.8", "0.1, 0.0, 1.6), 0.8"),
    (S + "physiology.py", '"chin": 1.3', '"chin": 0.0'),
    (S + "physiology.py", "grouped.quantile(0.9)", "grouped.quantile(0.5)"),
    (S + "naming.py", "_TEMPER = 0.35", "_TEMPER = 1.0"),
    (S + "naming.py", "_NEARER = 0.5", "_NEARER = -9.0"),
    (S + "naming.py", "_INDEPENDENT = 0.2", "_INDEPENDENT = 1.0"),
    (S + "sleep_period.py", "DEEP = 1.6", "DEEP = 3.2"),
    (S + "sleep_period.py", "n_spreads: float = 2.0", "n_spreads: float = 6.0"),
    (S + "sleep_period.py", "margin: float = 1800.0", "margin: float = 600.0"),
    (S + "stage_model.py", "np.sqrt(counts", "(counts"),
    (S + "hidden_semi_markov.py", "return np.maximum(late", "return np.maximum(1.0 - late"),
]
TESTS = {"arousals/": "tests/arousals", "stages/": "tests/stages"}


def test_files(file: str) -> list[str]:
    """Tests of a room, the nearest first and the golden nights last."""
    room, name = file.split("/")
    folder = ROOT / TESTS[room + "/"]
    nearest = folder / f"test_{name}"
    last = ROOT / "tests" / "arousals" / "test_golden.py"
    if room == "stages":
        named = {"physiology.py", "naming.py", "hidden_semi_markov.py"}
        nearest = folder / ("test_naming.py" if name in named else "test_stages.py")
        others = sorted(folder.glob("test_*.py"))
    else:
        others = [folder / "test_detector.py"]
    order = [nearest, *(f for f in others if f != nearest), last]
    return [str(f.relative_to(ROOT)) for f in dict.fromkeys(order) if f.exists()]


def preload() -> None:
    """Import what no mutant changes."""
    import matplotlib as mpl
    import mne
    import mne.io
    import mne.preprocessing
    import pandas
    import pytest
    import scipy.ndimage
    import scipy.signal
    import sklearn.cluster
    import sklearn.pipeline

    mpl.use("Agg")
    _ = (mne, pandas, pytest, scipy, sklearn)


def run(file: str, old: str, new: str, seconds: int) -> str:
    """Make a mutant, test it, and say what became of it."""
    source = (ROOT / "mne_arousal" / file).read_text(encoding="utf-8")
    if old == new or source.count(old) < 1:
        return "not made: the text is not in the file"
    with tempfile.TemporaryDirectory() as folder:
        for name in ("mne_arousal", "tests"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, Path(folder, name), ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", folder)
        Path(folder, "mne_arousal", file).write_text(source.replace(old, new, 1), encoding="utf-8")
        child = os.fork()
        if not child:
            os._exit(_test(folder, test_files(file)))
        return _outcome(child, Path(folder, "failed"), seconds)


def _test(folder: str, files: list[str]) -> int:
    """Run the tests in the forked process."""
    import pytest

    os.chdir(folder)
    sys.path.insert(0, folder)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)

    class Watcher:
        def pytest_runtest_logreport(self, report):
            if report.failed:
                Path(folder, "failed").write_text(report.nodeid.split("::", 1)[1])

    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *files], plugins=[Watcher()]))


def _outcome(child: int, failed: Path, seconds: int) -> str:
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            if failed.exists():
                return f"killed by {failed.read_text()}"
            code = os.waitstatus_to_exitcode(status)
            return "survived" if code == 0 else f"not tested: pytest ended with {code}"
        time.sleep(0.05)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return f"not tested: over {seconds} s"


def main() -> None:
    """Run the mutants and write their table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="*", help="names of files")
    parser.add_argument("--seconds", type=int, default=300, help="limit of one mutant, s")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    preload()
    rows = []
    for file, old, new in MUTANTS:
        if options.only and Path(file).name not in options.only:
            continue
        began = time.monotonic()
        outcome = run(file, old, new, options.seconds)
        rows.append((file, old, new, outcome))
        print(f"{time.monotonic() - began:5.0f} s  {file}  {old} -> {new}: {outcome}", flush=True)
        write(rows, options.output)


def write(rows: list[tuple[str, str, str, str]], path: Path) -> None:
    """Write the table."""
    count = {kind: sum(r[3].startswith(kind) for r in rows) for kind in ("killed", "survived")}
    lines = [
        "# Mutants",
        "",
        f"{len(rows)} changes of constants and signs of the rooms `arousals` and `stages`, made",
        "one at a time by `doc/benchmarks/mutants.py`, which runs the tests of the room on each.",
        f"Tests failed for {count['killed']} (killed) and passed for {count['survived']}",
        f"(survived); {len(rows) - sum(count.values())} were not tested.",
        "",
        "| file | change | outcome |",
        "| --- | --- | --- |",
        *(f"| {file} | `{old}` → `{new}` | {outcome} |" for file, old, new, outcome in rows),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
