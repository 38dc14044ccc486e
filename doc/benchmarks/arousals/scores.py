"""Scores of found arousals, from the results that `run.py` keeps.

A result is a dict: what was found in one recording by one method, and the truth. Events are
matched one to one at any overlap: of all matchings one with the most pairs.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mne_arousal.metrics import (
    agreement_at_equal_counts,
    gross_auprc,
    label_samples,
    match_events,
    per_second_kappa,
    score_event_ranking,
)

TOUCHING = 1e-9  # s
CLEAR = 4.0  # power ratio from which an abrupt onset should be found within 150 ms


def overlaps(a: pd.DataFrame, b: pd.DataFrame) -> np.ndarray:
    """Return how long each event of `a` overlaps each of `b`, s, shape (n_a, n_b)."""
    start = [table["onset"].to_numpy(dtype=float) for table in (a, b)]
    stop = [table["onset"].to_numpy(float) + table["duration"].to_numpy(float) for table in (a, b)]
    shared = np.minimum(stop[0][:, None], stop[1]) - np.maximum(start[0][:, None], start[1])
    return np.clip(shared, 0, None)


def ranked_hits(true: pd.DataFrame, candidates: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Tell, by falling score, which candidates hit a true event first, and which hit none.

    Returns
    -------
    right, other : array of bool, shape (n_candidates,)
        In order of falling score.
    """
    order = np.argsort(-candidates["score"].to_numpy(float), kind="stable")
    shared = overlaps(true, candidates.iloc[order])
    taken = np.zeros(len(true), dtype=bool)
    right = np.zeros(len(order), dtype=bool)
    for j in range(len(order)):
        free = np.flatnonzero((shared[:, j] > TOUCHING) & ~taken)
        if len(free):
            taken[free[np.argmax(shared[free, j])]] = True
            right[j] = True
    return right, ~(shared > TOUCHING).any(axis=0)


def score_result(result: dict) -> dict:
    """Count what matched in one recording.

    Parameters
    ----------
    result : dict
        As `run.py` keeps it: ``true``, ``lookalikes``, ``found``, ``candidates`` (tables of
        columns), ``sleep_hours`` (true), ``found_hours`` (by the method), ``asked``, ...

    Returns
    -------
    row : dict
        Counts, and ``pairs``: a DataFrame of matched pairs.
    """
    found = table(result["found"])
    hours = result["sleep_hours"]
    row = {key: result[key] for key in ("name", "part", "kind", "half", "source", "method")}
    row |= {
        "sleep_hours": hours,
        "found_hours": result.get("found_hours", hours),
        "recorded_hours": result["recorded_hours"],
        "seconds": result["seconds"],
        "n_found": len(found),
    }
    alike = table(result["lookalikes"])
    if result["true"] is None:
        return row | {"others": len(found), "pairs": pd.DataFrame()}
    true = table(result["true"])
    matched = match_events(true, found)
    none = ~(overlaps(true, found) > TOUCHING).any(axis=0)
    lookalike = (overlaps(alike, found) > TOUCHING).any(axis=0) if len(alike) else False
    pairs = true.iloc[matched["true"]].reset_index(drop=True)
    hit = found.iloc[matched["pred"]].reset_index(drop=True)
    pairs["error"] = hit["onset"] - pairs["onset"]
    if "onset_low" in hit:
        pairs["covered"] = (hit["onset_low"] <= pairs["onset"]) & (
            pairs["onset"] <= hit["onset_high"]
        )
        pairs["width"] = hit["onset_high"] - hit["onset_low"]
    pairs["name"] = result["name"]
    return row | {
        "n_true": len(true),
        "n_matched": len(matched),
        "others": int(none.sum()),
        "mere": int(np.sum(none & ~np.asarray(lookalike))),
        "ap": average_precision(result),
        "kappa": per_second_kappa(
            true, found, 3600 * result["recorded_hours"], stages=np.asarray(result["stages"])
        ),
        "pairs": pairs,
    }


def summarize(rows: list[dict]) -> dict:
    """Pool the counts of several recordings into scores.

    What is found is counted per hour of the sleep that the detector found, as it tells its users;
    other events than true ones per hour of scored sleep, the same for all detectors.
    """
    frame = pd.DataFrame([{k: v for k, v in row.items() if k != "pairs"} for row in rows])
    pairs = [row["pairs"] for row in rows if len(row["pairs"])]
    pairs = pd.concat(pairs, ignore_index=True) if pairs else pd.DataFrame()
    out = {
        "recordings": len(frame),
        "found/h": ratio(frame["n_found"].sum(), frame["found_hours"].sum()),
        "others/h": ratio(frame["others"].sum(), frame["sleep_hours"].sum()),
        "s/h": ratio(frame["seconds"].sum(), frame["recorded_hours"].sum()),
    }
    if "n_true" not in frame:
        return out
    n_true, n_found, n_matched = (frame[f"n_{k}"].sum() for k in ("true", "found", "matched"))
    out |= {
        "true/h": ratio(n_true, frame["sleep_hours"].sum()),
        "F1": ratio(2 * n_matched, n_true + n_found),
        "precision": ratio(n_matched, n_found),
        "recall": ratio(n_matched, n_true),
        "AP": frame["ap"].mean(),
        "kappa": frame["kappa"].mean(),
        "lowest F1": float((2 * frame["n_matched"] / (frame["n_true"] + frame["n_found"])).min()),
        "mere/h": ratio(frame["mere"].sum(), frame["found_hours"].sum()),
        "alike/h": ratio((frame["others"] - frame["mere"]).sum(), frame["found_hours"].sum()),
    }
    return out | summarize_onsets(pairs)


def summarize_onsets(pairs: pd.DataFrame) -> dict:
    """Onset errors (ms) and coverage of intervals: all, abrupt, ramped, abrupt and clear."""
    out = {}
    if not len(pairs):
        return out
    abrupt = pairs["ramp"] == 0
    groups = {
        "": pairs,
        "abrupt ": pairs[abrupt],
        "ramped ": pairs[~abrupt],
        "clear ": pairs[abrupt & (pairs["strength"] >= CLEAR)],
    }
    for name, group in groups.items():
        error = 1000 * group["error"].abs()
        out[f"{name}n"] = len(group)
        out[f"{name}median"] = float(error.median())
        out[f"{name}p90"] = float(error.quantile(0.9)) if len(error) else np.nan
        if "covered" in group:
            out[f"{name}covered"] = float(group["covered"].astype(float).mean())
            out[f"{name}width"] = float(group["width"].median())
    return out


def recall_at(results: list[dict], others_per_hour: float) -> float:
    """Recall when the threshold is set so that other events come at some rate, over recordings."""
    scores, right, other, n_true, hours = [], [], [], 0, 0.0
    for result in results:
        true, candidates = table(result["true"]), table(result["candidates"])
        hits, misses = ranked_hits(true, candidates)
        scores.append(np.sort(candidates["score"].to_numpy(float))[::-1])
        right.append(hits)
        other.append(misses)
        n_true += len(true)
        hours += result["sleep_hours"]
    order = np.argsort(-np.concatenate(scores), kind="stable")
    allowed = np.cumsum(np.concatenate(other)[order]) <= others_per_hour * hours
    return ratio(int(np.concatenate(right)[order][allowed].sum()), n_true)


def average_precision(result: dict) -> float:
    """Average precision of a result's candidates; NaN without scores."""
    candidates = table(result["candidates"])
    if not len(candidates) or candidates["score"].isna().any():
        return np.nan
    return score_event_ranking(table(result["true"]), candidates).average_precision


def agreement(a: pd.DataFrame, b: pd.DataFrame) -> float:
    """F1 of two sets of events; of `a` the best-scored as many as `b` has, where it has scores."""
    if len(a) > len(b) and "score" in a and not a["score"].isna().any():
        return agreement_at_equal_counts(a, b, len(b))
    return ratio(2 * len(match_events(b, a)), len(a) + len(b))


def pooled_auprc(results: list[dict]) -> float:
    """Gross AUPRC of seconds over recordings; NaN where a result has no evidence."""
    if not results or not all(r.get("evidence") for r in results):
        return np.nan
    labels = [
        label_samples(table(r["true"]), len(r["evidence"]), stages=np.asarray(r["stages"]))
        for r in results
    ]
    return gross_auprc(labels, [np.asarray(r["evidence"]) for r in results])


def table(columns) -> pd.DataFrame:
    """Return a kept table as a DataFrame, with onset and duration even where it is empty."""
    frame = pd.DataFrame(columns if columns is not None else {})
    for column in ("onset", "duration"):
        if column not in frame:
            frame[column] = pd.Series(dtype=float)
    return frame


def ratio(part, whole) -> float:
    """Divide; NaN by nothing."""
    return float(part / whole) if whole else np.nan
