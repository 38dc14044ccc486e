"""Evaluation of a data set: what was found against what experts marked, with intervals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .._version import __version__
from ..utils.errors import RecordingError
from ..utils.files import check_output_folder, write_file
from ..utils.text import escape_json, table_cell
from .ages import age_groups
from .comparison import curve_table, reliability_table, score_rows
from .pairing import FOUND, Pairing, pair_recordings
from .tally import Tally, lacks_durations, score_edges, tally

if TYPE_CHECKING:
    from ..night import Night
    from ..utils.types import Events, PathLike

TABLES = ("scores", "recordings", "curve", "reliability")


@dataclass(frozen=True, repr=False)
class Evaluation:
    """What :func:`evaluate_dataset` found.

    Attributes
    ----------
    scores : DataFrame
        One row for each score: ``detector``, ``truth``, ``scope`` (``"all"``, ``"stage"`` or
        ``"age"``), ``group`` (``"all"``, a stage, or years), ``measure``, ``value``, ``low`` and
        ``high`` (95 % interval, by bootstrap over recordings), ``n_recordings`` that it rests on.
    recordings : DataFrame
        One row for each recording and comparison: ``detector``, ``truth``, ``recording``,
        ``age_group``, ``n_true``, ``n_found``, F1 by each criterion, hours of sleep, arousal
        indices, ``onset_error_median`` (s), ``n_not_scored`` (events found where the expert scored
        nothing, which are not counted), ``marks`` (``"events"``, or ``"onsets"`` where they have no
        duration).
    curve : DataFrame
        Precision, recall and F1 with its interval against ``min_probability``, of detectors that
        give probabilities.
    reliability : DataFrame
        Share of true events in each bin of probability, with its interval.
    notes : list of str
        What was left out, and why.
    settings : dict
        Settings of the evaluation.

    Examples
    --------
    >>> import pandas as pd
    >>> from mne_arousal.metrics import evaluate_dataset
    >>> marks = pd.DataFrame({"onset": [100.0, 300.0], "duration": 5.0})
    >>> evaluation = evaluate_dataset({"night": marks[:1]}, {"night": marks}, n_resamples=0)
    >>> evaluation
    <Evaluation | found against expert: 1 recording, F1 0.67>
    """

    scores: pd.DataFrame
    recordings: pd.DataFrame
    curve: pd.DataFrame
    reliability: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    settings: dict = field(default_factory=dict)

    def __repr__(self) -> str:
        parts = []
        for (detector, truth), table in self.recordings.groupby(["detector", "truth"], sort=False):
            n = len(table)
            noun = "recording" if n == 1 else "recordings"
            f1 = self.value(self.main_criterion(detector, truth), detector, truth)
            parts.append(f"{detector} against {truth}: {n} {noun}, F1 {f1:.2f}")
        return f"<Evaluation | {'; '.join(parts)}>"

    def value(self, measure: str, detector: str, truth: str) -> float:
        """Return one score of all recordings and stages.

        Parameters
        ----------
        measure : str
            Measure, as in ``scores``.
        detector, truth : str
            What is compared.

        Returns
        -------
        value : float
            The score; NaN where it is not there.
        """
        table = self.scores
        rows = table[
            (table["measure"] == measure)
            & (table["detector"] == detector)
            & (table["truth"] == truth)
            & (table["scope"] == "all")
        ]
        return float(rows["value"].iloc[0]) if len(rows) else np.nan

    def main_criterion(self, detector: str, truth: str) -> str:
        """Return the measure that stands for a comparison.

        Parameters
        ----------
        detector, truth : str
            What is compared.

        Returns
        -------
        measure : str
            F1 at any overlap; by onset where marks are of onset alone.
        """
        overlap = np.isfinite(self.value("f1_overlap", detector, truth))
        return "f1_overlap" if overlap else "f1_onset"

    def save(self, folder: PathLike) -> list[Path]:
        """Write the tables as CSV, and all of it as JSON.

        Parameters
        ----------
        folder : path-like
            Folder, made where absent; files of an earlier evaluation are replaced.

        Returns
        -------
        paths : list of Path
            ``evaluation_scores.csv``, ``evaluation_recordings.csv``, ``evaluation_curve.csv``,
            ``evaluation_reliability.csv`` and ``evaluation.json``.

        Raises
        ------
        OutputError
            If they can't be written.
        """
        folder = check_output_folder(folder)
        paths = []
        for name in TABLES:
            paths.append(folder / f"evaluation_{name}.csv")
            write_file(paths[-1], _to_csv(getattr(self, name)).encode())
        paths.append(folder / "evaluation.json")
        write_file(paths[-1], self._to_json().encode())
        return paths

    def _to_json(self) -> str:
        about = {"version": __version__, "settings": self.settings, "notes": self.notes}
        tables = {name: _records(getattr(self, name)) for name in TABLES}
        return escape_json(json.dumps(about | tables, indent=1, allow_nan=False)) + "\n"


def _to_csv(table: pd.DataFrame) -> str:
    texts = [c for c in table if not pd.api.types.is_numeric_dtype(table[c])]
    cells = table.assign(**{column: table[column].map(table_cell) for column in texts})
    return cells.to_csv(index=False, float_format="%.6g", na_rep="n/a", lineterminator="\n")


def _records(table: pd.DataFrame) -> list[dict]:
    return [
        {key: None if isinstance(x, float) and not np.isfinite(x) else x for key, x in row.items()}
        for row in table.to_dict("records")
    ]


def evaluate_dataset(
    found: PathLike | Night | Mapping[str, Night | Events | PathLike],
    truth: PathLike | Sequence[PathLike] | Mapping[str, Events | PathLike],
    *,
    peers: Mapping[str, PathLike | Mapping[str, Events]] | None = None,
    recordings: PathLike | None = None,
    ages: PathLike | pd.DataFrame | None = None,
    min_iou: float = 0.3,
    tolerance: float = 2.0,
    count_unmarked: bool = False,
    n_resamples: int = 1000,
    random_state: int = 0,
) -> Evaluation:
    """Evaluate arousals that were found against those that experts marked.

    Nothing is chosen by it: it scores a finished result.

    Parameters
    ----------
    found : path-like | instance of Night | Mapping
        What was found: the folder that ``mne-arousal detect`` wrote, a BIDS derivative, one file,
        a night, or recordings' names to nights, tables or files. Files of other programs that
        :func:`mne_arousal.hypnogram.read_arousals` reads will do.
    truth : path-like | sequence of path-like | Mapping
        Experts' marks: a file or folder, in the layout of NSRR, of the PhysioNet/CinC Challenge
        2018, of DREAMS, of BIDS, or with the same names as what was found; or names to tables or
        files. Several are several scorers, who are compared with each other, too.
    peers : Mapping | None
        Names of other programs to what they found, as `found`.
    recordings : path-like | None
        Folder of the recordings. Given, it tells when they start, for marks with times of a clock,
        and psgscoring and Luna (``lunapi``) are run on them where they are installed, with the
        expert's stages, and scored beside.
    ages : path-like | DataFrame | None
        Table of subjects with a column ``age``, years, for scores of each age group.
    min_iou : float
        Intersection over union that the stricter criterion asks for.
    tolerance : float
        Distance of onsets that the third criterion allows, s.
    count_unmarked : bool
        Whether a recording whose file holds no arousal counts as free of arousals. By default it
        is left out, since the expert may not have scored arousals.
    n_resamples : int
        Number of bootstrap samples over recordings; 0 for no intervals.
    random_state : int
        Seed of the bootstrap.

    Returns
    -------
    evaluation : Evaluation
        Scores with intervals, tables and notes.

    Raises
    ------
    FileNotFoundError
        If a file or folder does not exist.
    RecordingError
        If no recording has both what was found and an expert's arousals.

    See Also
    --------
    score_arousals : The scores of one recording.
    mne_arousal.report.save_evaluation_page : A page of HTML.

    Notes
    -----
    Events found where the expert's hypnogram is unscored are not counted. Where a mark has no
    duration, events are compared by onset alone. Precision, recall and F1 are of the pooled events
    of all recordings; intervals come from drawing whole recordings with replacement.

    Examples
    --------
    >>> import pandas as pd
    >>> from mne_arousal.metrics import evaluate_dataset
    >>> marks = pd.DataFrame({"onset": [100.0, 300.0, 500.0], "duration": 5.0})
    >>> nights = {"a": marks, "b": marks + 20}
    >>> evaluation = evaluate_dataset({"a": marks, "b": marks}, nights, n_resamples=100)
    >>> evaluation.value("f1_overlap", "found", "expert")
    0.5
    """
    _check(min_iou, tolerance, n_resamples)
    pairing = pair_recordings(found, truth, peers, recordings, count_unmarked=count_unmarked)
    keys = sorted({key for marks in pairing.experts.values() for key in marks})
    groups = {} if ages is None else age_groups(ages, keys)
    if ages is not None and len(groups) < len(keys):
        pairing.notes.append(f"{len(keys) - len(groups)} recordings have no age in the table.")
    evaluated = []
    for detector, other, expert, marks in _comparisons(pairing):
        counted = _tallies(other, marks, min_iou, tolerance, pairing.notes, detector)
        if counted:
            tables = _tables(counted, groups, n_resamples, random_state)
            evaluated.append([t.assign(detector=detector, truth=expert) for t in tables])
    settings = {
        "min_iou": min_iou,
        "tolerance": tolerance,
        "count_unmarked": bool(count_unmarked),
        "n_resamples": int(n_resamples),
        "random_state": int(random_state),
    }
    scores, recorded, curve, reliability = (_join(parts) for parts in zip(*evaluated, strict=True))
    return Evaluation(scores, recorded, curve, reliability, pairing.notes, settings)


def _check(min_iou, tolerance, n_resamples) -> None:
    if not 0 < min_iou <= 1:
        raise RecordingError(f"min_iou must lie in (0, 1], not {min_iou}.")
    if not 0 < tolerance < np.inf:
        raise RecordingError(f"tolerance must be a positive time in s, not {tolerance}.")
    if n_resamples < 0:
        raise RecordingError(f"n_resamples must be 0 or more, not {n_resamples}.")


def _comparisons(pairing: Pairing):
    """Name and marks of each detector and of the expert that it is compared with."""
    for expert, marks in pairing.experts.items():
        for detector, other in pairing.detectors.items():
            yield detector, other, expert, marks
    for first, second in combinations(pairing.experts, 2):
        yield second, pairing.experts[second], first, pairing.experts[first]


def _tallies(found, truth, min_iou, tolerance, notes, detector) -> dict[str, Tally]:
    keys = sorted(set(found) & set(truth))
    edges = score_edges([found[key].events for key in keys])
    onsets = [key for key in keys if lacks_durations(found[key], truth[key])]
    if onsets and detector == FOUND:
        notes.append(
            f"{len(onsets)} of {len(keys)} recordings have marks without a duration and are scored "
            "by onset alone."
        )
    return {
        key: tally(found[key], truth[key], min_iou=min_iou, tolerance=tolerance, edges=edges)
        for key in keys
    }


def _tables(counted: dict[str, Tally], groups, n_resamples, random_state) -> list[pd.DataFrame]:
    tallies = list(counted.values())
    rows = [
        {"scope": "all" if row["group"] == "all" else "stage", **row}
        for row in score_rows(tallies, n_resamples, random_state)
    ]
    for group in sorted({groups[key] for key in counted if key in groups}, key=_first_year):
        of_it = [one for key, one in counted.items() if groups.get(key) == group]
        made = score_rows(of_it, n_resamples, random_state, stages=False)
        rows += [{"scope": "age", **row, "group": group} for row in made]
    recordings = [
        {"recording": key, "age_group": groups.get(key, ""), **one.row}
        for key, one in counted.items()
    ]
    return [
        pd.DataFrame(rows),
        pd.DataFrame(recordings),
        curve_table(tallies, n_resamples, random_state),
        reliability_table(tallies, n_resamples, random_state),
    ]


def _first_year(group: str) -> int:
    return int(group.split()[0])


def _join(parts) -> pd.DataFrame:
    filled = [part for part in parts if len(part)] or list(parts[:1])
    table = pd.concat(filled, ignore_index=True)
    first = ["detector", "truth"]
    return table[first + [column for column in table if column not in first]]
