"""`python -m fleetgate`, where the command itself is not on the path."""

from fleetgate.cli import app

app()
