# Two commands do all the set-up: `make demo` runs the main job, `make test` passes the tests.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST := -m pytest -n 2 --dist loadgroup
# Every command, test and instance is a process of its own; without bytecode each would compile the project anew.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: install demo test lint coverage audit prove bench package lock clean

install: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Fleetgate needs Python 3.11 or newer; say PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
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
	$(BIN)/python -m fleetgate.local.roles

test: lint
	$(BIN)/python $(PYTEST) -m "not long and not proof"

# What the tests run of the code, instances of functions included: shown, not chased. To write what it ran, an instance
# gets SIGTERM here where it gets SIGKILL otherwise, so the tests that count on that are left out.
coverage: install
	rm -rf out/coverage && mkdir -p out/coverage
	PYTHONPATH=$(CURDIR) $(BIN)/coverage run $(PYTEST) -m "not long and not proof and not sigkill"
	$(BIN)/coverage combine --quiet
	rm -f out/coverage/data.*  # of processes that were killed while they wrote
	$(BIN)/coverage report

audit:  # asks the package index for known vulnerabilities of what is pinned
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/pip install --quiet --requirement audit.lock
	.venv/audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock

# The long tests, and the large proofs: one of them is the suite of `make test` in clouds that behave in each way that
# Google's pages leave open. One proof, or a piece: .venv/bin/pytest -m proof -k chaos
prove: install
	$(BIN)/python $(PYTEST) --maxschedchunk 1 -m "long or proof"

bench: install  # cold starts against their budgets, what the main job asks for, and how both grow with an environment
	$(BIN)/python -m tests.bench

package: install
	$(BIN)/fleetgate package

lock: install  # after a change of pyproject.toml; needs uv
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev --output-file requirements.lock pyproject.toml
	echo pip-audit | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --output-file audit.lock -

clean:
	rm -rf .venv out .mypy_cache .pytest_cache .ruff_cache
