"""The output folder: files are written whole, and never outside of it."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path, PurePosixPath

from ..utils.errors import OutputError, RecordingError
from ..utils.files import PARTIAL, check_output_folder, write_error, write_file
from .columns import DATASET_FILES

STATE = ".mne-arousal"  # what a run needs to resume; a dot folder is no part of a BIDS dataset


class OutputTree:
    """Files below one folder.

    Links below the folder are not followed: a downloaded dataset may contain links that lead
    elsewhere.

    Parameters
    ----------
    root : path-like
        The folder.
    """

    def __init__(self, root):
        self.root = Path(root)

    def path(self, relative) -> Path:
        """Return the place of a file, having made sure that it lies inside.

        Parameters
        ----------
        relative : path-like
            From the folder.

        Returns
        -------
        path : Path
            The place.

        Raises
        ------
        OutputError
            If the way there leads through a link or out of the folder.
        """
        parts = PurePosixPath(relative).parts
        if not parts or ".." in parts or PurePosixPath(relative).is_absolute():
            raise OutputError(f"{relative} leads out of the output folder {self.root}.")
        place = self.root
        for part in parts[:-1]:
            place = place / part
            if place.is_symlink():
                raise OutputError(
                    f"{place} is a link, and results are written to no place that a link leads to. "
                    "Remove it, or name another output folder."
                )
        return place / parts[-1]

    def write(self, relative, data: bytes) -> None:
        """Write a file whole.

        Parameters
        ----------
        relative : path-like
            From the folder; folders are made.
        data : bytes
            What to write.
        """
        path = self.path(relative)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(path.parent, error) from error
        write_file(path, data)

    def read(self, relative) -> bytes | None:
        """Read a file.

        Parameters
        ----------
        relative : path-like
            From the folder.

        Returns
        -------
        data : bytes | None
            None where there is no such file.
        """
        path = self.path(relative)
        try:
            # a pipe would never end
            return path.read_bytes() if path.is_file() and not path.is_symlink() else None
        except OSError:
            return None

    def remove(self, relative) -> None:
        """Remove a file, if it is there.

        Parameters
        ----------
        relative : path-like
            From the folder.
        """
        path = self.path(relative)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:  # then it was never there
                return
            raise OutputError(f"{path} can't be removed ({error.strerror}).") from error

    def remove_partial(self) -> None:
        """Remove unfinished files of a killed run."""
        for pattern in ("*", "sub-*/*/*", "sub-*/*/*/*", f"{STATE}/*", f"{STATE}/*/*"):
            for path in self.root.glob(pattern):
                if path.name.startswith(PARTIAL) and path.suffix == ".part":
                    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def choose_output(root: Path, output) -> Path:
    """Choose the output folder and make sure that the dataset itself stays as it is.

    Parameters
    ----------
    root : Path
        The dataset.
    output : path-like | None
        Folder that was asked for; None means ``derivatives/mne-arousal`` in the dataset.

    Returns
    -------
    output : Path
        Its absolute path. Nothing has been made yet.

    Raises
    ------
    RecordingError
        If writing there would change the dataset, or leave it through a link.
    """
    real = root.resolve()
    derivatives = real / "derivatives"
    if output is None:
        chosen = real / "derivatives" / "mne-arousal"
        if chosen.resolve() != chosen:
            raise RecordingError(
                f"{root}/derivatives/mne-arousal is a link that leads to {chosen.resolve()}. "
                "Name that folder as the output if it is meant."
            )
        return chosen
    chosen = Path(output).absolute().resolve()
    inside = chosen == real or real in chosen.parents
    if (inside and derivatives not in chosen.parents) or chosen in real.parents:
        raise RecordingError(
            f"The output folder {output} would change the dataset {root}. Results go to a folder "
            "outside of it, or below its derivatives folder."
        )
    return chosen


def check_output_is_ours(output: Path) -> None:
    """Make the output folder, unless it holds something that is not ours.

    Parameters
    ----------
    output : Path
        The folder.

    Raises
    ------
    RecordingError
        If it holds other files, or can't be written to.
    """
    if output.is_dir():
        names = [path.name for path in output.iterdir() if not path.name.startswith(STATE)]
        if names and not _is_ours(output):
            raise RecordingError(
                f"The output folder {output} holds files that are not of this program. Name an "
                "empty or a new folder."
            )
    check_output_folder(output)


def _is_ours(output: Path) -> bool:
    """Recognize a derivative by its description or, where that is damaged, by its other files."""
    tree = OutputTree(output)
    if b'"mne-arousal"' in (tree.read("dataset_description.json") or b""):
        return True
    notes = output / STATE
    return (
        notes.is_dir()
        and not notes.is_symlink()
        and all(path.name.startswith((*DATASET_FILES, "sub-", STATE)) for path in output.iterdir())
    )
