"""The default sklearn pipeline, from recordings to states and evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mne.utils import warn
from sklearn.pipeline import FeatureUnion, Pipeline

from .body import BodyTransformer
from .clusterer import ArousalClusterer
from .dmd import DMDTransformer
from .encoder import PSGEncoder
from .recording.windower import PSGWindower
from .spectral import SpectralTransformer

if TYPE_CHECKING:
    from .utils.types import Picks, RandomState, Reference, Verbose

#: Extractors that take `Windows` as they take a dataset; "drop" stands for one that is left out.
TAKE_WINDOWS = (SpectralTransformer, DMDTransformer, PSGEncoder, BodyTransformer, str)
#: All extractors, in the order of their columns.
FEATURES = ("spectral", "dmd", "encoder", "body")
#: Those that improve arousals or stages (doc/benchmarks/encoder.md); the others are options.
DEFAULT_FEATURES = ("spectral", "body")


def make_arousal_pipeline(
    *,
    features: tuple[str, ...] = DEFAULT_FEATURES,
    window_length: float = 2.0,
    hop: float = 0.5,
    sfreq: float | None = 100.0,
    picks: Picks = "auto",
    reference: Reference = "auto",
    n_states: int = 32,
    n_stages: int = 5,
    min_probability: float = 0.5,
    false_alarms_per_hour: float | None = None,
    device: str = "auto",
    random_state: RandomState = None,
    verbose: Verbose = None,
) -> Pipeline:
    """Make the pipeline that `annotate_arousals` uses.

    Steps: ``windows`` (:class:`PSGWindower`), ``features`` (a ``FeatureUnion`` of ``spectral``,
    ``dmd``, ``encoder`` and ``body``) and ``arousals`` (:class:`ArousalClusterer`). It is fitted on
    a Raw, a path, a ``BIDSPath`` or a list of these. The encoder, where it is used, has its
    pretrained weights and is not trained further;
    ``set_params(features__encoder__max_epochs=20)`` trains it on the recording.

    Parameters
    ----------
    features : tuple of str
        Extractors to use, of ``"spectral"``, ``"dmd"``, ``"encoder"`` and ``"body"``. The others
        are set to ``"drop"`` and can be set again by ``set_params``. States, names of stages and
        arousals need ``"spectral"``. ``"body"`` adds heart, breath and the rest of the body to
        the arousals. ``"dmd"`` and ``"encoder"`` enter states and stage clusters.
    window_length, hop : float
        Windows, s: 2 s long, a new one every 0.5 s.
    sfreq : float | None
        Rate that recordings are brought to, Hz.
    picks : "auto" | list of str | dict
        Channels, as in :class:`PSGWindower`.
    reference : "auto" | None | dict
        Derivations to make, as in :class:`PSGWindower`.
    n_states, n_stages : int
        States and stage clusters.
    min_probability : float
        Probability from which a candidate is an arousal; at 0.5 it is more likely one than not.
    false_alarms_per_hour : float | None
        False events an hour of sleep that are expected, at most, in place of `min_probability`.
    device : str
        ``"auto"``, ``"cpu"`` or ``"cuda"``, for DMD and the encoder.
    random_state : int | None
        Seed of encoder and clusterer.
    verbose : bool | str | int | None
        As in MNE.

    Returns
    -------
    pipeline : sklearn.pipeline.Pipeline
        Not fitted.

    Raises
    ------
    ValueError
        If `features` names an extractor that there is not, or none.

    Examples
    --------
    >>> from mne_arousal import make_arousal_pipeline
    >>> pipeline = make_arousal_pipeline(features=("spectral",), random_state=0)
    >>> list(pipeline.named_steps)
    ['windows', 'features', 'arousals']
    """
    unknown = [name for name in features if name not in FEATURES]
    if unknown or not len(features):
        raise ValueError(f"features must be some of {', '.join(FEATURES)}; got {features!r}.")
    if "spectral" not in features:
        warn(
            'Without "spectral" features there are no evidence and no arousals, and stages have no '
            "names: what is left are states and stage clusters. Add it."
        )
    extractors = {
        "spectral": SpectralTransformer(),
        "dmd": DMDTransformer(device=device),
        # the setting that a rule without labels picks: doc/benchmarks/encoder_choice.py
        "encoder": PSGEncoder(
            weights="default",
            max_epochs=0,
            device=device,
            random_state=random_state,
            verbose=verbose,
        ),
        "body": BodyTransformer(),
    }
    union = FeatureUnion(
        [(name, extractors[name] if name in features else "drop") for name in FEATURES],
        verbose_feature_names_out=False,
    )
    pipeline = Pipeline(
        [
            (
                "windows",
                PSGWindower(
                    window_length,
                    hop,
                    sfreq=sfreq,
                    picks=picks,
                    reference=reference,
                    body="body" in features,
                    verbose=verbose,
                ),
            ),
            ("features", union),
            (
                "arousals",
                ArousalClusterer(
                    n_states,
                    n_stages,
                    window_length=window_length,
                    min_probability=min_probability,
                    false_alarms_per_hour=false_alarms_per_hour,
                    random_state=random_state,
                    verbose=verbose,
                ),
            ),
        ]
    )
    pipeline[1:-1].set_output(transform="pandas")
    return pipeline


def pipeline_parameters(pipeline) -> dict[str, str]:
    """List the parameters of a pipeline.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline
        The pipeline.

    Returns
    -------
    parameters : dict
        Name to what Python writes for it, estimators left out.
    """
    parameters = pipeline.get_params(deep=True)
    return {
        name: repr(value)
        for name, value in sorted(parameters.items())
        if not hasattr(value, "get_params")
        and not isinstance(value, list)
        and not name.endswith(("verbose", "device", "n_jobs"))
    }
