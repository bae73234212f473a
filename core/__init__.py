"""The station without a screen and without TensorFlow."""

__version__ = "0.1.0"
