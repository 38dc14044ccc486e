"""Figures in pages: vector graphics or pictures of twice the resolution, with a text for all."""

from __future__ import annotations

import base64
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

import matplotlib as mpl
import matplotlib.pyplot as plt

from ..utils.text import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 200  # twice what a figure of matplotlib has on a screen


def figure_html(figure: Figure, alt: str, caption: str = "", *, vector: bool = True) -> str:
    """Write a figure as HTML and close it.

    Parameters
    ----------
    figure : instance of Figure
        The figure.
    alt : str
        What it shows, for those who can't see it.
    caption : str
        Text below it.
    vector : bool
        SVG; otherwise PNG of twice the resolution, smaller where there are many samples.

    Returns
    -------
    html : str
        An image and its caption; the image is in it, and nothing is loaded.
    """
    kind = "svg" if vector else "png"
    file = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "mne-arousal"}):  # the same figure, the same bytes
        metadata = {"Date": None} if vector else {"Software": None}
        figure.savefig(file, format=kind, dpi=_DPI, metadata=metadata)
    plt.close(figure)
    mime = "image/svg+xml" if vector else "image/png"
    data = base64.b64encode(file.getvalue()).decode()
    text = f"<figcaption>{escape(printable(caption))}</figcaption>" if caption else ""
    return (
        f'<figure class="mne-arousal"><img alt="{escape(printable(alt))}" '
        f'src="data:{mime};base64,{data}">{text}</figure>'
    )
