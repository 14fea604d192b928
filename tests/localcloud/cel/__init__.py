"""CEL as the local cloud evaluates it."""
