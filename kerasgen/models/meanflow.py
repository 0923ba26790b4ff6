"""Mean flows, which generate a sample in one step (Geng et al. 2025, arXiv:2505.13447)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import keras
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError, unknown
from kerasgen.models.base import sampling
from kerasgen.models.base.adversary import to_discriminator_range
from kerasgen.models.base.noise import Batch, Noise, Normal, Uniform
from kerasgen.models.diffusion import Diffusion
from kerasgen.option import Option
from kerasgen.samplers import solvers

TANGENTS = ("sample", "model")
_SMALL = 1e-3  # c of the weight of the loss


@keras.saving.register_keras_serializable("kerasgen")
class MeanFlow(Diffusion):
    """Flow matching model that predicts the mean velocity between two times, and generates in one or a few steps.

    The path is straight: z_t = (1 - t) x + t e, with data x and noise e. The mean velocity u(z_t, r, t) is
    (z_t - z_r) / (t - r) on the flow through z_t. It satisfies u = v - (t - r) du/dt, where v is the velocity and
    du/dt the derivative along the flow (equation 6). The right side, a constant for gradients, is the target.

    With r = t the mean velocity is the velocity. So the samplers, the inverse, the density and the editing of
    `Diffusion` work as they do there.

    Logs `loss`, and `error`, the mean squared error of the mean velocity before it is weighted. In validation all
    examples have r < t, so that these values are larger than in training.

    Args:
        network: `keras.Model` from noisy samples (N, *sample_shape), times t (N,) and lengths t - r of intervals (N,),
            and labels (N,) if there are classes, to mean velocities (N, *sample_shape). Images are in [-1, 1]. The
            label `num_classes` means no class.
        flow_share: fraction of examples of a batch with r = t, in [0, 1]; the others cost a forward-mode derivative.
        tangent: velocity v along which u is differentiated. `"sample"` is e - x, as in the paper; `"model"` is u(z_t,
            t, t), which varies less (Geng et al. 2025, arXiv:2512.02012, section 4.1).
        weight_power: p of the weight 1 / (|error|^2 + 0.001)^p of an example's loss; 0 weights all equally.
        guidance: strength w of the guidance in training: the velocity of a labelled example is (1 + w) v minus w times
            the velocity without a label (equation 19, with the paper's omega = 1 + w).
        times: distribution of the times, see `Diffusion`; t is the larger and r the smaller of two.
        time_mean: mean of normal values, before the sigmoid.
        time_std: their standard deviation.
        pairing: see `Diffusion`.
        num_classes: number of classes; 0 for a model without labels.
        label_dropout: probability that a label is replaced by "no class" in training.
        average: decay of the moving average of the weights that is used for everything but training; 0 for none.
        **kwargs: arguments of `GenerativeModel` and `keras.Model`, such as `seed` and `name`.

    Raises:
        UsageError: an invalid argument, or a network that does not fit.

    Example:
        ```python
        model = kerasgen.create("meanflow")
        model.fit(images, batch_size=128, epochs=20)
        samples = model.generate(16, seed=0, steps=1)
        ```
    """

    traceable = True
    inputs_of_network = ("samples", "times", "intervals")
    fixed: ClassVar[tuple[str, ...]] = ("schedule", "prediction", "weighting")

    def __init__(
        self,
        network: keras.Model,
        flow_share: float = 0.75,
        tangent: str = "sample",
        weight_power: float = 1.0,
        guidance: float = 0.0,
        times: str = "logit_normal",
        time_mean: float = -0.4,
        time_std: float = 1.0,
        pairing: str = "random",
        num_classes: int = 0,
        label_dropout: float = 0.1,
        average: float = 0.999,
        **kwargs: Any,
    ):
        if not 0 <= flow_share <= 1:
            raise UsageError(f"flow_share is {flow_share}; it is a fraction of the batch, from 0 to 1")
        if tangent not in TANGENTS:
            raise unknown("tangent", tangent, TANGENTS)
        if weight_power < 0:
            raise UsageError(f"weight_power is {weight_power}; it must be 0 or more")
        if guidance < 0 or (guidance and not num_classes):
            raise UsageError(
                f"guidance is {guidance:g} of a model with {num_classes} classes; it must be 0 or more, and needs "
                "classes: train with conditional=true, or leave guidance out"
            )
        super().__init__(
            network,
            schedule="straight",
            prediction="velocity",
            times=times,
            time_mean=time_mean,
            time_std=time_std,
            pairing=pairing,
            num_classes=num_classes,
            label_dropout=label_dropout,
            average=average,
            **kwargs,
        )
        self.flow_share, self.tangent = flow_share, tangent
        self.weight_power, self.guidance = weight_power, guidance

    @property
    def noise(self) -> dict[str, Noise]:
        """Two times, noise, and for a conditional model the numbers that decide which labels are dropped."""
        return super().noise | {"times": Uniform(2) if self.times == "uniform" else Normal(2)}

    # -- training

    def compute_losses(self, batch: Batch, noise: dict[str, Any], training: bool = False) -> tuple[Any, dict[str, Any]]:
        """Return `(loss, {"error": mean squared error})` of a batch.

        Args:
            batch: samples (N, *sample_shape), and labels (N,) if there are classes.
            noise: name -> values, see `noise`.
            training: whether the network runs in training mode.
        """
        clean, labels = to_discriminator_range(batch.images), self.drop_labels(batch, noise)
        pairs = self.times_of(noise["times"])
        times, starts = ops.max(pairs, axis=1), ops.min(pairs, axis=1)
        moving = self._num_moving(ops.shape(clean)[0], training)
        intervals = ops.where(ops.arange(ops.shape(clean)[0]) < moving, times - starts, ops.zeros_like(times))
        t = solvers.columns(times, clean)
        noisy, velocity = (1.0 - t) * clean + t * noise["noise"], noise["noise"] - clean
        if self.guidance:
            velocity = self._guide(velocity, noisy, times, labels)
        rows = [None if each is None else each[:moving] for each in (noisy, times, intervals, velocity, labels)]
        target = ops.concatenate([self.identity(*rows), velocity[moving:]], axis=0)
        difference = self.outputs(noisy, times, labels, training, intervals) - ops.stop_gradient(target)
        squares = ops.sum(ops.square(difference), axis=tuple(range(1, len(clean.shape))))
        weight = ops.stop_gradient(ops.power(squares + _SMALL, -self.weight_power))
        return ops.mean(weight * squares), {"error": ops.mean(squares) / self.latent_dim}

    def _num_moving(self, count, training):
        """Return the number of examples with r < t: the first of a training batch, whose order is random.

        In evaluation they are all examples, so that the result does not depend on the batch size.
        """
        if not training or self.flow_share == 1:
            return 0 if self.flow_share == 1 else count
        share = 1.0 - self.flow_share
        if isinstance(count, int):
            return max(1, int(share * count + 0.5))
        return ops.maximum(1, ops.cast(share * ops.cast(count, "float32") + 0.5, "int32"))

    def _guide(self, velocity, noisy, times, labels):
        """Return the guided velocities; examples without a label keep theirs."""
        none = ops.full_like(labels, self.num_classes)
        unguided = ops.stop_gradient(self.outputs(noisy, times, none))
        guided = velocity + self.guidance * (velocity - unguided)
        return ops.where(solvers.columns(labels == none, velocity), velocity, guided)

    def identity(self, noisy: Any, times: Any, intervals: Any, velocity: Any, labels: Any = None) -> Any:
        """Return the right side of the identity, v - (t - r) du/dt (N, *sample_shape), a constant for gradients.

        Args:
            noisy: tensor z_t (N, *sample_shape).
            times: tensor t (N,).
            intervals: tensor t - r (N,).
            velocity: tensor v (N, *sample_shape).
            labels: tensor (N,) for a conditional model.

        Source:
            Geng et al. 2025, arXiv:2505.13447, equations 6, 8 and 10: du/dt is the derivative of u(z, r, t) along
            (v, 0, 1). Here it is the derivative along (v, 1, 1) as a function of z, t and t - r.
        """
        if self.flow_share == 1:
            return velocity
        along = velocity if self.tangent == "sample" else ops.stop_gradient(self.outputs(noisy, times, labels))
        derivative = backend.directional_derivative(
            lambda z, t, interval: self.outputs(z, t, labels, intervals=interval),
            (noisy, times, intervals),
            (along, ops.ones_like(times), ops.ones_like(times)),
        )
        return velocity - solvers.columns(intervals, velocity) * derivative

    def outputs(self, noisy: Any, times: Any, labels: Any = None, training: bool = False, intervals: Any = None) -> Any:
        """Return the mean velocities between t - interval and t, float32 (N, *sample_shape), as tensors.

        Args:
            noisy: tensor (N, *sample_shape), images in [-1, 1].
            times: tensor (N,).
            labels: tensor (N,) for a conditional model.
            training: whether the network runs in training mode.
            intervals: tensor (N,); None for the velocity at t.
        """
        inputs = [noisy, times, ops.zeros_like(times) if intervals is None else intervals]
        outputs = backend.run(self.network, [*inputs, labels] if self.num_classes else inputs, training)
        return ops.cast(outputs, "float32")

    # -- samples

    @property
    def generate_options(self) -> Mapping[str, Option]:  # type: ignore[override]
        """Options of `generate`, name -> `Option`: by default one step of the sampler `mean`."""
        options = dict(super().generate_options)
        options.pop("guidance", None)
        options["sampler"] = replace(
            options["sampler"], default=solvers.MEAN, choices=(solvers.MEAN, *options["sampler"].choices)
        )
        options["steps"] = replace(options["steps"], default=1)
        return options

    def field(self, labels: Any = None, guidance: Any = None, guided: bool = False) -> solvers.Field:
        """Return the `Field` of the model, with its mean velocity."""
        return replace(
            sampling.field_of(self, labels, guidance, guided),
            mean_velocity=lambda x, t, s: self.outputs(x, t, labels, intervals=t - s),
        )
