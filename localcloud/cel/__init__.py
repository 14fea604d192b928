"""The Common Expression Language, for the rules of CRDs and the conditions of IAM.

Google's own implementation evaluates it (cel-expr-python; docs/decisions/0013). An `Environment` says which
variables and functions there are and compiles expressions; `matches` is its regular expressions alone; `faults.py`
has the words of the API server.
"""

from localcloud.cel.environment import Environment, Expression, Function
from localcloud.cel.faults import CelError, CompileError, EvaluationError
from localcloud.cel.patterns import matches

__all__ = ["CelError", "CompileError", "Environment", "EvaluationError", "Expression", "Function", "matches"]
