"""The loops in PyTorch: modules, `torch.optim.Adam`, eager, in PyTorch's own layout (N, C, H, W)."""

import numpy as np
import torch

from benchmarks.loops import LOSSES, NOISE, weights
from benchmarks.loops.with_torch.dcgan import DCGAN
from benchmarks.loops.with_torch.layers import DEVICE
from benchmarks.loops.with_torch.pix2pix import Pix2Pix
from benchmarks.loops.with_torch.vae import VAE

RECIPES = {"vae": VAE, "dcgan": DCGAN, "pix2pix": Pix2Pix}


def take_steps(recipe, players, batches, **settings):
    """Return the losses (steps, losses) of a step with each batch; see `benchmarks.loops`."""
    loop = RECIPES[recipe](*players, **settings)
    losses = [loop.step(*(prepared(array).to(DEVICE) for array in batch)) for batch in batches]
    return torch.stack([torch.stack([*each]) for each in losses]).cpu().numpy()


def prepared(array):
    """Return a NumPy array as a tensor on the CPU; images (N, H, W, C) become (N, C, H, W)."""
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    return tensor.permute(0, 3, 1, 2).contiguous() if tensor.ndim == 4 else tensor


def epochs(recipe, data, batch_size, seed, test=None, compiled=False):
    """Return a function that trains one epoch; see `benchmarks.loops`. With `compiled`, by `torch.compile`."""
    torch.manual_seed(seed)
    loop = RECIPES[recipe](*weights.first(recipe, seed, *data[0].shape[2:]))
    for player in vars(loop).values() if compiled else ():
        if hasattr(player, "network"):
            player.network = torch.compile(player.network)
    data, test = [prepared(array) for array in data], [prepared(array) for array in test or ()]

    def means(function, tensors, order):
        count = len(order) // batch_size
        totals = torch.zeros(len(LOSSES[recipe]), device=DEVICE)
        for rows in order[: count * batch_size].view(count, batch_size):
            batch = [tensor[rows].to(DEVICE) for tensor in tensors]
            noise = [torch.randn((batch_size, *shape), device=DEVICE) for shape in NOISE[recipe]]
            totals += torch.stack([*function(*batch, *noise)])
        return dict(zip(LOSSES[recipe], (totals / count).tolist()))

    def epoch():
        losses = means(loop.step, data, torch.randperm(len(data[0])))
        if test:
            with torch.no_grad():
                validation = means(loop.validate, test, torch.arange(len(test[0])))
            losses |= {f"val_{name}": value for name, value in validation.items()}
        return losses

    return epoch
