"""Fitted pipelines on disk: arrays in safetensors, everything else as JSON, no code.

An object is written as the name of its class and its attributes, and only classes that are named
here are ever made from a file. Of the recordings that a pipeline was fitted on it keeps nothing but
what it learned.
"""

from __future__ import annotations

import copy
import hashlib
import json
import stat
import tempfile
from importlib.metadata import PackageNotFoundError, version
from inspect import signature
from pathlib import Path

import numpy as np
import pandas as pd
from mne.utils import warn
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.pipeline import FeatureUnion, Pipeline

from .body import BodyTransformer
from .clusterer import ArousalClusterer
from .dmd import DMDTransformer
from .encoder import PSGEncoder
from .recording.windower import PSGWindower
from .spectral import SpectralTransformer
from .stages.stage_clusterer import StageClusterer
from .stages.stage_model import StageModel
from .stages.states import StateModel
from .utils.columns import Column
from .utils.errors import RecordingError
from .utils.privacy import reader_words
from .utils.text import printable

FORMAT = "mne-arousal pipeline"
VERSION = "3"
_CLASSES = {
    cls.__name__: cls
    for cls in (
        ArousalClusterer,
        BodyTransformer,
        Column,
        DMDTransformer,
        FeatureUnion,
        KMeans,
        PCA,
        Pipeline,
        PSGWindower,
        SpectralTransformer,
        StageClusterer,
        StageModel,
        StateModel,
    )
}
# About the recordings of the fit, not about others.
_FORGOTTEN: dict[str, dict] = {"ArousalClusterer": {"labels_": np.zeros(0, int)}}
_FORGOTTEN["StageClusterer"] = {"_scales": {}}
_FORGOTTEN["KMeans"] = {"labels_": np.zeros(0, int)}
_FORGOTTEN["PSGWindower"] = {"seconds_": 0.0}
# Values beyond these would have memory filled before anything else is wrong.
_LIMITS: dict[str, dict[str, tuple[float, float]]] = {
    "windows": {"window_length": (0.1, 60.0), "hop": (0.01, 60.0), "sfreq": (1.0, 1e5)},
    "arousals": {"n_states": (1, 4096), "n_stages": (1, 100)},
}
# What parsing a text of any content raises: RecursionError is a RuntimeError.
_MALFORMED = (ValueError, LookupError, TypeError, AttributeError, RuntimeError, ArithmeticError)
MAX_SIZE = 1e9  # bytes; a pipeline with an encoder has some megabytes
_ENCODER_SETTINGS = ("device", "random_state", "verbose")


def pipeline_bytes(pipeline: Pipeline, *, made_from: dict | None = None) -> bytes:
    """Write a fitted pipeline: the same pipeline, the same bytes.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted pipeline of `make_arousal_pipeline`, steps dropped or set as one likes.
    made_from : dict | None
        Plain values to keep with it.

    Returns
    -------
    data : bytes
        Content of a safetensors file.

    Raises
    ------
    ValueError
        If it is not fitted, or holds a step that is not of this package.
    """
    if not hasattr(pipeline[-1], "labels_"):
        raise ValueError("The pipeline is not fitted: fit it before it is saved.")
    arrays: dict[str, np.ndarray] = {}
    about = {
        "versions": {name: version(name) for name in ("mne-arousal", "scikit-learn")},
        "made_from": made_from or {},
        "pipeline": _pack(pipeline, arrays),
    }
    text = json.dumps(about)
    header = {"format": FORMAT, "version": VERSION, "about": text}
    header["sha256"] = _digest(arrays, text)
    return _ordered(save_tensors(arrays, metadata=header))


def _ordered(data: bytes) -> bytes:
    """Sort the header of a safetensors file, whose order safetensors leaves to chance."""
    size = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8 : 8 + size]), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)  # the format aligns data to 8 bytes
    return len(header).to_bytes(8, "little") + header + data[8 + size :]


def read_pipeline(path, *, digest: str | None = None, device: str = "auto") -> Pipeline:
    """Read a pipeline.

    Parameters
    ----------
    path : path-like
        File of `pipeline_bytes`.
    digest : str | None
        SHA-256 that the file must have; None takes any.
    device : str
        Where it is to compute.

    Returns
    -------
    pipeline : Pipeline
        Fitted.

    Raises
    ------
    RecordingError
        If there is no such file, or it is something else or was changed.
    """
    data = read_file(path)
    if digest is not None and hashlib.sha256(data).hexdigest() != digest:
        raise RecordingError(f"The pipeline {path} was changed while it was in use. Run again.")
    about, arrays = _parse(data, path)
    try:
        pipeline = _unpack(about["pipeline"], arrays)
        _check_pipeline(pipeline)
        for name, step in pipeline["features"].transformer_list:
            if name in ("dmd", "encoder") and not isinstance(step, str):
                step.set_params(device=device)
        made_with = {str(name): str(value) for name, value in about["versions"].items()}
    except Exception as error:  # anybody can write a file that fits its checksum, with any content
        raise RecordingError(
            f"{path} does not fit this mne-arousal ({reader_words(error)}). Fit a pipeline anew."
        ) from error
    here = {name: _version(name) for name in made_with}
    if here != made_with:
        warn(printable(f"The pipeline {path} was fitted with {made_with}, and this is {here}."))
    return pipeline


def _version(name: str) -> str:
    try:
        return version(name)
    except (PackageNotFoundError, ValueError):
        return "not there"


def _check_pipeline(pipeline) -> None:
    """Make sure that a pipeline has its steps, and that none asks for more than a night holds."""
    windower, clusterer = pipeline["windows"], pipeline[-1]
    if not isinstance(windower, PSGWindower) or not isinstance(clusterer, ArousalClusterer):
        raise ValueError("its steps are not those of a pipeline")
    for _, extractor in pipeline["features"].transformer_list:
        ours = type(extractor).__module__.startswith(f"{__package__}.")
        if not isinstance(extractor, str) and not (ours and hasattr(extractor, "transform")):
            raise ValueError("a step is no extractor of features")
    for step, limits in _LIMITS.items():
        for name, (low, high) in limits.items():
            value = getattr({"windows": windower, "arousals": clusterer}[step], name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"a step has an impossible {name}")


def read_made_from(path) -> dict | None:
    """Read what is kept with a pipeline.

    Parameters
    ----------
    path : path-like
        File of `pipeline_bytes`.

    Returns
    -------
    made_from : dict | None
        None when there is no such file, or it can't be used.
    """
    try:
        about, _ = _parse(read_file(path), path)
    except RecordingError:
        return None
    return about.get("made_from")


def read_file(path) -> bytes:
    """Read the file of a pipeline, whatever it holds.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    data : bytes
        Its content.

    Raises
    ------
    RecordingError
        If there is no such file, or it is a pipe or a device, or far too large.
    """
    path = Path(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_SIZE:
            raise RecordingError(f"The pipeline {path} is no regular file, or far too large.")
        return path.read_bytes()
    except OSError as error:
        raise RecordingError(f"The pipeline {path} can't be read ({error.strerror}).") from error


def _parse(data: bytes, path) -> tuple[dict, dict]:
    wrong = f"{path} is no pipeline that this program saved, or it is cut short or was changed"
    try:
        arrays = load_tensors(data)
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + size])["__metadata__"]
        text = header["about"]
        whole = header["format"] == FORMAT and header["sha256"] == _digest(arrays, text)
        about = json.loads(text) if whole else None
    except (SafetensorError, *_MALFORMED) as error:
        raise RecordingError(f"{wrong}. Get it again, or fit anew.") from error
    if not isinstance(about, dict):
        raise RecordingError(f"{wrong}. Get it again, or fit anew.")
    if header.get("version") != VERSION:
        raise RecordingError(
            f"{path} has format {header.get('version')}, and this program reads {VERSION}."
        )
    return about, arrays


def _digest(arrays: dict, text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def _pack(value, arrays: dict):
    """Turn a value into JSON's kinds; arrays go aside."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.random.RandomState):
        return None  # chance is over once a pipeline is fitted
    if isinstance(value, list):
        return [_pack(item, arrays) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [_pack(item, arrays) for item in value]}
    if isinstance(value, dict):
        items = [[_pack(k, arrays), _pack(v, arrays)] for k, v in value.items()]
        return {"dict": items}
    if isinstance(value, pd.Index):
        return {"index": [_pack(item, arrays) for item in value]}
    if isinstance(value, np.ndarray):
        return _pack_array(value, arrays)
    if isinstance(value, PSGEncoder):
        return _pack_encoder(value, arrays)
    name = type(value).__name__
    if _CLASSES.get(name) is not type(value):
        raise ValueError(
            f"A pipeline with {name} can't be saved: only steps of this package and k-means can."
        )
    state = vars(value) | {k: v for k, v in _FORGOTTEN.get(name, {}).items() if k in vars(value)}
    return {"class": name, "state": {k: _pack(v, arrays) for k, v in state.items()}}


def _pack_array(value: np.ndarray, arrays: dict) -> dict:
    if value.dtype.kind in "OU":
        return {"strings": [str(item) for item in value.ravel()], "shape": list(value.shape)}
    name = f"array{len(arrays)}"
    arrays[name] = np.ascontiguousarray(value)
    return {"array": name, "shape": list(value.shape)}


def _pack_encoder(encoder: PSGEncoder, arrays: dict) -> dict:
    encoder = copy.copy(encoder)
    if hasattr(encoder, "history_"):  # how long training took is no part of what was learned
        encoder.history_ = encoder.history_.drop(columns="seconds", errors="ignore")
    settings = {name: _pack(getattr(encoder, name), arrays) for name in _ENCODER_SETTINGS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "encoder.safetensors")
        encoder.save(path)
        name = f"array{len(arrays)}"
        arrays[name] = np.frombuffer(_ordered(path.read_bytes()), np.uint8)
    return {"encoder": name, "settings": settings}


def _unpack(value, arrays: dict):
    if isinstance(value, list):
        return [_unpack(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if "tuple" in value:
        return tuple(_unpack(item, arrays) for item in value["tuple"])
    if "dict" in value:
        return {_unpack(k, arrays): _unpack(v, arrays) for k, v in value["dict"]}
    if "index" in value:
        return pd.Index([_unpack(item, arrays) for item in value["index"]])
    if "array" in value:
        return arrays[value["array"]].reshape(value["shape"])
    if "strings" in value:
        return np.array(value["strings"], dtype=object).reshape(value["shape"])
    if "encoder" in value:
        return _unpack_encoder(value, arrays)
    cls = _CLASSES[value["class"]]
    restored = cls.__new__(cls)
    vars(restored).update({k: _unpack(v, arrays) for k, v in value["state"].items()})
    missing = set(signature(cls).parameters) - set(vars(restored)) - {"args", "kwargs"}
    if missing:
        raise ValueError("a step lacks a parameter")
    return restored


def _unpack_encoder(value: dict, arrays: dict) -> PSGEncoder:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "encoder.safetensors")
        path.write_bytes(arrays[value["encoder"]].tobytes())
        encoder = PSGEncoder.load(path)
    encoder.set_output(transform="pandas")
    return encoder.set_params(**{k: _unpack(v, arrays) for k, v in value["settings"].items()})
