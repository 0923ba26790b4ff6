"""Python code for the processes that tests start."""

# Imports Keras as the commands do, in a third of the time: without TensorFlow on another backend, for example.
START = """
from kerasgen.cli import backends
backends.start()
"""
