"""The verification step's function."""
