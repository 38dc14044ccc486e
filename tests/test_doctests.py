"""Every public name has an example, and it runs."""

import doctest
import inspect

import matplotlib as mpl
import mne
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from .test_public_api import PUBLIC

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("name", PUBLIC)
def test_example_runs(name):
    thing = PUBLIC[name]
    assert "\nExamples\n--------\n" in inspect.getdoc(thing), f"{name} has no example"
    found = doctest.DocTestFinder(recurse=False).find(thing, name)
    examples = [example for test in found for example in test.examples]
    assert examples, f"{name} has an empty example"
    output = []
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    with mne.utils.use_log_level("error"):  # the log goes where doctest looks
        for test in found:
            runner.run(test, out=output.append)
    plt.close("all")
    assert runner.summarize(verbose=False).failed == 0, "".join(output)


def test_a_wrong_example_is_noticed():
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    runner.run(test, out=lambda text: None)
    assert runner.failures == 1
