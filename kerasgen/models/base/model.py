"""`GenerativeModel`: the base class of all models."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError, check_whole, unknown
from kerasgen.io.memory_maps import MappedArray
from kerasgen.models.base import compiling, images, saving
from kerasgen.models.base import fit as fitting
from kerasgen.models.base import preview as previews
from kerasgen.models.base.labels import MAXIMUM_SAMPLES, Classes
from kerasgen.models.base.noise import Batch, Noise, draw, noise_of
from kerasgen.models.base.players import Recorded, with_regularizers
from kerasgen.models.base.running_means import RunningMeans
from kerasgen.optimizers import OptimizerGroup
from kerasgen.option import Option


class GenerativeModel(backend.BackendModel):
    """A model whose `train_step` is written once for TensorFlow, JAX and PyTorch.

    A subclass defines `sample_shape`, and `compute_losses` for a step that decreases one loss. It names its random
    values in `noise`. If its variables belong to several players, it lists them in `players` and defines
    `train_step(data)` and `test_step(data)`, which use `unpack`, `draw`, `minimize` and `track`.

    Samples are images (N, H, W, C), float in [0, 1] or uint8; or points (N, D).

    Args:
        seed: seed of the noise drawn in training, or None.

    Raises:
        UsageError: Keras is set to images with channels first.

    Example:
        ```python
        class Autoencoder(GenerativeModel):
            def __init__(self, encoder, decoder, **kwargs):
                super().__init__(**kwargs)
                self.encoder, self.decoder = encoder, decoder

            @property
            def sample_shape(self):
                return self.decoder.output_shape[1:]

            def compute_losses(self, batch, noise, training=False):
                outputs = self.decoder(self.encoder(batch.images, training=training), training=training)
                return keras.ops.mean((outputs - batch.images) ** 2), {}
        ```
    """

    num_classes: int = 0
    bounds: tuple[float, float] = images.UNIT_INTERVAL  # valid values of a float sample
    generate_options: ClassVar[Mapping[str, Option]] = {}  # options of `generate`, name -> Option
    origin: dict[str, Any] | None = None  # the recipe that made the model, see `Recipe.create`
    fixed: ClassVar[tuple[str, ...]] = ()  # arguments of the base class that a subclass sets

    def __init__(self, seed: int | None = None, **kwargs: Any):
        if keras.config.image_data_format() != "channels_last":
            raise UsageError(
                "Keras is set to images with channels first, (N, C, H, W); kerasgen has them last: "
                'call keras.config.set_image_data_format("channels_last") before'
            )
        if keras.config.floatx() != "float32":
            raise UsageError(
                f"the floatx of Keras is {keras.config.floatx()}; kerasgen computes in float32, or in mixed precision: "
                'write "floatx": "float32" into keras.json, or call keras.config.set_floatx("float32") before'
            )
        super().__init__(**kwargs)
        self.seed = None if seed is None else check_whole("seed", seed)
        self.seed_generator = backend.SeedGenerator(seed)
        self.running_means = RunningMeans()

    # -- definitions of a subclass

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample: (H, W, C) of images, (D,) of points."""
        raise NotImplementedError(f"{type(self).__name__} has no property sample_shape, such as (H, W, C); define one")

    @property
    def players(self) -> dict[str, list]:
        """Player -> its trainable variables; one player, `model`, unless overridden."""
        return {"model": self.trainable_variables}

    @property
    def noise(self) -> dict[str, Noise]:
        """Random values that one step draws for each example, name -> `Noise`."""
        return {}

    @property
    def classes(self) -> Classes:
        """Classes that the model is conditioned on."""
        return Classes(self.num_classes, (self.origin or {}).get("class_names"))

    def compute_losses(self, batch: Batch, noise: dict[str, Any], training: bool = False) -> tuple[Any, dict[str, Any]]:
        """Return `(loss, metrics)` of a batch: a scalar, and other scalars to log by name.

        Args:
            batch: samples (N, *sample_shape), and labels (N,) if there are classes.
            noise: name -> values, see `noise`.
            training: whether the networks run in training mode.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no compute_losses; define it, or train_step and, for validation, test_step"
        )

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take one step on the batch `data` and return the result of `track`.

        A model with several losses or players overrides it.
        """
        batch = self.unpack(data)
        noise = self.draw(batch)
        loss, metrics = self.minimize("model", lambda: self.compute_losses(batch, noise, training=True))
        return self.track(batch, loss=loss, **metrics)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Log the same values as `train_step` for the batch `data`, without a step."""
        batch = self.unpack(data)
        loss, metrics = self.compute_losses(batch, self.draw(batch))
        return self.track(batch, loss=loss, **metrics)

    @property
    def is_of_points(self) -> bool:
        """Whether the samples are points (D,)."""
        return len(self.sample_shape) == 1

    # -- parts of a step

    def unpack(self, data: Any) -> Batch:
        """Return the tensors of a batch.

        Args:
            data: samples; `(samples, labels)`; or a dict with `images` and optional `labels` and `noise`. The latter is
                a dict of name -> values, which replace the values that the step would draw.

        Raises:
            UsageError: no samples, missing labels, or weights of samples.
            DataError: samples of another shape.
        """
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        images.check_unweighted(weights)
        batch = x if isinstance(x, Mapping) else {"images": x}
        if "images" not in batch:
            raise UsageError(
                f"a batch has {', '.join(map(repr, batch))}; it needs 'images', and takes labels and noise"
            )
        return Batch(
            self.to_float_tensor(batch["images"]),
            self.classes.of_batch(batch.get("labels", y)),
            noise_of(batch),
        )

    def draw(self, batch: Batch) -> dict[str, Any]:
        """Return the noise of a step, name -> float32 (N, *shape): given with the batch, or else drawn."""
        return draw(self.noise, batch, self.seed_generator)

    def minimize(self, player: str, loss: Callable, given: Recorded | None = None) -> tuple[Any, Any]:
        """Take one optimizer step that decreases `loss`, on the variables of one player only.

        The regularizers of the player's weights are added to the loss, as in Keras. Losses of activations
        (`activity_regularizer`, `add_loss`) are not.

        Args:
            player: a name in `players`.
            loss: function that returns `(scalar loss, auxiliary)`, where the latter is any nest of tensors, such as a
                dict of metrics.
            given: a `Recorded` output, passed to `loss` as its argument. If the output depends on the player's
                variables, the recorded pass is differentiated and not run again.

        Returns:
            `(loss, auxiliary)`, from before the step.

        Raises:
            UsageError: an unknown player, another result of `loss`, or, on TensorFlow and PyTorch, a loss that does not
                depend on the player's variables. (On JAX the gradients are zero.)
        """
        variables, optimizer = self._variables_of(player), self.optimizer_of(player)
        inputs = () if given is None else (given.output,)
        total = with_regularizers(player, loss, variables)
        value, auxiliary, pullback = self.differentiate(total, variables, inputs)
        # float16 gradients are scaled up against underflow; the gradients of replicas are summed
        scale = optimizer.scale_loss(ops.ones(())) * backend.replica_weight()
        gradients, input_gradients = pullback(scale)
        if given is not None and input_gradients[0] is not None:
            through, _ = given.pullback(input_gradients[0])
            gradients = [a if b is None else b if a is None else a + b for a, b in zip(gradients, through)]
        if variables and all(gradient is None for gradient in gradients):
            raise UsageError(f"the loss of the {player} does not depend on its trainable variables")
        self.apply_gradients(optimizer, gradients, variables)
        return value, auxiliary

    def record(self, player: str, function: Callable) -> Recorded:
        """Run `function()`, which depends on the variables of `player`, for a later `minimize(given=...)`."""
        output, _, pullback = self.differentiate(lambda: (function(), ()), self._variables_of(player))
        return Recorded(output, pullback)

    def track(self, batch: Any, **values: Any) -> dict[str, Any]:
        """Add the values of a step to the running means and return these.

        Args:
            batch: the `Batch`, or a tensor with one row for each example.
            **values: name -> mean over the batch, a scalar tensor.

        Raises:
            UsageError: there are no values.
        """
        if not values:
            raise UsageError(f"a step of this {type(self).__name__} tracks nothing; give values, such as loss=loss")
        count = batch.num_examples if isinstance(batch, Batch) else ops.shape(batch)[0]
        self.running_means.update_state(values, backend.num_examples(count))
        return self.running_means.result()

    def optimizer_of(self, player: str) -> keras.optimizers.Optimizer:
        """Return the Keras optimizer of a player."""
        return self.optimizer[player] if isinstance(self.optimizer, OptimizerGroup) else self.optimizer

    def _variables_of(self, player):
        if player not in self._player_variables:
            raise unknown("player", player, self._player_variables)
        return self._player_variables[player]

    # -- metrics

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The one metric that holds the means of all logged values."""
        return [self.running_means]

    @property
    def metrics_names(self) -> list[str]:
        """Names of the logged values, in the order in which `evaluate` returns them."""
        return list(self.running_means.current)

    def get_metrics_result(self) -> dict[str, Any]:
        """Return the means of all logged values since the last reset.

        Raises:
            UsageError: no step has tracked any values.
        """
        if not self.running_means.names and self.running_means in self.metrics:
            raise UsageError(
                f"the steps of this {type(self).__name__} have tracked nothing; end train_step and test_step with "
                "`return self.track(batch, loss=...)`, and give at least one batch"
            )
        return super().get_metrics_result()

    # -- compile, fit and evaluate

    compile, make_train_function = compiling.compile, compiling.make_train_function
    fit, evaluate, skip_steps = fitting.fit, fitting.evaluate, fitting.skip_steps
    train_on_batch, test_on_batch = fitting.train_on_batch, fitting.evaluate_on_batch

    def prepare_fit(self, x: Any, **given: Any) -> None:
        """Prepare a training; `fit` calls it with the arguments that the user gave."""

    def fit_callbacks(self) -> list[keras.callbacks.Callback]:
        """Return callbacks of the model itself; `fit` puts them before those of the caller."""
        return []

    # -- arrays

    def check_images(self, samples: Any) -> np.ndarray:
        """Return samples as an array that the model accepts.

        Raises:
            DataError: another shape than (N, *sample_shape), no numbers, NaN or infinity, or values out of range.
        """
        return images.check_array(samples, self.sample_shape, self.bounds)

    def to_float_tensor(self, samples: Any) -> Any:
        """Return the samples of a batch as a float32 tensor (N, *sample_shape); uint8 values are divided by 255."""
        return images.to_float_tensor(samples, self.sample_shape)

    def check_arrays(self, x: Any, y: Any = None) -> tuple[Any, Any]:
        """Validate the arrays passed to `fit` or `evaluate` and return `(x, y)`.

        Raises:
            DataError, UsageError: samples or labels that the model cannot take.
        """
        samples, labels = (x.get("images"), x.get("labels", y)) if isinstance(x, dict) else (x, y)
        if ops.is_tensor(samples):  # tensors are checked like arrays, and passed on as they are
            values = ops.convert_to_numpy(samples)
            images.check_not_empty(self.check_images(values))
            if self.num_classes:
                labels = None if labels is None else ops.convert_to_numpy(labels)
                self.classes.check_given(labels, len(values))
        elif isinstance(samples, np.ndarray | MappedArray):
            if self.num_classes:
                labels = labels[:] if isinstance(labels, MappedArray) else labels
                labels = self.classes.check_given(labels, len(samples))
                x, y = (x | {"labels": labels}, None) if isinstance(x, dict) else (x, labels)
            images.check_not_empty(self.check_images(samples))
        return x, y

    predict_in_batches = staticmethod(images.predict_in_batches)

    @staticmethod
    def draw_latents(n: int, shape: tuple[int, ...], seed: int | None = None) -> np.ndarray:
        """Return standard normal latents (n, *shape), on every backend the same for the same seed.

        Raises:
            UsageError: `n` is not a whole number of 1 or more, or the seed is not a whole number of 0 or more.
        """
        n = check_whole("n", n, 1, MAXIMUM_SAMPLES)
        return GenerativeModel.random_generator(seed).standard_normal((n, *shape)).astype("float32")

    @staticmethod
    def random_generator(seed: int | None = None) -> np.random.Generator:
        """Return NumPy's random generator for a seed; for None, one seeded by NumPy's global generator.

        Raises:
            UsageError: the seed is not a whole number of 0 or more.
        """
        return np.random.default_rng(np.random.randint(2**31) if seed is None else check_whole("seed", seed))

    # -- pictures and files

    preview, images_to_show = previews.preview, previews.images_to_show
    save = saving.save
    get_config = saving.get_config
    from_config: Any = classmethod(saving.from_config)
    get_compile_config, compile_from_config = saving.get_compile_config, saving.compile_from_config
    save_own_variables, load_own_variables = saving.save_own_variables, saving.load_own_variables
    seed_states = property(saving.seed_states_of)

    def export(self, *args: Any, **kwargs: Any) -> None:
        """Raise an error, because only the networks of a model can be exported.

        Raises:
            UsageError: always.
        """
        networks = [f"model.{layer.name}.export" for layer in self.layers if isinstance(layer, keras.Model)]
        raise UsageError(f"a {type(self).__name__} has several networks; export one of them: {', '.join(networks)}")
