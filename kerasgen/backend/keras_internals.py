"""Two slips of Keras's, mended from outside: the one module that uses names private to Keras."""

import contextlib
import functools
import sys


def remember_what_to_skip():
    """Put Keras's list of an optimizer's attributes where its saving looks; nothing happens where Keras does not.

    To know which attributes to save, Keras makes a blank optimizer at every save: it looks for the list under another
    name than it stored it. TensorFlow keeps 0.07 MB of each such optimizer for ever.
    """
    with contextlib.suppress(ImportError, AttributeError):
        from keras.src.backend.common import global_state
        from keras.src.saving import saving_lib

        where = "saving_attr_skiplist_Optimizer"  # what Keras stores is called skipset
        if global_state.get_global_attribute(where) is None:
            global_state.set_global_attribute(where, saving_lib.get_attr_skipset("Optimizer"))


@functools.cache
def leave_tensorflow_alone():
    """Let Keras take TensorFlow for missing, in this process, until something else imports it.

    On every backend Keras imports it to seed it, and when it saves or loads a model to ask whether an object is one of
    TensorFlow's: that takes seconds and 450 MB.
    """
    with contextlib.suppress(ImportError, AttributeError):
        from keras.src.utils.module_utils import tensorflow

        class WhenImported(type(tensorflow)):
            available = property(lambda self: "tensorflow" in sys.modules)

        tensorflow.__class__ = WhenImported
