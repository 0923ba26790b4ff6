"""A slip in Keras's saving, mended from outside; the one module that uses names private to Keras.

To know which attributes of an optimizer to save, Keras makes a blank optimizer at every save: it looks for the answer
under another name than it stored it. TensorFlow keeps 0.07 MB of each such optimizer for ever.
"""

import contextlib


def remember_what_to_skip():
    """Put Keras's list of an optimizer's attributes where its saving looks; nothing happens where Keras does not."""
    with contextlib.suppress(ImportError, AttributeError):
        from keras.src.backend.common import global_state
        from keras.src.saving import saving_lib

        where = "saving_attr_skiplist_Optimizer"  # what Keras stores is called skipset
        if global_state.get_global_attribute(where) is None:
            global_state.set_global_attribute(where, saving_lib.get_attr_skipset("Optimizer"))
