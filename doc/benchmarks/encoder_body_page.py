"""Tables of `encoder_body.py`'s results, and the outcome of the rule."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from scores import agreement, ratio, recall_at, table

BASE = "spectral and body"
REFERENCE = "psgscoring-unet-v2"
PARTS = ("patient kinds", "implants", "agreement", "stages")
NAMED = tuple(
    f"{night}, κ of {what}"
    for night in ("SC4001", "ucddb-night")
    for what in ("clusters", "named clusters", "names")
)
JUDGED = (
    "patients, F1",
    "SC4001, implants, F1",
    "deep sleep, implants, F1",
    "SC4001, agreement",
    "SC4001, κ of clusters",
    "ucddb-night, κ of clusters",
)
MARKED = ("patients, F1", "SC4001, implants, F1", "deep sleep, implants, F1")
TARGETS = {"heart": "heart rate", "breath": "breath", "muscle": "chin EMG", "movement": "movement"}


def load(cache: Path, half: str) -> list[dict]:
    """Results of a half, one a recording and seed."""
    paths = sorted((cache / "encoder_body").glob(f"{half}-*.json"))
    return [json.loads(path.read_text()) for path in paths]


def f1(results: list[dict], variant: str) -> float:
    """F1 of the events of several recordings, counted together; NaN where a run is missing."""
    runs = [r["runs"].get(variant) for r in results]
    if not runs or any(run is None for run in runs):
        return np.nan
    true, found, matched = (
        sum(run[f"n_{k}"] for run in runs) for k in ("true", "found", "matched")
    )
    return ratio(2 * matched, true + found)


def recall_at_base(results: list[dict], variant: str) -> float:
    """Recall of implants when other events are as many an hour as the base has."""
    rows, others, hours = [], 0, 0.0
    for result in results:
        if variant not in result["runs"]:
            return np.nan
        run, base = result["runs"][variant], result["runs"][BASE]
        rows.append({**run, "true": result["true"], "sleep_hours": result["sleep_hours"]})
        others += base["n_found"] - base["n_matched"]
        hours += result["sleep_hours"]
    return recall_at(rows, others / hours) if rows else np.nan


def agreement_of(results: list[dict], variant: str, cache: Path) -> float:
    """Agreement with the supervised detector in scored sleep, as many events as it has."""
    if not results or variant not in results[0]["runs"]:
        return np.nan
    (result,) = results
    events = pd.read_csv(cache / "peers" / REFERENCE / "untouched-SC4001.csv")
    events["onset"] -= result["start"]
    return agreement(
        _in_sleep(table(result["runs"][variant]["candidates"]), result["stages"]),
        _in_sleep(events, result["stages"]),
    )


def _in_sleep(events: pd.DataFrame, stages) -> pd.DataFrame:
    stages = np.asarray(stages)
    epochs = events["onset"].to_numpy(float) // 30
    inside = (epochs >= 0) & (epochs < len(stages))
    at = np.clip(epochs, 0, len(stages) - 1).astype(int)
    return events[inside & (stages[at] > 0)].reset_index(drop=True)


def kappa(results: list[dict], variant: str, what: str) -> float:
    """Kappa of a night's stages."""
    runs = [r["runs"].get(variant) for r in results]
    return np.nan if not runs or runs[0] is None else runs[0][what]


def measures(cache: Path, results: list[dict]) -> dict:
    """What is measured: title to the part of the rule and a function of results and variant."""

    def some(begin):
        return lambda rows: [r for r in rows if r["name"].startswith(begin)]

    night = some("untouched-SC4001")
    person = some("untouched-ucddb")
    found = {
        "patients, F1": ("patient kinds", some("simulated"), f1),
        "SC4001, implants, F1": ("implants", some("implants-SC4001"), f1),
        "deep sleep, implants, F1": ("implants", some("implants-ucddb"), f1),
        "SC4001, agreement": (
            "agreement",
            night,
            lambda rows, v: agreement_of(rows, v, cache),
        ),
    }
    for what in ("kappa of clusters", "kappa of named clusters", "kappa of names"):
        title = what.replace("kappa", "κ")
        part = "stages" if what == "kappa of clusters" else ""  # the others are shown alone
        found[f"SC4001, {title}"] = (part, night, lambda r, v, w=what: kappa(r, v, w))
        found[f"ucddb-night, {title}"] = (part, person, lambda r, v, w=what: kappa(r, v, w))
    seeds = sorted({r["seed"] for r in results})
    return {
        title: (
            part,
            {seed: choose([r for r in results if r["seed"] == seed]) for seed in seeds},
            of,
        )
        for title, (part, choose, of) in found.items()
    }


def values_of(by_seed, of, variant) -> np.ndarray:
    """A measure of a variant, one a seed."""
    return np.array([of(rows, variant) for rows in by_seed.values() if rows], dtype=float)


def outcome(values: np.ndarray, base: np.ndarray) -> str:
    """``"+"``, ``"-"`` or ``""``: better, worse or neither, by more than the range over seeds."""
    values, base = values[np.isfinite(values)], base[np.isfinite(base)]
    if not len(values):
        return "?"
    moved = np.median(values) - np.median(base)
    spread = max(np.ptp(values), np.ptp(base))
    return "+" if moved > spread else "-" if moved < -spread else ""


def variants_of(results: list[dict]) -> list[str]:
    """Names of the variants, the base first."""
    return list(dict.fromkeys(v for r in results for v in r["runs"]))


def cell(values: np.ndarray, sign: str = "") -> str:
    """Median and range over seeds."""
    values = values[np.isfinite(values)]
    if not len(values):
        return "–"
    text = f"{np.median(values):.3f}"
    if np.ptp(values) >= 5e-4:
        text += f" ({values.min():.3f} to {values.max():.3f})"
    return f"**{text} {sign}**" if sign else text


def tried(cache: Path, half: str, titles=None, among=None) -> list[str]:
    """Table of what was tried: of some measures, for variants whose names hold a word."""
    results = load(cache, half)
    columns = measures(cache, results)
    columns = {k: v for k, v in columns.items() if titles is None or k in titles}
    ends = ["seeds", "kept by the rule"] if among is None else ["seeds"]
    lines = ["| | " + " | ".join([*columns, *ends]) + " |"]
    lines.append("|" + " --- |" * (len(columns) + len(ends) + 1))
    for variant in variants_of(results):
        if among is not None and variant != BASE and among not in variant:
            continue
        cells, signs, n = [], {}, []
        for part, by_seed, of in columns.values():
            values = values_of(by_seed, of, variant)
            sign = outcome(values, values_of(by_seed, of, BASE)) if variant != BASE else ""
            signs.setdefault(part, []).append(sign)
            cells.append(cell(values, sign.strip("?")))
            n.append(int(np.isfinite(values).sum()))
        judged = [some for part, some in signs.items() if part]
        better = sum("+" in some for some in judged)
        worse = sum("-" in some for some in judged)
        kept = "" if variant == BASE else "yes" if better >= 2 and not worse else "no"
        n = [count for count in n if count] or [0]
        seeds = f"{min(n)} to {max(n)}" if min(n) != max(n) else str(n[0])
        cells += [seeds, kept][: len(ends)]
        lines.append(f"| {variant} | " + " | ".join(cells) + " |")
    return lines


def correlations(cache: Path, half: str = "report") -> list[str]:
    """Table of cross-fitted correlations with what the body does."""
    rows = []
    for result in load(cache, half):
        place = {"simulated": "patient kinds", "implants": "implants"}.get(
            result["part"], "real nights"
        )
        if result["part"] != "simulated":
            place = "SC4001" if "SC4001" in result["name"] else "one EEG, deep sleep or night"
        for target, found in result["correlations"].items():
            for method, value in found.items():
                rows.append((place, target, method, result["seed"], value))
    frame = pd.DataFrame(rows, columns=["where", "target", "method", "seed", "r"])
    by_seed = frame.groupby(["where", "target", "method", "seed"], sort=False)["r"].mean()
    methods = list(dict.fromkeys(frame["method"]))
    lines = ["| | predicted | " + " | ".join(methods) + " |", "|" + " --- |" * (len(methods) + 2)]
    for place in dict.fromkeys(frame["where"]):
        for target, title in TARGETS.items():
            cells = []
            for method in methods:
                at = by_seed.index.isin(
                    [(place, target, method, s) for s in frame["seed"].unique()]
                )
                cells.append(cell(by_seed[at].to_numpy()))
            if any(c != "–" for c in cells):
                lines.append(f"| {place} | {title} | " + " | ".join(cells) + " |")
    return lines


def write_page(cache: Path, page: Path, *, anew: bool = False) -> None:
    """Write the tables into the page, between its markers.

    Parameters
    ----------
    cache : Path
        Folder of results.
    page : Path
        Page to write into.
    anew : bool
        Write the table of a later version alone.
    """
    tables = {"anew": tried(cache, "report", (*JUDGED[:2], JUDGED[3]))} if anew else _tables(cache)
    text = page.read_text(encoding="utf-8")
    for marker, lines in tables.items():
        head, found, rest = text.partition(f"<!-- {marker} -->")
        _, _, tail = rest.partition("<!-- end -->")
        print(marker, *lines, sep="\n")
        if found:
            text = f"{head}<!-- {marker} -->\n" + "\n".join(lines) + f"\n<!-- end -->{tail}"
    page.write_text(text, encoding="utf-8")


def _tables(cache: Path) -> dict[str, list[str]]:
    return {
        "tried": tried(cache, "report", JUDGED),
        "named": tried(cache, "report", NAMED, "in clusters"),
        "chosen": tried(
            cache, "choose", ("patients, F1", "SC4001, implants, F1", "deep sleep, implants, F1")
        ),
        "foreseen": correlations(cache),
    }
