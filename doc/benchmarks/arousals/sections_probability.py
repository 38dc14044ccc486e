"""Section of the page on probabilities: whether they mean what they say, and where to cut.

Every candidate that meets the definition of an arousal, accepted or not, is true where it overlaps
an arousal that was put in.
"""

from __future__ import annotations

import numpy as np
from scores import ranked_hits, table
from sections import cell, grid, of
from sleepers import KINDS

BINS = np.linspace(0, 1, 11)
CUTS = np.linspace(0.05, 0.95, 19)
DEFAULT = 0.5


def judged(results: list[dict]) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of all candidates, and whether each is true."""
    probability, true = [], []
    for result in results:
        candidates = table(result["candidates"])
        if not len(candidates):
            continue
        hits, _ = ranked_hits(table(result["true"]), candidates)
        probability.append(np.sort(candidates["score"].to_numpy(float))[::-1])
        true.append(hits)
    if not probability:
        return np.empty(0), np.empty(0)
    return np.concatenate(probability), np.concatenate(true).astype(float)


def calibration_error(probability: np.ndarray, true: np.ndarray) -> float:
    """Expected calibration error in ten bins (Guo et al. 2017, ICML)."""
    if not len(true):
        return float("nan")
    at = np.minimum(np.digitize(probability, BINS) - 1, 9)
    gaps = [
        abs(true[at == k].mean() - probability[at == k].mean()) * np.sum(at == k)
        for k in range(10)
        if np.any(at == k)
    ]
    return float(sum(gaps) / len(true))


def f1_at(results: list[dict], cut: float) -> float:
    """F1 where candidates from a probability on are taken, by greedy matches of candidates."""
    probability, true = judged(results)
    n_true = sum(len(table(r["true"])) for r in results)
    taken = probability >= cut
    return float(2 * true[taken].sum() / max(n_true + taken.sum(), 1))


def reliability(own: dict) -> str:
    """Calibration of the probability, and F1 at 0.5 beside the best cut."""
    parts = {
        "simulated, all kinds": of(own, part="simulated"),
        "simulated, without patients": [
            r for r in of(own, part="simulated") if not r["kind"].startswith("patient")
        ],
        "simulated patients": [
            r for r in of(own, part="simulated") if r["kind"].startswith("patient")
        ],
        "implants": of(own, part="implants"),
    }
    rows = []
    for title, results in parts.items():
        probability, true = judged(results)
        if not len(true):
            continue
        at = np.minimum(np.digitize(probability, BINS) - 1, 9)
        shares = [cell(float(true[at == k].mean())) if np.any(at == k) else "–" for k in range(10)]
        rows.append([title, len(true), cell(calibration_error(probability, true), 3), *shares])
    if not rows:
        return ""
    header = ["candidates", "number", "calibration error"]
    header += [f"{low:.1f} to {low + 0.1:.1f}" for low in BINS[:-1]]
    text = (
        "## Probabilities: what they say, and what is so\n\n"
        "Share of true candidates among those of each probability, and the expected calibration "
        "error over ten bins. Real sleep has arousals of its own beside the implants, which count "
        "as false here.\n\n" + grid(header, rows)
    )
    rows = []
    for kind in KINDS:
        results = of(own, part="simulated", kind=kind)
        if not results:
            continue
        scores = [f1_at(results, cut) for cut in CUTS]
        best = int(np.argmax(scores))
        at_default = f1_at(results, DEFAULT)
        gap = scores[best] - at_default
        rows.append([f"`{kind}`", at_default, scores[best], cell(CUTS[best]), cell(gap, 3)])
    held = sum(float(row[-1]) <= 0.02 for row in rows)
    return (
        text
        + "\nF1 where all candidates from a probability on are taken:\n\n"
        + grid(["kind", "at 0.5", "at the best cut", "best cut", "difference"], rows)
        + f"\nWithin 0.02 of the best in {held} of {len(rows)} kinds.\n"
    )
