"""Every public name resolves and is documented."""

import inspect
from importlib import resources

import pytest
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate

import mne_arousal

NAMESPACES = ("annotation_files", "datasets", "hypnogram", "metrics", "report", "viz")
# As in pyproject.toml, but for what only a check of the source gets wrong or is lenient in.
NOT_ASKED_FOR = {"ES01", "EX01", "GL01", "GL08", "PR01", "RT02", "SA01", "SS05", "YD01"}


def public_objects():
    """Name and object of all that users may call."""
    found = {name: getattr(mne_arousal, name) for name in mne_arousal.__all__}
    for space in NAMESPACES:
        module = getattr(mne_arousal, space)
        names = getattr(module, "__all__", None) or [
            name
            for name, thing in vars(module).items()
            if not name.startswith("_") and getattr(thing, "__module__", "") == module.__name__
        ]
        found |= {f"{space}.{name}": getattr(module, name) for name in names}
    return {name: thing for name, thing in found.items() if callable(thing)}


PUBLIC = public_objects()


def test_the_stated_names_are_there():
    assert set(mne_arousal.__all__) - {"__version__"} <= set(dir(mne_arousal))
    expected = {
        "ArousalClusterer",
        "DMDTransformer",
        "PSGEncoder",
        "PSGWindower",
        "SpectralTransformer",
        "annotate_arousals",
        "datasets.fetch_sleep_edf",
        "datasets.simulate_psg",
        "make_arousal_pipeline",
        "metrics.score_arousals",
        "metrics.score_stages",
        "sys_info",
        "report.make_report",
        "viz.plot_arousal",
        "viz.plot_embedding",
        "viz.plot_history",
        "viz.plot_night",
    }
    assert expected <= set(PUBLIC)


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="no_such_thing"):
        mne_arousal.no_such_thing  # noqa: B018


@pytest.mark.parametrize("name", PUBLIC)
def test_documented(name):
    thing = PUBLIC[name]
    assert thing.__doc__, f"{name} has no docstring"
    doc = NumpyDocString(inspect.getdoc(thing))
    assert doc["Summary"], f"{name} has no summary"
    sections = ("Parameters", "Other Parameters", "Attributes")
    documented = {
        part.strip().lstrip("*")
        for section in sections
        for entry in doc[section]
        for part in entry.name.split(",")
    }
    parameters = {
        parameter for parameter in inspect.signature(thing).parameters if parameter != "self"
    }
    assert parameters <= documented, f"{name} does not document {parameters - documented}"
    for section in sections:
        for entry in doc[section]:
            assert "".join(entry.desc).strip(), f"{name} says nothing about {entry.name}"


@pytest.mark.parametrize("name", [name for name, thing in PUBLIC.items() if inspect.isclass(thing)])
def test_public_methods_are_documented(name):
    thing = PUBLIC[name]
    for method, function in vars(thing).items():
        if method.startswith("_") or not inspect.isfunction(function):
            continue
        doc = NumpyDocString(inspect.getdoc(function) or "")
        assert doc["Summary"], f"{name}.{method} has no summary"
        documented = {entry.name.strip("* ") for entry in doc["Parameters"]}
        documented = {part.strip() for entry in documented for part in entry.split(",")}
        parameters = set(inspect.signature(function).parameters) - {"self"}
        missing = parameters - documented
        assert not missing, f"{name}.{method} does not document {missing}"


@pytest.mark.parametrize("name", PUBLIC)
def test_docstrings_are_numpydoc(name):
    thing = PUBLIC[name]
    methods = (
        [
            f"{name}.{method}"
            for method, function in vars(thing).items()
            if not method.startswith("_") and inspect.isfunction(function)
        ]
        if inspect.isclass(thing)
        else []
    )
    for path in (name, *methods):
        errors = validate(f"mne_arousal.{path}")["errors"]
        assert [error for error in errors if error[0] not in NOT_ASKED_FOR] == [], path


@pytest.mark.parametrize(
    "name", [name for name, thing in PUBLIC.items() if inspect.isfunction(thing)]
)
def test_functions_are_typed(name):
    function = inspect.unwrap(PUBLIC[name])
    untyped = set(inspect.signature(function).parameters) - set(function.__annotations__)
    assert untyped == set(), f"{name} has no type for {untyped}"
    assert "return" in function.__annotations__


def test_type_checkers_are_told():
    assert resources.files("mne_arousal").joinpath("py.typed").is_file()
