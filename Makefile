# Two commands do everything on a fresh machine: make demo, make test.
SHELL := /bin/bash
PY := .venv/bin/python

# The tests start hundreds of programs: each would compile everything anew where nothing is kept.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo console test lint types imports unit fuzz bench serve pictures
.PHONY: requirements clean

help:
	@echo "make demo    issue three cards, tap them, refuse them after revocation"
	@echo "make console the console on made-up data: sign in, click through, at a virtual desk"
	@echo "make test    every check and every test"
	@echo "make fuzz    the property tests on inputs that no run has tried before"
	@echo "make bench   measurements beside their bare limits"
	@echo "make serve   the service on http://127.0.0.1:8440"

setup:
	@scripts/setup.sh

demo: setup
	@.venv/bin/cardsvc demo --once

console: setup
	@.venv/bin/cardsvc demo --console

test: setup lint types imports unit

lint: setup
	@.venv/bin/ruff check --quiet . && .venv/bin/ruff format --check --quiet . && echo "lint: clean"

types: setup
	@.venv/bin/mypy

imports: setup
	@.venv/bin/lint-imports

unit: setup
	@$(PY) -m pytest -n 2 --dist loadfile

# `make test` draws the same inputs for the same commit; here each run draws others.
fuzz: setup
	@$(PY) -m pytest -n 2 --dist loadfile -m hypothesis --hypothesis-profile fuzz

bench: setup
	@$(PY) -m bench

serve: setup
	@.venv/bin/cardsvc serve

# The pictures in the guides.
pictures: setup
	@for kind in civil_servant individual business; do \
	    CARDSVC_DATA_DIR=var/pictures .venv/bin/cardsvc face-sample $$kind --png --dpi 150 \
	        --out var/pictures/face-$$kind.pdf; done
	@install -D -m 644 -t docs/img var/pictures/face-*-front.png
	@$(PY) -m tests.support.pictures 2>var/pictures/console.log
	@$(PY) -m tests.support.kiosk_pictures 2>var/pictures/kiosk.log

# Pins every package by hash; the files name no index. Needs the network.
requirements: setup
	@scripts/pin-requirements.sh

clean:
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
