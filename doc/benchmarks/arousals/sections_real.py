"""Sections of the page on real sleep: implants and untouched nights."""

from __future__ import annotations

import numpy as np
import pandas as pd
from recordings import WHOLE_NIGHTS
from scores import agreement, recall_at, score_result, table
from sections import ASKED, OURS, cell, grid, of, percent, pooled, shared_names


def implants(own: dict, peers: dict) -> str:
    """Recall and other events by rate, by detector and by person."""
    results = of(own, part="implants")
    if not results:
        return ""
    rows = []
    for kind in sorted({r["kind"] for r in results}, key=_by_rate):
        s = pooled(of(own, part="implants", kind=kind))
        rows.append([kind, s["recordings"], *_implant_cells(s)])
    header = ["", "recordings", "true / h", "recall", "others / h", "onset, median ms"]
    header += ["abrupt covered", "ramped covered"]
    text = "## Implants\n\n" + grid(header, rows) + "\n"
    for title, place in (("SC4001", "SC4001"), ("Deep sleep", "deep sleep")):
        text += _implant_methods(own, peers, title, place)
    text += _by_amplitude(own, peers)
    rows = []
    for person in dict.fromkeys(r["source"] for r in results):
        s = pooled(of(own, part="implants", source=person))
        rows.append([person, s["recordings"], *_implant_cells(s)])
    worst = min(rows, key=lambda row: float(row[3]))
    text += grid(["person, all rates", *header[1:]], rows)
    return text + f"\nThe lowest recall is that of {worst[0]}.\n"


def _by_rate(kind: str) -> tuple[str, int]:
    place, _, rate = kind.rpartition(" ")
    return place, int(rate.removesuffix("/h"))


def _implant_cells(s) -> list:
    cells = [cell(s["true/h"], 1), cell(s["recall"]), cell(s["others/h"], 1)]
    cells.append(cell(s.get("median"), 0))
    for group in ("abrupt ", "ramped "):
        cells.append(percent(s.get(f"{group}covered")))
    return cells


def _implant_methods(own, peers, title, place) -> str:
    methods = {OURS: own, **{t: r for t, r in peers.items() if of(r, part="implants")}}
    names = [n for n in shared_names(methods, "implants") if own[n]["kind"].startswith(place)]
    if len(methods) == 1 or not names:
        return ""
    rows = []
    for method, results in methods.items():
        chosen = [results[n] for n in names]
        s = pooled(chosen)
        ours = recall_at([own[n] for n in names], s["others/h"])
        rows.append([method, s["recall"], cell(s["others/h"], 1), cell(s.get("median"), 0), ours])
    header = [f"{title}, {len(names)} recordings", "recall", "others / h", "onset, median ms"]
    return grid([*header, "our recall at as many others"], rows) + "\n"


def _by_amplitude(own, peers) -> str:
    """Recall of abrupt and ramped implants by their amplitude."""
    methods = {OURS: own, **{t: r for t, r in peers.items() if of(r, part="implants")}}
    names = shared_names(methods, "implants")
    rows, header = [], []
    for title, results in methods.items():
        true = [table(results[n]["true"]).assign(name=n) for n in names]
        true = pd.concat([t for t in true if "ratio" in t and len(t)] or [pd.DataFrame()])
        if not len(true):
            return ""
        pairs = [score_result(results[n])["pairs"] for n in names]
        pairs = pd.concat([p for p in pairs if len(p)] or [true.iloc[:0]])
        row, header = [title], [f"recall, {len(names)} recordings"]
        for abrupt in (True, False):
            for ratio in sorted(true["ratio"].unique()):
                n, hit = (
                    int(np.sum((t["ratio"] == ratio) & ((t["ramp"] == 0) == abrupt)))
                    for t in (true, pairs)
                )
                row.append(f"{hit / n:.2f} of {n}" if n else "–")
                header.append(f"{'abrupt' if abrupt else 'ramped'}, {ratio:g} times")
        rows.append(row)
    return grid(header, rows) + "\n"


def untouched(own: dict, peers: dict) -> str:
    """Events per hour of sleep in recordings without marks, and agreement on SC4001."""
    results = of(own, part="untouched")
    if not results:
        return ""
    methods = {OURS: own, **{t: r for t, r in peers.items() if of(r, part="untouched")}}
    rows = []
    for person in dict.fromkeys(r["source"] for r in results):
        row = [person]
        for method in methods.values():
            found = of(method, part="untouched", source=person)
            row.append(cell(_rate_in_sleep(found[0]), 1) if found else "–")
        rows.append([*row, sum(r["sleep_hours"] for r in results if r["source"] == person)])
    text = "## Untouched sleep: events per hour of scored sleep\n\n"
    text += grid(["person", *methods, "h of sleep"], rows) + "\n"
    deep = [r for r in results if r["source"] not in WHOLE_NIGHTS]
    if deep:
        worst = max(deep, key=_rate_in_sleep)
        pooled_rate = sum(len(in_sleep(r)) for r in deep) / sum(r["sleep_hours"] for r in deep)
        text += (
            f"In deep sleep {pooled_rate:.1f} an hour over all people, most in {worst['source']} "
            f"({_rate_in_sleep(worst):.1f}); {ASKED:g} false alarms an hour were asked for.\n\n"
        )
    return text + _agreement({t: r.get("untouched-SC4001") for t, r in methods.items()})


def _rate_in_sleep(result) -> float:
    """Events per hour in epochs that are scored as sleep."""
    return len(in_sleep(result)) / result["sleep_hours"]


def in_sleep(result, which: str = "found"):
    """Return the events that begin in an epoch scored as sleep."""
    events = table(result[which])
    epochs = np.minimum(events["onset"].to_numpy(float) // 30, len(result["stages"]) - 1)
    asleep = np.asarray(result["stages"])[epochs.astype(int)] > 0
    return events[asleep].reset_index(drop=True)


def with_awakenings(result) -> pd.DataFrame:
    """Return candidates in scored sleep of any duration, as detectors without a longest one do."""
    parts = [in_sleep(result, which) for which in ("candidates", "longer")]
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _agreement(night: dict) -> str:
    night = {title: r for title, r in night.items() if r is not None and not r.get("error")}
    references = [t for t in night if "U-Net" in t]
    rows = []
    for title, result in night.items():
        inside = len(in_sleep(result))
        counts = [inside, len(table(result["found"])) - inside]
        events = {title: in_sleep(result, "candidates" if result.get("candidates") else "found")}
        if result.get("longer"):
            events[f"{title}, awakenings too"] = with_awakenings(result)
        for name, found in events.items():
            row = [name, *counts]
            for reference in references:
                same = reference == title
                row.append("–" if same else agreement(found, in_sleep(night[reference])))
            rows.append(row)
            counts = ["", ""]
    header = [
        "SC4001",
        "events in scored sleep",
        "elsewhere",
        *(f"agreement with {t}" for t in references),
    ]
    return (
        "Agreement is the F1 of two detectors' events in scored sleep; of the one in the row, as "
        "many as the other has are taken, by score. The U-Nets, LightGBM and Luna have no longest "
        "duration, and some of their events last over 15 s. This package calls what lasts longer "
        "than 15 s an awakening and returns it apart; counted with the arousals, as theirs are, "
        "these have a row of their own.\n\n" + grid(header, rows)
    )
