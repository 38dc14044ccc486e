"""Scores readable by attribute or as a dict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields


class Scores(Mapping):
    """Make a dataclass of scores readable as a dict, so ``pd.Series(scores)`` works."""

    def __getitem__(self, name):
        if name not in self:
            raise KeyError(name)
        return getattr(self, name)

    def __contains__(self, name):
        return any(field.name == name for field in fields(self))

    def __iter__(self):
        return (field.name for field in fields(self))

    def __len__(self):
        return len(fields(self))
