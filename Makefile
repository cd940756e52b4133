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
	@$(PY) scripts/test.py --addon="$(ADDON)" -k="$(K)" --path="$(T)"

host-tests: ## the host's own tests with and without the suite (half an hour)
	@$(PY) scripts/host_tests.py

lint: ## check the sources
	@$(PY) scripts/lint.py

fmt: ## mend what a tool can mend
	@$(PY) scripts/lint.py fix

shell: ## a Python shell on the demo database
	@$(PY) scripts/run.py shell

bench: ## the benchmarks, each against the host or a peer in the same run
	@$(PY) scripts/bench.py "$(K)"

pot: ## write the translation templates
	@$(PY) scripts/pot.py

docs: ## write the generated parts of the documentation
	@$(PY) scripts/docs.py

clean: ## remove the databases, the cluster and the Python environment
	@$(PY) scripts/clean.py

.PHONY: help run reset test host-tests lint fmt shell bench pot docs clean
.DEFAULT_GOAL := help
