"""Sections of doc/benchmarks/reliability.md, each written anew by the script that measured it."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "reliability.md"


def replace_section(title, lines):
    """Put lines under a heading of the page, in place of what stood there.

    Parameters
    ----------
    title : str
        Heading of the second level.
    lines : list of str
        What stands below it.
    """
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Reliability\n"
    section = "\n".join([f"## {title}", "", *lines]).rstrip() + "\n"
    before, *rest = re.split(r"(?m)^(?=## )", text)
    places = [i for i, part in enumerate(rest) if part.startswith(f"## {title}\n")]
    if places:
        rest[places[0]] = section
    else:
        rest.append(section)
    PAGE.write_text("\n".join(part.rstrip() + "\n" for part in [before, *rest]), encoding="utf-8")


def table(heads, rows):
    """Lines of a table."""
    return [
        "| " + " | ".join(heads) + " |",
        "|" + " --- |" * len(heads),
        *("| " + " | ".join(map(str, row)) + " |" for row in rows),
    ]
