"""Cloud Workflows: the language in two phases, deploy and run, and the callback endpoints between them.

`deploy.compile_document` parses and checks a source as a deployment does; `run.Run` interprets the result
on a `Host`. Google leaves parts of the language unspecified, so each behaviour that is more than common
sense carries its evidence where it is implemented: [documented] in Google's reference, [observed] in
published output or samples, [inferred] otherwise.
"""
