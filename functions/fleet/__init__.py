"""Memberships, features, the importer's grant."""
