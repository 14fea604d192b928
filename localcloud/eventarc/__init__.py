"""Eventarc: messages of topics as CloudEvents, and the triggers that push them to functions and workflows."""

from localcloud.eventarc import api
from localcloud.eventarc.service import service

__all__ = ["api", "service"]
