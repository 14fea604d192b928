"""The command line a person uses: a client like any other, the same against Google Cloud and the local cloud."""
