"""The page of results in plain words, and its figure, from the tables of the other pages.

Run it after any of those pages was made anew::

    python doc/benchmarks/results.py

It writes the part of ``doc/benchmarks.md`` between the two marks, ``doc/_static/results.png`` and
``doc/_static/gpu.png``. Nothing is measured here.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent
PAGE = FOLDER.parent / "benchmarks.md"
STATIC = FOLDER.parent / "_static"
OURS = "mne-arousal"
EARLIER = "mne-arousal of then"
_GIVEN = " (given the stages"  # how the page on cost marks other programs
COLORS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe & Ito (2008)


def read_tables(name: str) -> list[pd.DataFrame]:
    """Read all tables of a page; cells are texts without marks of Markdown."""
    blocks = re.findall(r"(?:^\|.*\n)+", (FOLDER / name).read_text(encoding="utf-8"), re.MULTILINE)
    tables = []
    for block in blocks:
        rows = [
            [re.sub(r"[*`]", "", cell).strip() for cell in line.strip()[1:-1].split("|")]
            for line in block.splitlines()
        ]
        if len(rows) > 2:
            good = [row for row in rows[2:] if len(row) == len(rows[0])]
            tables.append(pd.DataFrame(good, columns=rows[0]))
    return tables


def find_table(name: str, *columns: str, begins: str = "") -> pd.DataFrame:
    """Find the first table of a page that has columns, and a cell that begins with a text."""
    for table in read_tables(name):
        first = table.iloc[:, 0].str.startswith(begins)
        if set(columns) <= set(table.columns) and first.any():
            return table
    sys.exit(f"{name} has no table with {', '.join(columns)} and {begins!r}.")


def numbers(table: pd.DataFrame, column: str) -> np.ndarray:
    """Numbers of a column."""
    return pd.to_numeric(table[column].str.extract(r"(-?[\d.]+)")[0]).to_numpy()


def by_kind() -> pd.DataFrame:
    """F1 on each kind of simulated sleeper, a column a detector."""
    table = find_table("arousals.md", "kind", "nights", OURS)
    table = table[numbers(table, "nights") > 0]
    detectors = [name for name in table.columns if name not in ("kind", "nights")]
    return pd.DataFrame({name: numbers(table, name) for name in detectors}, index=table["kind"])


def of_patients() -> np.ndarray:
    """F1 of this program on kinds of simulated patients."""
    table = find_table("arousals.md", "kind", "F1 (lowest night)", begins="patient-")
    return numbers(table[table["kind"].str.startswith("patient-")], "F1 (lowest night)")


def onset_errors() -> pd.Series:
    """Median error of matched onsets, ms, of each detector."""
    table = find_table("arousals.md", "onset error, median ms")
    return pd.Series(numbers(table, "onset error, median ms"), index=table.iloc[:, 0])


def stage_accuracy() -> pd.DataFrame:
    """Accuracy of named stages on real nights: whole rows."""
    table = find_table("stage_names.md", "recording", "whose", "accuracy")
    real = ~table["recording"].str.startswith("simulated") & ~table["recording"].str.contains("22")
    return table[real].assign(accuracy=lambda t: numbers(t, "accuracy"))


def seconds() -> pd.Series:
    """Seconds of the processor for a night, of each program.

    Ours are of the page on what a night costs, the others' too where it has them. Else they are of
    an earlier run, whose own seconds of mne-arousal are given beside them as `EARLIER`.
    """
    table = find_table("night_cost.md", "now, s", begins="spectral, body")
    names = table.iloc[:, 0]
    now = pd.Series(numbers(table, "now, s"), index=names.str.partition(_GIVEN)[0])
    ours = pd.Series({OURS: now[names.str.startswith("spectral, body").to_numpy()].iloc[0]})
    if (beside := now[names.str.contains(_GIVEN, regex=False).to_numpy()]).size:
        return pd.concat([ours, beside])
    table = find_table("scale.md", "s", begins=OURS)
    earlier = pd.Series(numbers(table, "s"), index=table.iloc[:, 0])
    return pd.concat([ours, earlier.rename({OURS: EARLIER})])


def gpu_times() -> pd.DataFrame:
    """Seconds of the decomposition of an hour on a CPU and on a GPU, default setting."""
    table = find_table("dmd.md", "setting", "s", begins="NumPy")
    table = table[table["setting"] == "default"]
    return pd.DataFrame({"s": numbers(table, "s")}, index=table.iloc[:, 0])


def gpu_rates() -> pd.Series:
    """Windows a second that the encoder learns from on a CPU and on a GPU."""
    table = find_table("encoder.md", "training", "windows/s")
    names = table["training"]
    if "sequences a step" in table:
        names = names + ", " + table["sequences a step"] + " at once"
    rates = pd.to_numeric(table["windows/s"].str.replace(",", "")).to_numpy()
    return pd.Series(rates / 1000, index=names)


def draw_results(f1, onsets, stages, times) -> None:
    """Draw the figure of the page."""
    fig = plt.figure(figsize=(11, 6.4), layout="constrained")
    left, right = fig.subfigures(1, 2, width_ratios=(1.15, 1))
    axis = left.subplots()
    order = f1.sort_values(OURS).index
    for i, (name, color) in enumerate(zip(f1, COLORS, strict=False)):
        marker = "o" if name == OURS else "s^Dv"[i % 4]
        axis.plot(f1.loc[order, name], range(len(order)), marker, color=color, label=name, ms=5)
    axis.set_yticks(range(len(order)), order, fontsize="small")
    axis.set(xlim=(0, 1), xlabel="F1 of arousals, any overlap, against the simulated truth")
    axis.set_title("Arousals by kind of simulated night", loc="left", fontsize="medium")
    axis.grid(axis="y", color="0.9")
    left.legend(loc="outside lower center", fontsize="small", ncols=3, frameon=False)
    axes = right.subplots(3, height_ratios=(1, 1.2, 1.2))
    _bars(axes[0], onsets, "Onset error, median (ms)", "Onsets, same nights")
    pairs = {
        f"{r.recording.partition(',')[0]}, {r.channels}, {r.whose}": r.accuracy
        for r in stages.itertuples()
    }
    _bars(axes[1], pd.Series(pairs), "Accuracy", "Stages, two real nights")
    axes[1].set_xlim(0, 1)
    _bars(axes[2], times, "Seconds of the processor", "Cost of one night of 8 h")
    fig.savefig(STATIC / "results.png", dpi=110)


def _bars(axis, values: pd.Series, label: str, title: str) -> None:
    marked = (OURS, "ours", "GPU")
    ours = [any(mark in str(name) for mark in marked) for name in values.index]
    colors = [COLORS[0] if own else "#9BB8CC" for own in ours]
    places = np.arange(len(values))[::-1]
    axis.barh(places, values.to_numpy(), color=colors)
    for place, value in zip(places, values, strict=True):
        axis.text(value, place, f" {value:.4g}", va="center", fontsize="small")
    names = [str(name).removesuffix(", ours") for name in values.index]
    axis.set_yticks(places, names, fontsize="small")
    axis.set_xlabel(label, fontsize="small")
    axis.set_title(title, loc="left", fontsize="medium")
    axis.margins(x=0.12)
    axis.spines[["top", "right"]].set_visible(False)


def draw_gpu() -> None:
    """Draw the figure of the tutorial on GPUs."""
    fig, axes = plt.subplots(1, 2, figsize=(10, 2.8), layout="constrained")
    _bars(axes[0], gpu_times()["s"], "Seconds for one hour, six channels", "DMDTransformer")
    _bars(axes[1], gpu_rates(), "Thousand windows per second", "PSGEncoder, training")
    fig.savefig(STATIC / "gpu.png", dpi=110)


def words(f1, onsets, stages, times) -> str:
    """Say what was measured."""
    ill = of_patients()
    peers = [name for name in f1 if name != OURS]
    wins = int((f1[OURS] > f1[peers].max(axis=1)).sum())
    real = stages.groupby("whose")["accuracy"]
    ranges = {
        name: f"{100 * values.min():.0f} to {100 * values.max():.0f} %" for name, values in real
    }
    others = ", ".join(f"{n} {f1[n].min():.2f} to {f1[n].max():.2f}" for n in peers)
    errors = ", ".join(f"{name} {value:g} ms" for name, value in onsets.drop(OURS).items())
    others_take = ", ".join(f"{name} {value:g} s" for name, value in times.drop(OURS).items())
    beside = (
        "of an earlier run: "
        if EARLIER in times
        else "others, given the stages, psgscoring without reading: "
    )
    lines = [
        f"**Arousals.** On {len(f1)} kinds of simulated nights F1 is {f1[OURS].min():.2f} to "
        f"{f1[OURS].max():.2f}; on the same nights: {others}. mne-arousal is ahead in {wins} of "
        f"{len(f1)} kinds. On {len(ill)} kinds of simulated patients, whose heart and breath rise "
        f"without arousals, too, its F1 is {ill.min():.2f} to {ill.max():.2f}. "
        "The others were given the true hypnogram, mne-arousal nothing but the "
        "signals. A simulation shows whether a method finds what was put in, **not** how well it "
        "does on people: nearly all recordings with an expert's arousals lie behind agreements, so "
        "nobody should read these numbers as agreement with an expert. On nights of your own, "
        "{doc}`guide/evaluation` tells. What the developers saw on a real night without marks: "
        "{doc}`benchmarks/by_eye`. Details: {doc}`benchmarks/arousals`.",
        f"**Onsets.** Half of the onsets that match lie within {onsets[OURS]:g} ms of the truth "
        f"({errors}).",
        f"**Stages.** On two real nights with an expert's hypnogram, names of stages agree in "
        f"{ranges.get('ours', 'n/a')} of epochs, depending on the night and the channels; YASA, "
        f"which learned from scored nights, in {ranges.get('YASA', 'n/a')}. Two nights are few. "
        "N1 is the weak one. Details: {doc}`benchmarks/stage_names`.",
        f"**Cost.** A night of 8 h takes {times[OURS]:g} s of the processor, the start of the "
        f"program included ({beside}{others_take}). Details: {{doc}}`benchmarks/night_cost`, "
        "{doc}`benchmarks/scale`.",
        "**Faults.** Cut files, dead leads, full disks and kills have a test each: "
        "{doc}`benchmarks/reliability`, {doc}`benchmarks/cases`.",
    ]
    return "\n\n".join(lines)


def main() -> None:
    """Write the page and the figures."""
    mpl.use("Agg")
    what = by_kind(), onset_errors(), stage_accuracy(), seconds()
    draw_results(*what)
    draw_gpu()
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition("<!-- results -->\n")
    _, mark, tail = rest.partition("<!-- end of results -->")
    if not mark:
        sys.exit(f"{PAGE.name} has no marks of the results.")
    text = f"{head}<!-- results -->\n{words(*what)}\n{mark}{tail}"
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
