"""What all models have in common: logs, training and pictures."""

import contextlib
import inspect
import numbers

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.data.pixels import as_floats
from kerasgen.errors import UsageError
from kerasgen.models.base import fitting
from kerasgen.models.base.images import check_some, check_unweighted
from kerasgen.models.base.players import PlayerModel
from kerasgen.models.base.quiet_callbacks import QuietCallbackList
from kerasgen.models.base.running_means import Averages


class GenerativeModel(PlayerModel):
    """A model of images whose `train_step` is written once for TensorFlow, JAX and PyTorch.

    A subclass names what it logs in `logged`, says in `players` who owns which variables, and writes
    `train_step(data)` with `unpack`, `minimize` and `track`. Images are (N, H, W, C), float in [0, 1] or uint8.

    Args:
        seed: int or None; seeds the noise that training draws.

    Raises:
        UsageError: Keras is set to images with channels first.
    """

    logged = ("loss",)
    _tracks = False  # until a step has called `track`

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        if isinstance(self.logged, str):
            raise UsageError(f"logged is the text {self.logged!r}; give a tuple of names, ({self.logged!r},)")
        self.seed = seed
        self.seed_generator = backend.SeedGenerator(seed)
        self.averages = Averages(self.logged)

    # -- logs

    @property
    def metrics(self):
        """Return the one metric that holds the means of all logged values."""
        return [self.averages]

    def get_metrics_result(self):
        """Return the means of all logged values since the last reset.

        Raises:
            UsageError: no step has ever tracked any.
        """
        if not self._tracks and self.averages in self.metrics:
            raise UsageError(
                f"the steps of this {type(self).__name__} have tracked nothing; end train_step and test_step with "
                f"`return self.track(images, {'=..., '.join(self.averages.names)}=...)`, and give a batch at least"
            )
        return super().get_metrics_result()

    def track(self, images, *in_order, **values):
        """Add this step's values, means over the batch `images`, and return the running means.

        Args:
            images: what has as many rows as the batch.
            in_order: the values in the order of `logged`; or
            values: by name.

        Raises:
            UsageError: the values are not those that `logged` names.
        """
        if in_order and values:
            raise UsageError(f"track is given values in order and {', '.join(values)} by name; give all by name")
        if in_order:
            if len(in_order) != len(self.averages.names):
                raise UsageError(
                    f"a step of this {type(self).__name__} tracks {len(in_order)} values, and logged names "
                    f"{len(self.averages.names)}: {', '.join(self.averages.names)}; have as many in both"
                )
            values = dict(zip(self.averages.names, in_order))
        if set(values) != set(self.averages.names):
            tracked = ", ".join(sorted(values)) or "nothing"
            raise UsageError(
                f"a step of this {type(self).__name__} tracks {tracked}, and logged names "
                f"{', '.join(sorted(self.averages.names))}; have the same in both"
            )
        self._tracks = True
        self.averages.update_state(values, backend.num_examples(ops.shape(images)[0]))
        return self.averages.result()

    # -- training, and images out

    def train_step(self, data):
        """Take a step on the batch `data` and return what `track` returns; every subclass has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no train_step; write one")

    def test_step(self, data):
        """Return what `track` returns for the batch `data`, without a step; every subclass has its own."""
        raise NotImplementedError(
            f"{type(self).__name__} has no test_step; write one, or leave out validation and evaluate"
        )

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Return what `keras.Model.evaluate` does; arrays are checked first (see `check_arrays`).

        Raises:
            UsageError: the model has not been compiled, or weights of samples are given.
        """
        if not self.compiled:  # on PyTorch Keras looks for an optimizer before it says so
            raise UsageError(f"this {type(self).__name__} has not been compiled; call compile() before evaluate()")
        check_unweighted(kwargs.get("sample_weight"))
        x, y = self.check_arrays(x, y)
        return super().evaluate(x, y, *args, **kwargs)

    def fit(self, x=None, y=None, *args, **kwargs):
        """Train as `keras.Model.fit` does; arrays, those to validate with too, are checked first.

        A callback with a method `during_fit(data, callbacks)`, a context that yields all callbacks in their order,
        is in charge of the training; see `kerasgen.callbacks.Checkpoint`.
        """
        given = inspect.signature(keras.Model.fit).bind(self, x, y, *args, **kwargs).arguments
        del given["self"]
        check_unweighted(given.get("sample_weight"), given.get("class_weight"))
        given["x"], given["y"] = self.check_arrays(x, y)
        if given.get("validation_data") is not None:
            *to_test, weights = keras.utils.unpack_x_y_sample_weight(given["validation_data"])
            check_unweighted(weights)
            given["validation_data"] = keras.utils.pack_x_y_sample_weight(*self.check_arrays(*to_test))
            given.pop("validation_split", None)  # as Keras has it
        self.prepare_fit(**given)
        with contextlib.ExitStack() as stack:
            callbacks = keras.tree.flatten(given.get("callbacks") or [])
            for callback in [each for each in callbacks if hasattr(each, "during_fit")]:
                callback.set_model(self)
                callbacks = given["callbacks"] = stack.enter_context(callback.during_fit(x, callbacks))
            if given.get("verbose") == 0 and not isinstance(given.get("callbacks"), keras.callbacks.CallbackList):
                given["callbacks"] = fitting.without_batches(self, **given | {"callbacks": callbacks})
            # several steps at once would be more than are asked for, if these are no multiple of them
            counted = any(given.get(name) is not None for name in ("steps_per_epoch", "validation_steps"))
            if isinstance(given.get("callbacks"), QuietCallbackList) and self._takes_short_steps() and not counted:
                stack.enter_context(self.grouped_steps())
            return super().fit(**given)

    def prepare_fit(self, x, **given):
        """Do what is to be done before a training; `fit` calls it with its own arguments, those that were given."""

    def _takes_short_steps(self):
        """Tell whether Ctrl-C can wait for several steps: those of small images, or of matrices alone."""
        height, width, _ = self.sample_shape
        return height * width <= 32 * 32 or all(len(variable.shape) <= 2 for variable in self.trainable_variables)

    def skip_steps(self, calls):
        """Let the next `calls` calls of Keras's train function take their data, do nothing and return the means."""
        function, left = self.train_function, calls
        self._tracks = True  # those steps have, in an earlier process
        logs = {name: float(value) for name, value in self.get_metrics_result().items()}

        def passing(*arguments):
            nonlocal left
            left -= 1
            if not left:
                self.train_function = function
            return backend.skipped_step(arguments, self.steps_per_execution, logs)

        self.train_function = passing

    def predict_in_batches(self, network, inputs, batch_size=256):
        """Return `network(inputs)` as NumPy, computed in batches; `inputs`: an array, floats or bytes, or a list."""
        arrays = keras.tree.map_structure(np.asarray, inputs)
        check_some(keras.tree.flatten(arrays)[0])
        inputs = keras.tree.map_structure(lambda array: as_floats(array) if array.dtype == np.uint8 else array, arrays)
        return network.predict(inputs, batch_size=batch_size, verbose=0)

    def preview(self, images=None, n=64, seed=0):
        """Return the picture that shows what the model has learnt, (rows, columns, H, W, C) in [0, 1].

        They are images that it generates, from the same latents each time, so that the pictures of different epochs
        compare; or else rows of images, each above a row of their reconstructions.

        Args:
            images: (N, H, W, C), for a model that does not generate.
            n: int; at most so many places, those of the reconstructions included.
            seed: of the latents.

        Raises:
            UsageError: images are needed and there are none, or there is nothing to draw.
        """
        if hasattr(self, "generate"):
            columns = max(1, int(n**0.5))
            return self.generate(n - n % columns, seed=seed).reshape(-1, columns, *self.sample_shape)
        images = self._images_to_show(images)
        columns = min(len(images), max(1, int(n**0.5)))
        pairs = min(len(images) // columns, max(1, n // columns // 2))
        images = images[: pairs * columns]
        both = [part.reshape(pairs, columns, *self.sample_shape) for part in self._stages(images, seed)]
        return np.stack(both, 1).reshape(-1, columns, *self.sample_shape)

    def _stages(self, images, seed):
        """Return the arrays that a picture shows below each other, each like `images`."""
        return [images, self.reconstruct(images)]

    def _images_to_show(self, images):
        """Return images as floats; they are checked."""
        if not hasattr(self, "reconstruct"):
            raise UsageError(f"a {type(self).__name__} has nothing to draw; write generate, reconstruct or preview")
        if images is None or not len(images):
            raise UsageError(f"the picture of a {type(self).__name__} shows what it makes of images: give some")
        return as_floats(self.check_images(images))

    @staticmethod
    def draw_latents(n, shape, seed=None):
        """Return standard normal latents (n, *shape): for the same seed the same on every backend.

        Raises:
            UsageError: `n` is no whole number above 0, or the seed is negative.
        """
        if not isinstance(n, numbers.Integral) or n < 1:
            raise UsageError(f"n is {n!r}; give a whole number, 1 or more")
        return GenerativeModel.generator_of(seed).standard_normal((n, *shape)).astype("float32")

    @staticmethod
    def generator_of(seed=None):
        """Return NumPy's generator of random numbers for a seed, or None: then of NumPy's global one.

        Raises:
            UsageError: the seed is negative.
        """
        if seed is not None and seed < 0:
            raise UsageError(f"seed is {seed}; it must be 0 or more")
        return np.random.default_rng(np.random.randint(2**31) if seed is None else seed)
