"""The reference Inception network of FID and KID: torch-fidelity's, in PyTorch whatever backend Keras runs on.

Imports PyTorch only when it is called. Its weights are never downloaded: they are where `torch.hub` keeps them,
because torch-fidelity has run there or a file was copied there, or the user is told where to copy it.
"""

import hashlib
import re
from pathlib import Path

import numpy as np

from kerasgen.data.pixels import as_bytes
from kerasgen.errors import MissingPackageError, ModelFileError, UsageError

_LAYER = "2048"  # the last average pool, whose features FID and KID are of


class InceptionFeatures:
    """The 2048 activations of the network's last average pool, as a function of images.

    Source: Heusel et al. 2017, arXiv:1706.08500, section 4; the network of 2015 in TensorFlow, as torch-fidelity
    has it, with the same resizing to 299 x 299.

    Attributes:
        name: the network, the package's version and the weights' digest, in words.

    Raises:
        MissingPackageError, ModelFileError: as `weights_file`; or the weights are broken.
    """

    def __init__(self):
        path, inception = weights_file()
        import torch
        from torch_fidelity import __version__

        try:
            # torch-fidelity would run code that the file holds; here such a file is refused
            torch.load(path, map_location="cpu", weights_only=True)
            network = inception.FeatureExtractorInceptionV3("inception-v3-compat", [_LAYER], str(path))
        except (OSError, MemoryError):
            raise
        except Exception as error:  # whatever PyTorch meets in a file that it did not write
            raise ModelFileError(
                f"{path} does not hold the weights of the Inception network; get it again from "
                f"{inception.URL_INCEPTION_V3}"
            ) from error
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._network = network.to(self._device)
        self.name = f"the Inception network of torch-fidelity {__version__}, weights {_digest(path)}"

    def __call__(self, images, batch_size=50):
        """Return the features (N, 2048) of images (N, H, W, C), uint8 or in [0, 1], in grey or in colour.

        Floats are rounded to 8 bits, as in a file of images; grey is repeated three times.

        Raises:
            UsageError: images that are not finite, or neither grey nor in colour.
        """
        import torch

        if images.ndim != 4 or images.shape[3] not in (1, 3):
            raise UsageError(f"images have the shape {images.shape}; expected (N, H, W, C), C 1 or 3")
        features = []
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size]
            if batch.dtype != np.uint8:
                if not np.isfinite(batch).all():
                    raise UsageError("images hold NaN or infinity; the model that made them is broken")
                batch = as_bytes(batch)
            batch = np.repeat(batch, 3 // batch.shape[3], axis=3).transpose(0, 3, 1, 2)
            with torch.inference_mode():
                (found,) = self._network(torch.from_numpy(np.ascontiguousarray(batch)).to(self._device))
            features.append(found.cpu().numpy())
        return np.concatenate(features)


def weights_file():
    """Return the path of the weights, and the module of torch-fidelity that has the network.

    Raises:
        MissingPackageError: torch-fidelity, or what it needs, is not installed, or is of another build.
        ModelFileError: the weights are not on this machine.
    """
    try:
        import torch
        from torch_fidelity import feature_extractor_inceptionv3 as inception
    except ImportError as error:
        raise MissingPackageError(f"FID needs torch-fidelity ({error}): pip install torch-fidelity") from error
    except RuntimeError as error:  # torchvision, which torch-fidelity imports, says nothing better
        raise MissingPackageError(
            f"torch-fidelity cannot be imported ({error}): torchvision and PyTorch are of different builds; install "
            "both from the same index"
        ) from error
    url = inception.URL_INCEPTION_V3
    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(url).name
    if not path.is_file():
        raise ModelFileError(
            f"FID needs the weights of the Inception network, and there is no file {path}: get it from {url} "
            "and put it there; kerasgen downloads no weights"
        )
    return path, inception


def _digest(path):
    """Return the beginning of the SHA-256 of the file, and whether it is the one that its name says."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    (expected,) = re.findall(r"-([0-9a-f]{8,})\.", path.name)
    note = "" if digest.startswith(expected) else f", which are not the reference's {expected}"
    return digest[: len(expected)] + note
