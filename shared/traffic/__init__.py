"""Traffic: what is expected, by which requests it is asked for, and what the answers say."""
