"""The dense VAE as a PyTorch script of a tutorial: a `DataLoader` that converts one picture after the other.

Network, loss and optimizer are those of `with_torch`. Other than there, each picture is a Pillow image that becomes a
tensor when it is drawn, as torchvision's `MNIST` with `ToTensor` has it, and one worker process does this.
"""

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from benchmarks.loops import LOSSES, NOISE, weights
from benchmarks.loops.with_torch.layers import DEVICE
from benchmarks.loops.with_torch.vae import VAE


class Pictures(Dataset):
    """Pictures (N, H, W, 1) of 8 bits as tensors (1, H, W) in [0, 1]."""

    def __init__(self, pictures):
        self.pictures = pictures

    def __len__(self):
        """Return the number of pictures."""
        return len(self.pictures)

    def __getitem__(self, index):
        """Return one picture as a tensor."""
        image = Image.fromarray(self.pictures[index, ..., 0], mode="L")
        return torch.from_numpy(np.array(image)).view(1, *image.size[::-1]).to(torch.float32).div(255)


def epochs(recipe, data, batch_size, seed, test):
    """Return a function that trains one epoch and validates; the data are floats, as for the other loops."""
    torch.manual_seed(seed)
    loop = VAE(*weights.first(recipe, seed))
    train, test = (Pictures(np.rint(255 * part[0]).astype("uint8")) for part in (data, test))
    batches = DataLoader(train, batch_size, shuffle=True, num_workers=1)
    test_batches = DataLoader(test, batch_size, num_workers=1)

    def means(function, batches):
        total = 0.0
        for images in batches:
            noise = [torch.randn((len(images), *shape), device=DEVICE) for shape in NOISE[recipe]]
            total += function(images.to(DEVICE), *noise)[0].item()
        return {LOSSES[recipe][0]: total / len(batches)}

    def epoch():
        losses = means(loop.step, batches)
        with torch.no_grad():
            validation = means(loop.validate, test_batches)
        return losses | {f"val_{name}": value for name, value in validation.items()}

    return epoch
