"""The reference Inception network of FID and KID: that of torch-fidelity, in PyTorch on every backend of Keras.

PyTorch is imported only when a function is called. The weights are never downloaded: they are read from the folder of
`torch.hub`, where torch-fidelity or the user has put them.
"""

import hashlib
import re
from pathlib import Path
from types import ModuleType

import numpy as np

from kerasgen.errors import MissingPackageError, ModelFileError, UsageError
from kerasgen.evaluation.images import as_saved
from kerasgen.io import progress

_LAYER = "2048"  # the last average pool, which FID and KID are computed on


class InceptionFeatures:
    """Function from images to the 2048 activations of the last average pool of the Inception network.

    Source: Heusel et al. 2017, arXiv:1706.08500, section 4. The network is TensorFlow's of 2015 as ported by
    torch-fidelity, with the same resizing to 299 x 299.

    Attributes:
        name: the network, the version of the package and the digest of the weights, in words.

    Raises:
        MissingPackageError, ModelFileError: as `weights_file`; or the weights are damaged.

    Example:
        >>> features = InceptionFeatures()  # doctest: +SKIP
        >>> features(np.zeros((4, 32, 32, 3), "uint8")).shape  # doctest: +SKIP
        (4, 2048)
    """

    def __init__(self):
        path, inception = weights_file()
        import torch
        from torch_fidelity import __version__

        try:
            # torch-fidelity would run code that the file contains; `weights_only` refuses such a file
            torch.load(path, map_location="cpu", weights_only=True)
            network = inception.FeatureExtractorInceptionV3("inception-v3-compat", [_LAYER], str(path))
        except (OSError, MemoryError):
            raise
        except Exception as error:  # PyTorch raises many kinds of errors for other files
            raise ModelFileError(
                f"{path} does not hold the weights of the Inception network; get it again from "
                f"{inception.URL_INCEPTION_V3}"
            ) from error
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._network = network.to(self._device)
        self.name = f"the Inception network of torch-fidelity {__version__}, weights {_digest(path)}"

    def __call__(self, images: np.ndarray, batch_size: int = 50) -> np.ndarray:
        """Return the features float32 (N, 2048) of images (N, H, W, C), uint8 or in [0, 1], grey or colour.

        Floats are rounded to 8 bits as in an image file; grey is repeated three times.

        Raises:
            UsageError: images that are not finite, or have another number of channels.
        """
        import torch

        if images.ndim != 4 or images.shape[3] not in (1, 3):
            raise UsageError(f"images have the shape {images.shape}; expected (N, H, W, C), C 1 or 3")
        features, starts = [], range(0, len(images), batch_size)
        with progress.steps(len(starts)) as step:
            for start in starts:
                batch = as_saved(images[start : start + batch_size])
                batch = np.repeat(batch, 3 // batch.shape[3], axis=3).transpose(0, 3, 1, 2)
                with torch.inference_mode():
                    (outputs,) = self._network(torch.from_numpy(np.ascontiguousarray(batch)).to(self._device))
                features.append(outputs.cpu().numpy())
                step()
        return np.concatenate(features)


def weights_file() -> tuple[Path, ModuleType]:
    """Return the path of the weights, and the module of torch-fidelity that defines the network.

    Raises:
        MissingPackageError: torch-fidelity or a package that it needs is missing or incompatible.
        ModelFileError: the weights are not on this machine.

    Example:
        >>> path, inception = weights_file()  # doctest: +SKIP
    """
    try:
        import torch
        from torch_fidelity import feature_extractor_inceptionv3 as inception
    except ImportError as error:
        raise MissingPackageError(f"FID needs torch-fidelity ({error}): pip install torch-fidelity") from error
    except RuntimeError as error:  # torchvision of another build, which torch-fidelity imports
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
    """Return the beginning of the SHA-256 of the file, with a remark if it is not the digest in the file name."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    (expected,) = re.findall(r"-([0-9a-f]{8,})\.", path.name)
    note = "" if digest.startswith(expected) else f", which are not the reference's {expected}"
    return digest[: len(expected)] + note
