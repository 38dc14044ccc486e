"""Docstrings of public names say shapes of arrays and units of numbers."""

import inspect
import re

import pytest
from numpydoc.docscrape import NumpyDocString

from .test_public_api import PUBLIC

# A unit, or a word that tells that there is none.
UNIT = re.compile(
    r"(?<![a-z])(s|Hz|µ?V|V²|h|hours?|seconds?|1/h|spreads?|shares?|factor|ratios?|weights?|scores?|"
    r"precision|recall|kappa|accuracy|F1|AUPRC|area under|information|prevalence|union|overlap|"
    r"index|indices|agreement|learning|rate|probability|unit)(?![a-z])",
    re.IGNORECASE,
)
# Numbers of a formula that its paper names.
PURE = {"learning_rate", "temperature"}


def documented():
    for name, thing in PUBLIC.items():
        yield name, thing
        if inspect.isclass(thing):
            for method, function in vars(thing).items():
                if not method.startswith("_") and inspect.isfunction(function):
                    yield f"{name}.{method}", function


@pytest.mark.parametrize(
    ("name", "thing"), [pytest.param(*pair, id=pair[0]) for pair in documented()]
)
def test_shapes_and_units(name, thing):
    doc = NumpyDocString(inspect.getdoc(thing))
    for entry in [part for s in ("Parameters", "Attributes", "Returns") for part in doc[s]]:
        kind, text = entry.type or entry.name, " ".join(entry.desc)
        if re.search(r"\barray\b(?! of str)", kind):
            told = "shape" in kind + text or "read_hypnogram" in text or "one " in text
            assert told, f"{name}: {entry.name} has no shape"
        if re.search(r"\bfloat\b", kind) and not PURE & {entry.name}:
            assert UNIT.search(f"{entry.name} {kind} {text}"), f"{name}: {entry.name} has no unit"


def test_a_number_without_unit_is_noticed():
    assert not UNIT.search("duration float How long.")
    assert UNIT.search("duration float Length, s.")
