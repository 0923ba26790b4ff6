"""The dense VAE in pythae (PyPI), trained by its own `BaseTrainer`; a script for the environment that has pythae.

    PYTHON benchmarks/loops/pythae_trainer.py DATA.npz EPOCHS BATCH_SIZE FOLDER [SAMPLES]

It prints the seconds of each epoch, with the validation. Before this line, it prints the seconds to generate a number
of samples, if one is given. kerasgen and Keras are not needed.
"""

import os
import sys
import time

os.environ.setdefault("WANDB_MODE", "disabled")
import itertools

import numpy as np
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import VAE, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.samplers import NormalSampler
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from pythae.trainers.training_callbacks import TrainingCallback
from torch import nn

HIDDEN, LATENT, PIXELS = 400, 200, 784


class Encoder(BaseEncoder):
    """Two hidden layers and two heads, as in the recipe."""

    def __init__(self):
        super().__init__()
        self.hidden = _hidden(PIXELS)
        self.mean, self.log_variance = nn.Linear(HIDDEN, LATENT), nn.Linear(HIDDEN, LATENT)

    def forward(self, x):
        """Return mean and log variance."""
        hidden = self.hidden(x.flatten(1))
        return ModelOutput(embedding=self.mean(hidden), log_covariance=self.log_variance(hidden))


class Decoder(BaseDecoder):
    """Two hidden layers; pythae's loss takes probabilities."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(*_hidden(LATENT), nn.Linear(HIDDEN, PIXELS), nn.Sigmoid())

    def forward(self, z):
        """Return the pictures (N, 1, 28, 28)."""
        return ModelOutput(reconstruction=self.layers(z).reshape(-1, 1, 28, 28))


def _hidden(inputs):
    return nn.Sequential(nn.Linear(inputs, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, HIDDEN), nn.LeakyReLU(0.2))


class Clock(TrainingCallback):
    """Callback that remembers when each epoch begins."""

    times: list[float] = []

    def on_epoch_begin(self, training_config, **kwargs):
        """Remember the time."""
        self.times.append(time.perf_counter())


def main(path, epochs, batch_size, folder, samples="0"):
    """Train, and print the seconds of each epoch."""
    torch.manual_seed(0)
    with np.load(path) as data:
        train, test = (torch.from_numpy(data[name]).permute(0, 3, 1, 2).float() / 255 for name in ("x_train", "x_test"))
    config = VAEConfig(input_dim=(1, 28, 28), latent_dim=LATENT, reconstruction_loss="bce")
    settings = BaseTrainerConfig(
        output_dir=folder,
        num_epochs=int(epochs),
        learning_rate=1e-3,
        per_device_train_batch_size=int(batch_size),
        per_device_eval_batch_size=int(batch_size),
        no_cuda=not torch.cuda.is_available(),
    )
    train, test = (BaseDataset(images, torch.zeros(len(images))) for images in (train, test))
    model, clock = VAE(config, encoder=Encoder(), decoder=Decoder()), Clock()
    BaseTrainer(model, train, test, settings, callbacks=[clock]).train()
    times = [*clock.times, time.perf_counter()]
    if int(samples):
        for _ in range(2):  # the second time counts
            begin = time.perf_counter()
            NormalSampler(model).sample(num_samples=int(samples), batch_size=500)
        print(f"{time.perf_counter() - begin:.4f}")
    print(*(f"{end - begin:.3f}" for begin, end in itertools.pairwise(times)))


if __name__ == "__main__":
    main(*sys.argv[1:])
