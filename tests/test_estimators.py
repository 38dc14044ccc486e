"""scikit-learn's own checks, in full, on every estimator that takes arrays."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from mne_arousal import ArousalClusterer, BodyTransformer, SpectralTransformer


@parametrize_with_checks(
    [SpectralTransformer(sfreq=100.0), BodyTransformer(sfreq=100.0), ArousalClusterer()]
)
def test_sklearn_checks(estimator, check):
    """Each check of scikit-learn passes."""
    check(estimator)


@pytest.mark.parametrize("name", ["n_states", "n_stages", "n_codebooks"])
def test_bad_numbers_are_told(name):
    """A count that is none names the parameter."""
    with pytest.raises(ValueError, match=name):
        ArousalClusterer(**{name: 0}).fit([[0.0], [1.0]])
