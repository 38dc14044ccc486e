"""One recording of a dataset, from its file to its place in the derivative.

This code runs in a worker, which may be on another machine. It receives and returns little; the
results go to the disk.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime

from mne.utils import logger
from sklearn.pipeline import Pipeline

from .._array import resolve_device
from ..annotate import analyze_recording
from ..pipeline import make_arousal_pipeline
from ..utils.errors import OutputError, RecordingError
from ..utils.notes import Note, collect_notes
from ..utils.privacy import clean_log, failed_where, reader_words
from ..utils.text import printable
from .dataset import Recording
from .derivative import MAX_NAME, RESULT_NAMES, write_recording
from .lock import GpuTurn, holds_lock
from .output_tree import STATE, OutputTree
from .run_process import end_with
from .settings import Settings, one_thread, to_json
from .source import Source, checksums, read_source, redact, stamps, without_subject
from .summary import summary_row

NO_MEMORY = (
    "{name}: needs more memory than there is. Use fewer jobs, or a machine with more memory."
)
_MAX_NOTE = 200  # bytes of a note's name: with an ending it must stay below the 255 of most systems


@dataclass(frozen=True)
class Outcome:
    """The outcome of one recording.

    Attributes
    ----------
    name : str
        The recording.
    error : str
        Why it has no result; empty when it has.
    hopeless : bool
        Whether all other recordings would fail in the same way, as on a full disk.
    """

    name: str
    error: str = ""
    hopeless: bool = False


def _note_name(recording: Recording) -> str:
    """Name notes on a recording: as itself, or shorter where its name is near the limit."""
    if len(recording.name) <= _MAX_NOTE:
        return recording.name
    digest = hashlib.sha256(recording.path.encode()).hexdigest()
    return f"{recording.name[: _MAX_NOTE - len(digest) - 1]}-{digest}"


def record_path(recording: Recording) -> str:
    """Return the path of the note on when and from which files a result was made."""
    return f"{STATE}/records/{_note_name(recording)}.json"


def failure_path(recording: Recording) -> str:
    """Return the path of the note on why a recording failed."""
    return f"{STATE}/failures/{_note_name(recording)}.json"


def started_path(recording: Recording) -> str:
    """Return the path of the note that the processing of a recording has begun."""
    return f"{STATE}/started/{_note_name(recording)}"


def process_recording(recording: Recording, settings: Settings) -> Outcome:
    """Find the arousals of a recording and write them.

    Parameters
    ----------
    recording : Recording
        The recording.
    settings : Settings
        Settings of the run.

    Returns
    -------
    outcome : Outcome
        Whether it has a result, and if not, why.
    """
    end_with(settings.process)
    tree = OutputTree(settings.output)
    with _quiet_log, clean_log():
        try:
            _check_run(tree, settings)
            tree.write(started_path(recording), b"")
            error = _attempt(tree, recording, settings)
            _check_run(tree, settings)
            if error:
                note_failure(tree, recording, error)
            else:
                tree.remove(failure_path(recording))
            tree.remove(started_path(recording))
        except RecordingError as full:  # the notes of the run can't be written
            return Outcome(recording.name, str(full), hopeless=True)
        except MemoryError:  # not even for the notes: the run's own process writes them
            return Outcome(recording.name, NO_MEMORY.format(name=recording.name))
    return Outcome(recording.name, error)


def _check_run(tree: OutputTree, settings: Settings) -> None:
    """Stop a worker that outlived its run: another run may have the folder by now."""
    if not holds_lock(tree, settings.token):
        raise OutputError("The run that this worker belongs to has ended.")


class _QuietLog:
    """Keep what readers log about missing sidecars and the like off the screen.

    Problems are raised, or noted in the record of the recording. All threads of a process share
    its log: the last recording to finish restores the levels.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._levels: dict[logging.Handler, int] = {}
        self._inside = 0

    def __enter__(self):
        with self._lock:
            if not self._inside:
                self._levels = {handler: handler.level for handler in logger.handlers}
                for handler in self._levels:
                    handler.setLevel(logging.ERROR)
            self._inside += 1

    def __exit__(self, *_):
        with self._lock:
            self._inside -= 1
            if not self._inside:
                for handler, level in self._levels.items():
                    handler.setLevel(level)


_quiet_log = _QuietLog()


class _QuietWarnings:
    """Keep warnings of libraries off the screen; notes on the recording are collected.

    All threads of a process share the filters, as they do the log.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._inside = 0

    def __enter__(self):
        with self._lock:
            if not self._inside:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.simplefilter("ignore")
            self._inside += 1

    def __exit__(self, *_):
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._filters.__exit__(None, None, None)


_quiet_warnings = _QuietWarnings()


def note_failure(tree: OutputTree, recording: Recording, error: str) -> None:
    """Note why a recording has no result.

    Parameters
    ----------
    tree : OutputTree
        The output folder.
    recording : Recording
        The recording.
    error : str
        The reason.
    """
    row = summary_row(recording, None, [], error=error)
    tree.write(failure_path(recording), to_json(row))


def _attempt(tree: OutputTree, recording: Recording, settings: Settings) -> str:
    """Process a recording and return the error, which is empty when all went well.

    This is the boundary around one recording: whatever is raised inside costs this one alone, but
    for a disk that takes no more results.
    """
    try:
        _check_names(recording)
        with without_subject(recording), one_thread(with_torch=settings.uses_torch):
            _process(tree, recording, settings)
    except OutputError:
        raise
    except RecordingError as error:
        text = str(error)
    except MemoryError:
        text = NO_MEMORY.format(name=recording.name)
    except (
        Exception
    ) as error:  # readers and numerics raise of every class on data nobody thought of
        logger.debug(f"{recording.name}: {failed_where(error)}")
        words = reader_words(error)
        text = f"{recording.name}: unexpected {type(error).__name__} ({words}). Please report it."
    else:
        return ""
    return " ".join(redact(text, recording.file).split())


def _check_names(recording: Recording) -> None:
    """Make sure that the names of a recording's results are no longer than systems allow."""
    longest = max(len(recording.derived(*name).name.encode()) for name in RESULT_NAMES)
    if longest > MAX_NAME:
        raise RecordingError(
            f"its results would have names of {longest} bytes, and file systems allow {MAX_NAME}. "
            "Shorten its labels.",
            recording.name,
        )


def _process(tree: OutputTree, recording: Recording, settings: Settings) -> None:
    begin = time.perf_counter()
    with collect_notes() as notes, _quiet_warnings:
        source = read_source(recording, hypnogram=settings.hypnogram)
        before = stamps(recording, source.files)
        night = analyze_recording(
            source.raw,
            hypnogram=source.hypnogram,
            pipeline=_pipeline(settings),
            verbose="warning",
        )
    _check_unchanged(recording, source, before)
    _check_run(tree, settings)
    record = {
        "recording": recording.name,
        "stamps": before,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": {name: round(seconds, 3) for name, seconds in night.seconds.items()},
        "total": round(time.perf_counter() - begin, 3),
    }
    tree.write(record_path(recording), to_json(record))
    write_recording(
        tree,
        recording,
        night,
        settings,
        summary=summary_row(recording, night, [*source.flags, *_flags(notes)]),
        warnings=list(dict.fromkeys(printable(note.text) for note in notes)),
        sources=checksums(recording, source.files),
    )


def _check_unchanged(recording: Recording, source: Source, before: dict) -> None:
    if stamps(recording, source.files) != before:
        raise RecordingError(
            "its files changed while they were read. Run again when they are complete.",
            recording.name,
        )


def _pipeline(settings: Settings) -> Pipeline:
    if settings.pipeline is None:
        pipeline = make_pipeline(settings)
    else:
        from ..pipeline_file import read_pipeline

        pipeline = read_pipeline(
            settings.pipeline, digest=settings.pipeline_digest, device=settings.device
        )
    return share_gpu(pipeline, settings.device)


def make_pipeline(settings: Settings) -> Pipeline:
    """Make the pipeline that the settings ask for.

    Parameters
    ----------
    settings : Settings
        Settings of the run.

    Returns
    -------
    pipeline : Pipeline
        Not fitted.
    """
    picks = settings.picks
    return make_arousal_pipeline(
        features=settings.features,
        picks=list(picks) if isinstance(picks, tuple) else picks,
        reference=settings.reference,
        min_probability=settings.min_probability,
        false_alarms_per_hour=settings.false_alarms_per_hour,
        device=settings.device,
        random_state=settings.random_state,
        verbose="warning",
    )


def share_gpu(pipeline: Pipeline, device: str) -> Pipeline:
    """Make workers on one machine take turns on its GPU.

    Parameters
    ----------
    pipeline : Pipeline
        Pipeline, changed in place when there is a GPU.
    device : str
        Where to compute.

    Returns
    -------
    pipeline : Pipeline
        The same.
    """
    union = pipeline["features"]
    may = {name for name, step in union.transformer_list if not isinstance(step, str)}
    may -= {"spectral", "body"}  # which never compute on a GPU
    if not may or resolve_device(device) == "cpu":
        return pipeline
    union.transformer_list = [
        (name, GpuTurn(step) if name in may else step) for name, step in union.transformer_list
    ]
    return pipeline


def _flags(notes: list[Note]) -> list[str]:
    return list(dict.fromkeys(note.code for note in notes))
