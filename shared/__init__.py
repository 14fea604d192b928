"""What every function uses: the spec, labels, the step protocol, Google's APIs, the steps themselves."""
