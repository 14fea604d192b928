"""What Cloud Functions is given: an archive a function, with its own code and its own requirements and no more."""
