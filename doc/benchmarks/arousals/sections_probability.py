"""Section of the page on probabilities: whether they mean what they say, and where to cut.

Every candidate that meets the definition of an arousal, accepted or not, is true where it overlaps
an arousal that was put in.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scores import TOUCHING, overlaps, ranked_hits, table
from sections import cell, grid, of
from sleepers import KINDS

BINS = np.linspace(0, 1, 11)
CUTS = np.linspace(0.05, 0.95, 19)
DEFAULT = 0.5
CUT_GAP = 0.02  # of F1, by which the default cut may lie below the best
# Whose events in a person's untouched sleep count as arousals of that person's own: all of them
# together, at their own thresholds, as chosen before any figure was seen
WITNESSES = ("psgscoring, U-Net v1", "psgscoring, U-Net v2", "Luna AROUSALS")
INTRO = """## Probabilities: what they say, and what is so

Share of true candidates among those of each probability, and the expected calibration error over
ten bins. Real sleep has arousals of its own beside the implants, which count as false in the rows
that set nothing aside. In the rows that do, candidates count as neither true nor false that overlap
no implant but, at the same place of the same sleep without implants, an event of any of three other
detectors: psgscoring's U-Nets v1 and v2 and Luna, each at its own threshold. That all three are
asked was chosen before these figures were seen. What they find without cause sets candidates aside,
too. "Set aside" says how many. A person's three rates of implants lie in the same sleep, so that
each arousal of the sleeper's own counts up to three times. The other detectors know when the
sleeper is awake; what this package finds there is never set aside.

"""


def judged(results: list[dict], natural=None) -> tuple[np.ndarray, np.ndarray]:
    """Judge all candidates.

    Parameters
    ----------
    results : list of dict
        Recordings.
    natural : dict | None
        Of each recording, by name, events that are not known to be true or false. Candidates that
        overlap one of them, and nothing that was put in, are left out. None leaves none out.

    Returns
    -------
    probability : array of float, shape (n_candidates,)
        Their probabilities.
    true : array of float, shape (n_candidates,)
        1 where a candidate is true, else 0.
    """
    probability, true = [np.empty(0)], [np.empty(0)]
    for result in results:
        candidates = table(result["candidates"])
        if not len(candidates):
            continue
        hits, others = ranked_hits(table(result["true"]), candidates)
        order = np.argsort(-candidates["score"].to_numpy(float), kind="stable")
        candidates = candidates.iloc[order]
        kept = np.ones(len(hits), dtype=bool)
        if natural is not None:
            shared = overlaps(candidates, natural[result["name"]])
            kept = ~(others & (shared > TOUCHING).any(axis=1))
        probability.append(candidates["score"].to_numpy(float)[kept])
        true.append(hits[kept].astype(float))
    return np.concatenate(probability), np.concatenate(true)


def natural_events(result: dict, peers: dict) -> pd.DataFrame | None:
    """Return what `WITNESSES` find in the untouched sleep of which a recording with implants is.

    Parameters
    ----------
    result : dict
        Recording with implants; ``untouched`` names the untouched one, ``untouched_start`` is the
        time in it, s, at which this one begins.
    peers : dict
        Results of other detectors, by title, then by recording.

    Returns
    -------
    events : DataFrame | None
        ``onset`` in the time of the recording with implants, and ``duration``; None where one of
        the detectors has not run.
    """
    found = [peers.get(title, {}).get(result.get("untouched")) for title in WITNESSES]
    if any(f is None or f.get("error") for f in found):
        return None
    events = pd.concat([table(f["found"])[["onset", "duration"]] for f in found])
    return events.assign(onset=events["onset"] - result["untouched_start"])


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


def reliability(own: dict, peers: dict) -> str:
    """Calibration of the probability, and F1 at 0.5 beside the best cut."""
    rows = [
        _reliability_row(title, results, natural)
        for title, results, natural in (*_simulated(own), *implanted(own, peers))
        if results
    ]
    if not rows:
        return ""
    header = ["candidates", "number", "set aside", "calibration error"]
    header += [f"{low:.1f} to {low + 0.1:.1f}" for low in BINS[:-1]]
    return INTRO + grid(header, rows) + _cuts(own)


def _simulated(own: dict):
    """Title, results and no events to set aside."""
    results = of(own, part="simulated")
    patients = [r for r in results if r["kind"].startswith("patient")]
    yield "simulated, all kinds", results, None
    yield "simulated, without patients", [r for r in results if r not in patients], None
    yield "simulated patients", patients, None


def implanted(own: dict, peers: dict):
    """Implants: title, results, and the events of others to set aside, or None."""
    results = of(own, part="implants")
    natural = {r["name"]: natural_events(r, peers) for r in results}
    known = [r for r in results if natural[r["name"]] is not None]
    for place in ("", "deep sleep", "SC4001"):
        title = f"implants, {place}" if place else "implants"
        yield title, [r for r in results if r["kind"].startswith(place)], None
        of_place = [r for r in known if r["kind"].startswith(place)]
        yield f"{title}, others' events set aside", of_place, natural


def _reliability_row(title, results, natural) -> list:
    probability, true = judged(results, natural)
    at = np.minimum(np.digitize(probability, BINS) - 1, 9)
    shares = [cell(float(true[at == k].mean())) if np.any(at == k) else "–" for k in range(10)]
    aside = "–" if natural is None else len(judged(results)[1]) - len(true)
    return [title, len(true), aside, cell(calibration_error(probability, true), 3), *shares]


def cut_gaps(own: dict) -> dict[str, tuple[float, float, float]]:
    """Of each kind: F1 at the default cut, at the best cut, and that cut."""
    found = {}
    for kind in KINDS:
        results = of(own, part="simulated", kind=kind)
        if results:
            scores = [f1_at(results, cut) for cut in CUTS]
            best = int(np.argmax(scores))
            found[kind] = f1_at(results, DEFAULT), scores[best], float(CUTS[best])
    return found


def _cuts(own: dict) -> str:
    found = cut_gaps(own)
    if not found:
        return ""
    rows = [
        [f"`{kind}`", at_default, best, cell(cut), cell(best - at_default, 3)]
        for kind, (at_default, best, cut) in found.items()
    ]
    held = sum(best - at_default <= CUT_GAP for at_default, best, _ in found.values())
    return (
        "\nF1 where all candidates from a probability on are taken:\n\n"
        + grid(["kind", "at 0.5", "at the best cut", "best cut", "difference"], rows)
        + f"\nWithin {CUT_GAP} of the best in {held} of {len(rows)} kinds.\n"
    )
