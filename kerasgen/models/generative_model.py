"""What all models have in common: players, their updates, logs, training and pictures."""

import contextlib
import inspect
import numbers
from types import MappingProxyType

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.data.pixels import as_floats
from kerasgen.errors import UsageError, unknown
from kerasgen.models import fitting
from kerasgen.models.averages import Averages
from kerasgen.models.image_model import check_some, check_unweighted
from kerasgen.models.quiet_callbacks import QuietCallbackList
from kerasgen.models.saveable_model import SaveableModel
from kerasgen.optimizers import OptimizerGroup, serialize_optimizer


class Recorded:
    """The output of a function of one player's variables, with what is needed to differentiate it later."""

    def __init__(self, output, pullback):
        self.output, self.pullback = output, pullback


class GenerativeModel(SaveableModel):
    """A model of images whose `train_step` is written once for TensorFlow, JAX and PyTorch.

    A subclass names what it logs in `logged`, says in `players` who owns which variables, and writes
    `train_step(data)` with `unpack`, `minimize` and `track`. Images are (N, H, W, C), float in [0, 1] or uint8.

    To what a step minimises, the regularizers of its player's weights are added, as Keras does; those of activations
    (`activity_regularizer`, `add_loss`) are not.

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

    # -- players and their updates

    @property
    def players(self):
        """Return a dict of player -> its trainable variables; one player, `model`, unless overridden."""
        return {"model": self.trainable_variables}

    def minimize(self, player, loss, given=None):
        """Take one optimizer step of `player`: downhill in `loss`, on that player's variables alone.

        Args:
            player: a name in `players`.
            loss: function that returns `(scalar loss, auxiliary)`, the latter any nest of tensors.
            given: a `Recorded` output that `loss` takes as its argument, and through which it also depends
                on the player's variables: the recorded pass is used, not run again.

        Returns:
            `(loss, auxiliary)`, from before the step.

        Raises:
            UsageError: there is no such player, `loss` returns something else, or, on TensorFlow and PyTorch, what it
                returns does not depend on the player's variables. (JAX takes a step of zeros.)
        """
        variables, optimizer = self._variables(player), self.optimizer_of(player)
        inputs = () if given is None else (given.output,)
        value, auxiliary, pullback = self.differentiate(_total(player, loss, variables), variables, inputs)
        # float16 gradients are scaled up against underflow, replicas' gradients are summed
        scale = optimizer.scale_loss(ops.ones(())) * backend.share()
        gradients, of_inputs = pullback(scale)
        if given is not None and of_inputs[0] is not None:
            through, _ = given.pullback(of_inputs[0])
            gradients = [a if b is None else b if a is None else a + b for a, b in zip(gradients, through)]
        if variables and all(gradient is None for gradient in gradients):
            raise UsageError(f"the loss of the {player} does not depend on what is trainable of the {player}")
        self.apply_gradients(optimizer, gradients, variables)
        return value, auxiliary

    def record(self, player, function):
        """Run `function()`, which depends on the variables of `player`, for a later `minimize(given=...)`."""
        output, _, pullback = self.differentiate(lambda: (function(), ()), self._variables(player))
        return Recorded(output, pullback)

    def _variables(self, player):
        if player not in self._variables_of:
            raise unknown("player", player, self._variables_of)
        return self._variables_of[player]

    def optimizer_of(self, player):
        """Return the Keras optimizer that takes the steps of `player`."""
        return self.optimizer[player] if isinstance(self.optimizer, OptimizerGroup) else self.optimizer

    # -- compile

    def compile(
        self,
        optimizer="adam",
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
        auto_scale_loss=True,
    ):
        """Configure training.

        Args:
            optimizer: a Keras optimizer, its name or config; for several players a dict of player -> optimizer,
                or one optimizer, of which each player gets a copy.
            run_eagerly, steps_per_execution, jit_compile, auto_scale_loss: as in `keras.Model.compile`.

        Raises:
            UsageError: there is no optimizer, the dict's keys are not the players, or a network has no weights yet.
        """
        unbuilt = [layer.name for layer in self.layers if not layer.built]
        if unbuilt:
            raise UsageError(
                f"of this {type(self).__name__} {', '.join(unbuilt)} has no weights yet; begin it with a keras.Input, "
                "or call it once before"
            )
        self.built = True  # what it has of variables are those of its networks
        players = self.players
        optimizer = self._optimizer_for(players, optimizer, auto_scale_loss)
        self._jit_compile_asked = jit_compile
        super().compile(
            optimizer=optimizer,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            auto_scale_loss=auto_scale_loss and not isinstance(optimizer, OptimizerGroup),
        )
        # A proxy, because Keras would track the variables in a plain dict as the model's own.
        self._variables_of = MappingProxyType(players)
        if not self.optimizer.built:
            grouped = isinstance(self.optimizer, OptimizerGroup)
            self.optimizer.build(players if grouped else self.trainable_variables)

    def _optimizer_for(self, players, optimizer, auto_scale_loss):
        if optimizer is None:
            raise UsageError("optimizer is None; give a Keras optimizer or its name, such as adam")
        if isinstance(optimizer, OptimizerGroup) or (len(players) == 1 and not isinstance(optimizer, dict)):
            return optimizer
        if not isinstance(optimizer, dict) or "class_name" in optimizer:
            given = keras.optimizers.get(optimizer)
            optimizer = {player: _copy(given) for player in players}
        if set(optimizer) != set(players):
            raise UsageError(
                f"optimizer has the keys {sorted(optimizer)}; the players are {sorted(players)}: give one for each"
            )
        if missing := [player for player in players if optimizer[player] is None]:
            raise UsageError(
                f"the optimizer of the {missing[0]} is None; give a Keras optimizer or its name, such as adam"
            )
        optimizer = {player: keras.optimizers.get(optimizer[player]) for player in players}
        if auto_scale_loss and self.dtype_policy.name == "mixed_float16":
            wrap = keras.optimizers.LossScaleOptimizer
            optimizer = {p: o if isinstance(o, wrap) else wrap(o) for p, o in optimizer.items()}
        return next(iter(optimizer.values())) if len(players) == 1 else OptimizerGroup(optimizer)

    def get_compile_config(self):
        """Return what `compile` was called with, in a form that every backend can read."""
        if not self.compiled:
            return {}
        config = super().get_compile_config()
        return {
            "optimizer": serialize_optimizer(self.optimizer),
            "run_eagerly": config["run_eagerly"],
            "steps_per_execution": config["steps_per_execution"],
            "jit_compile": self._jit_compile_asked,  # "auto" is decided anew where the file is loaded
        }

    def compile_from_config(self, config):
        """Compile as `get_compile_config` says, when a file is loaded."""
        self.compile(**keras.saving.deserialize_keras_object(config))

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
        self.averages.update_state(values, backend.counted(ops.shape(images)[0]))
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
                stack.enter_context(self.unheard())
            return super().fit(**given)

    def prepare_fit(self, x, **given):
        """Do what is to be done before a training; `fit` calls it with its own arguments, those that were given."""

    def make_train_function(self, force=False):
        """Make Keras's train function.

        Raises:
            UsageError: other variables are trainable than when `compile` was called.
        """
        for player, variables in self.players.items():
            if [id(each) for each in variables] != [id(each) for each in self._variables_of[player]]:
                raise UsageError(
                    f"what is trainable of the {player} has changed since the model was compiled; call compile again"
                )
        return super().make_train_function(force=force)

    def _takes_short_steps(self):
        """Tell whether Ctrl-C can wait for several steps: those of small images, or of matrices alone."""
        height, width, _ = self.image_shape
        return height * width <= 32 * 32 or all(len(variable.shape) <= 2 for variable in self.trainable_variables)

    def pass_over(self, calls):
        """Let the next `calls` calls of Keras's train function take their data, do nothing and return the means."""
        function, left = self.train_function, calls
        self._tracks = True  # those steps have, in an earlier process
        logs = {name: float(value) for name, value in self.get_metrics_result().items()}

        def passing(*arguments):
            nonlocal left
            left -= 1
            if not left:
                self.train_function = function
            return backend.step_passed_over(arguments, self.steps_per_execution, logs)

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
            return self.generate(n - n % columns, seed=seed).reshape(-1, columns, *self.image_shape)
        images = self._images_to_show(images)
        columns = min(len(images), max(1, int(n**0.5)))
        pairs = min(len(images) // columns, max(1, n // columns // 2))
        images = images[: pairs * columns]
        both = [part.reshape(pairs, columns, *self.image_shape) for part in self._stages(images, seed)]
        return np.stack(both, 1).reshape(-1, columns, *self.image_shape)

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


def _copy(optimizer):
    """Return an optimizer like it, without its state.

    Raises:
        UsageError: its config is not enough for another.
    """
    try:
        return type(optimizer).from_config(optimizer.get_config())
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{type(optimizer).__name__} cannot be copied for each player ({error}); give a dict of player -> optimizer"
        ) from error


def _total(player, loss, variables):
    """Return `loss`, a function to `(scalar, auxiliary)`, with the regularizers of the variables added to the scalar.

    It raises a UsageError where `loss` returns anything else.
    """
    regularized = [variable for variable in variables if variable.regularizer is not None]

    def total(*inputs):
        found = loss(*inputs)
        if not isinstance(found, tuple) or len(found) != 2:
            raise UsageError(f"the loss of the {player} is no pair; return (loss, auxiliary), the latter may be ()")
        value, auxiliary = found
        if not hasattr(value, "shape") or len(value.shape):
            shape = f"has the shape {tuple(value.shape)}" if hasattr(value, "shape") else f"is {value!r}, no tensor"
            raise UsageError(f"the loss of the {player} {shape}; return its mean over the batch, a scalar tensor")
        for variable in regularized:
            value = value + variable.regularizer(ops.convert_to_tensor(variable))
        return value, auxiliary

    return total
