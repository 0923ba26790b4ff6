"""Latent diffusion (Rombach et al. 2022, arXiv:2112.10752): an autoencoder and a diffusion model of its latents."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError, check_whole
from kerasgen.layers import Standardization
from kerasgen.models.base import interpolation
from kerasgen.models.base import preview as previews
from kerasgen.models.base.encoder_decoder import EncoderDecoder
from kerasgen.models.base.model import GenerativeModel
from kerasgen.models.base.noise import Batch, Noise
from kerasgen.models.diffusion import Diffusion
from kerasgen.recipe import Option

MAXIMUM_EPOCHS = 2**20


@keras.saving.register_keras_serializable("kerasgen")
class LatentDiffusion(GenerativeModel):
    """An autoencoder, and a diffusion or flow model of its latents, trained one after the other.

    The first `autoencoder_epochs` epochs train the autoencoder. In all later epochs it is frozen, and the diffusion
    model is trained on the standardized latents of the images. The model counts its epochs in a variable, so that the
    stage is part of every file and checkpoint, and a second call of `fit` continues. Because both stages belong to one
    model, one command trains them, a killed training resumes in either, and one file holds both.

    In the first stage the logs are `autoencoder_loss` and the metrics of the autoencoder, and pictures show
    reconstructions. In the second stage the log is `diffusion_loss`, and pictures show samples.

    Args:
        autoencoder: `Autoencoder` or `VAE` without classes.
        diffusion: `Diffusion` model of points (latent_dim,), with or without classes.
        autoencoder_epochs: number of epochs that train the autoencoder.
        **kwargs: arguments of `GenerativeModel`.

    Raises:
        UsageError: models that do not fit each other, or a number of epochs out of range.

    Example:
        ```python
        model = kerasgen.create("latent-diffusion", autoencoder_epochs=20, conditional=True)
        model.fit(images, labels, batch_size=128, epochs=60)
        sevens = model.generate(16, labels=7)
        ```
    """

    def __init__(self, autoencoder: EncoderDecoder, diffusion: Diffusion, autoencoder_epochs: int = 30, **kwargs: Any):
        super().__init__(**kwargs)
        if autoencoder.num_classes:
            raise UsageError("the autoencoder of a LatentDiffusion has no classes; give them to the diffusion model")
        if diffusion.sample_shape != (autoencoder.latent_dim,):
            raise UsageError(
                f"the diffusion model makes {diffusion.sample_shape}, and the autoencoder has latents "
                f"({autoencoder.latent_dim},); they must have the same shape"
            )
        check_whole("autoencoder_epochs", autoencoder_epochs, 0, MAXIMUM_EPOCHS)
        self.autoencoder, self.diffusion, self.autoencoder_epochs = autoencoder, diffusion, autoencoder_epochs
        self.num_classes, self.latent_dim = diffusion.num_classes, autoencoder.latent_dim
        self.bounds = autoencoder.bounds
        self.standardization = Standardization((self.latent_dim,))
        self.epoch_count = self.add_weight(
            (), "zeros", "float32", name="epoch_count", trainable=False, aggregation="only_first_replica"
        )
        self.stage = self._next_stage()  # of the steps that are built
        self.built = True

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample: (H, W, C) of images, (D,) of points."""
        return self.autoencoder.sample_shape

    @property
    def players(self) -> dict[str, list]:
        """The variables of the autoencoder and those of the diffusion model."""
        return {name: getattr(self, name).trainable_variables for name in ("autoencoder", "diffusion")}

    @property
    def noise(self) -> dict[str, Noise]:
        """Noise of both stages; each uses its own."""
        return {**self.autoencoder.noise, **self.diffusion.noise}

    # -- the stages

    def _next_stage(self):
        done = float(ops.convert_to_numpy(self.epoch_count))
        return "autoencoder" if done < self.autoencoder_epochs else "diffusion"

    def _select_stage(self):
        """Select the stage of the next epoch; the functions of another stage are dropped."""
        if self.stage != self._next_stage():
            self.stage = self._next_stage()
            self.train_function = self.test_function = None

    def fit_callbacks(self) -> list[keras.callbacks.Callback]:
        """Return the callback that counts epochs and selects the stage."""
        return [_Stages()]

    def make_train_function(self, force: bool = False) -> Any:
        """Make Keras's train function for the stage of the next epoch."""
        self._select_stage()
        return super().make_train_function(force=force)

    def make_test_function(self, force: bool = False) -> Any:
        """Make Keras's test function for the stage of the next epoch."""
        self._select_stage()
        return super().make_test_function(force=force)

    def load_own_variables(self, store: Any) -> None:
        """Load the variables, and select the stage that they belong to."""
        super().load_own_variables(store)
        self._select_stage()

    # -- the steps

    def encode_batch(self, images: Any) -> Any:
        """Return the latents, float32 (N, latent_dim), of images (N, H, W, C), as tensors."""
        outputs = backend.run(self.autoencoder.encoder, images, False)
        return ops.cast(outputs if len(self.autoencoder.heads) == 1 else outputs[0], "float32")

    def compute_losses(self, batch: Batch, noise: dict[str, Any], training: bool = False) -> tuple[Any, dict[str, Any]]:
        """Return `(loss, metrics)` of the current stage.

        Args:
            batch: images (N, H, W, C) in the first stage, latents (N, latent_dim) in the second, and labels (N,) if
                there are classes.
            noise: name -> values, see `noise`.
            training: whether the networks run in training mode.
        """
        if self.stage == "autoencoder":
            return self.autoencoder.compute_losses(batch, noise, training)
        latents, _ = self.standardization.forward(batch.images)
        return self.diffusion.compute_losses(Batch(latents, batch.labels), noise, training)

    def _batch_of_stage(self, batch):
        return batch if self.stage == "autoencoder" else Batch(self.encode_batch(batch.images), batch.labels)

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take one step of the model of the current stage."""
        batch = self.unpack(data)
        noise, inputs = self.draw(batch), self._batch_of_stage(batch)
        if self.stage == "diffusion":
            self.standardization.update(inputs.images)
        loss, metrics = self.minimize(self.stage, lambda: self.compute_losses(inputs, noise, training=True))
        if self.stage == "diffusion" and self.diffusion.moving_average is not None:
            self.diffusion.moving_average.update()
        return self.track(batch, **{f"{self.stage}_loss": loss}, **metrics)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Log the same values as `train_step`, without a step."""
        batch = self.unpack(data)
        loss, metrics = self.compute_losses(self._batch_of_stage(batch), self.draw(batch))
        return self.track(batch, **{f"{self.stage}_loss": loss}, **metrics)

    # -- latents and images

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the reconstructions of images (N, H, W, C)."""
        return self.autoencoder(inputs, training=training)

    def encode(self, images: np.ndarray, labels: Any = None) -> np.ndarray:
        """Return the latents (N, latent_dim) of images (N, H, W, C); labels are not used.

        Raises:
            DataError: images that the model cannot take.
        """
        return self.autoencoder.encode(images)

    def decode(self, latents: np.ndarray, labels: Any = None) -> np.ndarray:
        """Return the images (N, H, W, C) of latents (N, latent_dim); labels are not used."""
        return self.autoencoder.decode(latents)

    def reconstruct(self, images: np.ndarray, labels: Any = None) -> np.ndarray:
        """Return images (N, H, W, C) encoded and decoded again, in [0, 1]."""
        return self.autoencoder.reconstruct(images)

    interpolate = interpolation.interpolate

    @property
    def generate_options(self) -> Mapping[str, Option]:  # type: ignore[override]
        """Options of `generate`, those of the diffusion model."""
        return self.diffusion.generate_options

    def generate(self, n: int, seed: int | None = None, labels: Any = None, **options: Any) -> np.ndarray:
        """Return `n` samples (n, *sample_shape); sample i of a seed does not depend on `n`.

        Args:
            n: number of samples.
            seed: seed of the noise.
            labels: for a conditional model, one class or classes (n,); without labels, the model is unconditional.
            options: values of `generate_options`, such as `steps`, `sampler` and `guidance`.

        Raises:
            UsageError, DataError: as `Diffusion.generate`.
        """
        if labels is not None:
            labels = self.classes.check(labels, n)
        latents = self.diffusion.generate(n, seed=seed, labels=labels, **options)
        return self.decode(ops.convert_to_numpy(self.standardization.inverse(ops.convert_to_tensor(latents))))

    def preview(self, samples: Any = None, n: int = 64, seed: int = 0) -> np.ndarray:
        """Return the picture of the current stage: reconstructions, then samples; see `GenerativeModel.preview`."""
        if self.stage == "autoencoder" and samples is not None:
            return self.autoencoder.preview(samples, n, seed)
        return previews.preview(self, samples, n, seed)


class _Stages(keras.callbacks.Callback):
    """Callback that counts the epochs of a `LatentDiffusion` and selects the stage of each."""

    def on_epoch_begin(self, epoch, logs=None):
        """Make the functions of the stage."""
        self.model.make_train_function()

    def on_epoch_end(self, epoch, logs=None):
        """Count the epoch."""
        self.model.epoch_count.assign(self.model.epoch_count + 1.0)
