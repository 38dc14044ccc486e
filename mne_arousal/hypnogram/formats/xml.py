"""XML of NSRR, Profusion, EDFbrowser and Wonambi.

Formats: NSRR's ``PSGAnnotation`` and Compumedics Profusion's ``CMPStudyConfig`` as the wiki of
nsrr/edf-editor-translator describes them; EDFbrowser's ``annotationlist`` as its manual does;
Wonambi's ``annotations`` as wonambi/attr/annotations.py writes them.
"""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

import numpy as np

from ...utils.errors import RecordingError
from ...utils.privacy import reader_words
from ..document import Document
from ..names import simplify
from ..scoring import Scoring
from ..times import parse_dates, parse_number
from .onsets import lay_out

_DEEPEST = 50  # levels; the formats have six


def matches(document: Document) -> bool:
    """Tell whether it is XML."""
    head = document.data[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return document.suffix == ".xml" or head.startswith((b"<?xml", b"<"))


def read(document: Document, wanted: Callable[[str], bool]) -> Scoring:
    """Read labels and times.

    Parameters
    ----------
    document : Document
        The file.
    wanted : callable
        Tells whether a label is one that is looked for.

    Returns
    -------
    scoring : Scoring
        Labels.
    """
    root = parse_xml(document)
    if root.tag == "PSGAnnotation":
        return _nsrr(root)
    if root.tag == "CMPStudyConfig":
        return _profusion(root, document, wanted)
    if root.tag == "annotationlist":
        return _edfbrowser(root, document)
    if root.tag == "annotations":
        return _wonambi(root, wanted)
    raise RecordingError(
        "its root is another one, not EDFbrowser's 'annotationlist', NSRR's "
        "'PSGAnnotation', Profusion's 'CMPStudyConfig' or Wonambi's 'annotations'.",
        document.name,
    )


def parse_xml(document: Document) -> Element:
    """Parse XML that declares no entities, in whatever encoding.

    Parameters
    ----------
    document : Document
        The file.

    Returns
    -------
    root : Element
        Its root.

    Raises
    ------
    RecordingError
        If it is not well formed, declares entities (which can fill any memory), or is nested
        deeper than any of the formats.
    """
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0

    def refuse(*declaration):
        raise RecordingError("it declares entities, which no scoring needs.", document.name)

    def begin(tag, attributes):
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise RecordingError("is XML nested too deep for a scoring.", document.name)
        builder.start(tag.rsplit("}", 1)[-1], attributes)

    def end(tag):
        nonlocal depth
        depth -= 1
        builder.end(tag)

    parser.EntityDeclHandler = refuse
    parser.UnparsedEntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(document.data, True)
        return builder.close()
    except (expat.ExpatError, LookupError, ValueError, AssertionError) as error:
        if isinstance(error, RecordingError):
            raise
        raise RecordingError(
            f"can't be read as XML ({reader_words(error)}). Check that it is whole.", document.name
        ) from error


def _text(node, name: str) -> str:
    return (node.findtext(name) or "").strip()


def _number(node, name: str) -> float:
    value = parse_number(_text(node, name))
    return np.nan if value is None else value


def _events(root, label: Callable) -> tuple[list[str], np.ndarray, np.ndarray]:
    events = [(label(e), _number(e, "Start"), _number(e, "Duration")) for e in root]
    events = [event for event in events if event[0] and np.isfinite(event[1])]
    labels = [event[0] for event in events]
    times = np.array([event[1:] for event in events], dtype=float).reshape(-1, 2)
    return labels, times[:, 0], times[:, 1]


def _nsrr(root) -> Scoring:
    labels, onset, duration = _events(
        root.iter("ScoredEvent"), lambda event: _text(event, "EventConcept")
    )
    return Scoring(labels, onset, duration)


def _profusion(root, document, wanted) -> Scoring:
    length = _number(root, "EpochLength")
    stages = [(node.text or "").strip() for node in root.iter("SleepStage")]
    labels, onset, duration = _events(root.iter("ScoredEvent"), lambda e: _text(e, "Name"))
    if stages and not any(map(wanted, labels)):
        return Scoring(
            stages,
            epoch_length=length if np.isfinite(length) else None,
            only_stages=True,
            rem_code=5,
        )
    return Scoring(labels, onset, duration)


def _edfbrowser(root, document) -> Scoring:
    nodes = list(root.iter("annotation"))
    return lay_out(
        [_text(node, "onset") for node in nodes],
        [_text(node, "duration") for node in nodes],
        [node.findtext("description") or "" for node in nodes],
        document.name,
    )


def _wonambi(root, wanted) -> Scoring:
    starts = parse_dates(_text(root, "dataset/start_time"))
    for rater in root.iter("rater"):
        rows = [
            (_text(epoch, "stage"), _number(epoch, "epoch_start"), _number(epoch, "epoch_end"))
            for epoch in rater.iter("epoch")
        ]
        for kind in rater.iter("event_type"):
            rows += [(kind.get("type", ""), *_span(event)) for event in kind.iter("event")]
        rows += [(e.get("type", ""), *_span(e)) for e in rater.findall("events/event")]
        rows = [row for row in rows if np.isfinite(row[1:]).all()]
        if any(wanted(row[0]) and simplify(row[0]) not in ("unknown", "undefined") for row in rows):
            times = np.array([row[1:] for row in rows], dtype=float).reshape(-1, 2)
            labels = [row[0] for row in rows]
            return Scoring(labels, times[:, 0], times[:, 1] - times[:, 0], starts=starts)
    return Scoring([], np.zeros(0), np.zeros(0), starts=starts)


def _span(event) -> tuple[float, float]:
    return _number(event, "event_start"), _number(event, "event_end")
