# Two commands do all the set-up: `make demo` runs the main job, `make test` passes the tests.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install demo test lint audit prove bench package lock clean

install: .venv/.installed

.venv/.installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Fleetgate needs Python 3.11 or newer; say PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement requirements.lock
	$(BIN)/pip install --quiet --no-build-isolation --no-deps --editable .
	touch $@

demo: install
	$(BIN)/fleetgate local run examples/store.yaml

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -n 2 --dist loadgroup -m "not long"

audit:  # asks the package index for known vulnerabilities of what is pinned
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/pip install --quiet --requirement audit.lock
	.venv/audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock

prove: install
	$(BIN)/pytest -n 2 -m long
	$(BIN)/python -m tests.prove

bench: install  # cold starts against their budgets, and what the main job asks for
	$(BIN)/python -m tests.bench

package: install
	$(BIN)/fleetgate package

lock: install  # after a change of pyproject.toml; needs uv
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev --output-file requirements.lock pyproject.toml
	echo pip-audit | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --output-file audit.lock -

clean:
	rm -rf .venv out .mypy_cache .pytest_cache .ruff_cache
