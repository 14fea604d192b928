"""`make bench`: what cold starts cost, what the main job asks of the platform, and how both grow with an environment.

The figures are written to `out/bench.json`.
"""
