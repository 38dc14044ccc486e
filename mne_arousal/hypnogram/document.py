"""A file of somebody else: read once, bounded, decoded whatever its encoding."""

from __future__ import annotations

import codecs
import mmap
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..utils.errors import RecordingError
from ..utils.privacy import reader_words

LARGEST = 64 * 2**20  # bytes; a week of one label a second has 5 MB
_MOST_LINES = 2_000_000  # a week has 604,800 s
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass
class Document:
    """Bytes of a file and their text.

    Attributes
    ----------
    path : Path
        The file.
    data : bytes
        Its content.
    """

    path: Path
    data: bytes | mmap.mmap

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    @property
    def suffix(self) -> str:
        """Ending of the name, in lower case."""
        return self.path.suffix.lower()

    @cached_property
    def text(self) -> str:
        """The text, with line feeds."""
        data = bytes(self.data)
        if data.count(b"\n") + data.count(b"\r") > 2 * _MOST_LINES:
            raise RecordingError(f"has more than {_MOST_LINES} lines.", self.name)
        return _decode(data, self.name)

    @cached_property
    def lines(self) -> list[str]:
        """Lines that are not blank, without blanks at their ends."""
        # by line feeds alone: splitlines() takes rare characters for ends of lines as well
        lines = self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return [line.rstrip() for line in lines if line.strip()]


def read_document(path, what: str = "hypnogram") -> Document:
    """Read a file.

    Parameters
    ----------
    path : path-like
        The file.
    what : str
        What it is to be, for the errors.

    Returns
    -------
    document : Document
        Its content.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    RecordingError
        If it is no regular file, too large, or can't be read.
    """
    path = Path(path)
    try:
        if not path.exists():
            raise FileNotFoundError(f"No such {what} file: {path}")
        if not path.is_file():  # a pipe would wait for ever, a device never end
            raise RecordingError(f"is no regular file and can't be read as {what}.", path.name)
        size = path.stat().st_size
        if size > LARGEST and path.suffix.lower() in (".edf", ".bdf"):  # with signals beside
            with path.open("rb") as file:
                return Document(path, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        if size > LARGEST:
            raise RecordingError(
                f"has {size / 2**20:.0f} MiB, and no {what} has more than {LARGEST // 2**20}. "
                "Check that it is the right file.",
                path.name,
            )
        return Document(path, path.read_bytes())
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        if isinstance(error, RecordingError):
            raise
        words = reader_words(error)
        raise RecordingError(f"can't be read ({words}). Check the path.", path.name) from error


def _decode(data: bytes, name: str) -> str:
    encodings = [encoding for mark, encoding in _MARKS if data.startswith(mark)]
    if not encodings:
        zeros = data[:200].count(0)
        if zeros > len(data[:200]) // 4:  # UTF-16 without a mark: every other byte is 0
            encodings = ["utf-16-be" if data[:1] == b"\0" else "utf-16-le"]
    for encoding in (*encodings, "utf-8", "cp1252", "latin-1"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text.removeprefix("\ufeff")
    raise RecordingError("is no text: it holds bytes of zero. Check its format.", name)
