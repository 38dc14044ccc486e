"""The page of a dataset, from the tables of its derivative."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from ..viz import plot_night
from .night import NOT_CLINICAL, versions_text
from .tables import pairs_table, sortable_table, text_list

_N_NIGHTS = 12  # nights drawn: a page of a thousand pictures opens in no browser
_FORMATS = {"hours": ".2f", "sleep hours": ".2f", "n arousals": ".0f", "arousal index": ".1f"}
_LABELS = ("filename", "subject", "session", "task", "run")  # "01" is no number
_EVENTS = "_desc-arousal_events.tsv"
_STAGES = "_desc-stages_events.tsv"
_PARAMETERS = "_desc-arousal_parameters.json"


def add_dataset(report, folder: Path) -> None:
    """Add all sections of a dataset to a report."""
    table = pd.read_csv(
        folder / "arousals.tsv", sep="\t", na_values="n/a", dtype=dict.fromkeys(_LABELS, str)
    )
    table.columns = [name.replace("_", " ") for name in table.columns]
    done = table[table["status"] == "ok"]
    seals = [_read_json(path) for path in sorted(folder.glob(f"sub-*/**/*{_PARAMETERS}"))]
    report.add_html(pairs_table(_summary(table, done)), "Summary", tags=("summary",))
    report.add_html(_warnings(seals), "Warnings", tags=("summary",))
    if len(done):
        caption = "One bar a recording, in the order of the index; the line is the median."
        _add(report, _index_figure(done), "Arousal index", caption)
    report.add_html(
        sortable_table(table.dropna(axis=1, how="all"), _FORMATS),
        "All recordings",
        tags=("recordings",),
    )
    _add_nights(report, folder)
    report.add_html(_parameters(seals), "Parameters", tags=("parameters",))
    report.add_html(f"<pre>{versions_text()}</pre>", "Versions of this page", tags=("versions",))


def _summary(table, done):
    failed = len(table) - len(done)
    yield "Recordings", f"{len(table)}, {failed} of them without a result"
    if "subject" in table:
        yield "Subjects", str(table["subject"].nunique())
    if len(done):
        index = done["arousal index"]
        low, middle, high = np.nanpercentile(index, (25, 50, 75))
        yield "Sleep", f"{done['sleep hours'].sum():.1f} h"
        yield "Arousals", f"{done['n arousals'].sum():.0f}"
        yield (
            "Arousal index, median (quartiles)",
            f"{middle:.1f} ({low:.1f} to {high:.1f}) per hour",
        )
    yield "Use", NOT_CLINICAL


def _warnings(seals) -> str:
    counts = Counter(text for seal in seals for text in dict.fromkeys(seal.get("Warnings", [])))
    if not counts:
        return "<p>None.</p>"
    return text_list(
        f"{text} ({n} recordings)" if n > 1 else text for text, n in counts.most_common()
    )


def _parameters(seals) -> str:
    """Parameters and versions, with all values that occur."""
    values: dict[str, list[str]] = {}
    for seal in seals:
        for part in ("Parameters", "Versions"):
            for name, value in seal.get(part, {}).items():
                found = values.setdefault(f"{part[:-1].lower()} {name}", [])
                text = value if isinstance(value, str) else json.dumps(value)
                if text not in found:
                    found.append(text)
    return pairs_table((name, " | ".join(found)) for name, found in values.items())


def _index_figure(done):
    index = np.sort(done["arousal index"].dropna().to_numpy())
    figure, axis = plt.subplots(figsize=(8, 3), layout="constrained")
    axis.bar(np.arange(1, len(index) + 1), index, color="#D55E00", width=0.85)
    if len(index):
        axis.axhline(np.median(index), color="black", linewidth=1, linestyle="--")
    axis.xaxis.set_major_locator(plt.MaxNLocator(integer=True))
    axis.set(xlabel="Recording, by rank", ylabel="Arousals per hour of sleep (1/h)")
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def _add_nights(report, folder: Path) -> None:
    paths = sorted(folder.glob(f"sub-*/**/*{_STAGES}"))
    for path in paths[:_N_NIGHTS]:
        name = path.name.removesuffix(_STAGES)
        stages = pd.read_csv(path, sep="\t", na_values="n/a")
        clusters = stages["stage_cluster"].fillna(-1).astype(int)  # -1: no valid signal
        events = path.with_name(f"{name}{_EVENTS}")
        arousals = pd.read_csv(events, sep="\t", na_values="n/a")
        length = float(stages["duration"].iloc[0])
        figure = plot_night(clusters, arousals=arousals, epoch_length=length, show=False)
        _add(report, figure, name, f"{len(arousals)} arousals.", section="Nights")
    if len(paths) > _N_NIGHTS:
        text = f"<p>The first {_N_NIGHTS} of {len(paths)} nights are drawn.</p>"
        report.add_html(text, "Nights left out", tags=("recordings",))


def _read_json(path: Path) -> dict:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
