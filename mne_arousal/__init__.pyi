from . import annotation_files, datasets, hypnogram, metrics, report, review, viz
from .annotate import analyze_recording, annotate_arousals
from .bids import annotate_bids
from .body import BodyTransformer
from .clusterer import ArousalClusterer
from .dmd import DMDTransformer
from .encoder import PSGEncoder
from .night import Night
from .night_file import load_night
from .pipeline import make_arousal_pipeline
from .raw_annotations import add_arousals
from .recording.windower import PSGWindower
from .spectral import SpectralTransformer
from .stages.statistics import sleep_statistics
from .summary import summarize
from .utils.errors import RecordingError
from .utils.sysinfo import sys_info

__all__ = [
    "ArousalClusterer",
    "BodyTransformer",
    "DMDTransformer",
    "Night",
    "PSGEncoder",
    "PSGWindower",
    "RecordingError",
    "SpectralTransformer",
    "add_arousals",
    "analyze_recording",
    "annotate_arousals",
    "annotate_bids",
    "annotation_files",
    "datasets",
    "hypnogram",
    "load_night",
    "make_arousal_pipeline",
    "metrics",
    "report",
    "review",
    "sleep_statistics",
    "summarize",
    "sys_info",
    "viz",
]
