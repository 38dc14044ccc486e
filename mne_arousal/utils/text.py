"""Text that is shown on a terminal or written to a table, whatever names a file brings."""

from __future__ import annotations

import re

# C0 and C1 control characters, line and paragraph separators, marks that change the direction of
# text, and surrogates, which no encoding can write.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_NEWLINES_KEPT = re.compile(_UNPRINTABLE.pattern.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPED = re.compile(r"\\(?:([tnr\\,])|x([0-9a-f]{2})|u([0-9a-f]{4}))")
_FORMULA = re.compile(r"'*[=+\-@]")  # how a cell begins that a spreadsheet calculates


def _escape(match: re.Match) -> str:
    character = match[0]
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def printable(text, *, keep_newlines: bool = False) -> str:
    """Write control characters as escapes, so that a terminal does nothing but show the text.

    Parameters
    ----------
    text : object
        What to show.
    keep_newlines : bool
        Whether line breaks stay as they are.

    Returns
    -------
    text : str
        The text, ``"\\x1b"`` in place of an escape character and so on.
    """
    pattern = _NEWLINES_KEPT if keep_newlines else _UNPRINTABLE
    return pattern.sub(_escape, str(text))


def table_cell(text) -> str:
    """Write a text as one cell of a table.

    Control characters and backslashes are written as escapes, and a cell that a spreadsheet would
    run as a formula gets an apostrophe in front. `read_table_cell` undoes both.

    Parameters
    ----------
    text : object
        Content of the cell.

    Returns
    -------
    cell : str
        The cell, without tabs and line breaks.
    """
    cell = printable(str(text).replace("\\", "\\\\"))
    return f"'{cell}" if _FORMULA.match(cell) else cell


def names_cell(names) -> str:
    """Write names as one cell of a table, separated by commas.

    Parameters
    ----------
    names : iterable of str
        Names; a comma in one is written as ``"\\,"``.

    Returns
    -------
    cell : str
        The cell; ``"n/a"`` without names.
    """
    cell = ",".join(printable(n.replace("\\", "\\\\").replace(",", "\\,")) for n in names)
    return f"'{cell}" if _FORMULA.match(cell) else cell or "n/a"


def read_table_cell(cell: str) -> str:
    """Undo `table_cell`.

    Parameters
    ----------
    cell : str
        Cell.

    Returns
    -------
    text : str
        What it was made of.
    """
    if cell.startswith("'") and _FORMULA.match(cell):
        cell = cell[1:]
    return _ESCAPED.sub(_unescape, cell)


def _unescape(match: re.Match) -> str:
    if match[1]:
        return {"t": "\t", "n": "\n", "r": "\r"}.get(match[1], match[1])
    return chr(int(match[2] or match[3], 16))


def escape_json(text: str) -> str:
    """Write control characters in a JSON text as JSON's own escapes.

    Parameters
    ----------
    text : str
        JSON; its line breaks are kept.

    Returns
    -------
    text : str
        JSON of the same value.
    """
    return _NEWLINES_KEPT.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
