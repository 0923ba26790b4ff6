"""Diffusion models (Ho et al. 2020, arXiv:2006.11239) and flow matching (Lipman et al. 2023, arXiv:2210.02747)."""

import contextlib
import functools
from collections.abc import Mapping
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.data.shapes import sample_kind
from kerasgen.errors import UsageError, unknown
from kerasgen.models.base import editing, flow_likelihood, inversion, sampling
from kerasgen.models.base.adversary import to_discriminator_range
from kerasgen.models.base.averaging import MovingAverage
from kerasgen.models.base.images import ANY_RANGE
from kerasgen.models.base.model import GenerativeModel
from kerasgen.models.base.noise import Batch, Noise, Normal, Uniform
from kerasgen.models.base.pairing import optimal_pairs
from kerasgen.models.base.planned_rates import plan_rates
from kerasgen.models.base.shapes import first_input, known_shape
from kerasgen.models.base.trajectory import trajectory
from kerasgen.option import Option
from kerasgen.samplers import paths, solvers

TIMES = ("uniform", "logit_normal")
PAIRINGS = ("random", "optimal")


@keras.saving.register_keras_serializable("kerasgen")
class Diffusion(GenerativeModel):
    """Model that turns noise into samples by following a path from data to noise in reverse.

    Diffusion and flow matching are one class, because they differ only in the path and in the predicted quantity:
    see `kerasgen.samplers.paths`. The path `"straight"` with the prediction `"velocity"` is flow matching; the paths
    `"cosine"` and `"linear"` are diffusion.

    Logs `loss`, the weighted mean squared error of the predicted quantity.

    Args:
        network: `keras.Model` from noisy samples (N, *sample_shape) and times (N,), and labels (N,) if there are
            classes, to predictions (N, *sample_shape). Images are in [-1, 1]. The label `num_classes` means no class.
        schedule: the path, a key of `kerasgen.samplers.paths.PATHS`.
        prediction: the predicted quantity, a key of `PREDICTIONS`.
        weighting: the weight of the loss at each time, a key of `WEIGHTS`.
        times: distribution of the times of training: `"uniform"`, or `"logit_normal"` (Esser et al. 2024,
            arXiv:2403.03206, section 3.1), a sigmoid of normal values.
        time_mean: mean of these normal values.
        time_std: their standard deviation.
        pairing: `"random"`; or `"optimal"` for the optimal assignment of noise to the samples of a batch (Tong et al.
            2024, arXiv:2302.00482, section 3.2.3), only without classes and for batches of `kerasgen.data`.
        num_classes: number of classes; 0 for a model without labels.
        label_dropout: probability that a label is replaced by "no class" in training, so that the model also
            generates without a label and with guidance (Ho and Salimans 2022, arXiv:2207.12598).
        average: decay of the moving average of the weights that is used for everything but training; 0 for none.
        **kwargs: arguments of `GenerativeModel` and `keras.Model`, such as `seed` and `name`.

    Raises:
        UsageError: an invalid argument, or a network that does not fit.

    Example:
        ```python
        model = kerasgen.create("flow")
        model.fit(images, batch_size=128, epochs=20)
        samples = model.generate(16, seed=0, sampler="heun", steps=20)
        ```
    """

    traceable = True
    inputs_of_network: ClassVar[tuple[str, ...]] = ("samples", "times")  # and labels, if there are classes

    def __init__(
        self,
        network: keras.Model,
        schedule: str = "cosine",
        prediction: str = "v",
        weighting: str = "simple",
        times: str = "uniform",
        time_mean: float = 0.0,
        time_std: float = 1.0,
        pairing: str = "random",
        num_classes: int = 0,
        label_dropout: float = 0.1,
        average: float = 0.999,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        for kind, name, known in (
            ("schedule", schedule, paths.PATHS),
            ("prediction", prediction, paths.PREDICTIONS),
            ("weighting", weighting, paths.WEIGHTS),
            ("times", times, TIMES),
            ("pairing", pairing, PAIRINGS),
        ):
            if name not in known:
                raise unknown(kind, name, known)
        _check_numbers(time_std, label_dropout, average)
        if pairing == "optimal" and num_classes:
            raise UsageError(
                "pairing is optimal and the model has classes: optimal pairs make a conditional model worse (Cheng and "
                "Schwing 2025, arXiv:2503.10636); take pairing=random, or conditional=false"
            )
        shape = known_shape(network, "output_shape")
        expected = [*self.inputs_of_network, *(["labels"] if num_classes else [])]
        if len(network.inputs) != len(expected) or first_input(network) != tuple(shape):
            raise UsageError(
                f"the network takes {network.input_shape} and makes {shape}; it must take {', '.join(expected)}, "
                "and make predictions with the shape of the samples"
            )
        self.network, self.schedule, self.prediction, self.weighting = network, schedule, prediction, weighting
        self.times, self.time_mean, self.time_std, self.pairing = times, time_mean, time_std, pairing
        self.num_classes, self.label_dropout, self.average = num_classes, label_dropout, average
        self.time_range = paths.time_range(schedule, prediction)
        if sample_kind(self.sample_shape) != "images":
            self.bounds = ANY_RANGE
        self.latent_dim = int(np.prod(self.sample_shape))
        self.moving_average = MovingAverage(network, average, name="moving_average") if average else None
        self.built = True

    @functools.cached_property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample: (H, W, C) of images, (D,) of points."""
        return tuple(self.network.output_shape[1:])

    @property
    def players(self) -> dict[str, list]:
        """The network's variables."""
        return {"model": self.network.trainable_variables}

    @property
    def noise(self) -> dict[str, Noise]:
        """Times, noise, and for a conditional model the numbers that decide which labels are dropped."""
        noise: dict[str, Noise] = {
            "times": Uniform() if self.times == "uniform" else Normal(),
            "noise": Normal(*self.sample_shape),
        }
        return noise | {"keep_label": Uniform()} if self.num_classes else noise

    # -- training

    def compute_losses(self, batch: Batch, noise: dict[str, Any], training: bool = False) -> tuple[Any, dict[str, Any]]:
        """Return the loss of a batch, and a dict of other values to log.

        Args:
            batch: samples (N, *sample_shape), and labels (N,) if there are classes.
            noise: name -> values, see `noise`.
            training: whether the network runs in training mode.
        """
        clean, times = to_discriminator_range(batch.images), self.times_of(noise["times"])
        coefficients = paths.PATHS[self.schedule].coefficients(times)
        weights = paths.PREDICTIONS[self.prediction](*coefficients)
        alpha, sigma, a, b = (solvers.columns(each, clean) for each in (*coefficients, *weights))
        noisy = alpha * clean + sigma * noise["noise"]
        labels = self.drop_labels(batch, noise)
        error = self.outputs(noisy, times, labels, training) - (a * clean + b * noise["noise"])
        errors = ops.mean(ops.square(error), axis=tuple(range(1, len(clean.shape))))
        weight = paths.WEIGHTS[self.weighting](*coefficients, paths.determinant(coefficients, weights))
        return ops.mean(weight * errors), {}

    def drop_labels(self, batch: Batch, noise: dict[str, Any]) -> Any:
        """Return the labels (N,) of a step, some of them replaced by "no class"; None without classes."""
        if not self.num_classes:
            return None
        is_kept = noise["keep_label"] >= self.label_dropout
        return ops.where(is_kept, batch.labels, ops.full_like(batch.labels, self.num_classes))

    def times_of(self, values: Any) -> Any:
        """Return times of uniform or normal values, with their shape."""
        low, high = self.time_range
        if self.times == "uniform":
            return low + (high - low) * values
        return ops.clip(ops.sigmoid(self.time_mean + self.time_std * values), low, high)

    def outputs(self, noisy: Any, times: Any, labels: Any = None, training: bool = False) -> Any:
        """Return the network's predictions, float32 (N, *sample_shape), as tensors.

        Args:
            noisy: tensor (N, *sample_shape), images in [-1, 1].
            times: tensor (N,).
            labels: tensor (N,) for a conditional model.
            training: whether the network runs in training mode.
        """
        inputs = [noisy, times, labels] if self.num_classes else [noisy, times]
        return ops.cast(backend.run(self.network, inputs, training), "float32")

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take one step that decreases the loss, and move the averaged weights."""
        logs = super().train_step(data)
        if self.moving_average is not None:
            self.moving_average.update()
        return logs

    def prepare_fit(self, x: Any, **given: Any) -> None:
        """Plan learning rates that fall to zero, and let the batches pair noise with samples if that is optimal.

        Raises:
            UsageError: the pairing is optimal, and the data are not batches of `kerasgen.data`; or see `plan_rates`.
        """
        plan_rates(self, x, **given)
        if self.pairing == "optimal":
            from kerasgen.data.batches import Batches

            if not isinstance(x, Batches):
                raise UsageError(
                    "pairing is optimal, which needs batches of kerasgen.data: call fit(dataset.train.batches(128, "
                    "shuffle=True), shuffle=False)"
                )
            x.prepare = optimal_pairs

    # -- samples

    def averaged(self) -> contextlib.AbstractContextManager:
        """Context manager in which the network has the averaged weights, if the model has an average."""
        return contextlib.nullcontext() if self.moving_average is None else self.moving_average.applied()

    @property
    def generate_options(self) -> Mapping[str, Option]:  # type: ignore[override]
        """Options of `generate`, name -> `Option`."""
        return sampling.options_of(self)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the network's predictions for `[samples, times]`, or `[samples, times, labels]`."""
        return self.network(inputs, training=training)

    generate, predict_clean, run_sampler = sampling.generate, sampling.predict_clean, sampling.run_sampler
    field = sampling.field_of
    trajectory = trajectory
    encode, decode = inversion.encode, inversion.decode
    reconstruct, interpolate = inversion.reconstruct, inversion.interpolate
    corrupt, denoise, denoise_options = editing.corrupt, editing.denoise, editing.DENOISE_OPTIONS
    inpaint, complete = editing.inpaint, editing.complete
    log_likelihood, trace_flow = flow_likelihood.log_likelihood, flow_likelihood.trace_flow


def _check_numbers(time_std, label_dropout, average):
    if time_std <= 0:
        raise UsageError(f"time_std is {time_std}; it is a standard deviation and must be above 0")
    if not 0 <= label_dropout <= 1:
        raise UsageError(f"label_dropout is {label_dropout}; it is a probability, from 0 to 1")
    if not 0 <= average < 1:
        raise UsageError(f"average is {average}; the decay of a moving average must be in [0, 1), such as 0.999")
