"""The page of a dataset, from the tables of its derivative or of a folder of results."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from ..utils.tables import read_table
from ..viz import plot_overview
from ..written_results import night_of_tables, read_result
from .figures import figure_html
from .night import NOT_CLINICAL, versions_text
from .tables import Cell, numbers_html, pairs_table, sortable_table, text_list

_N_NIGHTS = 24  # nights drawn: a page of a thousand pictures opens in no browser
_MOST_LABELS = 40  # bars whose names are written
_FORMATS = {"hours": ".2f", "sleep hours": ".2f", "n arousals": ".0f", "arousal index": ".1f"}
_LABELS = ("filename", "subject", "session", "task", "run")  # "01" is no number
_NEEDED = ("filename", "status", "sleep_hours", "n_arousals", "arousal_index")
_EVENT = ("onset", "duration")
_EVENTS = "_desc-arousal_events.tsv"
_STAGES = "_desc-stages_events.tsv"
_PARAMETERS = "_desc-arousal_parameters.json"
_AROUSALS = "_arousals.csv"


def add_dataset(report, folder: Path) -> None:
    """Add all sections of a dataset to a report."""
    table = read_table(folder / "arousals.tsv", needed=_NEEDED, texts=_LABELS)
    table.columns = [name.replace("_", " ") for name in table.columns]
    done = table[table["status"] == "ok"]
    nights = _nights(folder)
    html = _index_html(table, done)
    report.add_html(html, "Arousals of the dataset", tags=("summary",))
    seals = [_read_json(path) for path in sorted(folder.glob(f"sub-*/**/*{_PARAMETERS}"))]
    warnings = Counter(text for seal in seals for text in dict.fromkeys(seal.get("Warnings", [])))
    if warnings:
        report.add_html(_warnings(warnings), "Warnings", tags=("summary",))
    rows = sortable_table(_with_links(table, nights), _FORMATS, sorted_by="filename")
    report.add_html(rows, "All recordings", tags=("recordings",))
    _add_nights(report, nights)
    if seals:
        report.add_html(_parameters(seals), "Parameters", tags=("appendix",))
    report.add_html(f"<pre>{versions_text()}</pre>", "Versions of this page", tags=("appendix",))


def _index_html(table, done) -> str:
    html = ""
    if len(done):
        alt = "Arousals per hour of sleep: a bar for each recording, from the lowest to the highest"
        caption = "One bar a recording, from the lowest index; the line is the median."
        html = figure_html(_index_figure(done), f"{alt}.", caption)
    return html + numbers_html(_numbers(table, done)) + f"<p>{NOT_CLINICAL}</p>"


def _numbers(table, done):
    failed = len(table) - len(done)
    text = f"recordings, {failed} without a result" if failed else "recordings"
    yield str(len(table)), text
    if "subject" in table:
        yield str(table["subject"].nunique()), "subjects"
    if len(done):
        low, middle, high = np.nanpercentile(done["arousal index"], (25, 50, 75))
        yield f"{done['sleep hours'].sum():.1f} h", "sleep"
        yield f"{done['n arousals'].sum():.0f}", "arousals"
        yield f"{middle:.1f} ({low:.1f} to {high:.1f})", "arousals per hour, median (quartiles)"


def _warnings(counts: Counter) -> str:
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
    done = done.dropna(subset="arousal index").sort_values("arousal index", kind="stable")
    index = done["arousal index"].to_numpy()
    figure, axis = plt.subplots(figsize=(11, 3.6), layout="constrained")
    axis.bar(np.arange(len(index)), index, color="#D55E00", width=0.85)
    if len(index):
        axis.axhline(np.median(index), color="black", linewidth=1, linestyle="--")
    axis.set_ylabel("Arousals per hour of sleep (1/h)")
    if len(index) <= _MOST_LABELS:
        turned = {"rotation": 60, "ha": "right"} if len(index) > 8 else {}
        axis.set_xticks(np.arange(len(index)), _bar_names(done), fontsize="small", **turned)
    else:
        axis.set_xlabel("Recording, by rank")
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def _bar_names(done) -> list[str]:
    """Subjects, with the session where there are several of a subject; otherwise files."""
    if "subject" not in done:
        return [Path(name).with_suffix("").as_posix() for name in done["filename"]]
    names = done["subject"].astype(str)
    if "session" in done and names.duplicated().any():
        names = names + " " + done["session"].fillna("").astype(str)
    return names.tolist()


def _nights(folder: Path) -> dict[str, Path]:
    """Name of each night to its table: of a derivative, or of a folder of results."""
    found = {p.name.removesuffix(_STAGES): p for p in sorted(folder.glob(f"sub-*/**/*{_STAGES}"))}
    for path in sorted(folder.rglob(f"*{_AROUSALS}")):
        inside = path.relative_to(folder).as_posix()
        found[inside.removesuffix(_AROUSALS)] = path
    return dict(list(found.items())[:_N_NIGHTS])


def _anchor(name: str) -> str:
    return "night-" + re.sub(r"[^A-Za-z0-9_]+", "-", name)


def _with_links(table, nights) -> pd.DataFrame:
    """Lead from each recording to its night on the page."""

    def link(name):
        stem = Path(str(name)).with_suffix("")
        ends = (stem.as_posix(), stem.name.rpartition("_")[0])
        found = next((night for night in nights if night in ends), None)
        return str(name) if found is None else Cell(str(name), str(name), _anchor(found))

    shown = table[[name for name in table if name == "filename" or table[name].notna().any()]]
    return shown.assign(filename=[link(name) for name in shown["filename"]])


def _add_nights(report, nights) -> None:
    for name, path in nights.items():
        night = _read_night(name, path)
        count = len(night.arousals)
        html = figure_html(
            plot_overview(night, show=False),
            f"Stages and arousals of {name} over the night.",
            f"{count} arousal{'s' * (count != 1)}, {night.arousal_index:.1f} per hour of sleep.",
        )
        report.add_html(
            f'<a id="{_anchor(name)}"></a>{html}', name, section="Nights", tags=("night",)
        )
    if len(nights) == _N_NIGHTS:
        text = f"<p>The first {_N_NIGHTS} nights are drawn.</p>"
        report.add_html(text, "Nights left out", tags=("recordings",))


def _read_night(name: str, path: Path):
    if path.name.endswith(_AROUSALS):
        return read_result(path)
    stages = read_table(path, needed=(*_EVENT, "stage_cluster"))
    stem = path.name.removesuffix(_STAGES)
    arousals = read_table(path.with_name(f"{stem}{_EVENTS}"), needed=_EVENT)
    return night_of_tables(name, arousals, None, stages)


def _read_json(path: Path) -> dict:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
