# Posad. `make demo` and `make test` are all that a newcomer needs; the rest is for those who change the house.

GO ?= go
LISTEN ?= 127.0.0.1:8080
DATA ?= var/demo

.PHONY: demo test test-fast crash bench generate lint clean help

help: ## what can be made
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 12
	@echo; echo 'LISTEN=address:port and DATA=folder say where the demo listens and keeps its data, now $(LISTEN) and $(DATA).'

demo: ## installs what is missing, builds, and runs the demo city Kitezh
	@scripts/install run
	$(GO) build -o bin/posad ./cmd/posad
	bin/posad demo --data $(DATA) --listen $(LISTEN)

test: ## installs what is missing and runs every test on both engines and in a browser
	@scripts/install test
	@scripts/test all

test-fast: ## embedded engine only, no browser: under half a minute once built
	@scripts/test fast

crash: ## the long crash campaign: 200 kills on SQLite, 50 on PostgreSQL
	@scripts/install test
	@scripts/test crash

bench: ## figures for docs/performance.md
	@scripts/install test
	@scripts/test bench

generate: ## store code, templates and assets from their sources
	$(GO) -C tools run ./generate
	$(GO) tool templ generate
	$(GO) generate ./ui/...

clean: ## removes what was built and the demo's data
	rm -rf bin var
