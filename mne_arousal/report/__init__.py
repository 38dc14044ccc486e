"""Pages to read and to pass on: one recording, or a whole dataset, in one file of HTML."""

from .evaluation_page import save_evaluation_page
from .pages import make_report, save_report

__all__ = ["make_report", "save_evaluation_page", "save_report"]
