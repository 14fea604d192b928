"""The fleet: what its features and memberships wait for, and the importer's grant."""
