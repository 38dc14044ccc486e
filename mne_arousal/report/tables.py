"""Tables of HTML whose columns sort at a click, without anything from the network."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from ..utils.text import printable

_LONG = 40  # rows from which a table scrolls in a box of its own
_SHORT = 14  # characters that are kept on one line


@dataclass(frozen=True)
class Cell:
    """A cell that shows another text than it sorts by.

    Parameters
    ----------
    text : str
        What is shown.
    value : float | str
        What the column is sorted by.
    target : str
        Anchor of the page that the text leads to; none where empty.
    """

    text: str
    value: float | str
    target: str = ""


def sortable_table(
    table: pd.DataFrame, formats: dict[str, str] | None = None, sorted_by: str | None = None
) -> str:
    """Write a table that sorts by a click on the head of a column.

    Parameters
    ----------
    table : DataFrame
        The table; its index is not shown.
    formats : dict | None
        Column to format of its numbers, such as ``".1f"``.
    sorted_by : str | None
        Column by which the rows are in order, which an arrow marks.

    Returns
    -------
    html : str
        Texts are escaped: names in a dataset can't bring markup into the page.
    """
    head = "".join(
        f'<th scope="col"{_order(name == sorted_by)}>'
        f'<button type="button">{escape(printable(name))}</button></th>'
        for name in table
    )
    rows = [
        "<tr>"
        + "".join(
            _cell(value, (formats or {}).get(name))
            for name, value in zip(table.columns, row, strict=True)
        )
        + "</tr>"
        for row in table.itertuples(index=False, name=None)
    ]
    long = " long" if len(rows) > _LONG else ""
    return (
        f'<div class="mne-arousal-scroll{long}"><table class="mne-arousal">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _order(is_sorted: bool) -> str:
    return ' aria-sort="ascending"' if is_sorted else ""


def _cell(value, form: str | None) -> str:
    if isinstance(value, Cell):
        text, key = escape(printable(value.text)), escape(str(value.value))
        shown = f'<a href="#{escape(value.target)}">{text}</a>' if value.target else text
        return f'<td class="short" data-value="{key}">{shown}</td>'
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return '<td data-value="">n/a</td>'
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        text = format(value, form) if form else f"{value:g}"
        return f'<td class="number" data-value="{float(value)!r}">{escape(text)}</td>'
    text = escape(printable(value))
    kind = "short" if len(text) <= _SHORT else "words"
    return f'<td class="{kind}" data-value="{text}">{text}</td>'


def pairs_table(pairs) -> str:
    """Write names and values below each other.

    Parameters
    ----------
    pairs : iterable of (str, str)
        Names and values.

    Returns
    -------
    html : str
        A table.
    """
    rows = "".join(
        f'<tr><th scope="row">{escape(printable(name))}</th>'
        f"<td>{escape(printable(value))}</td></tr>"
        for name, value in pairs
    )
    return f'<table class="mne-arousal pairs"><tbody>{rows}</tbody></table>'


def numbers_html(numbers) -> str:
    """Write the few numbers that a page begins with.

    Parameters
    ----------
    numbers : iterable of (str, str)
        Each number with its unit, and what it is.

    Returns
    -------
    html : str
        One box a number.
    """
    boxes = "".join(
        f"<div><b>{escape(printable(value))}</b><span>{escape(printable(name))}</span></div>"
        for value, name in numbers
    )
    return f'<div class="mne-arousal-numbers">{boxes}</div>'


def text_list(texts) -> str:
    """Write texts as a list."""
    return "<ul>" + "".join(f"<li>{escape(printable(text))}</li>" for text in texts) + "</ul>"
