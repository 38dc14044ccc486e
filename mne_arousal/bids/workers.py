"""Recordings distributed over workers, and what happens when a worker dies."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor

from joblib import Parallel, delayed, effective_n_jobs
from joblib.parallel import get_active_backend
from mne.utils import logger
from tqdm import tqdm

from ..utils.errors import OutputError, RecordingError
from .dataset import Recording
from .output_tree import OutputTree
from .process import Outcome, failure_path, note_failure, process_recording, started_path
from .settings import Settings

CHUNK = 8  # recordings per worker between two updates of the progress
DIED = (
    "{name}: the process that worked on it was ended from outside, most often for want of memory. "
    "Use fewer jobs, or a machine with more memory."
)


def process_all(
    recordings: list[Recording], settings: Settings, *, n_jobs: int | None, progress: bool
) -> list[Outcome]:
    """Process recordings.

    Parameters
    ----------
    recordings : list of Recording
        What to process.
    settings : Settings
        Settings of the run.
    n_jobs : int | None
        Workers, as in joblib.
    progress : bool
        Whether to show a progress bar, where standard error is a terminal.

    Returns
    -------
    failed : list of Outcome
        Recordings without a result.

    Raises
    ------
    OutputError
        If results can't be written any more.
    """
    tree = OutputTree(settings.output)
    left = {recording.name: recording for recording in recordings}
    failed: list[Outcome] = []
    with (
        # None: shown on a terminal alone
        tqdm(total=len(recordings), unit="recording", disable=None if progress else True) as bar,
        warnings.catch_warnings(),
    ):
        # loky replaces workers whose memory grew, which costs nothing but the start of another
        warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
        while left:
            _pass(tree, left, failed, settings, n_jobs, bar)
    return failed


def _pass(tree, left, failed, settings, n_jobs, bar) -> None:
    """Process the remaining recordings; when a worker dies, find out on which one."""
    for recording in left.values():
        tree.remove(started_path(recording))
    try:
        for outcome in _outcomes(list(left.values()), settings, n_jobs):
            _settle(tree, outcome, left, failed, bar)
    except BrokenExecutor as error:
        suspects = [r for r in left.values() if tree.read(started_path(r)) is not None]
        logger.warning(
            f"A worker died while {len(suspects)} recordings were worked on; each of them is "
            "tried again in a separate process."
        )
        for recording in suspects:
            _settle(tree, _alone(tree, recording, settings), left, failed, bar)
        if not suspects:
            raise RecordingError(
                f"The workers died before they began ({error}). Try with one job."
            ) from error


def _outcomes(recordings, settings, n_jobs) -> Iterator[Outcome]:
    tasks = [delayed(process_recording)(recording, settings) for recording in recordings]
    backend, n_workers = get_active_backend()
    if n_jobs is not None:  # a worker without work would not notice that its run has ended
        n_jobs = min(effective_n_jobs(n_jobs), len(tasks))
    if getattr(backend, "supports_return_generator", False):
        # unordered, so that a long night does not delay others
        yield from Parallel(n_jobs, return_as="generator_unordered", batch_size=1)(tasks)
        return
    # Ray's backend returns results only when all are there
    size = max(n_workers, 1) * CHUNK
    for first in range(0, len(tasks), size):
        yield from Parallel(n_jobs, batch_size=1)(tasks[first : first + size])


def _alone(tree: OutputTree, recording: Recording, settings: Settings) -> Outcome:
    try:
        # two workers for one task, since joblib makes no process for one
        parallel = Parallel(n_jobs=2, backend="loky")
        (outcome,) = parallel([delayed(process_recording)(recording, settings)])
    except BrokenExecutor:
        outcome = Outcome(recording.name, DIED.format(name=recording.name))
        note_failure(tree, recording, outcome.error)
        tree.remove(started_path(recording))
    return outcome


def _settle(tree: OutputTree, outcome: Outcome, left: dict, failed: list, bar: tqdm) -> None:
    if outcome.hopeless:
        raise OutputError(
            f"{outcome.error} The run has stopped; what it finished is kept, and the next run goes "
            "on from there."
        )
    recording = left.pop(outcome.name)
    if outcome.error:
        failed.append(outcome)
        if tree.read(failure_path(recording)) is None:
            note_failure(tree, recording, outcome.error)
        logger.error(outcome.error)
    bar.update()
