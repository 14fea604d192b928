"""What the functions logged of one execution: read from Cloud Logging, put together, and held against the result.

The workflow's result tells how an execution ended, and counts what its steps did. The rows themselves (changes,
traffic) are in the log: `entries` reads it, `answers` puts lines together, `accounts` compares them with the counts,
`waiting` looks again while something is missing.
"""
