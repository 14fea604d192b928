"""From the tree of a source to a document: structure, limits, and the syntax of every expression.

All faults are collected, each with the step it is in. Structure follows the JSON schema that Google
publishes with its samples [observed]; limits are those of its quotas page [documented].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localcloud.workflows import document as model
from localcloud.workflows.errors import DeployFault
from localcloud.workflows.expressions import (
    ExpressionError,
    Index,
    ListOf,
    Literal,
    MapOf,
    Member,
    Name,
    Node,
    parse,
)
from localcloud.workflows.source import Source

EXPRESSION_LIMIT = 400  # characters
ASSIGN_LIMIT = 50  # assignments in a step
SWITCH_LIMIT = 50  # conditions in a switch
PARAMS_LIMIT = 10  # parameters of a sub-workflow
STEPS_LIMIT = 100_000  # steps in one list
BRANCHES = range(2, 11)  # branches of a parallel step

JUMPS = ("end", "break", "continue")
_BODIES = ("assign", "call", "switch", "for", "parallel", "try", "raise", "return", "steps")
_COMPANIONS = {"args": "call", "result": "call", "retry": "try", "except": "try"}
_STEP_KEYS = {*_BODIES, *_COMPANIONS, "next"}
_NOTHING = Literal(None)


class Parser:
    """Parses one source. `faults` is complete when `document` has returned."""

    def __init__(self, source: Source) -> None:
        self.faults: list[DeployFault] = []
        self._source = source
        self._routine = ""
        self._names: set[str] = set()
        self._bodies: dict[str, Callable[[str, dict[str, Any]], model.Body]] = {
            "assign": self._assign,
            "call": self._call,
            "switch": self._switch,
            "for": lambda name, raw: self._for(name, raw["for"]),
            "parallel": self._parallel,
            "try": self._try,
            "raise": self._raise,
            "return": lambda name, raw: model.Return(self.node(raw["return"], name)),
            "steps": lambda name, raw: model.Steps(self._block(raw["steps"], name)),
        }

    def fault(self, message: str, step: str = "", place: Any = None) -> None:
        """Note one fault; `place` is the map in the tree that it stands in."""
        self.faults.append(DeployFault(message, step, self._routine, self._source.place(place)[0]))

    def document(self) -> model.Document:
        """The whole document."""
        tree = self._source.tree
        routines = {"main": {"steps": tree}} if isinstance(tree, list) else tree
        if not isinstance(routines, dict) or not routines:
            self.fault("a workflow must be a list of steps or a map of sub-workflows")
            return model.Document({})
        if "main" not in routines:
            self.fault("main workflow not found")
        return model.Document({str(name): self._routine_of(str(name), raw) for name, raw in routines.items()})

    def _routine_of(self, name: str, raw: Any) -> model.Routine:
        self._routine, self._names = name, set()
        if not isinstance(raw, dict):
            self.fault(f"workflow '{name}' must be a map with 'steps'")
            return model.Routine(name, (), model.Block.of([]))
        self._unknown_keys(raw, {"params", "steps"}, "")
        if "steps" not in raw:
            self.fault(f"workflow '{name}' has no steps")
        params = self._params(name, raw.get("params"))
        return model.Routine(name, params, self._block(raw.get("steps", []), "", empty="steps" not in raw))

    def _params(self, routine: str, raw: Any) -> tuple[model.Param, ...]:
        if raw is None:
            return ()
        limit = 1 if routine == "main" else PARAMS_LIMIT
        if not isinstance(raw, list) or len(raw) > limit:
            self.fault(f"params of '{routine}' must be a list of at most {limit}")
            return ()
        params = tuple(self._param(item) for item in raw)
        if len({param.name for param in params}) < len(params):
            self.fault(f"params of '{routine}' are not unique")
        return params

    def _param(self, raw: Any) -> model.Param:
        if isinstance(raw, str):
            return model.Param(raw)
        if isinstance(raw, dict) and len(raw) == 1:
            ((name, default),) = raw.items()
            return model.Param(str(name), self.node(default, ""))
        self.fault("a parameter must be a name, or a map of one name to its default", place=raw)
        return model.Param("")

    # -- steps

    def _block(self, raw: Any, owner: str, empty: bool = False) -> model.Block:
        if not isinstance(raw, list) or not (raw or empty) or len(raw) > STEPS_LIMIT:
            self.fault("steps must be a list of at least one step", owner, raw)
            return model.Block.of([])
        return model.Block.of([self._named_step(item, owner) for item in raw])

    def _named_step(self, raw: Any, owner: str) -> model.Step:
        if not isinstance(raw, dict) or len(raw) != 1:
            self.fault("each step must be a map of one name to its body", owner, raw)
            return model.Step("", None, None, 0, 0)
        ((name, body),) = raw.items()
        name = str(name)
        if name in self._names:  # unique in the whole routine [inferred]
            self.fault(f"duplicate step name '{name}'", name, raw)
        if name in JUMPS:
            self.fault(f"'{name}' cannot be the name of a step", name, raw)
        self._names.add(name)
        return self._step(name, body, self._source.place(raw))

    def _step(self, name: str, raw: Any, place: tuple[int, int]) -> model.Step:
        if not isinstance(raw, dict) or not raw:
            self.fault("the body of a step must be a map", name, raw)
            return model.Step(name, None, None, *place)
        self._unknown_keys(raw, _STEP_KEYS, name)
        for key, needed in _COMPANIONS.items():
            if key in raw and needed not in raw:
                self.fault(f"'{key}' needs '{needed}'", name, raw)
        kinds = [key for key in _BODIES if key in raw]
        if len(kinds) > 1:
            self.fault(f"a step cannot have both '{kinds[0]}' and '{kinds[1]}'", name, raw)
        body = self._bodies[kinds[0]](name, raw) if kinds else None
        return model.Step(name, body, self._next(name, raw), *place)

    def _next(self, name: str, raw: dict[str, Any]) -> str | None:
        target = raw.get("next")
        if "next" in raw and not isinstance(target, str):
            self.fault("next must be the name of a step", name, raw)
            return None
        return target

    def _assign(self, name: str, raw: dict[str, Any]) -> model.Body:
        items = raw["assign"]
        if not isinstance(items, list) or not 1 <= len(items) <= ASSIGN_LIMIT:
            self.fault(f"assign must be a list of 1 to {ASSIGN_LIMIT} assignments", name, raw)
            return model.Assign(())
        return model.Assign(tuple(self._assignment(item, name) for item in items))

    def _assignment(self, raw: Any, step: str) -> model.Assignment:
        if not isinstance(raw, dict) or len(raw) != 1:
            self.fault("an assignment must be a map of one variable to its value", step, raw)
            return model.Assignment(Name("_"), _NOTHING)
        ((target, value),) = raw.items()
        return model.Assignment(self._target(target, step), self.node(value, step))

    def _target(self, raw: Any, step: str) -> Node:
        try:
            target = parse(raw) if isinstance(raw, str) else _NOTHING
        except ExpressionError:
            target = _NOTHING
        node: Node = target
        while isinstance(node, Member | Index):
            node = node.of
        if not isinstance(node, Name):
            self.fault(f"cannot assign to {raw!r}", step)
            return Name("_")
        return target

    def _call(self, name: str, raw: dict[str, Any]) -> model.Body:
        function, arguments = raw["call"], raw.get("args") or {}
        if not isinstance(function, str):
            self.fault("call must be the name of a function", name, raw)
            function = ""
        if not isinstance(arguments, dict):
            self.fault("args must be a map of names to values", name, raw)
            arguments = {}
        nodes = tuple((str(key), self.node(value, name)) for key, value in arguments.items())
        result = self._target(raw["result"], name) if "result" in raw else None
        return model.Call(function, nodes, result)

    def _switch(self, name: str, raw: dict[str, Any]) -> model.Body:
        cases = raw["switch"]
        if not isinstance(cases, list) or not 1 <= len(cases) <= SWITCH_LIMIT:
            self.fault(f"switch must be a list of 1 to {SWITCH_LIMIT} conditions", name, raw)
            return model.Switch(())
        return model.Switch(tuple(self._case(case, name) for case in cases))

    def _case(self, raw: Any, step: str) -> model.Case:
        if not isinstance(raw, dict) or "condition" not in raw:
            self.fault("each entry of a switch must be a map with a 'condition'", step, raw)
            return model.Case(_NOTHING, model.Step(step, None, None, 0, 0))
        condition = raw["condition"]
        if not isinstance(condition, bool) and not _is_expression(condition):
            self.fault(f"condition must be an expression or a boolean; got: {condition!r}", step, raw)
        rest = {key: value for key, value in raw.items() if key != "condition"}
        place = self._source.place(raw)
        inner = self._step(step, rest, place) if rest else model.Step(step, None, None, *place)
        return model.Case(self.node(condition, step), inner)

    def _for(self, name: str, raw: Any) -> model.For:
        if not isinstance(raw, dict):
            self.fault("for must be a map", name, raw)
            raw = {}
        self._unknown_keys(raw, {"value", "index", "in", "range", "steps"}, name)
        value, index = raw.get("value"), raw.get("index")
        if not isinstance(value, str) or not (index is None or isinstance(index, str)):
            self.fault("for needs the name of its variable in 'value'", name, raw)
        if ("in" in raw) == ("range" in raw):
            self.fault("for needs either 'in' or 'range'", name, raw)
        items = self._items(raw["in"], name) if "in" in raw else None
        bounds = self._bounds(raw["range"], name) if "range" in raw else None
        return model.For(str(value), index, items, bounds, self._block(raw.get("steps"), name))

    def _items(self, raw: Any, step: str) -> Node:
        if not isinstance(raw, list) and not _is_expression(raw):
            self.fault("'in' must be a list or an expression", step)
        return self.node(raw, step)

    def _bounds(self, raw: Any, step: str) -> Node:
        """Two numbers, each of them an expression or not, or one expression for both [documented: troubleshooting]."""
        listed = isinstance(raw, list) and len(raw) == 2 and all(map(_is_number, raw))
        if not listed and not _is_expression(raw):
            self.fault("range must be two numbers, or one expression such as ${[first, last]}", step)
        return self.node(raw, step)

    def _parallel(self, name: str, raw: dict[str, Any]) -> model.Body:
        body = raw["parallel"] if isinstance(raw["parallel"], dict) else {}
        known = {"branches", "for", "shared", "concurrency_limit", "exception_policy"}
        self._unknown_keys(body, known, name)
        if ("branches" in body) == ("for" in body):
            self.fault("parallel needs either 'branches' or 'for'", name, body)
        if body.get("exception_policy", "continueAll") != "continueAll":
            self.fault("exception_policy must be continueAll", name, body)
        shared = body.get("shared", [])
        if not isinstance(shared, list) or not all(isinstance(item, str) for item in shared):
            self.fault("shared must be a list of variables", name, body)
            shared = []
        limit = self.node(body["concurrency_limit"], name) if "concurrency_limit" in body else None
        loop = self._for(name, body["for"]) if "for" in body else None
        branches = self._branches(body["branches"], name) if "branches" in body else ()
        return model.Parallel(branches, loop, tuple(shared), limit)

    def _branches(self, raw: Any, step: str) -> tuple[model.Branch, ...]:
        if not isinstance(raw, list) or len(raw) not in BRANCHES:
            self.fault(f"branches must be a list of {BRANCHES.start} to {BRANCHES.stop - 1}", step)
            return ()
        branches = []
        for item in raw:
            named = self._named_step(item, step)
            inner = named.body.block if isinstance(named.body, model.Steps) else None
            branches.append(model.Branch(named.name, inner or model.Block.of([named], named=False)))
        return tuple(branches)

    def _try(self, name: str, raw: dict[str, Any]) -> model.Body:
        handler = self._handler(raw["except"], name) if "except" in raw else None
        retry = self._retry(raw["retry"], name) if "retry" in raw else None
        body = raw["try"]
        if isinstance(body, dict) and "for" in body:  # a known defect of Google's [documented: known issues]
            self.fault("loop step name should not be empty", name, body)
        if isinstance(body, list):
            block = self._block(body, name)
        elif isinstance(body, dict) and set(body) == {"steps"}:
            block = self._block(body["steps"], name)
        else:
            block = model.Block.of([self._step(name, body, self._source.place(body))], named=False)
        return model.Try(block, retry, handler)

    def _handler(self, raw: Any, step: str) -> model.Except | None:
        if not isinstance(raw, dict):
            self.fault("except must be a map with 'as' and 'steps'", step, raw)
            return None
        self._unknown_keys(raw, {"as", "steps"}, step)
        name = raw.get("as")
        if name is not None and not isinstance(name, str):
            self.fault("'as' must be the name of a variable", step, raw)
        return model.Except(name, self._block(raw.get("steps"), step))

    def _retry(self, raw: Any, step: str) -> model.Retry | None:
        if _is_expression(raw):
            return model.Retry(self.node(raw, step), None, None, None)
        if not isinstance(raw, dict):
            self.fault("retry must be a policy: a map, or an expression", step, raw)
            return None
        self._unknown_keys(raw, {"predicate", "max_retries", "backoff"}, step)
        backoff = raw.get("backoff")
        if isinstance(backoff, dict):
            self._unknown_keys(backoff, {"initial_delay", "max_delay", "multiplier"}, step)
        parts = {key: self.node(value, step) for key, value in raw.items()}
        return model.Retry(None, parts.get("predicate"), parts.get("max_retries"), parts.get("backoff"))

    def _raise(self, name: str, raw: dict[str, Any]) -> model.Body:
        if not isinstance(raw["raise"], str | dict):
            self.fault("raise must be a string, a map or an expression", name, raw)
        return model.Raise(self.node(raw["raise"], name))

    # -- values

    def node(self, raw: Any, step: str) -> Node:
        """The tree of a value of the document: what is `${…}` as a whole is an expression, at any depth."""
        if isinstance(raw, list):
            return ListOf(tuple(self.node(item, step) for item in raw))
        if isinstance(raw, dict):
            return MapOf(tuple((self.node(k, step), self.node(v, step)) for k, v in raw.items()))
        return self._expression(raw.strip(), step) if _is_expression(raw) else Literal(raw)

    def _expression(self, text: str, step: str) -> Node:
        if len(text) > EXPRESSION_LIMIT:
            self.fault(f"expression of {len(text)} characters exceeds the limit of {EXPRESSION_LIMIT}", step)
        try:
            return parse(text[2:-1])
        except ExpressionError as error:
            self.fault(str(error), step)
            return _NOTHING

    def _unknown_keys(self, raw: dict[str, Any], known: set[str], step: str) -> None:
        for key in raw:
            if key not in known:
                self.fault(f"unexpected entry '{key}'", step, raw)


def _is_number(raw: Any) -> bool:
    return type(raw) in (int, float) or _is_expression(raw)


def _is_expression(raw: Any) -> bool:
    return isinstance(raw, str) and raw.strip().startswith("${") and raw.strip().endswith("}")
