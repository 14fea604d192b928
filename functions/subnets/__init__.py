"""Proxy-only subnets."""
