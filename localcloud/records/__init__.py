"""Records: every call that was made, and the contents of the cloud as two runs must agree on them."""
