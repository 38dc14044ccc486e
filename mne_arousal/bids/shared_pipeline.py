"""One pipeline for all recordings of a run, fitted on some of them or read from a file."""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import replace

from joblib import Parallel, delayed
from mne.utils import logger, use_log_level

from ..pipeline_file import pipeline_bytes, read_file, read_made_from, read_pipeline
from ..utils.errors import RecordingError
from .dataset import Recording
from .lock import gpu_turn
from .output_tree import STATE, OutputTree
from .process import make_pipeline
from .settings import Settings, one_thread, to_json
from .source import checksums, read_source, without_subject

PIPELINE = "pipeline.safetensors"
FITTED_ON = f"{STATE}/fitted_on.json"


def fitted_on(
    tree: OutputTree,
    settings: Settings,
    examples: list[Recording],
    n_jobs: int | None,
    *,
    overwrite: bool,
) -> bytes:
    """Fit a pipeline on some recordings, or reuse the one that a former run fitted on them.

    Parameters
    ----------
    tree : OutputTree
        The output folder, which may hold it.
    settings : Settings
        Settings of the run.
    examples : list of Recording
        What to fit on.
    n_jobs : int | None
        As in joblib; the fit happens in a worker where there are several.
    overwrite : bool
        Whether to fit anew in any case.

    Returns
    -------
    data : bytes
        The pipeline as a file.

    Raises
    ------
    RecordingError
        If one of the recordings can't be used.
    """
    made_from = {"parameters": replace(settings, pipeline=PIPELINE).parameters()}
    sources: dict[str, str] = {}
    for recording in examples:
        with without_subject(recording):
            files = read_source(recording, hypnogram=False).files
            sources |= checksums(recording, files)
    data = tree.read(PIPELINE)
    if overwrite or data is None or not _was_fitted_on(tree, data, made_from, sources):
        logger.info(f"Fitting one pipeline on {len(examples)} recordings.")
        (data,) = Parallel(n_jobs=n_jobs)([delayed(fit_pipeline)(examples, settings, made_from)])
        tree.write(FITTED_ON, to_json({"pipeline": _sha256(data), "sources": sources}))
    return data


def _was_fitted_on(tree: OutputTree, data: bytes, made_from: dict, sources: dict) -> bool:
    """Tell whether a pipeline was fitted with these settings on these files.

    Files are noted beside the pipeline and not in it: it may be given away.
    """
    if read_made_from(tree.path(PIPELINE)) != made_from:
        return False
    try:
        note = json.loads(tree.read(FITTED_ON) or b"")
    except (ValueError, RecursionError):
        return False
    return note == {"pipeline": _sha256(data), "sources": sources}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_given_pipeline(path) -> bytes:
    """Read a pipeline that was fitted before.

    Parameters
    ----------
    path : path-like
        The pipeline.

    Returns
    -------
    data : bytes
        Content of the file, which has been checked.

    Raises
    ------
    RecordingError
        If it is no pipeline.
    """
    data = read_file(path)
    read_pipeline(path, digest=_sha256(data))
    return data


def with_pipeline(tree: OutputTree, settings: Settings, data: bytes) -> Settings:
    """Add a shared pipeline to the settings of a run.

    Parameters
    ----------
    tree : OutputTree
        The output folder, in which it will be.
    settings : Settings
        Settings of the run.
    data : bytes
        The pipeline as a file.

    Returns
    -------
    settings : Settings
        With its place and its SHA-256.
    """
    return replace(settings, pipeline=str(tree.path(PIPELINE)), pipeline_digest=_sha256(data))


def fit_pipeline(examples: list[Recording], settings: Settings, made_from: dict) -> bytes:
    """Fit a pipeline on some recordings at once.

    Parameters
    ----------
    examples : list of Recording
        The recordings.
    settings : Settings
        Settings of the run.
    made_from : dict
        What to note in the file.

    Returns
    -------
    data : bytes
        The pipeline as a file.
    """
    one = one_thread(with_torch=settings.uses_torch)
    with use_log_level("error"), warnings.catch_warnings(), one, gpu_turn():
        warnings.simplefilter("ignore")
        raws = []
        for recording in examples:
            with without_subject(recording):
                raws.append(read_source(recording, hypnogram=False).raw)
        try:
            pipeline = make_pipeline(settings).fit(raws)
        except RecordingError as error:
            raise RecordingError(
                f"The pipeline can't be fitted: {error} Leave that recording out of fit_on."
            ) from None
        except MemoryError:
            raise RecordingError(
                "The pipeline can't be fitted: that needs more memory than there is. Fit it on "
                "fewer recordings."
            ) from None
    return pipeline_bytes(pipeline, made_from=made_from)
