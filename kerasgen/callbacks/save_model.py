"""The model as a file, kept up to date while it trains."""

from pathlib import Path

import keras

from kerasgen.files import atomic_write


class SaveModel(keras.callbacks.Callback):
    """Saves the model after each epoch, over the last file, of which a kill never leaves half.

    Args:
        path: a `.keras` file; its folder is made if it is missing.
    """

    def __init__(self, path):
        super().__init__()
        self.path = Path(path)

    def on_epoch_end(self, epoch, logs=None):
        """Save the model."""
        self.save()

    def save(self):
        """Save the model now."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(self.path) as temporary:
            self.model.save(temporary)
