"""Eventarc: messages of topics as CloudEvents, and the triggers that push them to functions and workflows."""
