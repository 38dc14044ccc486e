"""Feature tables of the benchmark's recordings, kept in a folder, and detection from them.

Reading, filtering and extracting take most of the time and change seldom. So each recording's
filtered signals and the table of each extractor are made once, by the package's own pipeline
steps, and kept. Whatever code they depend on is part of a file's name: when it changes, the file is
made again::

    from tables import detect, prepare
    prepared = prepare("simulated-medium-200", "/tmp/cache", ("spectral",))
    night = detect(prepared)  # as annotate.analyze_recording returns it
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import mne
import numpy as np
import pandas as pd
from recordings import build
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

import mne_arousal
from mne_arousal import analyze_recording
from mne_arousal.pipeline import DEFAULT_FEATURES, FEATURES, make_arousal_pipeline
from mne_arousal.utils.windows import INDEX_NAMES

_HERE = Path(__file__).parent
_PACKAGE = Path(mne_arousal.__file__).parent
_NOT_DETECTION = {"bids", "cli", "datasets", "metrics", "outputs", "report", "viz", "__main__"}
_SOURCES = {  # code that decides what each file holds
    "simulated": (_PACKAGE / "datasets", _HERE / "sleepers.py"),
    "changed": (
        _PACKAGE / "datasets",
        *(_HERE / f"{n}.py" for n in ("sleepers", "implants", "real_sleep", "robustness")),
    ),
    "implants": (_HERE / "implants.py", _HERE / "real_sleep.py"),
    "untouched": (_HERE / "real_sleep.py", _HERE / "ucddb_night.py"),
    "signals": (_PACKAGE / "recording",),
    "spectral": (_PACKAGE / "spectral.py", _PACKAGE / "utils"),
    "dmd": (_PACKAGE / "dmd", _PACKAGE / "_array.py", _PACKAGE / "utils"),
    "encoder": (_PACKAGE / "encoder", _PACKAGE / "utils"),
    "body": (_PACKAGE / "body", _PACKAGE / "utils"),
}


@dataclass
class Prepared:
    """All that detection needs of a recording.

    Attributes
    ----------
    name : str
        Name of the recording.
    raw : mne.io.RawArray
        What detection does not filter (airflow, ...), at the recording's own rate and length.
    signals : mne.io.RawArray
        The channels that detection uses, filtered, at the pipeline's rate, V.
    channels : list of str
        Their roles and names.
    table : DataFrame
        Features; the index is ``(recording, onset)``.
    arousals : mne.Annotations | None
        True arousals.
    stages : array of int
        True stages.
    lookalikes : mne.Annotations | None
        What resembles an arousal and is none.
    seconds : dict
        CPU time that each step took when it was made, s.
    features : tuple of str
        Extractors in the table.
    """

    name: str
    raw: mne.io.BaseRaw = field(repr=False)
    signals: mne.io.BaseRaw = field(repr=False)
    channels: list[str]
    table: pd.DataFrame = field(repr=False)
    arousals: mne.Annotations | None = field(repr=False)
    stages: np.ndarray = field(repr=False)
    lookalikes: mne.Annotations | None = field(repr=False)
    seconds: dict[str, float]
    features: tuple[str, ...]


def prepare(name: str, folder, features=DEFAULT_FEATURES, *, recording=None) -> Prepared:
    """Read what is kept of a recording, making first what is not.

    Parameters
    ----------
    name : str
        One of `recordings.names`, or the name of `recording`.
    folder : path-like
        Where tables are kept.
    features : tuple of str
        Extractors.
    recording : Recording | None
        A recording to use in place of ``build(name)``.

    Returns
    -------
    prepared : Prepared
        Signals, features, truth.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    part = name.split("-")[0]
    paths = {"signals": folder / f"{name}-signals-{_code(part, 'signals')}.npz"}
    for extractor in features:
        code = _code(part, "signals", extractor)
        paths[extractor] = folder / f"{name}-{extractor}-{code}.npz"
    if not all(path.exists() for path in paths.values()):
        _make(build(name) if recording is None else recording, paths)
    return _read(name, paths, tuple(features))


def detect(
    prepared: Prepared, *, false_alarms_per_hour=None, hypnogram=False, random_state=0, **options
):
    """Detect arousals from kept features, as `annotate_arousals` does.

    Parameters
    ----------
    prepared : Prepared
        A recording.
    false_alarms_per_hour : float | None
        False events an hour that are expected, at most; None goes by the default probability.
    hypnogram : bool
        Give the true stages to the detector, to tell sleep from wake.
    random_state : int
        Seed.
    **options : dict
        Parameters of `ArousalClusterer`, such as ``components``.

    Returns
    -------
    night : mne_arousal.annotate.Night
        What was found; ``seconds`` holds the steps' times, those of features as they were kept.
    """
    model = make_arousal_pipeline(
        features=prepared.features,
        false_alarms_per_hour=false_alarms_per_hour,
        random_state=random_state,
        verbose="error",
    )
    clusterer = model[-1].set_params(**options)
    steps = [
        ("windows", _Kept(prepared.channels, prepared.signals)),
        ("features", _Kept(prepared.channels, prepared.table)),
        ("arousals", clusterer),
    ]
    night = analyze_recording(
        prepared.raw,
        hypnogram=prepared.stages if hypnogram else None,
        pipeline=Pipeline(steps),
        verbose="warning",
    )
    seconds = {k: v for k, v in night.seconds.items() if k not in ("reading", "features")}
    night.seconds = {**prepared.seconds, **seconds}
    return night


class _Kept(BaseEstimator):
    """Stands for a step whose output is kept."""

    def __init__(self, channels, output):
        self.channels = channels
        self.output = output

    @property
    def channels_(self):
        return self.channels

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        if isinstance(self.output, pd.DataFrame):
            return self.output
        return SimpleNamespace(datasets=[SimpleNamespace(raw=self.output)])

    def fit_transform(self, X, y=None):
        return self.transform(X)


def _make(recording, paths) -> None:
    pipeline = make_arousal_pipeline(features=FEATURES, random_state=0, verbose="error")
    start = time.process_time()
    windows = pipeline["windows"].fit_transform(recording.raw)
    reading = time.process_time() - start
    if not paths["signals"].exists():
        _write(paths["signals"], **_signals(recording, windows, pipeline, reading))
    extractors = dict(pipeline["features"].transformer_list)
    for name, path in paths.items():
        if name == "signals" or path.exists():
            continue
        start = time.process_time()
        table = extractors[name].fit_transform(windows)
        seconds = time.process_time() - start
        _write(
            path,
            values=table.to_numpy(),
            columns=np.array(list(table.columns), dtype=str),
            onset=table.index.get_level_values(INDEX_NAMES[1]).to_numpy(float),
            seconds=seconds,
        )


def _signals(recording, windows, pipeline, reading) -> dict:
    filtered = windows.datasets[0].raw
    # the body's channels stand after the others, and are kept as they were recorded
    filtered = filtered.copy().pick(filtered.ch_names[: len(pipeline["windows"].channels_)])
    used = set(filtered.ch_names)
    rest = [c for c in recording.raw.ch_names if c not in used]
    truth, alike = recording.arousals, recording.lookalikes
    meta = {
        "names": filtered.ch_names,
        "types": filtered.get_channel_types(),
        "sfreq": filtered.info["sfreq"],
        "channels": list(pipeline["windows"].channels_),
        "rest": rest,
        "rest_types": recording.raw.get_channel_types(picks=rest) if rest else [],
        "original": [recording.raw.info["sfreq"], recording.raw.n_times],
        "reading": reading,
        "known": truth is not None,
        "alike": [] if alike is None else list(alike.description),
        "extras": [] if truth is None else [dict(e) for e in truth.extras],
    }
    return {
        "data": filtered.get_data(),
        "rest": recording.raw.get_data(picks=rest).astype(np.float32) if rest else np.empty(0),
        "stages": recording.stages,
        "onset": np.empty(0) if truth is None else truth.onset,
        "duration": np.empty(0) if truth is None else truth.duration,
        "alike_onset": np.empty(0) if alike is None else alike.onset,
        "alike_duration": np.empty(0) if alike is None else alike.duration,
        "meta": json.dumps(meta, default=lambda number: number.item()),
    }


def _read(name, paths, features) -> Prepared:
    with np.load(paths["signals"], allow_pickle=False) as file:
        kept = {key: file[key] for key in file.files}
    meta = json.loads(str(kept["meta"]))
    signals = _raw(kept["data"], meta["names"], meta["types"], meta["sfreq"])
    sfreq, n_times = meta["original"]
    if meta["rest"]:
        raw = _raw(kept["rest"].astype(float), meta["rest"], meta["rest_types"], sfreq)
    else:
        raw = _raw(np.zeros((1, n_times)), ["nothing"], ["misc"], sfreq)
    arousals = None
    if meta["known"]:
        n = len(kept["onset"])
        arousals = mne.Annotations(
            kept["onset"], kept["duration"], ["arousal"] * n, extras=meta["extras"]
        )
    lookalikes = None
    if meta["alike"]:
        lookalikes = mne.Annotations(kept["alike_onset"], kept["alike_duration"], meta["alike"])
    tables, seconds = [], {"reading": meta["reading"]}
    for extractor in features:
        with np.load(paths[extractor], allow_pickle=False) as file:
            index = pd.MultiIndex.from_arrays(
                [["recording"] * len(file["onset"]), file["onset"]], names=INDEX_NAMES
            )
            tables.append(pd.DataFrame(file["values"], index=index, columns=list(file["columns"])))
            seconds[extractor] = float(file["seconds"])
    return Prepared(
        name=name,
        raw=raw,
        signals=signals,
        channels=meta["channels"],
        table=pd.concat(tables, axis=1),
        arousals=arousals,
        stages=kept["stages"],
        lookalikes=lookalikes,
        seconds=seconds,
        features=features,
    )


def _raw(data, names, types, sfreq) -> mne.io.RawArray:
    info = mne.create_info(list(names), sfreq, list(types))
    return mne.io.RawArray(data, info, copy=None, verbose="error")


def _write(path: Path, **arrays) -> None:
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    with open(temporary, "wb") as file:
        np.savez(file, **arrays)
    os.replace(temporary, path)


@cache
def state_of_code() -> str:
    """Return eight letters that change when the code of detection does."""
    parts = [path for path in sorted(_PACKAGE.iterdir()) if path.stem not in _NOT_DETECTION]
    return _hash([path for path in parts if path.is_dir() or path.suffix == ".py"])


@cache
def _code(*parts) -> str:
    return _hash([source for part in parts for source in _SOURCES[part]])


def _hash(sources) -> str:
    digest = hashlib.sha256()
    for source in sources:
        for path in sorted(source.rglob("*.py")) if source.is_dir() else [source]:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
