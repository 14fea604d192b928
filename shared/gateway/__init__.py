"""The Gateway and its routes: as they should be, what they say of themselves, and what they wait for."""
