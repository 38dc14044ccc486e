"""Codes of stages, which every module of the package shares."""

STAGES = ("W", "N1", "N2", "N3", "R")
UNSCORED = -1
EPOCH_LENGTH = 30.0  # s, as the scoring manuals of Rechtschaffen & Kales and the AASM set


def describe_stage(code: int) -> str:
    """Return the description of a stage, as Sleep-EDF and the EDF+ standard write it.

    Parameters
    ----------
    code : int
        Index into ``STAGES``, or ``UNSCORED``.

    Returns
    -------
    description : str
        ``"Sleep stage W"``, ``"Sleep stage N1"``, ..., ``"Sleep stage ?"``.
    """
    return f"Sleep stage {'?' if code == UNSCORED else STAGES[code]}"
