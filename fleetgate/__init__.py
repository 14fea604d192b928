"""The command line: an ordinary client, the same for Google Cloud and the local cloud."""
