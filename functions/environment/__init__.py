"""Claims and endings."""
