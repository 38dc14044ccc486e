"""Tables of HTML whose columns sort at a click, without anything from the network."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from ..utils.text import printable

SORT_CSS = """
table.mne-arousal { border-collapse: collapse; font-variant-numeric: tabular-nums; }
table.mne-arousal th, table.mne-arousal td { padding: .15rem .6rem; border-bottom: 1px solid #ddd; }
table.mne-arousal td.number { text-align: right; }
table.mne-arousal th button { all: unset; cursor: pointer; font-weight: bold; }
table.mne-arousal th button:focus-visible { outline: 2px solid #0072B2; }
table.mne-arousal th[aria-sort=ascending] button::after { content: " \\25B2"; }
table.mne-arousal th[aria-sort=descending] button::after { content: " \\25BC"; }
div.mne-arousal-scroll { max-height: 32rem; overflow: auto; }
div.mne-arousal-scroll th { position: sticky; top: 0; background: white; }
"""
# Cells carry what they sort by in data-value: numbers as numbers, texts as texts, unknown last.
SORT_JS = """
document.addEventListener("click", function (event) {
  const button = event.target.closest("table.mne-arousal th button");
  if (!button) { return; }
  const head = button.parentElement;
  const table = head.closest("table");
  const column = Array.prototype.indexOf.call(head.parentElement.children, head);
  const down = head.getAttribute("aria-sort") === "ascending";
  table.querySelectorAll("th").forEach(function (th) { th.removeAttribute("aria-sort"); });
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = function (row) { return row.children[column].dataset.value; };
  const compare = function (a, b) {
    const x = value(a), y = value(b);
    if (x === "" || y === "") { return (x === "") - (y === ""); }
    const nx = Number(x), ny = Number(y);
    const order = isNaN(nx) || isNaN(ny) ? x.localeCompare(y) : nx - ny;
    return down ? -order : order;
  };
  const body = table.tBodies[0];
  Array.from(body.rows).sort(compare).forEach(function (row) { body.appendChild(row); });
});
"""


def sortable_table(table: pd.DataFrame, formats: dict[str, str] | None = None) -> str:
    """Write a table that sorts by a click on the head of a column.

    Parameters
    ----------
    table : DataFrame
        The table; its index is not shown.
    formats : dict | None
        Column to format of its numbers, such as ``".1f"``.

    Returns
    -------
    html : str
        Texts are escaped: names in a dataset can't bring markup into the page.
    """
    head = "".join(
        f'<th scope="col"><button type="button">{escape(printable(name))}</button></th>'
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
    return (
        '<div class="mne-arousal-scroll"><table class="mne-arousal">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell(value, form: str | None) -> str:
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return '<td data-value="">n/a</td>'
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        text = format(value, form) if form else f"{value:g}"
        return f'<td class="number" data-value="{float(value)!r}">{escape(text)}</td>'
    text = escape(printable(value))
    return f'<td data-value="{text}">{text}</td>'


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
    return f'<table class="mne-arousal"><tbody>{rows}</tbody></table>'


def text_list(texts) -> str:
    """Write texts as a list."""
    return "<ul>" + "".join(f"<li>{escape(printable(text))}</li>" for text in texts) + "</ul>"


def clock(seconds: float) -> str:
    """Write a time from the start of a recording as ``h:mm:ss.s``."""
    tenths = round(10 * float(seconds))
    hours, rest = divmod(tenths, 36000)
    return f"{hours}:{rest // 600:02d}:{rest % 600 / 10:04.1f}"
