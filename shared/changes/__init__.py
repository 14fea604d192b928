"""Changes that several functions make. What one function alone changes stands in its own `changes.py`."""
