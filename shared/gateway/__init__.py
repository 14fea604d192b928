"""The Gateway and its routes: the names in a Gateway, and what the live objects say of themselves."""
