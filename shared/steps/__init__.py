"""The steps, one module each: observe, decide, act. The runner in `shared.step.run` does the rest."""
