"""Figures in pages: vector graphics or pictures of twice the resolution, with a text for all."""

from __future__ import annotations

import base64
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

import matplotlib as mpl
import matplotlib.pyplot as plt
from PIL import Image

from ..utils.text import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 200  # twice what a figure of matplotlib has on a screen
_N_COLORS = 64  # of a PNG; by eye as good as all of them, at a third of the bytes
_SMALL = 100_000  # bytes of SVG that a page can spare for the sharper picture


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
        Whether SVG is tried: it is taken where it is small, or smaller than a PNG of twice the
        resolution.

    Returns
    -------
    html : str
        An image and its caption; the image is in it, and nothing is loaded.
    """
    kind, data = "image/png", _png(figure)
    if vector and len(drawn := _svg(figure)) <= max(len(data), _SMALL):
        kind, data = "image/svg+xml", drawn
    plt.close(figure)
    encoded = base64.b64encode(data).decode()
    text = f"<figcaption>{escape(printable(caption))}</figcaption>" if caption else ""
    return (
        f'<figure class="mne-arousal"><img alt="{escape(printable(alt))}" '
        f'src="data:{kind};base64,{encoded}">{text}</figure>'
    )


def _svg(figure: Figure) -> bytes:
    file = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "mne-arousal"}):  # the same figure, the same bytes
        figure.savefig(file, format="svg", dpi=_DPI, metadata={"Date": None})
    return file.getvalue()


def _png(figure: Figure) -> bytes:
    drawn, file = BytesIO(), BytesIO()
    figure.savefig(drawn, format="png", dpi=_DPI)
    with Image.open(drawn) as image:
        few = image.convert("RGB").quantize(_N_COLORS, dither=Image.Dither.NONE)
        few.save(file, format="png", optimize=True)
    return file.getvalue()
