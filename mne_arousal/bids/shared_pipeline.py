"""One pipeline for all recordings of a run: fitted on some of them, or given."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import replace

from joblib import Parallel, delayed
from mne.utils import logger, use_log_level

from ..utils.errors import RecordingError
from .dataset import Recording
from .lock import gpu_turn
from .output_tree import OutputTree
from .process import make_pipeline
from .saved_pipeline import pipeline_bytes, read_made_from, read_pipeline
from .settings import Settings, one_thread
from .source import checksums, read_source, without_subject

PIPELINE = "pipeline.safetensors"


def share_fitted(
    tree: OutputTree,
    settings: Settings,
    examples: list[Recording],
    n_jobs: int | None,
    *,
    overwrite: bool,
) -> Settings:
    """Fit a pipeline on some recordings, or take the one that a former run fitted on them.

    Parameters
    ----------
    tree : OutputTree
        The output folder, which keeps the pipeline.
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
    settings : Settings
        With the pipeline.

    Raises
    ------
    RecordingError
        If one of the recordings can't be used.
    """
    made_from = {
        "parameters": replace(settings, pipeline="here").parameters(),
        "sources": {},
    }
    for recording in examples:
        with without_subject(recording):
            files = read_source(recording, hypnogram=False).files
            made_from["sources"] |= checksums(recording, files)
    path = tree.path(PIPELINE)
    if overwrite or read_made_from(path) != made_from:
        logger.info(f"Fitting one pipeline on {len(examples)} recordings.")
        (data,) = Parallel(n_jobs=n_jobs)([delayed(fit_pipeline)(examples, settings, made_from)])
        tree.write(PIPELINE, data)
    return _with_pipeline(tree, settings)


def share_given(tree: OutputTree, settings: Settings, path) -> Settings:
    """Take a pipeline that was fitted before.

    Parameters
    ----------
    tree : OutputTree
        The output folder, which gets a copy.
    settings : Settings
        Settings of the run.
    path : path-like
        The pipeline.

    Returns
    -------
    settings : Settings
        With the pipeline.
    """
    read_pipeline(path)
    with open(path, "rb") as file:
        data = file.read()
    if tree.read(PIPELINE) != data:
        tree.write(PIPELINE, data)
    return _with_pipeline(tree, settings)


def _with_pipeline(tree: OutputTree, settings: Settings) -> Settings:
    digest = hashlib.sha256(tree.read(PIPELINE) or b"").hexdigest()
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
