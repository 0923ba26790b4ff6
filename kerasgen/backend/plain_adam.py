"""When an optimizer's step is Adam's own and nothing else, so that a backend's fused kernel can take it."""

import keras

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
    )


def moments(optimizer):
    """Return the first and the second moments as lists of Keras's variables, in the order of the weights."""
    return [
        [variable for variable in optimizer.variables if variable.path.endswith(f"_{name}")]
        for name in ("momentum", "velocity")
    ]
