"""When an optimizer's step is Adam's own and nothing else, so that a backend's fused kernel can take it."""

import weakref

import keras

_moments = weakref.WeakKeyDictionary()  # optimizer -> variables, and their moments

# What Keras's Adam can do beside, each by an attribute that is None or False without it.
_EXTRAS = (
    "amsgrad",
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
    "gradient_accumulation_steps",
    "loss_scale_factor",
    "use_ema",
    "weight_decay",
)


def is_plain_adam(optimizer, gradients, variables):
    """Tell whether a step of `optimizer` is Adam's own (Kingma and Ba 2015, algorithm 1), for all `variables`."""
    return (
        isinstance(optimizer, keras.optimizers.Adam)
        and type(optimizer).__name__ == "Adam"
        and not any(getattr(optimizer, extra) for extra in _EXTRAS)
        and all(gradient is not None for gradient in gradients)
        and all(variable.constraint is None for variable in variables)
        and moments(optimizer, variables) is not None
    )


def moments(optimizer, variables):
    """Return the first and the second moments of the variables, two lists of Keras's variables.

    None, if the optimizer was built for others, or for more: a part of the model may have been frozen since.
    """
    known = _moments.get(optimizer)
    if known is None or known[0] is not variables:
        known = _moments[optimizer] = variables, _found_moments(optimizer, variables)
    return known[1]


def _found_moments(optimizer, variables):
    names = [variable.path.replace("/", "_") for variable in variables]
    found = []
    for kind in ("momentum", "velocity"):
        of_kind = [variable for variable in optimizer.variables if variable.path.endswith(f"_{kind}")]
        if len(of_kind) != len(names):
            return None
        if any(not moment.path.endswith(f"{name}_{kind}") for moment, name in zip(of_kind, names)):
            return None
        found.append(of_kind)
    return found
