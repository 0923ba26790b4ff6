"""Scores of a trained model, each with its estimator, number of samples and seed.

Everything is computed with NumPy from samples of the model: the same code on every backend.
"""

import importlib

_MODULES = {
    "Score": "scores",
    "binarize": "evaluators",
    "classifier_of": "classifiers",
    "drawn": "image_scores",
    "evaluate": "evaluators",
    "score_likelihood": "evaluators",
    "score_points": "evaluators",
    "score_reconstruction": "evaluators",
    "score_samples": "image_scores",
    "score_sets": "image_scores",
    "score_stacked": "image_scores",
    "score_translation": "evaluators",
}

__all__ = list(_MODULES)


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
