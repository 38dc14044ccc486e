"""Files that the results of one recording are written to."""

from __future__ import annotations

from pathlib import Path

from .night import CANDIDATE_COLUMNS, EVENT_COLUMN_NAMES, Night
from .stages.statistics import sleep_statistics, statistics_table
from .utils.errors import OutputError
from .utils.fif_ids import remove_machine
from .utils.files import check_output_folder, partial_folder, publish


def write_night(night: Night, folder) -> list[Path]:
    """Write arousals, stages and annotations of one recording.

    The files are made in a temporary folder beside their place and renamed when all are whole.

    Parameters
    ----------
    night : Night
        What was found.
    folder : path-like
        Where to.

    Returns
    -------
    paths : list of Path
        ``<name>_arousals.csv`` (columns as in `EVENT_COLUMNS`, s from the start of the recording),
        ``<name>_candidates.csv`` (what is no arousal, with probability and reason),
        ``<name>_stages.csv`` (onset, duration, cluster, stage,
        probability, p_W to p_R), ``<name>_sleep.csv`` (name, value, unit, definition of the sleep
        statistics) and ``<name>-annot.fif``, which alone holds the date of the recording.
    """
    folder = check_output_folder(folder)
    tables = {
        f"{night.name}_arousals.csv": night.arousals[list(EVENT_COLUMN_NAMES)],
        f"{night.name}_candidates.csv": night.candidates[list(CANDIDATE_COLUMNS)],
        f"{night.name}_stages.csv": night.stages,
        f"{night.name}_sleep.csv": statistics_table(
            sleep_statistics(night.hypnogram, night.arousals)
        ),
    }
    annotations = f"{night.name}-annot.fif"
    names = [*tables, annotations]
    try:
        with partial_folder(folder) as work:
            for name, rows in tables.items():
                rows.to_csv(work / name, index=False, float_format="%.3f", lineterminator="\n")
            night.annotations.save(work / annotations, verbose="error")
            remove_machine(work / annotations)
            for name in names:
                publish(work / name, folder / name)
    except OutputError as error:
        raise OutputError(str(error), night.name) from error.__cause__
    return [folder / name for name in names]
