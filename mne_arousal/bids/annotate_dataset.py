"""`annotate_bids`: the arousals of a whole dataset."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from mne.utils import logger, use_log_level

from ..pipeline import DEFAULT_FEATURES
from ..recording.references import check_reference
from ..recording.roles import check_picks
from ..utils.errors import RecordingError
from .dataset import check_dataset, find_recordings
from .derivative import PARAMETERS_FILE, write_dataset_files
from .lock import output_lock
from .output_tree import OutputTree, check_output_is_ours, choose_output
from .plan import DONE, check_settings, plan_run
from .settings import Settings
from .shared_pipeline import PIPELINE, fitted_on, read_given_pipeline, with_pipeline
from .summary import write_summary
from .workers import process_all

if TYPE_CHECKING:
    import pandas as pd

    from ..utils.types import Labels, PathLike, Picks, Reference, Verbose


def annotate_bids(
    root: PathLike,
    output: PathLike | None = None,
    *,
    subjects: Labels = None,
    sessions: Labels = None,
    tasks: Labels = None,
    runs: Labels = None,
    datatypes: Labels = None,
    hypnogram: bool = True,
    picks: Picks = "auto",
    reference: Reference = "auto",
    features: tuple[str, ...] = DEFAULT_FEATURES,
    min_probability: float = 0.5,
    false_alarms_per_hour: float | None = None,
    fit_on: Labels = None,
    pipeline: PathLike | None = None,
    n_jobs: int | None = None,
    device: str = "auto",
    overwrite: bool = False,
    dry_run: bool = False,
    random_state: int = 0,
    verbose: Verbose = None,
) -> pd.DataFrame:
    """Find the micro-arousals of all recordings of a BIDS dataset.

    The results are a BIDS derivative. An interrupted run resumes where it stopped when it is
    started again, and writes the same files as an undisturbed one. The dataset is never changed.

    Parameters
    ----------
    root : path-like
        Folder of the dataset.
    output : path-like | None
        Folder of the results; None means ``derivatives/mne-arousal`` in the dataset.
    subjects, sessions, tasks, runs : str | list of str | None
        Labels of the recordings to use; None uses all.
    datatypes : str | list of str | None
        Of ``"eeg"``, ``"ieeg"``, ``"meg"``; None means ``"eeg"``, where polysomnography is.
    hypnogram : bool
        Whether sleep stages in ``events.tsv``, where there are any, separate sleep from wake. They
        are used for nothing else.
    picks : "auto" | list of str | dict
        As in :func:`annotate_arousals`.
    reference : "auto" | None | dict
        As in :func:`annotate_arousals`.
    features : tuple of str
        As in :func:`annotate_arousals`.
    min_probability : float
        Probability from which a candidate is an arousal; at 0.5 it is more likely one than not.
    false_alarms_per_hour : float | None
        False events an hour of sleep that are expected, at most, in place of `min_probability`.
    fit_on : str | list of str | None
        Subjects on whose recordings one pipeline is fitted. It is saved as
        ``pipeline.safetensors`` and applied to all recordings. None fits a pipeline on each
        recording separately.
    pipeline : path-like | None
        A ``pipeline.safetensors`` of an earlier run, applied unchanged. `picks`, `reference`,
        `features`, `min_probability` and `false_alarms_per_hour` then come from that pipeline.
    n_jobs : int | None
        Recordings processed at the same time, each in one thread; -1 uses all cores. None means 1,
        or the value of ``joblib.parallel_config``, which can also choose another backend (Dask,
        Ray).
    device : str
        ``"auto"``, ``"cpu"`` or ``"cuda"``. Workers on one machine take turns on its GPU.
    overwrite : bool
        Whether to process recordings again that have a result.
    dry_run : bool
        Whether to only list what would be done.
    random_state : int
        Seed. It has to be an integer, so that a resumed run gives the same results.
    verbose : bool | str | int | None
        As in MNE.

    Returns
    -------
    summary : DataFrame
        As in ``arousals.tsv``: one row per recording; ``error`` says why a recording failed.
        With `dry_run`, the columns are ``recording`` and ``state``: ``"new"``, ``"done"``,
        ``"changed"`` (since its result was made) or ``"again"``.

    Raises
    ------
    RecordingError
        If `root` is no dataset, no recording in it matches, or the output folder can't be used or
        holds results of other settings. A recording that fails does not raise an error.

    See Also
    --------
    annotate_arousals : The same for one recording.

    Notes
    -----
    ``timing.tsv`` holds dates and computing times, which differ from run to run. All other files
    are identical byte for byte.

    Examples
    --------
    >>> from mne_arousal import annotate_bids
    >>> summary = annotate_bids("study", n_jobs=2)  # doctest: +SKIP
    """
    with use_log_level(verbose):
        root = check_dataset(root)
        folder = choose_output(root, output)
        settings = _settings(
            folder,
            features,
            check_picks(picks),
            check_reference(reference),
            min_probability,
            false_alarms_per_hour,
            hypnogram,
            random_state,
            device,
        )
        chosen = {"sessions": sessions, "tasks": tasks, "runs": runs, "datatypes": datatypes}
        recordings = find_recordings(root, subjects=subjects, **chosen)
        if fit_on is not None and pipeline is not None:
            raise RecordingError("Give fit_on or pipeline, not both.")
        examples = None
        if fit_on is not None:
            examples = find_recordings(root, subjects=fit_on, **chosen)
        tree = OutputTree(folder)
        if dry_run:
            return plan_run(tree, recordings, overwrite=overwrite)
        check_output_is_ours(folder)
        with output_lock(tree) as token:
            tree.remove_partial()
            write_dataset_files(tree, root)
            settings = replace(settings, token=token, process=os.getpid())
            data = None
            if examples is not None:
                data = fitted_on(tree, settings, examples, n_jobs, overwrite=overwrite)
            elif pipeline is not None:
                data = read_given_pipeline(pipeline)
            if data is not None:
                settings = with_pipeline(tree, settings, data)
            _run(tree, recordings, settings, data, n_jobs, overwrite)
            return write_summary(tree)


def _settings(
    folder,
    features,
    picks,
    reference,
    min_probability,
    false_alarms_per_hour,
    hypnogram,
    random_state,
    device,
) -> Settings:
    if not _is_positive(min_probability) or min_probability > 1:
        raise RecordingError(f"min_probability lies between 0 and 1, not at {min_probability!r}.")
    if false_alarms_per_hour is not None and not _is_positive(false_alarms_per_hour):
        raise RecordingError(
            f"false_alarms_per_hour is a positive number, or None, not {false_alarms_per_hour!r}."
        )
    if not isinstance(random_state, int):
        raise RecordingError(
            f"random_state is a number here, not {random_state!r}: a resumed run has to give the "
            "same results."
        )
    rate = None if false_alarms_per_hour is None else float(false_alarms_per_hour)
    return Settings(
        output=str(folder),
        features=tuple(features),
        picks=picks if isinstance(picks, str | dict) else tuple(picks),
        reference=reference,
        min_probability=float(min_probability),
        false_alarms_per_hour=rate,
        hypnogram=bool(hypnogram),
        random_state=random_state,
        device=device,
    )


def _is_positive(value) -> bool:
    return isinstance(value, int | float) and 0 < value < float("inf")


def _run(tree, recordings, settings, data, n_jobs, overwrite) -> None:
    plan = plan_run(tree, recordings, overwrite=overwrite)
    todo = [r for r, state in zip(recordings, plan["state"], strict=True) if state != DONE]
    check_settings(tree, settings, todo)
    if data is not None and tree.read(PIPELINE) != data:
        tree.write(PIPELINE, data)
    for recording in todo:  # a run that is ended must not take former results for its own
        tree.remove(recording.derived(*PARAMETERS_FILE))
    logger.info(f"{len(recordings)} recordings, {len(recordings) - len(todo)} of them done before.")
    progress = bool(todo) and logger.isEnabledFor(logging.INFO)
    try:
        process_all(todo, settings, n_jobs=n_jobs, progress=progress)
    except KeyboardInterrupt:
        write_summary(tree)
        raise
