"""Sphinx configuration."""

import os
from datetime import date

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

exclude_patterns = ["_build"]
templates_path = ["_templates"]
default_role = "obj"

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
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}
html_sidebars = {"index": [], "install": [], "changelog": [], "references": []}
html_show_sourcelink = False
