"""Entry points of the Cloud Functions, one folder each: the event in, the step named, nothing else."""
