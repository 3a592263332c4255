"""dlsetup installs deep learning frameworks and proves that they train on the accelerator."""

__version__ = "0.1.0"
