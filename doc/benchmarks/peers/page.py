"""Write the page on how the peers were run, from what ``run_peers.py`` kept::

    python doc/benchmarks/peers/page.py CACHE --output doc/benchmarks/peers.md

Onsets are compared with the truth on the half of the recordings on which settings may be chosen.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from results import METHODS, agreement, load

from mne_arousal.metrics import match_events, score_arousals

sys.path.insert(0, str(Path(__file__).parents[1] / "arousals"))

SHIFT = 2.0  # s, of all onsets in psgscoring's clinical profiles
LONGEST = 15.0  # s, of Luna's standard arousals
SC4001 = "untouched-SC4001"
INTRO = """# How the other detectors were run

Written by `doc/benchmarks/peers/page.py`. The arousal benchmark shows this package beside two
others that anyone can install from PyPI: [psgscoring](https://pypi.org/project/psgscoring/) 0.37.0
(BSD-3-Clause; with LightGBM 4.7.0 and onnxruntime 1.32.0) and
[Luna](https://pypi.org/project/lunapi/) 1.7.0 (GPL-3.0; through lunapi). They run in an environment
of their own, and exchange files with this package, none of whose parts they use.

`export.py` writes each recording as EDF (16 bit, every channel scaled to its own range, so that
nothing clips) with the types of its channels and the **true stage of each 30 s, which all peers are
given** and this package is not. Unscored epochs are given as wake, and gaps, which EDF can't hold,
are written as zeros. The true arousals are not written. `run_peers.py` runs each method on each
file and keeps events, the events below the method's own threshold, and seconds: CPU time of one
thread, since the machine does other work too. A digest of the signals tells when a recording has
changed since.

- **psgscoring, rules**: one central, one occipital and one frontal EEG channel, chosen by the
  package's own rule of names, their events united; chin EMG. Profile `aasm_v3_rec` (10 s between
  arousals, no artifact epochs) with LightGBM off. Events have no score.
- **psgscoring, LightGBM**: the same; threshold 0.70, or 0.80 where names say no region, as in that
  profile. Score: probability.
- **psgscoring, U-Net v1 and v2**: one EEG channel (C4, else C3, else the first), one EOG, chin EMG;
  their own thresholds 0.35 and 0.30; 10 s between arousals. Score: greatest probability.
- **Luna `AROUSALS`**: all EEG channels, chin EMG, its defaults (without EMG `rem=F`, as it asks).
  All its arousals count, those over 15 s, which it also names apart, too. Luna gives events no
  score; here it is the peak, in the event, of the rise of fast over slow EEG that seeds it.

Average precision needs events below the threshold: LightGBM's candidates; the U-Nets at 0.75, 0.5,
0.25 and 0.1 of their threshold; Luna with `eeg-tilt-rise-th=1`, which about doubles its events.
Each list adds only what overlaps nothing above it. None of this counts in the seconds, which for
psgscoring leave out, and for Luna hold, the reading of the file.

The U-Nets learned from experts' marks (v1: 317 nights of MESA; v2: 1262 of MESA, 1235 of SHHS), the
LightGBM from 653 nights of MESA, as the package's manifest says. Luna learned from none.
"""


def notes(cache: Path) -> str:
    """Say what ran, what failed and how fast."""
    lines = [
        "## What ran",
        "",
        "| method | recordings | s per h of simulated nights | failed |",
    ]
    lines.append("| --- | --- | --- | --- |")
    said = []
    for method in METHODS:
        reports = {p.stem: json.loads(p.read_text()) for p in (cache / method).glob("*.json")}
        fine = [r for r in reports.values() if "error" not in r]
        nights = [r for n, r in reports.items() if n.startswith("simulated") and r in fine]
        speed = np.median([r["seconds"] / r["hours"] for r in nights]) if nights else np.nan
        lines.append(f"| {method} | {len(fine)} | {speed:.1f} | {len(reports) - len(fine)} |")
        texts = Counter(r.get("error") or r["notes"] for r in reports.values())
        said += [f"- {method}, {n} recordings: {text}" for text, n in texts.items() if text]
    return "\n".join([*lines, "", *said]) + "\n"


def agreements(cache: Path) -> str:
    """Agreement of the peers with each other on the whole real night."""
    found = {m: load(cache, m, SC4001) for m in METHODS}
    found = {m: f for m, f in found.items() if f is not None}
    lines = [
        "## Agreement with each other on SC4001",
        "",
        "F1 on the whole recording, each pair cut to the smaller number of events of the two by",
        "score (`mne_arousal.metrics.agreement_at_equal_counts`).",
        "",
        f"| | events | {' | '.join(found)} |",
        "| --- " * (2 + len(found)) + "|",
    ]
    for a, first in found.items():
        cells = ["–" if a == b else f"{agreement(first, f):.2f}" for b, f in found.items()]
        cells = ["–" if cell == "nan" else cell for cell in cells]
        lines.append(f"| {a} | {len(first.events)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def onsets(cache: Path) -> str:
    """Onset errors with and without the shift of psgscoring's profiles."""
    from recordings import build, names

    errors = {method: [] for method in METHODS}
    longer = []
    used = [
        name
        for name in names(half="choose", part="simulated")
        if all((cache / method / f"{name}.json").exists() for method in METHODS)
    ]
    for name in used:
        true = build(name).arousals
        for method in METHODS:
            found = load(cache, method, name)
            if found is not None:
                errors[method].append(match_events(true, found.events)["onset_error"].to_numpy())
        found = load(cache, "luna", name)
        short = found.events[found.events["duration"] <= LONGEST]
        longer.append([score_arousals(true, e).f1 for e in (found.events, short)])
    if not used:
        return ""
    lines = [
        "## Onsets and long arousals",
        "",
        f"psgscoring's clinical profiles move all onsets by +{SHIFT:g} s, which made them agree "
        "with their scorers. The truth of simulated nights is known by construction. Bias and "
        f"median error of matched onsets in {len(used)} of them (the half on which settings may be "
        "chosen):",
        "",
        "| method | matched | bias, s | error, s | error with the shift, s |",
        "| --- | --- | --- | --- | --- |",
    ]
    for method, parts in errors.items():
        error = np.concatenate(parts)
        moved = f"{np.median(np.abs(error + SHIFT)):.2f}" if method != "luna" else "–"
        lines.append(
            f"| {method} | {len(error)} | {np.median(error):+.2f} | "
            f"{np.median(np.abs(error)):.2f} | {moved} |"
        )
    both = np.mean(longer, axis=0)
    lines += [
        "",
        "The shift is left out for all in the benchmark. Mean F1 of Luna in these nights is "
        f"{both[0]:.2f}, and {both[1]:.2f} without its arousals over {LONGEST:g} s.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    parts = [INTRO, notes(arguments.cache), agreements(arguments.cache), onsets(arguments.cache)]
    arguments.output.write_text("\n".join(part for part in parts if part))


if __name__ == "__main__":
    main()
