from . import annotation_files, datasets, hypnogram, metrics, report, viz
from .annotate import annotate_arousals
from .bids import annotate_bids
from .clusterer import ArousalClusterer
from .dmd import DMDTransformer
from .encoder import PSGEncoder
from .pipeline import make_arousal_pipeline
from .spectral import SpectralTransformer
from .summary import summarize
from .utils.errors import RecordingError
from .utils.sysinfo import sys_info
from .windower import PSGWindower

__all__ = [
    "ArousalClusterer",
    "DMDTransformer",
    "PSGEncoder",
    "PSGWindower",
    "RecordingError",
    "SpectralTransformer",
    "annotate_arousals",
    "annotate_bids",
    "annotation_files",
    "datasets",
    "hypnogram",
    "make_arousal_pipeline",
    "metrics",
    "report",
    "summarize",
    "sys_info",
    "viz",
]
