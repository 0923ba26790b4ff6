"""The loops in PyTorch: modules, `torch.optim.Adam`, eager, in PyTorch's own layout (N, C, H, W)."""

import numpy as np
import torch

from . import LOGGED, NOISE, weights
from .autoencoders_with_torch import AUTOENCODERS
from .games_with_torch import GAMES
from .layers_with_torch import DEVICE

DRAW = {"normal": torch.randn, "uniform": torch.rand}


def trainer(recipe, arrays):
    """Return an object whose `step(*batch)`, of data and noise, returns the losses; arrays as `weights.first` makes."""
    return (AUTOENCODERS | GAMES)[recipe](arrays)


def prepared(array):
    """Return a NumPy array as a step takes it, on the CPU; images (N, H, W, C) as (N, C, H, W)."""
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    tensor = tensor.permute(0, 3, 1, 2).contiguous() if tensor.ndim == 4 else tensor
    return tensor if tensor.is_floating_point() else tensor.long()


def epochs(recipe, data, batch_size, seed, made=None):
    """Return `epoch()` that trains the recipe; see `loops`. `made`: a `trainer` to train, a new one if None."""
    torch.manual_seed(seed)
    made = made or trainer(recipe, weights.first(recipe, seed))
    data, count = [prepared(array) for array in data], len(data[0]) // batch_size
    kinds = [(DRAW[kind], (batch_size, *shape[2:], *shape[:2])) for kind, shape in NOISE[recipe]]

    def epoch():
        totals = torch.zeros(len(LOGGED[recipe]), device=DEVICE)
        for rows in torch.randperm(len(data[0]))[: count * batch_size].view(count, batch_size):
            batch = [tensor[rows].to(DEVICE) for tensor in data]
            noise = [draw(shape, device=DEVICE) for draw, shape in kinds]
            totals += torch.stack(made.step(*batch, *noise))
        return dict(zip(LOGGED[recipe], (totals / count).tolist()))

    return epoch
