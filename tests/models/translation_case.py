"""What must be true of every model of two domains, beside what is of every model."""

import keras
import numpy as np
import pytest

from kerasgen.errors import DataError, UsageError
from tests.models.model_case import ModelCase


class TranslationCase(ModelCase):
    image_size = 16
    preview_places = (8, 3)

    def arguments(self, images):
        return images, self.labels(images)

    def labels(self, images):
        """Return the other domain: the images upside down."""
        return images[:, ::-1].copy()

    def with_noise(self, images, noise):
        return {"a": images, "b": self.labels(images), "noise": noise}

    def make(self, model, n, seed):
        return model.translate(self.images(n, seed=seed), seed=seed)

    def domains(self, batch, n=8):
        """Return a batch of both domains as a step has them: tensors in [-1, 1]."""
        a = 2.0 * keras.ops.convert_to_numpy(batch)[:n] - 1.0
        return keras.ops.convert_to_tensor(a), keras.ops.convert_to_tensor(self.labels(a))

    # Whatever fails here fails before a step: one model does for all.
    def test_what_cannot_be_two_domains_is_refused(self):
        model, images = self.model(), self.images()
        with pytest.raises(UsageError, match=r"call fit\(a, b\)"):
            model.fit(images, verbose=0)
        with pytest.raises(DataError, match="24 images of domain A and 20 of domain B"):
            model.fit(images, images[:20], verbose=0)
        with pytest.raises(DataError, match=r"images have shape \(24, 8, 16, 1\)"):
            model.fit(images, images[:, :8], verbose=0)
        with pytest.raises(DataError, match="divide by 255"):
            model.translate(images * 255)
        with pytest.raises(UsageError, match="seed is -1; it must be a whole number of 0 or more"):
            self.model().translate(self.images(1), seed=-1)
        with pytest.raises(UsageError, match="did you mean AtoB"):
            model.translate(images, direction="AtoC")
        with pytest.raises(UsageError, match=r"give \(a, b\)"):
            model.preview(None)

    def test_translation_in_batches_is_that_of_all_at_once_and_of_bytes_that_of_floats(self):
        model = self.model()
        images = (255 * self.images(18)).astype("uint8")
        translated = model.translate(images, seed=3)
        assert translated.dtype == np.float32
        np.testing.assert_allclose(model.translate(images / np.float32(255), seed=3), translated, atol=1e-6)
        np.testing.assert_allclose(model.translate(images[:5], seed=3), translated[:5], atol=1e-5)
        assert model.translate(images[:0]).shape == (0, 16, 16, 1)
