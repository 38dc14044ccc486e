"""What the name of a channel says: its role, its electrode and its reference.

Names of the AASM manual, of EDF+, of vendors, of public data sets and of six languages; the table
in ``doc/guide/channels.md`` lists them with their roles.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from typing import NamedTuple

#: Roles that a channel may have, and what they mean.
ROLES = {
    "eeg": "electroencephalogram of the scalp",
    "eog": "eye",
    "emg": "muscle of the chin",
    "leg": "muscle of a leg",
    "arm": "muscle of an arm",
    "ecg": "electrocardiogram",
    "pulse": "pulse wave (plethysmogram)",
    "resp": "airflow: thermistor, nasal pressure, cannula, mask",
    "effort": "breathing effort: belts of chest and abdomen, and sums of them",
    "spo2": "oxygen saturation",
    "hr": "trace of the heart or pulse rate",
    "position": "position of the body",
    "movement": "acceleration or activity",
    "ref": "mastoid or ear, to which others are referenced",
    "misc": "none of these",
}

ELECTRODE = (
    r"(?:fp|aff|afp|af|ffc|fcc|fft|fc|ft|ccp|cpp|cp|tpp|tp|ppo|poo|po|[fctpo])(?:z|\d{1,2}h?)"
)
EAR = r"[ma][12]"
# linked ears or mastoids; averages, and what recorders call the input that all share
_LINKED = r"(?:[ma]|[ma]1 ?\+? ?[ma]2|[ma]12|lm|ler?|cle)"
COMMON = rf"(?:ref\d?|avg?|aver(?:age)?|avr|car|gnd?|com|{_LINKED})"
_SIGN = r"[-_/:. ]?"
_REFERENCE = rf"(?:{EAR}|{ELECTRODE}|{COMMON})"
_EYE = r"(?:e[12]|[lr]oc|pg[12]|[lr]eog|eog ?[lr12]|(?:left|right) ?eye)"
_DUPLICATE = r"(?:-\d)?"  # MNE numbers channels of one name

_SCALP = re.compile(rf"({ELECTRODE})(?:{_SIGN}({_REFERENCE}))?{_DUPLICATE}")
_EYES = re.compile(rf"({_EYE})(?:{_SIGN}({EAR}|[lr]oc|e[12]|{ELECTRODE}|{COMMON}))?{_DUPLICATE}")
_EARS = re.compile(rf"({EAR})(?:{_SIGN}({_REFERENCE}))?{_DUPLICATE}")
_NETS = (re.compile(r"[a-d]\d{1,2}"), re.compile(r"e\d{1,3}"))
_NET_SIZE = 8  # no montage of sleep has as many ears or eyes

# Order matters: the first role of which a pattern is found is taken. Patterns stand between
# white space; "_" stands for a blank.
_WORDS = (
    # of the recorder, not of the body
    ("misc", r"""\bimp\b impedan batt voltage volt\b trigger event mark(?:er|\d|\b) annotation
        \boff\b stat(?:us|\b) quality rssi time_?stamp \bclock dark \boxy_\w+_dc\b"""),
    ("misc", r"""\btemp(?!or) \brectal light licht lumi \bluce\b \bluz\b humid \blux\b
        co2 capno snor ronfl ronqu roncop schnarch snurk russ \bmic\b micro(?:\b|ph)
        ronco audio sound noise geluid rumore ruido volume \bptt\b \bpwa\b \bpat\b transit rmssd
        \bhrv\b variab art[ei]fa limitation duration
        \bphase\b (?:resp|breath|atem)\w*\.?_?(?:rate|freq) blood \bbp\b \bgsr \beda\b
        cpap(?!.*flow) \bcpress (?:set|mask|epap|ipap)_?press leak intercost diaphr"""),
    ("position", r"""posit posiz posic \bpos\b pos\.?_?angle body_?pos \blage\b korperlage
        houding ligging elevation ^body$ \bpostura"""),
    ("hr", r"""heart_?rate hartslag herzfreq \bd?hr\b ^h\.r\.?$ \bhrate \bbpm\b \bbeat
        freq\w*\.?_?card puls\w*[_-]?(?:rate|freq) polsfreq \bprate\b ^pr$"""),
    ("pulse", r"""pleth plet\b \bppg\b pulse?_?wave pulswelle \bpwf\b \bpuls[eo]?\b(?!.*oxi)
        \bpols\b \bpolso\b \bpouls\b \boxy_(?:ir|r)_ac\b"""),
    ("spo2", r"""s[pa][ao]2 \bsat02 \bspo2 satur oxym oxim ossim \bo?sat\b o2_?sat sat\.?_?o2 sattig
        \boxi\b \bs[ap]02 oxygen sauerstoff zuurstof oxigeno ossigeno"""),
    ("leg", r"""(?<![a-z])(?:emg)?[lr]?legs?(?![a-z]{3}) emg[lr]?tib \bat_[lr]\b \bedb\b tibia
        (?<![a-z])[lr]?tib anttib jambe
        bein(?:e|\b) pierna gamb[ae] \bbeen\b \bplm (?<![a-z])[lr](?:at|ta)(?![a-z])
        \b(?:left|right|[lr])_ta\b \bta_[lr]\b gastrocn quadric \bcalf mollet \bwade
        \b[ds]x_?1?[-/][ds]x_?2?\b \bemg_[ds]x\b"""),
    ("arm", r"""(?<![a-z])(?:emg)?[lr]?arms?(?![a-z]) (?<![a-z])[lr]?fd[si](?![a-z]) flexor extensor
        \bedc\b \bbras\b brazo bracc bicep tricep delto unterarm onderarm wrist \bhand\b
        brach"""),
    ("eog", r"""[hvlr]?eog ocul (?<!g)auge oeil \byeux \boj[oi]s?\b occhi \boog\b \bogen\b eye"""),
    ("movement", r"""accel \bacc\b \bacc_?[xyz]\b gyro \bimu\b \baxis\b ^d[xyz]$ activ actig
        aktiv beweg mouvement movim motion movement gravity"""),
    ("ecg", r"""ecg ekg elektrokard \bherz corazon \bcuore \bcoeur \bhart\b heart \bcard"""),
    ("effort", r"""thor \btho\b torac torax (?<![a-z])abd \bab[do] \badd?ome addom chest effort
        \bc?rip\b rib_?cage bauch brust borst buik sangle belt gurt \bband\w*\b fascia cintur
        inductan \bvth\b \bvab\b \bvtot\b sum\b ventre poitrine \bxflow respitrace piezo
        \bpes\b esoph esfuerzo sforzo"""),
    ("emg", r"""chin \bment[oau] kinn \bkin\b submen barbill \bmylo \bmilo geniogl"""),
    ("resp", r"""flow nasal \bnas\b \bnase neus \bnaf \bpres press ptaf cann?ul kanul \bcan\b
        therm termi \bther\b flux flusso flujo fluss debit debiet luchtstroom \bair\b resp atem
        atmung \badem breath pneumo \bnpt\b druck \bpnas oronas \boral\b mouth \bnasor\b
        \bpnt\b"""),
    ("emg", r"""emg masseter ^[12f]-[12f]$"""),
    ("ref", r"""mastoid earlobe \b(?:left|right)_ear\b ^(?:ear|ohr)\b oreille orecchio oreja"""),
    ("eeg", r"""^hb_[12]$ elektroenz electroenc"""),
)  # fmt: skip
_COMPILED = tuple(
    (role, re.compile("|".join(word.replace("_", " ") for word in words.split())))
    for role, words in _WORDS
)
_CHIN = re.compile(r"chin|\bment|kinn|\bkin\b|submen|barbill|^[12f]-[12f]$")
_PREFIX = re.compile(r"^(?:eeg|psg|pol)[ :-]+")
_UNKNOWN_INPUT = re.compile(r"(?:x|dc|ext?|aux|ch|bip|exg)[ -]?\d+(?:-ref)?")
_LEFT_WORD = r"(?:l|left|links?|gauche|izq\w*|sin\w*|sx)"
_RIGHT_WORD = r"(?:r|right|rechts?|droite?|der\w*|destr\w*|dx)"
_EAR_WORD = r"(?:mastoid\w*|mast|ear(?:lobe)?|ohr|oreille|oreja|orecchio)"
_EAR_SIDES = tuple(
    (ear, re.compile(rf"{side}[ -]?{_EAR_WORD}|{_EAR_WORD}[ -]?{side}"))
    for ear, side in (("m1", _LEFT_WORD), ("m2", _RIGHT_WORD))
)
_LETTERS = str.maketrans({"œ": "oe", "ø": "o", "ß": "ss", "æ": "ae"})


class Derivation(NamedTuple):
    """Electrode and reference that a name states, in lower case.

    Parameters
    ----------
    electrode : str
        ``"c3"``, ``"e1"``, ``"m2"``.
    reference : str | None
        ``"m2"``; None where the name states none, or only that all share it (``"C3-Ref"``).
    """

    electrode: str
    reference: str | None


def plain_name(name: str) -> str:
    """Return a channel name in lower case, without accents, blanks and type prefix.

    Parameters
    ----------
    name : str
        Name as the recording has it.

    Returns
    -------
    plain : str
        Name to compare with.
    """
    return _PREFIX.sub("", _fold(name)).lstrip("$")


def _fold(name: str) -> str:
    with suppress(UnicodeEncodeError, UnicodeDecodeError):
        # UTF-8 that was read as Latin-1, as EDF headers often are
        name = name.encode("latin-1").decode("utf-8")
    name = unicodedata.normalize("NFKD", name)
    name = "".join(c for c in name if not unicodedata.combining(c)).lower().strip()
    name = re.sub(r"[\s_]+", " ", name.translate(_LETTERS))
    return re.sub(r" ?([-/:+]) ?", r"\1", name)


def guess_role(name: str) -> str | None:
    """Guess the role of a channel from its name.

    Parameters
    ----------
    name : str
        Name as the recording has it.

    Returns
    -------
    role : str | None
        One of `ROLES`, or None when the name tells nothing.
    """
    plain = plain_name(name)
    if _SCALP.fullmatch(plain):
        return "eeg"
    if _EARS.fullmatch(plain):
        return "ref"
    if _EYES.fullmatch(plain):
        return "eog"
    for role, pattern in _COMPILED:
        if pattern.search(plain):
            return role
    generic = re.match(r"eeg", _fold(name)) and not _UNKNOWN_INPUT.fullmatch(plain)
    return "eeg" if generic else None


def parse_derivation(name: str) -> Derivation | None:
    """Read the electrode and the reference that a name states.

    Parameters
    ----------
    name : str
        Name as the recording has it: ``"C3-M2"``, ``"C3:A2"``, ``"C3_M2"``, ``"EEG C3A2"``.

    Returns
    -------
    derivation : Derivation | None
        None for a name without an electrode of scalp, eyes or ears.
    """
    plain = re.sub(r"^(?:eog|emg) (?=\w)", "", plain_name(name))
    for pattern in (_SCALP, _EARS, _EYES):
        match = pattern.fullmatch(plain)
        if match:
            electrode, reference = match.groups()
            stated = reference if reference and not re.fullmatch(COMMON, reference) else None
            if reference and re.fullmatch(_LINKED, reference):
                stated = "ears"  # linked: a reference of its own, which needs no other
            return Derivation(electrode.replace(" ", ""), stated)
    for ear, pattern in _EAR_SIDES:
        if pattern.fullmatch(plain):
            return Derivation(ear, None)
    return None


def short_name(name: str) -> str:
    """Return a name without its type prefix and without a reference.

    Parameters
    ----------
    name : str
        ``"EEG C3-Ref"``.

    Returns
    -------
    short : str
        ``"C3"``, of which names of derivations are made.
    """
    short = re.sub(r"^(?:eeg|psg|pol|eog|emg)[\s_:-]+(?=\S)", "", name.strip(), flags=re.I)
    derivation = parse_derivation(name)
    if derivation is None or not short.lower().startswith(derivation.electrode):
        return short
    if " " in short:
        return re.split(r"[-/:]", short)[0].strip()
    return short[: len(derivation.electrode)]


def is_chin(name: str) -> bool:
    """Tell whether a name says chin, and not only muscle.

    Parameters
    ----------
    name : str
        Name as the recording has it.

    Returns
    -------
    chin : bool
        True for chin, mentalis and submental in any language, and for 1-2 and 1-F.
    """
    return bool(_CHIN.search(plain_name(name)))


def net_channels(names: list[str]) -> set[str]:
    """Find names that number the electrodes of a net.

    BioSemi counts ``A1`` to ``B32`` (and ``D32``), EGI ``E1`` to ``E256``: ``A1`` is no ear and
    ``E1`` no eye there.

    Parameters
    ----------
    names : list of str
        Names of all channels.

    Returns
    -------
    net : set of str
        Those that belong to a net.
    """
    found: set[str] = set()
    for pattern in _NETS:
        of_net = [name for name in names if pattern.fullmatch(plain_name(name))]
        if len(of_net) >= _NET_SIZE:
            found.update(of_net)
    return found
