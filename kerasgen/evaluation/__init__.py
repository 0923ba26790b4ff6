"""Scores of a trained model, each with its estimator, number of samples and seed.

Scores are computed with NumPy from samples of the model, by the same code on every backend. The evaluators are a
registry that other packages can extend; see `kerasgen.evaluation.registry`. Importing this module imports no backend.
"""

import importlib

_MODULES = {
    "EVALUATORS": "registry",
    "Classifier": "classifier",
    "Evaluation": "evaluation",
    "Evaluator": "registry",
    "NotApplicable": "scores",
    "Score": "scores",
    "as_saved": "images",
    "available_groups": "registry",
    "binarize": "likelihood",
    "classifier_of": "classifier_cache",
    "draw_images": "images",
    "evaluate": "runner",
    "parse_groups": "registry",
    "reference_images": "images",
    "score_samples": "runner",
    "score_sets": "runner",
    "select_groups": "registry",
    "train_classifier": "classifier",
}

__all__ = list(_MODULES)


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__():
    return sorted(__all__)
