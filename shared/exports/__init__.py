"""What is exported from every cluster of an environment, and how it is taken back."""
