"""The page of one recording."""

from __future__ import annotations

from io import StringIO

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

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
    plot_hypnogram,
    plot_index,
    plot_night,
)
from .tables import clock, pairs_table, sortable_table, text_list

_HEADS = {
    "duration": "Duration (s)",
    "onset_low": "Onset from (s)",
    "onset_high": "Onset to (s)",
    "end_low": "End from (s)",
    "end_high": "End to (s)",
    "score": "Score",
    "stage_cluster": "Stage cluster",
    "reason": "Reason",
    "ch_names": "Channels",
    "desaturation": "Desaturation (points)",
}
_YES_NO = ("respiratory_drop", "limb_movement")
_FORMATS = {
    "Onset (s)": ".1f",
    "Duration (s)": ".1f",
    "Onset from (s)": ".1f",
    "Onset to (s)": ".1f",
    "End from (s)": ".1f",
    "End to (s)": ".1f",
    "Desaturation (points)": ".1f",
    "Score": ".2f",
}
_N_POINTS = 4000  # windows in the plane: more are one blot
_NOT_CLINICAL = "For research. Not for diagnosis or treatment."


def add_night(report, night, raw, hypnogram, warnings, n_examples) -> None:
    """Add all sections of one recording to a report."""
    report.add_html(pairs_table(_summary(night)), "Summary", tags=("summary",))
    report.add_html(_warnings(warnings), "Warnings", tags=("summary",))
    report.add_html(_sleep_table(night), "Sleep", tags=("summary",))
    report.add_html(_index_table(night), "Arousals per hour of sleep", tags=("summary",))
    if night.given_hypnogram is not None:  # it lies where it told sleep from wake
        hypnogram = night.given_hypnogram
    _add_figures(report, night, hypnogram)
    if raw is not None:
        _add_examples(report, night, raw, n_examples)
    report.add_html(
        sortable_table(event_table(night.arousals), _FORMATS), "All arousals", tags=("arousals",)
    )
    if len(night.candidates):
        report.add_html(
            sortable_table(event_table(night.candidates), _FORMATS),
            "Rejected candidates",
            tags=("candidates",),
        )
    report.add_html(_parameters(night.pipeline), "Parameters", tags=("parameters",))
    report.add_html(f"<pre>{versions_text()}</pre>", "Versions", tags=("versions",))


def versions_text() -> str:
    """Return what ``sys_info`` prints."""
    text = StringIO()
    sys_info(text)
    return text.getvalue()


def event_table(events: pd.DataFrame) -> pd.DataFrame:
    """Put events in words: times of the clock, names of columns with units.

    Parameters
    ----------
    events : DataFrame
        ``night.arousals`` or ``night.candidates``. Columns that are not known here are kept.

    Returns
    -------
    table : DataFrame
        To be shown.
    """
    table = pd.DataFrame({"Onset (s)": events["onset"], "Onset": events["onset"].map(clock)})
    for name in events.columns.drop(["onset", "recording"], errors="ignore"):
        values = events[name]
        if values.map(lambda value: isinstance(value, tuple | list)).any():
            values = values.map(lambda value: ", ".join(value) or "all")
        if name in _YES_NO:
            values = values.map({1.0: "yes", 0.0: "no"})
        table[_HEADS.get(name, name.replace("_", " ").capitalize())] = values
    return table.dropna(axis=1, how="all")


def _summary(night):
    minutes = night.stages.groupby("cluster")["duration"].sum() / 60
    yield "Recording", night.name
    yield "Length", f"{night.duration / 3600:.2f} h"
    yield "Channels", ", ".join(night.channels)
    yield "Sleep", f"{night.sleep_hours:.2f} h"
    yield "Arousals", str(len(night.arousals))
    yield "Arousal index", f"{night.arousal_index:.1f} per hour of sleep"
    if len(night.arousals):
        width = (night.arousals["onset_high"] - night.arousals["onset_low"]).median()
        yield "Duration of an arousal, median", f"{night.arousals['duration'].median():.1f} s"
        yield "Interval of the onset (90 %), median width", f"{width:.2f} s"
    for cluster, length in minutes.items():
        kind = " (wake)" if cluster in night.wake_clusters else ""
        title = f"Stage cluster {cluster}{kind}" if cluster >= 0 else "No valid signal"
        yield title, f"{length:.0f} min"
    for reason, count in night.candidates["reason"].value_counts().items():
        yield f"Rejected: {reason}", str(count)
    yield "Time taken", f"{sum(night.seconds.values()):.0f} s"
    yield "Use", _NOT_CLINICAL


def _index_table(night) -> str:
    table = summarize(night)
    table = table[table["scope"] != "night"].rename(
        columns={"scope": "of", "sleep_hours": "Sleep (h)", "index": "Arousals per hour"}
    )
    html = sortable_table(table, {"Sleep (h)": ".2f", "Arousals per hour": ".1f"})
    return f"{html}<p>An arousal counts where it begins.</p>"


def _sleep_table(night) -> str:
    table = statistics_table(sleep_statistics(night.hypnogram, night.arousals))
    table.columns = ["Name", "Value", "Unit", "Definition"]
    return sortable_table(table.dropna(subset="Value"), {"Value": ".1f"})


def _warnings(warnings) -> str:
    found = list(dict.fromkeys(warnings))
    return text_list(found) if found else "<p>None.</p>"


def _add_figures(report, night, hypnogram) -> None:
    clusterer = night.pipeline[-1]
    states = None if night.features is None else clusterer.predict(night.features)
    times = None if states is None else night.features.index.get_level_values("onset")
    figure = plot_night(
        night.stages,
        states=states,
        times=times,
        arousals=night.arousals,
        hypnogram=hypnogram,
        show=False,
    )
    limits = _sleep_limits(night)
    if (night.hypnogram.stages != UNSCORED).any():
        stages = plot_hypnogram(night.hypnogram, show=False)
        stages.axes[0].set_xlim(limits)
        caption = "Stages, and the probability of each, found without labels."
        if night.given_hypnogram is not None:
            caption = "Stages as they were given, and the probabilities found in the recording."
        _add(report, stages, "Stages", caption)
    figure.axes[0].set_xlim(limits)  # the panels share it
    _add(
        report,
        figure,
        "The night",
        "Stage cluster 0 is the most wake-like. Clusters are clusters, not stages of a manual."
        + (" The expert's hypnogram entered no fit." if hypnogram is not None else ""),
    )
    index = plot_index(night.arousals, night.stages, asleep=night.asleep, show=False)
    index.axes[0].set_xlim(limits)
    _add(report, index, "Arousal index", "Each bar: half an hour; no bar where there is no sleep.")
    if night.features is not None:
        _add_plane(report, night)
    history = _training_history(night.pipeline)
    if history is not None:
        caption = "Losses of the encoder on this night."
        _add(report, plot_history(history, show=False), "Training", caption)


def _add_plane(report, night) -> None:
    onsets = night.features.index.get_level_values("onset").to_numpy()
    epochs = (onsets // night.stages["duration"].iloc[0]).astype(int)
    labels = night.stages["cluster"].to_numpy()[np.minimum(epochs, len(night.stages) - 1)]
    _add(
        report,
        plot_embedding(night.features, labels, method="pca", n_samples=_N_POINTS, show=False),
        "Windows in the plane",
        "Features of single windows on their first two principal components, colored by the "
        "stage cluster of their 30 s.",
    )


def _sleep_limits(night) -> tuple[float, float]:
    """Hours from half an hour before sleep to half an hour after: a day may lie around it."""
    asleep = night.stages[night.asleep]
    if not len(asleep):
        return 0.0, night.duration / 3600
    first, last = asleep["onset"].iloc[0], (asleep["onset"] + asleep["duration"]).iloc[-1]
    return max(first - 1800, 0) / 3600, min(last + 1800, night.duration) / 3600


def _training_history(pipeline):
    steps = dict(getattr(pipeline["features"], "transformer_list", ()))
    history = getattr(steps.get("encoder"), "history_", None)
    return history if history is not None and len(history) else None


def _add_examples(report, night, raw, n_examples) -> None:
    raw, _ = read_recording(raw)
    if not raw.preload:  # once, not once a page
        raw = raw.copy().pick(_recorded(night, raw.ch_names)).load_data(verbose="error")
    ranked = night.arousals.sort_values("score", ascending=False).reset_index(drop=True)
    rows = np.linspace(0, len(ranked) - 1, min(n_examples, len(ranked))).round().astype(int)
    for row in dict.fromkeys(rows):
        figure = plot_arousal(raw, ranked.iloc[row], night=night, show=False)
        _add(
            report,
            figure,
            f"Arousal at {clock(ranked['onset'].iloc[row])}",
            f"Rank {row + 1} of {len(ranked)} by score.",
            section="Close up",
        )
    for reason, group in night.candidates.groupby("reason"):
        candidate = group.sort_values("score").iloc[-1]
        figure = plot_arousal(raw, candidate, night=night, show=False)
        title = f"Rejected at {clock(candidate['onset'])}: {reason}"
        _add(report, figure, title, "The highest score of this reason.", section="Close up")


def _recorded(night, ch_names) -> list[str]:
    """Name the channels that a night used, and those that its derivations are made of."""
    names = [label.split(":", 1)[1] for label in night.channels]
    return sources_of(names, derivations_of(names, ch_names))


def _add(report, figure, title, caption, section=None) -> None:
    report.add_figure(figure, title, caption=caption, section=section, tags=("figure",))
    plt.close(figure)


def _parameters(pipeline) -> str:
    pairs = [
        (name, repr(value))
        for name, value in sorted(pipeline.get_params(deep=True).items())
        if not isinstance(value, BaseEstimator | list)
    ]
    return pairs_table(pairs)
