"""Small files of stages and arousals, of every format, that all tell the same half hour."""

from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

import mne
import numpy as np

START = datetime(2020, 1, 1, 23, 50, tzinfo=UTC)  # midnight lies inside
CODES = np.repeat([0, 1, 2, 3, 2, 4, -1, 0], [10, 4, 12, 10, 4, 12, 2, 6])  # 60 epochs of 30 s
AROUSALS = [(452.5, 6.0), (1230.0, 4.5)]  # s
NAMES = ("W", "N1", "N2", "N3", "R", "?")


def rows(names=NAMES):
    return [(30.0 * i, names[code]) for i, code in enumerate(CODES)]


def clock(seconds, pattern="%H:%M:%S"):
    return (START + timedelta(seconds=seconds)).strftime(pattern)


def table(head, line, names=NAMES, arousal="Arousal"):
    """Lines of stages and, in order of time, of arousals."""
    events = [(o, 30.0, n) for o, n in rows(names)]
    if arousal:
        events = sorted(events + [(o, d, arousal) for o, d in AROUSALS])
    return head + "".join(line(o, d, n) for o, d, n in events)


def nsrr():
    names = ("Wake|0", "Stage 1 sleep|1", "Stage 2 sleep|2", "Stage 3 sleep|3", "REM sleep|5")
    body = table(
        "",
        lambda o, d, n: (
            f"<ScoredEvent><EventType>x</EventType><EventConcept>{n}</EventConcept>"
            f"<Start>{o}</Start><Duration>{d}</Duration></ScoredEvent>"
        ),
        (*names, "Unscored|9"),
        "Arousal|Arousal ()",
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><PSGAnnotation><EpochLength>30</EpochLength>'
        "<ScoredEvents><ScoredEvent><EventConcept>Recording Start Time</EventConcept>"
        "<Start>0</Start><Duration>1800</Duration><ClockTime>00.00.00 23.50.00</ClockTime>"
        f"</ScoredEvent>{body}</ScoredEvents></PSGAnnotation>"
    )


def profusion():
    stages = "".join(f"<SleepStage>{(0, 1, 2, 3, 5, 9)[c]}</SleepStage>" for c in CODES)
    events = "".join(
        f"<ScoredEvent><Name>Arousal (ARO RES)</Name><Start>{o}</Start><Duration>{d}</Duration>"
        "</ScoredEvent>"
        for o, d in AROUSALS
    )
    return (
        "<CMPStudyConfig><EpochLength>30</EpochLength>"
        f"<ScoredEvents>{events}</ScoredEvents><SleepStages>{stages}</SleepStages></CMPStudyConfig>"
    )


def edfbrowser():
    return (
        table(
            '<?xml version="1.0"?><annotationlist>',
            lambda o, d, n: (
                f"<annotation><onset>{clock(o, '%Y-%m-%dT%H:%M:%S.%f')}</onset>"
                f"<duration>{d}</duration><description>{escape(n)}</description></annotation>"
            ),
            [f"Sleep stage {n}" for n in NAMES],
        )
        + "</annotationlist>"
    )


def wonambi():
    names = ("Wake", "NREM1", "NREM2", "NREM3", "REM", "Unknown")
    stages = "".join(
        f"<epoch><epoch_start>{o:g}</epoch_start><epoch_end>{o + 30:g}</epoch_end>"
        f"<stage>{n}</stage><quality>Good</quality></epoch>"
        for o, n in rows(names)
    )
    events = "".join(
        f"<event><event_start>{o}</event_start><event_end>{o + d}</event_end><event_chan/></event>"
        for o, d in AROUSALS
    )
    return (
        '<annotations version="5"><dataset><start_time>2020-01-01T23:50:00</start_time>'
        '<first_second>0</first_second></dataset><rater name="a">'
        f'<events><event_type type="arousal">{events}</event_type></events>'
        f"<stages>{stages}</stages></rater></annotations>"
    )


def remlogic():
    names = ("SLEEP-S0", "SLEEP-S1", "SLEEP-S2", "SLEEP-S3", "SLEEP-REM", "SLEEP-UNSCORED")
    return table(
        "RemLogic Event Export\nPatient:\tX\nRecording Date:\t01/01/2020\n\nEvents Included:\n"
        "SLEEP-S0\nSLEEP-S1\n\n"
        "Sleep Stage\tPosition\tTime [hh:mm:ss]\tEvent\tDuration[s]\tLocation\n",
        lambda o, d, n: f"W\tUnknown Position\t{clock(o)}\t{n}\t{d:g}\tROC-LOC\n",
        names,
        "AROUSAL",
    )


def domino(american=False):
    date = "1/1/2020 11:50:00 PM" if american else "01/01/2020 23:50:00"
    return (
        f"Signal ID: SchlafProfil\\profil\nStart Time: {date}\nUnit: \nSignal Type: Discret\n"
        "Events list: N3,N2,N1,Rem,Wake,Artifact\nRate: 30 s\n\n"
    ) + "".join(f"{clock(o)},000; {n}\n" for o, n in rows(("Wake", "N1", "N2", "N3", "Rem", "A")))


def domino_events():
    lines = [
        f"{clock(o, '%H:%M:%S,%f')[:-3]}-{clock(o + d, '%H:%M:%S,%f')[:-3]}; {d:g};Arousal\n"
        for o, d in AROUSALS
    ]
    head = "Signal ID: Arousal\\arousal\nStart Time: 01.01.2020 23:50:00\nUnit: s\n"
    return f"{head}Signal Type: Impuls\n\n{''.join(lines)}"


def visbrain():
    changes = np.flatnonzero(np.diff(CODES)) + 1
    ends = np.r_[changes, len(CODES)]
    names = ("Wake", "N1", "N2", "N3", "REM", "Art")
    return "*Duration_sec\t1800\n*Unit\tsecond\n" + "".join(
        f"{names[CODES[end - 1]]}\t{30 * end}\n" for end in ends
    )


def yasa():
    return "Epoch,Stage\n" + "".join(f"{i},{NAMES[c]}\n" for i, c in enumerate(CODES))


def elan():
    numbers = np.repeat(np.where(CODES == 4, 5, CODES), 30)
    head = "time_base 1.000000\nsampling_period 0.01\nepoch_nb 1800\nepoch_list\n"
    return head + "".join(f"{n}\n" for n in numbers)


def bids(column="trial_type", numbers=False):
    names = ("0", "1", "2", "3", "4", "8") if numbers else NAMES
    lines = "".join(f"{o:g}\t30\t{n}\n" for o, n in rows(names))
    return f"onset\tduration\t{column}\n{lines}"


def annotations(orig_time=START):
    onset, names = zip(*rows([f"Sleep stage {n}" for n in NAMES]), strict=True)
    times, lengths = zip(*AROUSALS, strict=True)
    return mne.Annotations(
        [*onset, *times],
        [30.0] * len(onset) + [*lengths],
        [*names, *["arousal"] * len(times)],
        orig_time=orig_time,
    )


def edf_plus(path, start=START):
    import edfio

    marks = annotations()
    marks = [
        edfio.EdfAnnotation(float(o), float(d), str(t))
        for o, d, t in zip(marks.onset, marks.duration, marks.description, strict=True)
    ]
    when = {"starttime": start.time().replace(tzinfo=None)}
    edfio.Edf(
        [], annotations=marks, recording=edfio.Recording(startdate=start.date()), **when
    ).write(path)


def mit_annotations(rows):
    """Bytes of WFDB's MIT format, after annot(5): type 22 (NOTE) with a text each."""
    data, before = b"", 0
    for sample, text in rows:
        step = sample - before
        before = sample
        if step > 1023:
            high, low = divmod(step, 1 << 16)
            data += _word(59, 0) + high.to_bytes(2, "little") + low.to_bytes(2, "little")
            step = 0
        aux = text.encode()
        data += _word(22, step) + _word(63, len(aux)) + aux + b"\0" * (len(aux) % 2)
    return data + b"\0\0"


def _word(kind, value):
    return (kind << 10 | value).to_bytes(2, "little")


def challenge_marks(sfreq=200.0):
    """The half hour as the Challenge 2018 annotates it."""
    rows = [(round(o * sfreq), n) for o, n in rows_of_changes()]
    for onset, duration in AROUSALS:
        stop = round((onset + duration) * sfreq)
        rows += [(round(onset * sfreq), "(arousal_rera"), (stop, "arousal_rera)")]
    return sorted(rows)


def rows_of_changes():
    """Start and name of each run of epochs of the same stage."""
    return [row for i, row in enumerate(rows()) if i == 0 or CODES[i] != CODES[i - 1]]


#: Name of a file, its content, and whether arousals are in it. The source of each format stands in
#: the module that reads it.
TEXTS = {
    "nsrr.xml": (nsrr(), True),
    "profusion.xml": (profusion(), True),
    "edfbrowser.xml": (edfbrowser(), True),
    "wonambi.xml": (wonambi(), True),
    "remlogic.txt": (remlogic(), True),
    "Schlafprofil.txt": (domino(), False),
    "sleep profile.txt": (domino(american=True), False),
    "visbrain.txt": (visbrain(), False),
    "elan.hyp": (elan(), False),
    "yasa.csv": (
        "Epoch,Stage\n" + "".join(f"{i},{NAMES[c]}\n" for i, c in enumerate(CODES)),
        False,
    ),
    "numbers.txt": ("".join(f"{c}\n" for c in CODES), False),
    "luna.eannot": ("".join(f"{NAMES[c]}\n" for c in CODES), False),
    "luna.annot": (
        table(
            "class\tinstance\tchannel\tstart\tstop\tmeta\n",
            lambda o, d, n: f"{n}\t.\t.\t{o}\t{o + d}\t.\n",
        ),
        True,
    ),
    "events.tsv": (bids(), False),
    "value_events.tsv": (bids("value"), False),
    "human_events.tsv": (bids("stage_hum", numbers=True), False),
    "aasm_events.tsv": (bids("stage_AASM", numbers=True), False),
    "sub-1_hypnogram.tsv": (bids("stage"), False),
    "edfbrowser.csv": (
        table("Onset,Duration,Annotation\n", lambda o, d, n: f"+{o:.7f},{d:g},{n}\n"),
        True,
    ),
    "noxturnal.csv": (
        table(
            "Start Time,End Time,Event,Duration\n",
            lambda o, d, n: (
                f"{clock(o, '%m/%d/%Y %I:%M:%S %p')},"
                f"{clock(o + d, '%m/%d/%Y %I:%M:%S %p')},{n},{d:g}\n"
            ),
        ),
        False,
    ),
    "comma.csv": (
        table(
            "Onset;Duration;Stage\n",
            lambda o, d, n: f"{o:.1f};{d:.1f};{n}\n".replace(".", ","),
            arousal=None,
        ),
        False,
    ),
    "blanks.txt": (
        table("", lambda o, d, n: f"{o:g}  {d:g}  Sleep stage {n}\n", arousal=None),
        False,
    ),
    "clock.txt": (table("", lambda o, d, n: f"{clock(o)} {n}\n", arousal=None), False),
    "dreams.txt": (
        "[hypnogram]\n" + "".join(f"{(5, 3, 2, 1, 4, -1)[c]}\n" * 6 for c in CODES),
        False,
    ),
}
