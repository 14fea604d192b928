"""What several functions, or a function and the command line, use: spec, labels, step protocol, Google's APIs."""
