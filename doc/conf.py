"""Sphinx configuration."""

import os
import re
import sys
import warnings
from datetime import date
from pathlib import Path

import matplotlib as mpl
import mne
import torch
from sphinx_gallery.sorting import FileNameSortKey

import mne_arousal

project = "mne-arousal"
author = "The mne-arousal developers"
copyright = f"{date.today():%Y}, {author}"  # noqa: A001
version = release = mne_arousal.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.bibtex",
]
if os.environ.get("MNE_AROUSAL_INTERSPHINX"):  # needs the internet, which a build must not
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "braindecode": ("https://braindecode.org/stable", None),
        "mne": ("https://mne.tools/stable", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "pandas": ("https://pandas.pydata.org/docs", None),
        "python": ("https://docs.python.org/3", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
    }

nitpicky = True
suppress_warnings = ["config.cache"]  # the gallery takes functions, which no cache can keep
nitpick_ignore_regex = [  # inner functions, which docstrings may name and no page describes
    (r"py:(func|mod)", r"mne_arousal\.(context|events|evidence|location|onsets|scan|stages)\b.*")
]
if "sphinx.ext.intersphinx" not in extensions:
    nitpick_ignore_regex += [(r"py:.*", r"(braindecode|mne|numpy|pandas|sklearn|torch|yasa)\..*")]

exclude_patterns = ["_build", "tutorials/*.ipynb", "tutorials/*.md5"]
templates_path = ["_templates"]
default_role = "autolink"  # a link where the name is an object, else emphasis

autosummary_generate = True
autodoc_default_options = {"members": True, "inherited-members": False}
autodoc_typehints = "none"
numpydoc_show_class_members = False
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "unsrt"
bibtex_reference_style = "author_year"
myst_heading_anchors = 3

html_theme = "pydata_sphinx_theme"
html_title = "mne-arousal"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}
html_sidebars = {"index": [], "install": [], "changelog": [], "references": []}
html_context = {"default_mode": "auto"}
html_show_sourcelink = False

# Tutorials. Those that need what is not there are shown, and not run.
not_run = {"tutorial_7_gpu_cluster": "it needs a GPU or a cluster"}
_sleep_edf = Path(os.environ.get("PHYSIONET_SLEEP_PATH", ".")) / "physionet-sleep-data"
if not _sleep_edf.exists():
    not_run["tutorial_4_agreement"] = "PHYSIONET_SLEEP_PATH names no folder with Sleep-EDF"
for _name, _reason in not_run.items():
    print(f"{_name} is shown and not run: {_reason}", file=sys.stderr)


class NumberSortKey(FileNameSortKey):
    """Tutorials in the order of their numbers: 10 comes after 9."""

    def __call__(self, filename):
        """Return the number in a name."""
        return int(re.search(r"\d+", filename)[0])


def reset_examples(gallery_conf, fname):
    """Set what every tutorial starts from."""
    mpl.use("Agg")
    mne.set_log_level("warning")
    mne.viz.set_browser_backend("matplotlib", verbose="error")
    torch.set_num_threads(1)
    # braindecode 1.8 asks MNE 1.13 for a montage by its former name
    warnings.filterwarnings("ignore", message="Montage name 'standard_1020'")


sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "tutorials",
    "filename_pattern": rf"/tutorial_(?!{'|'.join(n.removeprefix('tutorial_') for n in not_run)})",
    "within_subsection_order": NumberSortKey,
    "reset_modules": (reset_examples,),
    "capture_repr": ("_repr_html_", "__repr__"),
    "doc_module": ("mne_arousal",),
    "reference_url": {"mne_arousal": None},
    "backreferences_dir": None,
    "ignore_repr_types": r"matplotlib|mne\.viz",  # the figure itself is there
    "remove_config_comments": True,
    "plot_gallery": True,
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "min_reported_time": 1e9,
}
