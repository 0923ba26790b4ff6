"""The code book of a VQ-VAE (van den Oord et al. 2017, arXiv:1711.00937)."""

from typing import Any

import keras
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError, unknown

UPDATES = ("average", "loss")


@keras.saving.register_keras_serializable("kerasgen")
class CodeBook(keras.layers.Layer):
    """Vectors of the codes 0 to K - 1. A feature is quantized to the nearest of them.

    With the update `"average"` the vectors are exponential moving averages of the features that were quantized to them
    (appendix A.1); with `"loss"` they are trainable. In both cases codes that are hardly used are restarted at features
    of the batch, and the first batch initializes the code book.

    Args:
        num_codes: K, number of codes.
        dim: D, size of each vector.
        update: `"average"` or `"loss"`.
        decay: decay of the moving averages, gamma in the paper.
        restart: a code is restarted if its mean use falls below this fraction of the mean over all codes; 0 for never.

    Raises:
        UsageError: the update is unknown, or a number is out of range.

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import CodeBook
        >>> CodeBook(8, 4).codes(np.ones((2, 7, 7, 4), "float32")).shape == (2, 7, 7)
        True
    """

    traceable = True

    def __init__(
        self,
        num_codes: int,
        dim: int,
        update: str = "average",
        decay: float = 0.99,
        restart: float = 0.03,
        **kwargs: Any,
    ):
        super().__init__(**{"dtype": "float32"} | kwargs)
        if update not in UPDATES:
            raise unknown("update of a code book", update, UPDATES)
        if num_codes < 2 or not 0 <= decay < 1 or not 0 <= restart < 1:
            raise UsageError(
                f"a code book has num_codes {num_codes}, decay {decay} and restart {restart}; it needs 2 codes or "
                "more, and a decay and a restart in [0, 1)"
            )
        self.num_codes, self.dim, self.update, self.decay, self.restart = num_codes, dim, update, decay, restart
        state = {"trainable": False, "aggregation": "only_first_replica"}
        self.vectors = self.add_weight(
            (num_codes, dim), "random_normal", name="vectors", **({} if update == "loss" else state)
        )
        self.use = self.add_weight((num_codes,), "zeros", name="use_count", **state)
        self.built = True

    def codes(self, features: Any) -> Any:
        """Return the code of the nearest vector, int32 (...), for features (..., D)."""
        features = ops.cast(features, "float32")
        vectors = ops.stop_gradient(ops.convert_to_tensor(self.vectors))
        # |z - e|^2 without |z|^2, which is the same for all codes  (equation 1)
        distances = ops.sum(ops.square(vectors), axis=1) - 2.0 * ops.matmul(features, ops.transpose(vectors))
        return ops.cast(ops.argmin(distances, axis=-1), "int32")

    def lookup(self, codes: Any) -> Any:
        """Return the vectors (..., D) of codes (...)."""
        if self.update == "average":
            return ops.take(ops.convert_to_tensor(self.vectors), codes, axis=0)
        # A product has a dense gradient; TensorFlow does not clip the gradient of single rows.
        one_hot = ops.equal(ops.expand_dims(codes, -1), ops.arange(self.num_codes, dtype="int32"))
        return ops.matmul(ops.cast(one_hot, "float32"), ops.convert_to_tensor(self.vectors))

    def move(self, features: Any, noise: Any) -> None:
        """Take a step of the moving averages and restart codes; call it outside the function that is differentiated.

        Args:
            features: outputs of the encoder (N, h, w, D).
            noise: uniform random numbers (N, h * w), which choose the features that codes restart at.
        """
        backend.on_global_batch(self._move, ops.cast(features, "float32"), noise)

    def _move(self, features, noise):
        flat, order = backend.reshape(features, (-1, self.dim)), ops.argsort(backend.reshape(noise, (-1,)))
        one_hot = ops.cast(
            ops.equal(ops.expand_dims(self.codes(flat), 1), ops.arange(self.num_codes, dtype="int32")), "float32"
        )
        vectors, before = ops.convert_to_tensor(self.vectors), ops.convert_to_tensor(self.use)
        use = self.decay * before + (1.0 - self.decay) * ops.sum(one_hot, axis=0)
        if self.update == "average":  # equations 6 to 8; the sum m is the product of the mean e and the use N
            sums = self.decay * ops.expand_dims(before, 1) * vectors
            sums = sums + (1.0 - self.decay) * ops.matmul(ops.transpose(one_hot), flat)
            vectors = ops.where(ops.expand_dims(use, 1) > 1e-6, sums / ops.expand_dims(use + 1e-12, 1), vectors)
        if self.restart:
            mean = ops.mean(use)
            rows = ops.take(order, ops.arange(self.num_codes, dtype="int32") % ops.shape(flat)[0], axis=0)
            is_unused = use <= self.restart * mean
            vectors = ops.where(ops.expand_dims(is_unused, 1), ops.take(flat, rows, axis=0), vectors)
            use = ops.where(is_unused, mean, use)
        self.vectors.assign(vectors)
        self.use.assign(use)
        return noise

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        names = ("num_codes", "dim", "update", "decay", "restart")
        return super().get_config() | {name: getattr(self, name) for name in names}
