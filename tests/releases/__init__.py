"""Environments that earlier releases made: how they are recorded, made again, and looked after by the present code."""
