"""One pipeline for all recordings of a run: fitted on some of them, or given."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import replace
from pathlib import Path

from joblib import Parallel, delayed
from mne.utils import logger, use_log_level

from ..pipeline_file import pipeline_bytes, read_made_from, read_pipeline
from ..utils.errors import RecordingError
from .dataset import Recording
from .lock import gpu_turn
from .output_tree import OutputTree
from .process import make_pipeline
from .settings import Settings, one_thread
from .source import checksums, read_source, without_subject

PIPELINE = "pipeline.safetensors"


def fitted_on(
    tree: OutputTree,
    settings: Settings,
    examples: list[Recording],
    n_jobs: int | None,
    *,
    overwrite: bool,
) -> bytes:
    """Fit a pipeline on some recordings, or take the one that a former run fitted on them.

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
    made_from = {"parameters": replace(settings, pipeline=PIPELINE).parameters(), "sources": {}}
    for recording in examples:
        with without_subject(recording):
            files = read_source(recording, hypnogram=False).files
            made_from["sources"] |= checksums(recording, files)
    data = tree.read(PIPELINE)
    if overwrite or data is None or read_made_from(tree.path(PIPELINE)) != made_from:
        logger.info(f"Fitting one pipeline on {len(examples)} recordings.")
        (data,) = Parallel(n_jobs=n_jobs)([delayed(fit_pipeline)(examples, settings, made_from)])
    return data


def read_given_pipeline(path) -> bytes:
    """Read a pipeline that was fitted before.

    Parameters
    ----------
    path : path-like
        The pipeline.

    Returns
    -------
    data : bytes
        Its file, which has been looked at.

    Raises
    ------
    RecordingError
        If it is no pipeline.
    """
    read_pipeline(path)
    return Path(path).read_bytes()


def with_pipeline(tree: OutputTree, settings: Settings, data: bytes) -> Settings:
    """Say in the settings of a run that all recordings share a pipeline.

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
    digest = hashlib.sha256(data).hexdigest()
    return replace(settings, pipeline=str(tree.path(PIPELINE)), pipeline_digest=digest)


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
    with use_log_level("error"), warnings.catch_warnings(), one_thread(), gpu_turn():
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
    return pipeline_bytes(pipeline, made_from=made_from)
