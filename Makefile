# The menu. Every command does its own set-up; the first one on a machine takes a few minutes.
ADDON ?=
K ?=
T ?=
PY ?= python3

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: ## the demo on http://127.0.0.1:8069 (PORT=8070 for another port)
	@$(PY) scripts/run.py

reset: ## forget the demo's data
	@$(PY) scripts/run.py reset

test: ## all tests; ADDON=crm_core, K=booking or T=tests/repo for some
	@$(PY) scripts/test.py --addon=$(ADDON) -k=$(K) --path=$(T)

.PHONY: help run reset test
.DEFAULT_GOAL := help
