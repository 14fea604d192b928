"""`python -m fleetgate`, for when the command is not on the path."""

from fleetgate.cli import app

app()
