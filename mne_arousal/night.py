"""`Night`: all that was found in one recording, and the one declaration of what an event has."""

from __future__ import annotations

import html
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mne
import numpy as np
import pandas as pd

from .hypnogram.codes import EPOCH_LENGTH, STAGES, UNSCORED
from .utils.files import partial_file

if TYPE_CHECKING:
    from .hypnogram.table import Hypnogram
    from .utils.types import PathLike

EXTENSION = ".night.zip"


@dataclass(frozen=True)
class EventColumn:
    """A column of the table of arousals.

    Parameters
    ----------
    name : str
        Its name, the same in every table and file.
    long_name, description : str
        What it holds, for sidecars and documentation.
    unit : str
        ``"s"``, ``"%"``, or empty.
    levels : dict
        Values that a categorical column takes, with what they mean.
    in_annotations : bool
        Whether it is written to ``extras`` of the annotations.
    moves : bool
        Whether it is a time, which moves with the clock that onsets count on.
    """

    name: str
    long_name: str
    description: str
    unit: str = ""
    levels: dict[str, str] = field(default_factory=dict)
    in_annotations: bool = False
    moves: bool = False


_INTERVAL = "of the interval that should hold the {} with 90 %."
EVENT_COLUMNS = (
    EventColumn(
        "onset", "Onset", "Start of the event, from the start of the recording.", "s", moves=True
    ),
    EventColumn("duration", "Duration", "Length of the event.", "s"),
    EventColumn(
        "score",
        "Score",
        "Strength of the evidence in spreads of the sleep of this night; higher is surer. It has "
        "no unit.",
        in_annotations=True,
    ),
    EventColumn(
        "probability",
        "Probability",
        "Probability of an arousal, by evidence, cues and the noise of this night.",
        in_annotations=True,
    ),
    EventColumn(
        "onset_low",
        "Earliest onset",
        f"Start {_INTERVAL.format('onset')}",
        "s",
        in_annotations=True,
        moves=True,
    ),
    EventColumn(
        "onset_high",
        "Latest onset",
        f"End {_INTERVAL.format('onset')}",
        "s",
        in_annotations=True,
        moves=True,
    ),
    EventColumn(
        "end_low",
        "Earliest end",
        f"Start {_INTERVAL.format('end')}",
        "s",
        in_annotations=True,
        moves=True,
    ),
    EventColumn(
        "end_high",
        "Latest end",
        f"End {_INTERVAL.format('end')}",
        "s",
        in_annotations=True,
        moves=True,
    ),
    EventColumn(
        "stage_cluster",
        "Stage cluster",
        "Number of the stage cluster in which the arousal begins, see the table desc-stages of the "
        "same recording.",
        in_annotations=True,
    ),
    EventColumn(
        "kind",
        "Kind of arousal",
        "What answered: the EEG, and with it chin EMG (emg), heart rate (heart) or breath "
        "(breath), joined by +.",
        in_annotations=True,
    ),
    EventColumn(
        "band",
        "Band",
        "Band of the EEG that rises most.",
        levels={
            "theta": "Theta of the EEG.",
            "alpha": "Alpha of the EEG.",
            "beta": "Beta of the EEG.",
        },
        in_annotations=True,
    ),
    EventColumn(
        "cues",
        "Cues",
        "What spoke for (+) and against (-) the event, natural logarithm of odds, the strongest "
        "first.",
    ),
    EventColumn(
        "respiratory_drop",
        "Drop of breathing",
        "Whether breathing fell shortly before: 1 or 0, n/a without a channel.",
    ),
    EventColumn(
        "limb_movement",
        "Limb movement",
        "Whether a leg moved shortly before: 1 or 0, n/a without a channel.",
    ),
    EventColumn(
        "desaturation",
        "Desaturation",
        "Fall of the oxygen saturation around the arousal; n/a without a channel.",
        "%",
    ),
)
EVENT_COLUMN_NAMES = tuple(column.name for column in EVENT_COLUMNS)
#: Columns of candidates that are no arousals: their edges are not located in the signal.
CANDIDATE_COLUMNS = (
    "onset",
    "duration",
    "score",
    "probability",
    "stage_cluster",
    "kind",
    "band",
    "cues",
    "reason",
)


@dataclass(repr=False)
class Night:
    """What was found in one recording.

    Attributes
    ----------
    name : str
        Name of the recording.
    duration : float
        Its length, s.
    channels : list of str
        Channels used, ``"role:name"``.
    arousals : DataFrame
        Columns ``onset``, ``duration``, ``onset_low``, ``onset_high``, ``end_low``, ``end_high``
        (s from the start of the recording), ``score``, ``probability``, ``stage_cluster``,
        ``kind``, ``band``, ``cues``, ``ch_names``; ``respiratory_drop``, ``limb_movement`` and
        ``desaturation``, NaN where no channel tells.
    candidates : DataFrame
        Events that are no arousals, with ``probability`` and ``reason``; longer ones are
        ``"awakening"``, those under the probability asked for ``"improbable"``.
    stages : DataFrame
        Columns ``onset``, ``duration`` (s), ``cluster``, ``stage`` (``"W"``, ``"N1"``, ``"N2"``,
        ``"N3"``, ``"R"``, ``"?"`` where unknown; that of a hypnogram where one was given),
        ``probability`` (of that stage) and ``p_W`` to ``p_R``; one row per 30 s. Cluster -1 is
        none: more than half of the 30 s hold no valid signal.
    wake_clusters : list of int
        Stage clusters taken for wake.
    sleep_hours : float
        Hours of sleep, by the stages of the table.
    annotations : mne.Annotations
        The arousals.
    seconds : dict
        Time that each step took, s.
    pipeline : Pipeline | None
        The fitted pipeline; None for a night that was loaded.
    features : DataFrame, shape (n_windows, n_features)
        Features of the windows, with index ``(recording, onset)``.
    evidence : DataFrame, shape (n_windows, n_parts)
        Evidence of each window and its parts, indexed by the window's onset in s.
    calibration : dict
        ``min_probability`` that an arousal had to have, what noise was measured on, and the weight
        of each witness.
    window_length : float
        Length of a window of ``features`` and ``evidence``, s.
    parameters : dict of str
        Parameters of the pipeline, as Python writes them.
    given_hypnogram : Hypnogram | None
        Stages that somebody else scored and that were given, one per 30 s from the first sample
        on: what told sleep from wake. None where none was given.
    start : datetime | None
        When the recording starts, with a time zone; None where it has no date.

    See Also
    --------
    mne_arousal.load_night : Read a night that was saved.

    Examples
    --------
    >>> from mne_arousal import analyze_recording
    >>> from mne_arousal.datasets import simulate_psg
    >>> raw = simulate_psg(duration=1800, random_state=1, verbose="error").raw
    >>> night = analyze_recording(raw, features=("spectral",), random_state=0, verbose="error")
    >>> night.sleep_hours > 0
    True
    """

    name: str
    duration: float
    channels: list[str]
    arousals: pd.DataFrame
    candidates: pd.DataFrame
    stages: pd.DataFrame
    wake_clusters: list[int]
    sleep_hours: float
    annotations: mne.Annotations
    seconds: dict[str, float]
    pipeline: Any = None
    features: pd.DataFrame | None = None
    evidence: pd.DataFrame | None = None
    calibration: dict[str, float] = field(default_factory=dict)
    window_length: float = 2.0
    parameters: dict[str, str] = field(default_factory=dict)
    given_hypnogram: Hypnogram | None = None
    start: datetime | None = None

    @property
    def min_probability(self) -> float:
        """Probability that an arousal had to have on this night."""
        return float(self.calibration.get("min_probability", float("nan")))

    @property
    def hypnogram(self) -> Hypnogram:
        """Stages of the night with their probabilities, or those that were given."""
        from .hypnogram.table import Hypnogram

        table = self.stages
        names = [*STAGES, "?"]
        codes = [names.index(name) for name in table.get("stage", ["?"] * len(table))]
        columns = [f"p_{stage}" for stage in STAGES]
        return Hypnogram(
            np.where(np.array(codes) == len(STAGES), UNSCORED, codes),
            epoch_length=float(table["duration"].iloc[0]) if len(table) else EPOCH_LENGTH,
            start=self.start,
            probabilities=table[columns].to_numpy() if set(columns) <= set(table) else None,
        )

    @property
    def asleep(self) -> np.ndarray:
        """Whether each epoch of ``stages`` is sleep.

        Epochs without a valid signal are none, whatever stages were given. Where no stage has a
        name, epochs of stage clusters that are not wake.
        """
        stages, clusters = self.hypnogram.stages, self.stages["cluster"].to_numpy()
        if self.given_hypnogram is None and not (stages != UNSCORED).any():
            return ~np.isin(clusters, [UNSCORED, *self.wake_clusters])
        return (stages > 0) & (clusters != UNSCORED)

    @property
    def arousal_index(self) -> float:
        """Arousals per hour of sleep; NaN without sleep."""
        return len(self.arousals) / self.sleep_hours if self.sleep_hours else float("nan")

    def __repr__(self) -> str:
        title, found, channels = self._lines()
        return f"<Night | {title}\n  {found}\n  {channels}>"

    def _repr_html_(self) -> str:
        title, *lines = (html.escape(line) for line in self._lines())
        return f"<strong>{title}</strong><br>{'<br>'.join(lines)}"

    def _lines(self) -> tuple[str, str, str]:
        index = f"{self.arousal_index:.1f} per hour" if self.sleep_hours else "no sleep"
        return (
            f"{self.name}, {self.duration / 3600:.2f} h, {self.sleep_hours:.2f} h of sleep",
            f"{len(self.arousals)} arousals ({index}), {len(self.candidates)} candidates rejected",
            f"channels: {', '.join(self.channels)}",
        )

    def without_date(self) -> Night:
        """Return the night without the date of the recording.

        Returns
        -------
        night : Night
            The same night, in whose annotations onsets count from the start of the recording.
        """
        annotations = self.annotations
        if annotations.orig_time is None:
            return self
        onsets = self.arousals["onset"].to_numpy(dtype=float)
        shift = float(annotations.onset[0] - onsets[0]) if len(onsets) else 0.0
        times = [c.name for c in EVENT_COLUMNS if c.in_annotations and c.moves]
        extras = [
            dict(extra) | {k: round(float(extra[k]) - shift, 4) for k in times if k in extra}
            for extra in annotations.extras
        ]
        undated = mne.Annotations(
            onsets,
            annotations.duration,
            annotations.description,
            ch_names=annotations.ch_names,
            extras=extras,
        )
        return replace(self, annotations=undated, start=None)

    def save(self, path: PathLike) -> Path:
        """Save the night to one file, so that a report or a figure need not analyze again.

        Parameters
        ----------
        path : path-like
            File, replaced when it is there; ``.night.zip`` is added to a name without ``.zip``.

        Returns
        -------
        path : Path
            The file: a zip archive of CSV tables, a JSON text, annotations as FIF and the arrays
            of features and evidence as ``.npy`` without pickle. The pipeline is not in it. The
            date of the recording is, unless ``night.without_date()`` is saved.

        Raises
        ------
        OutputError
            If it can't be written.
        """
        from .night_file import write_archive

        path = Path(path)
        if path.suffix != ".zip":
            path = path.with_name(path.name + EXTENSION)
        with partial_file(path) as temporary:
            write_archive(self, temporary)
        return path
