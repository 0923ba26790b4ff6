"""The diffusion model of denoising-diffusion-pytorch (PyPI), trained on images in memory; a script for its environment.

    PYTHON benchmarks/loops/ddpm_trainer.py DATA.npz EPOCHS BATCH_SIZE FOLDER [SAMPLES]

The steps are those of its `Trainer`: loss, gradients clipped to a norm of 1, Adam, moving average of the weights. It
prints the seconds to generate a number of samples with 50 steps of DDIM, and then the seconds of each epoch.
"""

import sys
import time

import numpy as np
import torch
from denoising_diffusion_pytorch import GaussianDiffusion, Unet
from ema_pytorch import EMA

DIM, MULTIPLES = 24, (1, 2, 2)  # 834,000 parameters for colour images; the recipe has 772,000 with patches of 1
STEPS = 50


def main(path, epochs, batch_size, folder, samples="0"):
    """Train, and print the seconds."""
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with np.load(path) as data:
        images = torch.from_numpy(data["x_train"]).permute(0, 3, 1, 2).float() / 255
    network = Unet(DIM, dim_mults=MULTIPLES, channels=images.shape[1])
    diffusion = GaussianDiffusion(network, image_size=images.shape[-1], sampling_timesteps=STEPS).to(device)
    optimizer = torch.optim.Adam(diffusion.parameters(), lr=1e-3, betas=(0.9, 0.99))
    average = EMA(diffusion, beta=0.999, update_every=1).to(device)
    seconds = []
    for _ in range(int(epochs)):
        begin = time.perf_counter()
        for rows in torch.randperm(len(images)).split(int(batch_size)):
            loss = diffusion(images[rows].to(device))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(diffusion.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            average.update()
            loss.item()
        seconds.append(time.perf_counter() - begin)
    if int(samples):
        for _ in range(2):  # the second time counts
            begin = time.perf_counter()
            average.ema_model.sample(batch_size=int(samples))
        print(f"{time.perf_counter() - begin:.4f}")
    print(*(f"{each:.4f}" for each in seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
