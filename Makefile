# What a person does with Skyhaul. `make` alone lists it.

TARGET := $(or $(CARGO_TARGET_DIR),target)
SKYHAUL := $(TARGET)/release/skyhaul
DASHBOARD := web/dashboard
DASHBOARD_SOURCES := $(shell find $(DASHBOARD) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "make %-11s %s\n", $$1, $$2 }'

.PHONY: build
build: $(DASHBOARD)/dist/index.html ## target/release/skyhaul, the dashboard inside
	cargo build --release --locked

.PHONY: run
run: build ## build everything and serve Florence, store under ./data
	$(SKYHAUL) serve --data ./data

.PHONY: test
test: $(DASHBOARD)/dist/index.html ## every check
	tools/test.sh

.PHONY: test-long
test-long: build ## what takes too long for every change
	tools/test-long.sh $(SKYHAUL)

.PHONY: interface
interface: $(DASHBOARD)/dist/index.html ## the service against its OpenAPI document, by Schemathesis
	cargo build --locked
	tools/schemathesis.sh $(TARGET)/debug/skyhaul

.PHONY: lint
lint: ## format, clippy, cargo-deny
	tools/lint.sh

.PHONY: audit
audit: ## known vulnerabilities of what is depended on; needs the advisory database
	tools/cargo-deny.sh check advisories

.PHONY: bench
bench: build ## the benchmarks, each with its peer
	tools/bench.sh $(SKYHAUL)

.PHONY: bench-peers
bench-peers: ## the kernel beside the field's engines
	tools/bench-peers.sh

.PHONY: miri
miri: ## the kernel's unsafe code under Miri; needs the nightly toolchain
	tools/miri.sh

.PHONY: asan
asan: ## the kernel under AddressSanitizer
	tools/asan.sh

.PHONY: loom
loom: ## every order of the threads of a run, under Loom
	tools/loom.sh

$(DASHBOARD)/node_modules/.package-lock.json: $(DASHBOARD)/package-lock.json
	npm --prefix $(DASHBOARD) ci --no-audit --no-fund
	@touch $@

$(DASHBOARD)/dist/index.html: $(DASHBOARD)/node_modules/.package-lock.json $(DASHBOARD_SOURCES)
	npm --prefix $(DASHBOARD) run build
	@touch $@
