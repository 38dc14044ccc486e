"""README as a package index shows it: pictures and links lead to the source's home page.

An index shows neither pictures nor links that are relative. Their address follows from ``Homepage``
in ``[project.urls]``, the one place where it has to be written. As long as there is none, pictures
become their descriptions, and links their texts.
"""

from __future__ import annotations

import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

_PICTURE = re.compile(r"!\[([^\]]*)\]\((?!https?:)([^)]+)\)")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:|#)([^)]+)\)")


class ReadmeHook(MetadataHookInterface):
    """Give the package its README."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict) -> None:
        """Set the README."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        home = metadata.get("urls", {}).get("Homepage", "")
        text = readme_of_index(text, home)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def readme_of_index(text: str, home: str = "") -> str:
    """Make pictures and links absolute, or texts where there is no address.

    Parameters
    ----------
    text : str
        README.
    home : str
        Address of the repository, as GitHub has it; empty where there is none.

    Returns
    -------
    text : str
        README without a relative address.
    """
    home = home.rstrip("/")
    if not home:
        return _LINK.sub(r"\1", _PICTURE.sub(r"*Picture: \1.*", text))
    text = _PICTURE.sub(rf"![\1]({home}/raw/HEAD/\2)", text)
    return _LINK.sub(rf"[\1]({home}/blob/HEAD/\2)", text)
