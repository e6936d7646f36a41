# The words people and CI share. `make run` starts a demo on this machine; see README.md.
#   make run [PORT=8000] [DATA=./data]
#   make test · make check · make bench · make lock · make clean

SHELL := /bin/bash
PORT ?= 8000
DATA ?= ./data
PYTHON := .venv/bin/python
.DEFAULT_GOAL := help

.PHONY: help run install install-dev test check bench lock clean

help:  ## Say what each word does.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

install:
	@.ci/install requirements.txt
	@.ci/install requirements-filter.txt

install-dev:
	@.ci/install requirements-dev.txt
	@.ci/install requirements-filter.txt

run: install  ## Start an invented clinic here and print a sign-in link for each role.
	@.ci/demo "$(PORT)" "$(DATA)"

test: install-dev  ## Run every test: SQLite and memory, then PostgreSQL and Redis.
	@.ci/setup
	@.ci/test

check: install-dev  ## Format, lint, types, import directions, migrations, settings, docs.
	@.ci/check

bench: install-dev  ## Print each claim with its number.
	@set -e; for script in benchmarks/*.py; do echo "== $$script"; $(PYTHON) "$$script"; done

lock: install-dev  ## Write requirements*.txt with hashes from pyproject.toml.
	@.ci/lock

clean:  ## Remove what can be made again. Data stays.
	rm -rf .venv .static .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
