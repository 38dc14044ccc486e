"""Sections of the page: each takes results and returns Markdown.

Those on real sleep are in `sections_real.py`.
"""

from __future__ import annotations

import numpy as np
from recordings import REPORTED_BEFORE
from robustness import CHANGES, PATIENT_CHANGES, REAL_CHANGES, changes_of
from scores import pooled_auprc, recall_at, score_result, summarize
from sleepers import KINDS

OURS = "mne-arousal"
ASKED = 2.0  # false alarms per hour
FACTOR = 1.5  # by which false alarms may differ from what was asked for


def of(results: dict, **where) -> list[dict]:
    """Return the results without error of which all of `where` is so."""
    return [
        r
        for r in results.values()
        if not r.get("error") and all(r[key] == value for key, value in where.items())
    ]


def pooled(results: list[dict]) -> dict:
    """Score results together."""
    return summarize([score_result(r) for r in results]) if results else {}


def cell(value, digits: int = 2) -> str:
    """Write a number, or a dash where there is none."""
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return "–"
    return str(value) if isinstance(value, str | int) else f"{value:.{digits}f}"


def percent(share) -> str:
    """Write a share, or a dash where there is none."""
    return "–" if share is None or np.isnan(share) else f"{share:.0%}"


def grid(header: list[str], rows: list[list]) -> str:
    """Write a table; cells are strings or numbers."""
    lines = ["| " + " | ".join(header) + " |", "| --- |" + " ---: |" * (len(header) - 1)]
    lines += ["| " + " | ".join(cell(c) for c in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def seeds_of(own: dict) -> list[str]:
    """Seeds of the simulated nights."""
    return sorted({r["source"] for r in of(own, part="simulated")}, key=int)


def new_seeds(own: dict) -> list[str]:
    """Those of them on which no version of the detector had been reported."""
    return [seed for seed in seeds_of(own) if int(seed) not in REPORTED_BEFORE]


def kinds(own: dict) -> str:
    """Scores of each kind of simulated sleeper."""
    rows, worst, seeds = [], [], seeds_of(own)
    by_seed = seeds if len(seeds) > 1 else []
    for kind in KINDS:
        s = pooled(of(own, part="simulated", kind=kind))
        if not s:
            continue
        worst.append((s["F1"], kind, s["lowest F1"]))
        rows.append(
            [
                f"`{kind}`",
                s["recordings"],
                cell(s["true/h"], 1),
                cell(s["found/h"], 1),
                f"{s['F1']:.2f} ({s['lowest F1']:.2f})",
                *(
                    pooled(of(own, part="simulated", kind=kind, source=x)).get("F1")
                    for x in by_seed
                ),
                s["precision"],
                s["recall"],
                s["AP"],
                pooled_auprc(of(own, part="simulated", kind=kind)),
                cell(s["mere/h"]),
                cell(s["alike/h"]),
                cell(s["s/h"], 1),
            ]
        )
    if not rows:
        return ""
    f1, kind, night = min(worst)
    header = ["kind", "nights", "true / h", "found / h", "F1 (lowest night)"]
    header += [f"F1, seed {seed}" for seed in by_seed]
    header += [
        "precision",
        "recall",
        "average precision",
        "gross AUPRC",
        "in mere sleep / h",
        "in look-alikes / h",
        "s per h",
    ]
    return (
        "## Each kind of simulated sleeper\n\n"
        + grid(header, rows)
        + f"\nThe worst kind is `{kind}`: F1 {f1:.2f}, {night:.2f} in its worst night.\n"
    )


def beside_others(own: dict, peers: dict) -> str:
    """F1 of each kind by each detector, on the nights that all of them ran."""
    methods = {OURS: own, **{t: r for t, r in peers.items() if of(r, part="simulated")}}
    missing = [t for t in peers if t not in methods]
    shared = shared_names(methods, "simulated")
    text = "## Beside other detectors, simulated nights\n\n"
    if missing:
        text += f"Not run: {', '.join(missing)}.\n\n"
    if len(methods) == 1 or not shared:
        return text
    text += (
        f"F1 in the {len(shared)} nights that all have run, events of a kind counted together.\n\n"
    )
    text += _f1_of_kinds(methods, shared) + "\n" + _overall(methods, shared) + _failures(peers)
    new = new_seeds(own)
    nights = [n for n in shared if own[n]["source"] in new]
    if not nights or len(nights) == len(shared):
        return text
    text += (
        f"\nThe same in the {len(nights)} nights of seed {', '.join(new)} alone, which had no part "
        "in anything before:\n\n"
    )
    return text + _f1_of_kinds(methods, nights) + "\n" + _overall(methods, nights)


def _f1_of_kinds(methods, names) -> str:
    """Table of F1 by kind and detector, in some nights."""
    own, rows = methods[OURS], []
    for kind in KINDS:
        chosen = [n for n in names if own[n]["kind"] == kind]
        if chosen:
            scores = [pooled([r[n] for n in chosen])["F1"] for r in methods.values()]
            rows.append([f"`{kind}`", len(chosen), *scores])
    lowest = [f"**{min(row[i] for row in rows):.2f}**" for i in range(2, 2 + len(methods))]
    return grid(["kind", "nights", *methods], [*rows, ["**worst kind**", "", *lowest]])


def _overall(methods, names) -> str:
    columns = ("F1", "precision", "recall", "AP", "kappa", "median", "p90", "s/h")
    rows = []
    for title, results in methods.items():
        s = pooled([results[n] for n in names])
        rows.append([title, *(cell(s.get(c), 0 if c in ("median", "p90") else 2) for c in columns)])
    header = ["all kinds", "F1", "precision", "recall", "average precision", "kappa of seconds"]
    header += ["onset error, median ms", "90th percentile ms", "s per recorded h"]
    return grid(header, rows)


def _failures(peers) -> str:
    failed = {
        title: {r["error"] for r in results.values() if r.get("error")}
        for title, results in peers.items()
    }
    lines = [
        f"- {title} failed on {sum(bool(r.get('error')) for r in peers[title].values())} "
        f"recordings: {'; '.join(sorted(errors))[:200]}"
        for title, errors in failed.items()
        if errors
    ]
    return "\n" + "\n".join(lines) + "\n" if lines else ""


def shared_names(methods, part) -> list[str]:
    """Names of recordings of a part that every method has run without error."""
    sets = [{r["name"] for r in of(results, part=part)} for results in methods.values()]
    return sorted(set.intersection(*sets)) if sets else []


def calibration(own: dict) -> str:
    """Asked and found rates of false alarms, per kind."""
    rows, held, n = [], 0, 0
    for kind in KINDS:
        results = [r for r in of(own, part="simulated", kind=kind) if "asked" in r]
        if not results:
            continue
        hours = sum(r["found_hours"] for r in results)
        asked = sorted(results[0]["asked"], key=float)
        found = []
        for rate in asked:
            false = sum(score_result(r | {"found": r["asked"][rate]})["others"] for r in results)
            found.append(false / hours)
        factors = [f / float(a) for f, a in zip(found, asked, strict=True)]
        middle = factors[len(factors) // 2]
        held += 1 / FACTOR <= middle <= FACTOR
        n += 1
        expected = f"{found[len(found) // 2] * hours:.0f} of {ASKED * hours:.0f}"
        rows.append([f"`{kind}`", hours, *found, middle, expected])
    if not rows:
        return ""
    header = ["kind", "h of sleep found", *(f"asked {float(a):g} / h" for a in asked)]
    return (
        "## Calibration: false alarms asked for and found\n\n"
        "`false_alarms_per_hour` alone sets the limit here. Events an hour that overlap no "
        "arousal, look-alikes among them, and the factor of found to asked at the second rate. Few "
        "events make a factor uncertain: "
        "where 35 are due, chance gives 26 to 45 nine times in ten, factors of 0.7 to 1.3; where 5 "
        "are due, 2 to 9.\n\n"
        + grid([*header, "factor", "events found, asked for"], rows)
        + f"\nWithin a factor of {FACTOR} in {held} of {n} kinds.\n"
    )


def onsets(own: dict, peers: dict) -> str:
    """Onset errors and coverage, abrupt and ramped."""
    rows = []
    for title, results in {OURS: own, **peers}.items():
        for part in ("simulated", "implants"):
            s = pooled(of(results, part=part))
            if "n" not in s:
                continue
            for group in ("", "abrupt ", "ramped ", "clear "):
                name = {"": "all", "clear ": "abrupt, power ratio ≥ 4"}.get(group, group.strip())
                covered = s.get(f"{group}covered")
                width = s.get(f"{group}width")
                rows.append(
                    [
                        title,
                        part,
                        name,
                        s[f"{group}n"],
                        cell(s[f"{group}median"], 0),
                        cell(s[f"{group}p90"], 0),
                        percent(covered),
                        "–" if width is None else f"{width:.2f}",
                    ]
                )
    header = ["detector", "recordings", "onsets", "matched", "median ms", "90th percentile ms"]
    header += ["90 % interval covers", "its width, median s"]
    text = "## Onsets\n\n" + grid(header, rows) + "\n"
    rows = []
    for kind in KINDS:
        s = pooled(of(own, part="simulated", kind=kind))
        if "n" in s:
            numbers = (s["median"], s["p90"], s["abrupt median"], s["ramped median"])
            shares = (s.get("abrupt covered"), s.get("ramped covered"))
            rows.append([f"`{kind}`", *(cell(x, 0) for x in numbers), *map(percent, shares)])
    header = ["kind", "median ms", "90th percentile ms", "abrupt, median ms", "ramped, median ms"]
    return text + grid([*header, "abrupt covered", "ramped covered"], rows)


def ablation(results: dict[str, dict]) -> str:
    """What each component adds."""
    titles = {
        OURS: "as it is",
        "fast": "fast EEG alone",
        "emg": "fast EEG and chin EMG",
        "no anchor": "without the direction that predicts the body",
        "no heart": "without the heart",
        "no breath": "without the breath",
        "no body": "without body channels",
        "states": "with states",
    }
    found = {titles[m]: r for m, r in results.items() if r}
    if not found:
        return ""
    sample = next(iter(found.values()))
    names = list(dict.fromkeys(r["kind"] for r in of(sample, part="simulated")))
    rows = []
    for title, method in found.items():
        simulated = [pooled(of(method, part="simulated", kind=kind)) for kind in names]
        implanted = pooled(of(method, part="implants"))
        row = [title, *(s.get("F1") for s in simulated)]
        row.append(float(np.mean([s["AP"] for s in simulated])) if simulated else None)
        row += [implanted.get("recall"), cell(implanted.get("others/h"), 1)]
        chosen = of(method, part="implants")
        row.append(recall_at(chosen, 10.0) if chosen else None)
        rows.append(row)
    header = ["", *(f"`{k}`, F1" for k in names), "average precision"]
    header += ["implants, recall", "others / h", "recall at 10 others / h"]
    return "## What each component adds\n\n" + grid(header, rows)


def robustness(own: dict) -> str:
    """The same nights changed."""
    changed = of(own, part="changed")
    tables = []
    for title, changes, score in (
        ("medium nights, 3 EEG, 2 EOG, chin EMG, 128 Hz", CHANGES, "F1"),
        ("patients with apnea, 2 EEG, 2 EOG, body, 128 Hz", PATIENT_CHANGES, "F1"),
        ("SC4001 with 20 implants / h, 100 Hz", REAL_CHANGES, "recall"),
    ):
        results = [r for r in changed if changes_of(r["source"]) is changes]
        if results:
            header = [title, score, "change", "index", "change", "onset, median ms"]
            tables.append(grid(header, _changes(results, changes, score)))
    return "## The same nights, changed\n\n" + "\n".join(tables) if tables else ""


def _changes(results: list[dict], changes, score: str) -> list[list]:
    base = pooled([r for r in results if r["kind"] == "as it is"])
    rows = []
    for kind in changes:
        kind = kind.replace("µ", "u")
        s = pooled([r for r in results if r["kind"] == kind])
        if not s or not base:
            continue
        change, index = s[score] - base[score], s["found/h"] - base["found/h"]
        row = [kind, s[score], f"{change:+.2f}", cell(s["found/h"], 1), f"{index:+.1f}"]
        rows.append([*row, cell(s.get("median"), 0)])
    return rows
