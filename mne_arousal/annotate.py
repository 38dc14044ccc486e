"""One recording to annotations: the whole way, for a script or a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mne
import numpy as np
import pandas as pd
from mne.io import BaseRaw
from mne.utils import logger, use_log_level
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from .arousals.context import preceding_events
from .arousals.edges import locate_events
from .hypnogram.alignment import RecordingClock
from .hypnogram.codes import STAGES, UNSCORED
from .hypnogram.reading import stages_of_raw
from .night import EVENT_COLUMNS, Night
from .pipeline import (
    DEFAULT_FEATURES,
    TAKE_WINDOWS,
    make_arousal_pipeline,
    pipeline_parameters,
)
from .recording.derived import recorded_channels
from .recording.reading import read_recording
from .recording.windower import PSGWindower
from .utils.annotations import FIRST_TIME
from .utils.progress import Clock, announce
from .utils.windows import Channel

if TYPE_CHECKING:
    from .hypnogram.table import Hypnogram as StageTable
    from .utils.types import Hypnogram, Picks, RandomState, Recording, Reference, Verbose


def annotate_arousals(
    raw: Recording,
    *,
    hypnogram: Hypnogram | None = None,
    epoch_length: float | None = None,
    picks: Picks = "auto",
    reference: Reference = "auto",
    features: tuple[str, ...] = DEFAULT_FEATURES,
    min_probability: float = 0.5,
    false_alarms_per_hour: float | None = None,
    pipeline: Pipeline | None = None,
    device: str = "auto",
    random_state: RandomState = None,
    verbose: Verbose = None,
) -> mne.Annotations:
    """Find the micro-arousals of a recording.

    Parameters
    ----------
    raw : mne.io.BaseRaw | path-like | mne_bids.BIDSPath
        A polysomnography of at least 5 min with at least one EEG channel. It is not changed.
    hypnogram : mne.Annotations | array, shape (n_epochs,) | path-like | None
        Stages that somebody else scored, as :func:`mne_arousal.hypnogram.read_hypnogram` takes
        them. They tell sleep from wake and where REM sleep is, and enter no fit. None tells both
        by the recording itself.
    epoch_length : float | None
        Length of one entry of a hypnogram that is a list, s. None takes what the hypnogram says,
        or infers it where the number of entries fits the recording, and says so.
    picks : "auto" | list of str | dict
        Channels by name, or ``{name: role}``; ``"auto"`` goes by types, names and signals.
    reference : "auto" | None | dict
        Derivations to make where mastoids are channels, as in :class:`PSGWindower`.
    features : tuple of str
        Extractors to use, of ``"spectral"``, ``"dmd"``, ``"encoder"``, ``"body"``.
    min_probability : float
        Probability from which a candidate is an arousal; at 0.5 it is more likely one than not.
    false_alarms_per_hour : float | None
        False events an hour of sleep that are expected, at most, in place of `min_probability`.
    pipeline : sklearn.pipeline.Pipeline | None
        Pipeline to use in place of :func:`make_arousal_pipeline`'s. One that is fitted is applied
        as it is, one that is not is fitted. `picks`, `reference`, `features`,
        `min_probability`, `false_alarms_per_hour` and `device` are then the pipeline's own.
    device : str
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    random_state : int | None
        Seed. The same seed gives the same annotations.
    verbose : bool | str | int | None
        As in MNE.

    Returns
    -------
    annotations : mne.Annotations
        Description ``"arousal"``; onset and duration in s at sample resolution; ``ch_names`` where
        only some channels show the arousal; ``extras`` with ``score``, ``probability``,
        ``onset_low`` and ``onset_high`` (90 % interval of the onset, on the same clock as
        ``onset``), ``end_low`` and ``end_high`` (of the end), ``stage_cluster``, ``kind`` (what
        answered:
        ``"eeg"``, ``"eeg+emg"``, ``"eeg+heart"`` and the like) and ``band`` (of the EEG that rises
        most: ``"theta"``, ``"alpha"`` or ``"beta"``). Where the recording has a date and was
        cropped, onsets count from the start of the whole one, as MNE has it, and ``first_time``
        says by how much the first sample lies behind that.

    Raises
    ------
    RecordingError
        If the recording can't be used.

    See Also
    --------
    add_arousals : Add them to the recording.
    make_arousal_pipeline : The steps behind it.

    Examples
    --------
    >>> from mne_arousal import annotate_arousals
    >>> from mne_arousal.datasets import simulate_psg
    >>> raw = simulate_psg(duration=1800, random_state=1, verbose="error").raw
    >>> annotations = annotate_arousals(
    ...     raw, features=("spectral",), random_state=0, verbose="error"
    ... )
    >>> set(annotations.description) <= {"arousal"}
    True
    """
    night = analyze_recording(
        raw,
        hypnogram=hypnogram,
        epoch_length=epoch_length,
        picks=picks,
        reference=reference,
        features=features,
        min_probability=min_probability,
        false_alarms_per_hour=false_alarms_per_hour,
        pipeline=pipeline,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )
    return night.annotations


def analyze_recording(
    source: Recording,
    *,
    hypnogram: Hypnogram | None = None,
    epoch_length: float | None = None,
    picks: Picks = "auto",
    reference: Reference = "auto",
    features: tuple[str, ...] = DEFAULT_FEATURES,
    min_probability: float = 0.5,
    false_alarms_per_hour: float | None = None,
    pipeline: Pipeline | None = None,
    device: str = "auto",
    random_state: RandomState = None,
    verbose: Verbose = None,
) -> Night:
    """Find stages and arousals of a recording and tell all that is known about them.

    Parameters
    ----------
    source : mne.io.BaseRaw | path-like | mne_bids.BIDSPath
        The recording.
    hypnogram : mne.Annotations | array, shape (n_epochs,) | path-like | None
        Stages, as in :func:`mne_arousal.annotate_arousals`, as are all other parameters.
    epoch_length : float | None
        Length of one entry of a hypnogram that is a list, s.
    picks : "auto" | list of str | dict
        Channels.
    reference : "auto" | None | dict
        Derivations to make.
    features : tuple of str
        Extractors.
    min_probability : float
        Probability from which a candidate is an arousal; at 0.5 it is more likely one than not.
    false_alarms_per_hour : float | None
        False events an hour of sleep that are expected, at most, in place of `min_probability`.
    pipeline : sklearn.pipeline.Pipeline | None
        Pipeline in place of the default one.
    device : str
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    random_state : int | None
        Seed.
    verbose : bool | str | int | None
        As in MNE.

    Returns
    -------
    night : Night
        Arousals, rejected candidates, stages, times.

    Raises
    ------
    RecordingError
        If the recording can't be used.

    See Also
    --------
    mne_arousal.annotate_arousals : The arousals alone, as annotations.

    Examples
    --------
    >>> from mne_arousal import analyze_recording
    >>> from mne_arousal.datasets import simulate_psg
    >>> raw = simulate_psg(duration=1800, random_state=1, verbose="error").raw
    >>> night = analyze_recording(raw, features=("spectral",), random_state=0, verbose="error")
    >>> night.name
    'recording'
    """
    with use_log_level(verbose):
        clock = Clock()
        announce("reading")
        raw, name = read_recording(source)
        given = None
        if hypnogram is not None:  # first, since a file that can't be used should cost no minute
            given = stages_of_raw(hypnogram, raw, epoch_length=epoch_length, recording=name)
        if pipeline is None:
            pipeline = make_arousal_pipeline(
                features=features,
                picks=picks,
                reference=reference,
                min_probability=min_probability,
                false_alarms_per_hour=false_alarms_per_hour,
                device=device,
                random_state=random_state,
                verbose=verbose,
            )
        fitted = hasattr(pipeline[-1], "labels_")
        with _one_order_of_sums():
            windows = _cut(pipeline, raw, fitted)
        clock.lap("reading")
        table = _extract(pipeline["features"], windows, fitted, clock)
        with _one_order_of_sums():
            stages, found = _judge(pipeline[-1], table, fitted, given, clock)
            announce("onsets")
            arousals, rejected = _locate(found.events, _signal_of(windows), raw, pipeline)
            arousals = pd.concat([arousals, preceding_events(raw, arousals["onset"])], axis=1)
            clock.lap("onsets")
        logger.info(f"{name}: {clock.report()}")
        clusterer = pipeline[-1]
        night = Night(
            name=name,
            duration=raw.n_times / raw.info["sfreq"],
            channels=list(pipeline["windows"].channels_),
            arousals=arousals,
            candidates=rejected,
            stages=stages,
            wake_clusters=list(clusterer.wake_clusters_),
            sleep_hours=float(found.calibration["sleep_hours"]),
            annotations=_annotations(arousals, raw),
            seconds=clock.seconds,
            pipeline=pipeline,
            features=table,
            evidence=found.evidence.set_axis(table.index.get_level_values("onset")),
            calibration=found.calibration,
            window_length=float(clusterer.window_length),
            parameters=pipeline_parameters(pipeline),
            given_hypnogram=given,
            start=RecordingClock.of_raw(raw).start,
        )
        night.sleep_hours = float(night.asleep @ stages["duration"]) / 3600.0
        return night


def _one_order_of_sums():
    """Let BLAS compute in one thread: with more, the last digits depend on their number."""
    return threadpool_limits(1, user_api="blas")


def _judge(clusterer, table: pd.DataFrame, fitted: bool, given: StageTable | None, clock: Clock):
    """Find stages and candidates."""
    announce("states and stages")
    tables = table
    if not fitted:
        tables = clusterer._fit_tables(table)
        clock.lap("states and stages")
    recording = table.index[0][0]
    stages = clusterer.predict_stages(tables).drop(columns="recording")
    if given is not None:
        stages = _with_given(stages, given)
    wake, rem = _gates(recording, given)
    announce("evidence and events")
    found = clusterer.analyze(tables, wake=wake, rem=rem)[recording]
    clock.lap("evidence and events")
    return stages, found


def _signal_of(windows):
    """The signals that windows were cut from."""
    return windows.runs[0].signal if hasattr(windows, "runs") else windows.datasets[0].raw


def _with_given(stages: pd.DataFrame, given: StageTable) -> pd.DataFrame:
    """Take the stages of a hypnogram; probabilities stay those of the recording itself."""
    codes = np.full(len(stages), UNSCORED)
    codes[: len(given)] = given.stages[: len(codes)]
    own = stages[[f"p_{stage}" for stage in STAGES]].to_numpy()
    probability = np.where(codes == UNSCORED, np.nan, own[np.arange(len(codes)), codes])
    return stages.assign(stage=np.array([*STAGES, "?"])[codes], probability=probability)


def _gates(recording: str, given: StageTable | None):
    """Masks of wake and REM sleep that were given; None lets the clusterer name them."""
    if given is None:
        return None, None
    return {recording: given.stages <= 0}, {recording: given.stages == STAGES.index("R")}


def _locate(events, signal: BaseRaw, raw: BaseRaw, pipeline) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give arousals their edges; those that turn out too short join what was rejected."""
    clusterer = pipeline[-1]
    accepted = events[events["reason"] == ""].reset_index(drop=True)
    arousals = locate_events(
        accepted,
        signal,
        raw.info["sfreq"],
        min_duration=clusterer.min_duration,
        max_duration=clusterer.max_duration,
        chin=_chin_of(pipeline["windows"].channels_, signal.ch_names),
    )
    short = accepted.drop(index=arousals.index).assign(reason="too short")
    rejected = pd.concat([events[events["reason"] != ""], short]).sort_values("onset")
    # MNE and BIDS allow for channels of the recording alone, and a derivation may not be one
    arousals["ch_names"] = [
        recorded_channels(names, raw.ch_names) for names in arousals["ch_names"]
    ]
    return arousals.reset_index(drop=True), rejected.drop(columns="recording")


def _chin_of(channels: list[str], names: list[str]) -> str | None:
    """Name the chin EMG in a signal, unless it is an envelope, which rises too slowly."""
    for channel, name in zip(map(Channel.parse, channels), names, strict=False):
        if channel.role == "emg" and channel.kind == "raw":
            return name
    return None


def _apply(step, X, fitted: bool):
    return step.transform(X) if fitted else step.fit_transform(X)


def _cut(pipeline: Pipeline, raw: BaseRaw, fitted: bool):
    """Cut a recording into windows: a light view of them where all that follows takes one."""
    step, features = pipeline["windows"], pipeline["features"]
    listed = [e for _, e in getattr(features, "transformer_list", [("", features)])]
    extractors = [getattr(e, "step", e) for e in listed]  # one that waits for its turn at a GPU
    if isinstance(step, PSGWindower) and all(isinstance(e, TAKE_WINDOWS) for e in extractors):
        return step.view_windows(raw) if fitted else step.fit_windows(raw)
    return _apply(step, raw, fitted)


def _extract(features, windows, fitted: bool, clock: Clock) -> pd.DataFrame:
    """Run the extractors of a FeatureUnion one by one, to know what each costs."""
    if not hasattr(features, "transformer_list"):
        announce("features")
        table = _apply(features, windows, fitted)
        clock.lap("features")
        return table
    tables = []
    for name, extractor in features.transformer_list:
        if isinstance(extractor, str):  # "drop"
            continue
        announce(name)
        tables.append(_apply(extractor, windows, fitted))
        clock.lap(name)
    if not tables:
        raise ValueError("Every feature extractor is dropped: keep at least one.")
    return pd.concat(tables, axis=1)


def _annotations(arousals: pd.DataFrame, raw: BaseRaw) -> mne.Annotations:
    orig_time = raw.info["meas_date"]
    # with a date, MNE counts from it, and the first sample may lie later
    shift = raw.first_time if orig_time is not None else 0.0
    extras = [
        {
            column.name: _plain(getattr(arousal, column.name), shift if column.moves else 0.0)
            for column in EVENT_COLUMNS
            if column.in_annotations
        }
        | ({FIRST_TIME: round(shift, 4)} if shift else {})
        for arousal in arousals.itertuples()
    ]
    return mne.Annotations(
        onset=arousals["onset"].to_numpy(dtype=float) + shift,
        duration=arousals["duration"].to_numpy(dtype=float),
        description=["arousal"] * len(arousals),
        orig_time=orig_time,
        ch_names=[list(names) for names in arousals["ch_names"]],
        extras=extras,
    )


def _plain(value, shift: float) -> str | int | float:
    """Turn a value of a table into what annotations keep."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    return round(float(value) + shift, 4)
