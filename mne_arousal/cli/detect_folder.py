"""``mne-arousal detect FOLDER``: all recordings of a folder that is no BIDS dataset."""

from __future__ import annotations

import sys
from pathlib import Path

EXTENSIONS = (".edf", ".bdf", ".gdf", ".fif", ".vhdr", ".set", ".cnt", ".mff", ".ds")
_NO_SIGNALS = ("-annot.fif", "hypnogram.edf", "arousals.edf", "annotations.edf", "events.edf")


def is_dataset(folder: Path) -> bool:
    """Tell whether a folder is meant as a BIDS dataset."""
    return (folder / "dataset_description.json").exists() or any(folder.glob("sub-*/"))


def recordings_of(folder: Path) -> list[Path]:
    """Find the recordings in a folder and in those below it, in order of their names.

    Parameters
    ----------
    folder : Path
        The folder.

    Returns
    -------
    paths : list of Path
        Files and folders in formats that MNE reads; annotations and hidden files are left out.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in parts)
        inside = any(parent in found for parent in path.parents)
        named = path.suffix.lower() in EXTENSIONS
        if named and not hidden and not inside and not path.name.lower().endswith(_NO_SIGNALS):
            found.append(path)
    return found


def run_folder(arguments) -> int:
    """Analyze each recording of a folder; results lie in folders as the recordings do.

    Parameters
    ----------
    arguments : Namespace
        Parsed arguments.

    Returns
    -------
    status : int
        0; 1 when some recordings failed.
    """
    import pandas as pd

    from ..utils.errors import RecordingError
    from ..utils.files import check_output_folder, write_file
    from .detect import check_formats, print_results

    source = Path(arguments.input)
    if arguments.hypnogram is not None or arguments.epoch_length is not None:
        raise RecordingError("--hypnogram is for one recording, and several are in a folder.")
    paths = recordings_of(source)
    if not paths:
        raise RecordingError(
            f"{source} holds no recording ({', '.join(EXTENSIONS)}), and it is no BIDS dataset."
        )
    if arguments.output is None:
        raise RecordingError("Name a folder for the results by --output.")
    check_formats(arguments)
    output = check_output_folder(arguments.output)
    rows = []
    for number, path in enumerate(paths, 1):
        print(f"{number} of {len(paths)}: {path.relative_to(source)}", flush=True)
        rows.append(_one(arguments, path, source, output))
    table = pd.DataFrame(rows)
    text = table.to_csv(
        sep="\t", index=False, na_rep="n/a", float_format="%.3f", lineterminator="\n"
    )
    write_file(output / "arousals.tsv", text.encode())
    return print_results(table, output)


def _one(arguments, path: Path, source: Path, output: Path) -> dict:
    from ..utils.errors import OutputError, RecordingError
    from ..utils.text import printable, table_cell
    from .detect import analyze_and_write

    inside = path.relative_to(source)
    row = {"filename": table_cell(inside.as_posix()), "status": "ok"}
    folder = output / inside.parent
    try:
        night = None if arguments.overwrite else _finished(arguments, path, folder)
        if night is None:
            night, _ = analyze_and_write(arguments, path, folder)
    except OutputError:  # others could not be written either
        raise
    except RecordingError as error:
        print(f"mne-arousal: error: {printable(error)}", file=sys.stderr)
        return row | {"status": "failed", "error": table_cell(str(error))}
    return row | {
        "hours": night.duration / 3600,
        "sleep_hours": night.sleep_hours,
        "n_arousals": len(night.arousals),
        "arousal_index": night.arousal_index,
        "error": "",
    }


def _finished(arguments, path: Path, folder: Path):
    """Return what an earlier run with the same settings found in the same recording."""
    from .._version import __version__
    from ..output_record import read_record, source_digest
    from ..written_results import read_result
    from .detect import format_names, run_parameters

    record = read_record(folder, path.stem)
    same = {
        "source": source_digest(path),
        "parameters": run_parameters(arguments),
        "version": __version__,
    }
    if record is None or any(record.get(key) != value for key, value in same.items()):
        return None
    files = set(record.get("files", []))
    asked = set(format_names(path.stem, arguments.format))
    if arguments.save_night:
        asked.add(f"{path.stem}.night.zip")
    if not asked <= files or not _are_there(folder, files):
        return None
    print("  has results already; --overwrite does it again")
    return read_result(folder / f"{path.stem}_arousals.csv")


def _are_there(folder: Path, files: set[str]) -> bool:
    return bool(files) and all((folder / name).exists() for name in files)
