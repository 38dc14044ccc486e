"""The page of one recording."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import numpy as np
from sklearn.pipeline import Pipeline

from ..hypnogram.codes import UNSCORED
from ..recording.derived import derivations_of, sources_of
from ..recording.reading import read_recording
from ..stages.statistics import sleep_statistics, statistics_table
from ..summary import summarize
from ..utils.sysinfo import sys_info
from ..viz import (
    plot_arousal,
    plot_embedding,
    plot_history,
    plot_index,
    plot_night,
    plot_overview,
)
from ..viz.clock import clock_text, full_time_text, known_start, set_time_axis
from ..viz.overview import shown_hours
from .events import events_html
from .figures import figure_html
from .tables import Cell, numbers_html, pairs_table, sortable_table, text_list

if TYPE_CHECKING:
    from ..night import Night

_N_POINTS = 4000  # windows in the plane: more are one blot
NOT_CLINICAL = "For research. Not for diagnosis or treatment."
_CAUSES = ("respiratory_drop", "limb_movement")


def add_night(report, night, raw, hypnogram, warnings, n_examples) -> None:
    """Add all sections of one recording to a report."""
    if raw is not None:
        raw = _loaded(night, raw)
    report.add_html(_first_screen(night, raw, hypnogram), "The night", tags=("night",))
    if warnings:
        report.add_html(text_list(dict.fromkeys(warnings)), "Warnings", tags=("night",))
    report.add_html(_sleep_table(night), "Sleep", tags=("sleep",))
    report.add_html(_index_html(night), "Arousals per hour of sleep", tags=("arousals",))
    report.add_html(events_html(night.arousals, night), "All arousals", tags=("arousals",))
    if len(night.candidates):
        html = events_html(night.candidates, night)
        report.add_html(html, "Rejected candidates", tags=("candidates",))
    if raw is not None:
        _add_examples(report, night, raw, n_examples)
    _add_appendix(report, night, raw)
    report.add_html(pairs_table(_analysis(night)), "Recording and analysis", tags=("appendix",))
    if night.parameters:
        html = pairs_table(sorted(night.parameters.items()))
        report.add_html(html, "Parameters", tags=("appendix",))
    report.add_html(f"<pre>{versions_text()}</pre>", "Versions", tags=("appendix",))


def versions_text() -> str:
    """Return what ``sys_info`` prints."""
    text = StringIO()
    sys_info(text)
    return text.getvalue()


def _loaded(night: Night, raw):
    """Read what pages and the spectrogram need once, not once a page."""
    raw, _ = read_recording(raw)
    if raw.preload:
        return raw
    return raw.copy().pick(_recorded(night, raw.ch_names)).load_data(verbose="error")


def _recorded(night, ch_names) -> list[str]:
    """Name the channels that a night used, and those that its derivations are made of."""
    names = [label.split(":", 1)[1] for label in night.channels]
    return sources_of(names, derivations_of(names, ch_names))


def _first_screen(night, raw, hypnogram) -> str:
    figure = plot_overview(night, raw=raw, hypnogram=hypnogram, show=False)
    html = figure_html(figure, _alt(night, raw))
    html = html.replace('class="mne-arousal"', 'class="mne-arousal wide first"', 1)
    notes = [*_notes(night), NOT_CLINICAL]
    text = "".join(f'<p class="mne-arousal-note">{note}</p>' for note in notes)
    return html + numbers_html(five_numbers(night)) + text


def _alt(night, raw) -> str:
    panels = ["stages", "the probability of each stage", "arousals by their probability"]
    if night.features is not None and any(n.endswith("heart_rate") for n in night.features):
        panels.append("heart rate")
    if raw is not None:
        panels.append("the spectrogram of the EEG")
    return f"The night over time: {', '.join(panels)}."


def _notes(night) -> list[str]:
    notes = []
    if night.given_hypnogram is not None:
        notes.append(
            "The expert's stages told sleep from wake and where REM sleep is, and entered no fit."
        )
    if "review" in night.arousals:
        accepted = int((night.arousals["review"] != "").sum())
        rejected = int((night.candidates["review"] == "rejected").sum())
        notes.append(f"Reviewed: {accepted} arousals accepted or added, {rejected} rejected.")
    return notes


def five_numbers(night: Night) -> list[tuple[str, str]]:
    """Write the five numbers of a night: value, and what it is.

    Parameters
    ----------
    night : instance of Night
        The night.

    Returns
    -------
    numbers : list of tuple of str
        Total sleep time, sleep efficiency, wake after sleep onset, arousal index, arousals that
        follow breathing or limbs. The first three are unknown where no stage has a name.
    """
    found = sleep_statistics(night.hypnogram, night.arousals)
    named = (night.hypnogram.stages != UNSCORED).any()
    minutes = found["TST"] if named else 60 * night.sleep_hours
    whole = round(minutes)
    after, known = _after_causes(night)
    return [
        (f"{whole // 60} h {whole % 60:02d} min", "total sleep time"),
        (_number(found["SE"] if named else np.nan, ".0f", " %"), "sleep efficiency"),
        (_number(found["WASO"] if named else np.nan, ".0f", " min"), "wake after sleep onset"),
        (_number(night.arousal_index, ".1f", ""), "arousals per hour of sleep"),
        (
            f"{after} of {len(night.arousals)}" if known else "n/a",
            "arousals after breathing or limbs",
        ),
    ]


def _number(value, form: str, unit: str) -> str:
    return f"{value:{form}}{unit}" if np.isfinite(value) else "n/a"


def _after_causes(night) -> tuple[int, bool]:
    columns = [night.arousals[name] for name in _CAUSES if name in night.arousals]
    values = np.array([column.to_numpy(dtype=float) for column in columns])
    if not values.size:
        return 0, bool(len(columns))
    return int((np.nan_to_num(values) == 1).any(axis=0).sum()), bool(np.isfinite(values).any())


def _sleep_table(night) -> str:
    table = statistics_table(sleep_statistics(night.hypnogram, night.arousals))
    counts = table["name"].str.startswith("arousal")  # they have a table of their own
    table = table[~counts].dropna(subset="value")
    table.columns = ["Name", "Value", "Unit", "Definition"]
    return sortable_table(table, {"Value": ".1f"})


def _index_html(night) -> str:
    index = plot_index(night.arousals, night.stages, asleep=night.asleep, show=False)
    axis = index.axes[0]
    legend = axis.get_legend()
    if legend is not None:  # the number above is enough
        legend.remove()
    set_time_axis(axis, night.start, shown_hours(night))
    alt = "Arousals per hour of sleep, a bar for each half hour."
    caption = (
        "Each bar: half an hour; no bar where there is next to no sleep. The line is the night's "
        "index."
    )
    table = summarize(night)
    table = table[(table["scope"] != "night") & (table["sleep_hours"] > 0)]
    shown = table.assign(label=[_label(row, night) for row in table.itertuples()])
    shown = shown.rename(
        columns={
            "scope": "Of",
            "label": "Which",
            "sleep_hours": "Sleep (h)",
            "arousals": "Arousals",
            "index": "Per hour",
        }
    )
    html = sortable_table(shown, {"Sleep (h)": ".2f", "Per hour": ".1f"})
    return f"{html}<p>An arousal counts where it begins.</p>{figure_html(index, alt, caption)}"


def _label(row, night) -> str | Cell:
    if row.scope != "hour":
        return row.label
    begin = 3600.0 * int(row.label)
    if known_start(night.start) is None:
        return Cell(f"{int(row.label) + 1} after the start", begin)
    end = min(begin + 3600.0, night.duration)
    times = (clock_text(t, night.start)[:5] for t in (begin, end))
    return Cell("–".join(times), begin)


def _add_examples(report, night, raw, n_examples) -> None:
    ranked = night.arousals.sort_values("probability", ascending=False).reset_index(drop=True)
    rows = np.linspace(0, len(ranked) - 1, min(n_examples, len(ranked))).round().astype(int)
    for row in dict.fromkeys(rows):
        time = full_time_text(ranked["onset"].iloc[row], night.start)
        caption = f"Rank {row + 1} of {len(ranked)} by probability."
        _add_page(report, night, raw, ranked.iloc[row], f"Arousal at {time}", caption)
    for reason, group in night.candidates.groupby("reason"):
        candidate = group.sort_values("probability").iloc[-1]
        time = full_time_text(candidate["onset"], night.start)
        caption = "The highest probability among candidates rejected for this reason."
        _add_page(report, night, raw, candidate, f"Rejected at {time}: {reason}", caption)


def _add_page(report, night, raw, event, title, caption) -> None:
    figure = plot_arousal(raw, event, night=night, show=False)
    alt = f"{title}: channels, spectrogram and evidence on a page of 30 s."
    html = figure_html(figure, alt, caption, vector=False)
    report.add_html(html, title, section="Close up", tags=("close-up",))


def _add_appendix(report, night, raw) -> None:
    states = _states(night)
    times = None if states is None else night.features.index.get_level_values("onset")
    figure = plot_night(
        night.stages, states=states, times=times, arousals=night.arousals, show=False
    )
    set_time_axis(figure.axes[-1], night.start, shown_hours(night))  # the panels share it
    caption = "Stage cluster 0 is the most wake-like. Clusters are clusters, not stages."
    alt = "Arousals, stage clusters and states of windows over the night."
    html = figure_html(figure, alt, caption)
    report.add_html(html, "Appendix: stage clusters and states", tags=("appendix",))
    if night.features is not None:
        html = figure_html(_plane(night), "Windows as points in a plane.", _PLANE, vector=False)
        report.add_html(html, "Appendix: windows in the plane", tags=("appendix",))
    history = _training_history(night.pipeline)
    if history is not None:
        figure = plot_history(history, show=False)
        html = figure_html(figure, "Losses of the encoder by epoch of training.")
        report.add_html(html, "Appendix: training", tags=("appendix",))


_PLANE = (
    "Features of single windows on their first two principal components, colored by the stage "
    "cluster of their 30 s."
)


def _states(night) -> np.ndarray | None:
    """States of windows, which the fitted pipeline alone knows."""
    if night.features is None or not isinstance(night.pipeline, Pipeline):
        return None
    return np.asarray(night.pipeline[-1].predict(night.features))


def _plane(night):
    onsets = night.features.index.get_level_values("onset").to_numpy()
    epochs = (onsets // night.stages["duration"].iloc[0]).astype(int)
    labels = night.stages["cluster"].to_numpy()[np.minimum(epochs, len(night.stages) - 1)]
    return plot_embedding(night.features, labels, method="pca", n_samples=_N_POINTS, show=False)


def _training_history(pipeline):
    if not isinstance(pipeline, Pipeline):
        return None
    steps = dict(getattr(pipeline["features"], "transformer_list", ()))
    history = getattr(steps.get("encoder"), "history_", None)
    return history if history is not None and len(history) else None


def _analysis(night):
    yield "Recording", night.name
    yield "Length", f"{night.duration / 3600:.2f} h"
    yield "Channels", ", ".join(night.channels) or "not known"
    if len(night.arousals) and "onset_low" in night.arousals:
        width = (night.arousals["onset_high"] - night.arousals["onset_low"]).median()
        yield "Duration of an arousal, median", f"{night.arousals['duration'].median():.1f} s"
        yield "Interval of the onset (90 %), median width", f"{width:.2f} s"
    for reason, count in night.candidates["reason"].value_counts().items():
        yield f"Rejected: {reason}", str(count)
    if night.seconds:
        yield "Time taken", f"{sum(night.seconds.values()):.0f} s"
