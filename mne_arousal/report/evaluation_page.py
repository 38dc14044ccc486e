"""A page of an evaluation: one file of HTML, readable offline and on paper."""

from __future__ import annotations

import io
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from .._version import __version__
from ..metrics.comparison import MEASURES
from ..utils.errors import RecordingError
from ..utils.files import check_output_folder, write_file
from ..utils.text import printable
from ..viz.agreement_figures import plot_bland_altman, plot_min_probability, plot_reliability
from .style import CSS, SORT_JS
from .tables import sortable_table, text_list

if TYPE_CHECKING:
    from ..metrics import Evaluation
    from ..utils.types import PathLike

_CSS = (
    CSS
    + """
body { font: 16px/1.45 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 0 auto;
  padding: 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.2rem; }
dl.numbers { display: flex; flex-wrap: wrap; gap: 1rem 2.2rem; margin: 1rem 0; }
dl.numbers dt { color: #555; font-size: .85rem; } dl.numbers dd { margin: 0; font-size: 1.5rem; }
dl.numbers small { font-size: .85rem; color: #555; }
figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; }
figcaption { color: #555; font-size: .9rem; }
table.mne-arousal td { white-space: nowrap; }
div.mne-arousal-scroll { max-height: none; overflow-x: auto; }
@media (max-width: 40rem) { table.mne-arousal td:first-child { white-space: normal; } }
@media print {
  body { max-width: none; font-size: 10pt; } div.mne-arousal-scroll { overflow: visible; }
  div.mne-arousal-scroll th { position: static; }
  figure, tr { break-inside: avoid; } h2 { break-after: avoid; }
}
"""
)
# What the first screen shows: measure, label, format, factor.
_FIRST = (
    ("f1_overlap", "F1, any overlap", ".2f"),
    ("f1_onset", "F1, onsets", ".2f"),
    ("kappa", "Kappa of seconds", ".2f"),
    ("index_bias", "Bias of the index, per hour", "+.1f"),
    ("onset_error_median", "Median distance of onsets, s", ".2f"),
)
_STAGE_MEASURES = ("f1_overlap", "precision_overlap", "recall_overlap", "f1_onset")
_AGE_MEASURES = ("f1_overlap", "f1_onset", "kappa", "index_bias")
_NO_PROBABILITY = (
    "The files hold no probability of events, so calibration and the choice of "
    "<code>min_probability</code> can't be shown."
)


def save_evaluation_page(
    evaluation: Evaluation, path: PathLike, *, title: str = "Evaluation of arousals"
) -> Path:
    """Write a page of an evaluation.

    Parameters
    ----------
    evaluation : Evaluation
        What ``mne_arousal.metrics.evaluate_dataset`` returned.
    path : path-like
        File, ending in ``.html``; replaced when it is there.
    title : str
        Title of the page.

    Returns
    -------
    path : Path
        The file. It needs no network, and holds names of recordings but no paths.

    Raises
    ------
    RecordingError
        If it can't be written.

    See Also
    --------
    mne_arousal.metrics.evaluate_dataset : Evaluate.

    Examples
    --------
    >>> import pandas as pd
    >>> from mne_arousal.metrics import evaluate_dataset
    >>> from mne_arousal.report import save_evaluation_page
    >>> marks = pd.DataFrame({"onset": [100.0, 300.0], "duration": 5.0})
    >>> evaluation = evaluate_dataset({"night": marks[:1]}, {"night": marks}, n_resamples=0)
    >>> save_evaluation_page(evaluation, "evaluation.html")  # doctest: +SKIP
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise RecordingError(f"A page is a file of HTML: {path.name} should end in .html.")
    check_output_folder(path.parent)
    write_file(path, _page(evaluation, title).encode())
    return path


def _page(evaluation: Evaluation, title: str) -> str:
    pairs = evaluation.recordings[["detector", "truth"]].drop_duplicates()
    pairs = list(pairs.itertuples(index=False, name=None))
    several = len(pairs) > 1
    body = [f"<h1>{escape(printable(title))}</h1>", _introduction(evaluation)]
    body += [_first_screen(evaluation, *pairs[0])]
    if several:
        body += ["<h2>Who agrees with whom</h2>", _overview(evaluation, pairs)]
    for detector, truth in pairs:
        body.append(_comparison(evaluation, detector, truth, several))
    if evaluation.notes:
        body += ["<h2>Notes</h2>", text_list(evaluation.notes)]
    body += ["<h2>How it was counted</h2>", _method(evaluation)]
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(printable(title))}</title><style>{_CSS}</style></head><body>"
        f"{''.join(body)}<script>{SORT_JS}</script></body></html>\n"
    )


def _of(table: pd.DataFrame, detector: str, truth: str) -> pd.DataFrame:
    return table[(table["detector"] == detector) & (table["truth"] == truth)]


def _introduction(evaluation: Evaluation) -> str:
    n = evaluation.recordings["recording"].nunique()
    first = _of(evaluation.recordings, *evaluation.recordings[["detector", "truth"]].iloc[0])
    noun = "recording" if n == 1 else "recordings"
    return (
        f"<p>{n} {noun}, {int(first['n_true'].sum())} arousals of an expert, "
        f"{int(first['n_found'].sum())} found. In brackets: 95 % intervals over recordings.</p>"
    )


def _first_screen(evaluation: Evaluation, detector: str, truth: str) -> str:
    scores = _of(evaluation.scores, detector, truth)
    scores = scores[scores["scope"] == "all"].set_index("measure")
    items = []
    for measure, label, form in _FIRST:
        row = scores.loc[measure]
        if np.isfinite(row["value"]):
            value, _, interval = _with_interval(row, form).partition(" ")
            items.append(f"<div><dt>{label}</dt><dd>{value} <small>{interval}</small></dd></div>")
    return f'<dl class="numbers">{"".join(items)}</dl>'


def _with_interval(row, form: str = ".2f") -> str:
    if not np.isfinite(row["value"]):
        return "n/a"
    text = format(row["value"], form)
    if np.isfinite(row["low"]):
        text += f" [{format(row['low'], form)}, {format(row['high'], form)}]"
    return text


def _overview(evaluation: Evaluation, pairs) -> str:
    rows = []
    for detector, truth in pairs:
        scores = _of(evaluation.scores, detector, truth)
        scores = scores[scores["scope"] == "all"].set_index("measure")
        rows.append(
            {"detector": detector, "expert": truth}
            | {label: _with_interval(scores.loc[key], form) for key, label, form in _FIRST}
        )
    return _table(rows)


def _table(rows: list[dict] | pd.DataFrame, formats: dict[str, str] | None = None) -> str:
    """Write a table without the columns that nothing is known of."""
    table = pd.DataFrame(rows)
    known = [c for c in table if not (table[c].isna() | (table[c] == "n/a")).all()]
    return sortable_table(table[known], formats)


def _comparison(evaluation: Evaluation, detector: str, truth: str, several: bool) -> str:
    scores = _of(evaluation.scores, detector, truth)
    recordings = _of(evaluation.recordings, detector, truth)
    curve = _of(evaluation.curve, detector, truth)
    reliability = _of(evaluation.reliability, detector, truth)
    name = f" of {escape(printable(detector))} against {escape(printable(truth))}" * several
    parts = [f"<h2>Scores{name}</h2>", _score_table(scores)]
    parts += _strata(scores, "stage", "By stage", _STAGE_MEASURES)
    parts += _strata(scores, "age", "By age", _AGE_MEASURES)
    if recordings["index_true"].notna().any():
        parts += [
            "<h2>Arousal index</h2>",
            _figure(
                plot_bland_altman(recordings, show=False),
                "Difference of the arousal indices of each recording against their mean; the solid "
                "line is the bias, the dashed ones are the limits of agreement.",
            ),
        ]
    parts += ["<h2>Probability</h2>"]
    parts += _probability(curve, reliability) if len(curve) else [f"<p>{_NO_PROBABILITY}</p>"]
    shown = recordings.drop(columns=["detector", "truth"])
    dull = {"age_group": "", "n_not_scored": 0, "marks": "events"}
    shown = shown.drop(columns=[c for c, value in dull.items() if (shown[c] == value).all()])
    forms = {c: ".2f" for c in shown if c.startswith(("f1", "onset"))}
    forms |= {c: ".1f" for c in shown if c.startswith(("index", "sleep"))}
    shown = shown.rename(columns=lambda column: column.replace("_", " "))
    forms = {column.replace("_", " "): form for column, form in forms.items()}
    return "".join([*parts, "<h2>Recordings</h2>", _table(shown, forms)])


def _score_table(scores: pd.DataFrame) -> str:
    scores = scores[scores["scope"] == "all"].set_index("measure")
    rows = [
        {
            "score": label,
            "value": _with_interval(scores.loc[measure]),
            "recordings": int(scores.loc[measure, "n_recordings"]),
        }
        for measure, label in MEASURES.items()
        if measure in scores.index and np.isfinite(scores.loc[measure, "value"])
    ]
    return sortable_table(pd.DataFrame(rows))


def _strata(scores, scope: str, title: str, measures) -> list[str]:
    table = scores[scores["scope"] == scope]
    rows = []
    for group, part in table.groupby("group", sort=False):
        part = part.set_index("measure")
        if not np.isfinite(part.loc["f1_onset", "value"]):
            continue
        n = int(part.loc["f1_onset", "n_recordings"])
        cells = {MEASURES[key]: _with_interval(part.loc[key]) for key in measures}
        rows.append({"group": group, "recordings": n} | cells)
    return [f"<h2>{title}</h2>", _table(rows)] if rows else []


def _probability(curve, reliability) -> list[str]:
    best = curve.loc[curve["f1"].idxmax()] if curve["f1"].notna().any() else None
    said = ""
    if best is not None:
        said = (
            f" F1 is highest here at {best['min_probability']:.2f} ({best['f1']:.2f}). A value "
            "chosen on these recordings must be judged on others."
        )
    return [
        _figure(
            plot_min_probability(curve, show=False),
            "F1 (band: 95 % interval), precision and recall of arousals, and of candidates that "
            f"were refused as improbable, against min_probability.{said}",
        ),
        _figure(
            plot_reliability(reliability, show=False),
            "Share of events that an expert marked, against their probability; numbers of events "
            "beside the points. On the diagonal, probabilities are right.",
        ),
    ]


def _figure(figure, caption: str) -> str:
    """Draw a figure into the page; its caption is what a screen reader reads."""
    buffer = io.StringIO()
    with plt.rc_context({"svg.hashsalt": caption}):  # the same page, the same bytes
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    svg = buffer.getvalue()
    text = escape(caption)
    drawn = svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{text}"', 1)
    return f"<figure>{drawn}<figcaption>{text}</figcaption></figure>"


def _method(evaluation: Evaluation) -> str:
    settings = evaluation.settings
    return text_list(
        [
            "Events are matched one to one. F1 at any overlap; at an intersection over union of "
            f"{settings['min_iou']:g}; and of onsets at most {settings['tolerance']:g} s apart.",
            "By stage: of the expert's stage in which an event begins; of the stage found, where "
            "the expert has none.",
            "Where the expert's hypnogram is unscored, events found are not counted unless an "
            "expert's mark is there.",
            "AUPRC: samples of all recordings pooled; events, marked and found, are widened by 2 s "
            "on each side, and wake with 10 s around it is left out, as in the PhysioNet/CinC "
            "Challenge 2018.",
            "Kappa: seconds of sleep, and those of wake that hold an event.",
            "Index: arousals per hour of the expert's sleep, or of the sleep found without a "
            "hypnogram.",
            "Calibration error: ten bins of probability. An event is true when its match in the "
            "greatest matching, the most probable first, is an expert's mark.",
            f"Intervals: {settings['n_resamples']} bootstrap samples of whole recordings, seed "
            f"{settings['random_state']}.",
            f"mne-arousal {__version__}. For research; not for diagnosis or treatment.",
        ]
    )
