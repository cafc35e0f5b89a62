"""Trained models as artefacts: by skops, and opened only where genuine, known in type and of our versions."""

from models.registry.artefact import ALLOWED_TYPES, dump, load
from models.registry.batch_model import BatchModel, open_model
from models.registry.libraries import check_libraries, libraries

__all__ = [
    "ALLOWED_TYPES",
    "BatchModel",
    "check_libraries",
    "dump",
    "libraries",
    "load",
    "open_model",
]
