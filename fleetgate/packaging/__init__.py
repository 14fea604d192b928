"""Makes the archives for Cloud Functions: each has the code and the requirements of one function, and no more."""
