"""Arousals by other detectors, on recordings that ``export.py`` wrote.

Run with a Python of its own, that has ``psgscoring[ml]==0.37.0`` and ``lunapi==1.7.0``::

    OMP_NUM_THREADS=1 python doc/benchmarks/peers/run_peers.py RECORDINGS CACHE

For each method and recording, ``CACHE/METHOD/NAME.csv`` has the events (``onset``, ``duration``, s,
``score``), ``NAME.candidates.csv`` these and what the method scored below its own threshold, and
``NAME.json`` the seconds it took, notes, or the error, and the digest of the signals. What is known
for a digest is not made again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import luna_arousals
import pandas as pd
import psgscoring_arousals
from signals import Signals

METHODS = {name: psgscoring_arousals.detect for name in psgscoring_arousals.METHODS}
METHODS["luna"] = luna_arousals.detect
# A peer may fail in ways of its own; the page says where.
FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def run(method: str, signals: Signals, folder: Path) -> dict:
    """Run one method on one recording and write what it found."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        events, candidates, seconds, notes = METHODS[method](method, signals)
        report = {"seconds": seconds, "notes": notes, "n_events": len(events)}
    except FAILURES as error:
        report = {"error": f"{type(error).__name__}: {error}"}
    else:
        columns = ["onset", "duration", "score"]
        for ending, rows in ((".csv", events), (".candidates.csv", candidates)):
            table = pd.DataFrame(sorted(rows), columns=columns)
            table.round(4).to_csv(folder / f"{signals.name}{ending}", index=False)
    report["digest"] = signals.digest
    report["hours"] = float(signals.duration / 3600)
    (folder / f"{signals.name}.json").write_text(json.dumps(report, indent=1))
    return report


def is_known(report: Path, digest: str) -> bool:
    """Tell whether a method has run on these very signals."""
    return report.exists() and json.loads(report.read_text())["digest"] == digest


def main() -> None:
    """Run all methods on all recordings of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--delete", action="store_true", help="delete each EDF when done")
    arguments = parser.parse_args()
    for path in sorted(arguments.recordings.glob("*.edf")):
        if path.name.endswith(".partial.edf"):
            continue
        signals = Signals(path)
        for method in arguments.methods:
            folder = arguments.cache / method
            if not is_known(folder / f"{signals.name}.json", signals.digest):
                print(signals.name, method, run(method, signals, folder), flush=True)
        if arguments.delete:
            path.unlink()


if __name__ == "__main__":
    main()
