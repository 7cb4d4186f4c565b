# What is done with this repository by hand and by machine. "make" lists it.
# Needed: Go, Node.js, Python, a JDK with Maven, and make; the tools are pinned in tools/go.mod.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS   += --no-builtin-rules

# How long each fuzz target runs, which benchmarks do, and of which packages.
FUZZTIME ?= 10m
BENCH    ?= .
PACKAGES ?= ./...
# The platforms that everything is compiled for: each system and each processor. Others
# are compiled by: make check-cross PLATFORMS="darwin/amd64 windows/arm64"
PLATFORMS ?= linux/amd64 linux/arm64 darwin/arm64 windows/amd64
# The packages with files for some of these systems only.
PER_SYSTEM := ./cmd/... ./internal/app ./internal/download ./internal/engine ./internal/transport
# The version that "saprolite version" prints; a source archive has no git.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

BIN  := $(CURDIR)/bin

.PHONY: help
help: ## print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/saprolite
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $(BIN)/saprolite ./cmd/saprolite

.PHONY: generate
generate: ## write internal/bedrock anew from the service models
	go -C tools run ./generate -out $(CURDIR)/internal/bedrock

.PHONY: check
check: check-generated check-tidy check-format check-alone check-vet check-lint check-cross ## everything about the code that needs no running server

# All of it looks at the program as it is built, so that nothing is compiled twice.
check: export CGO_ENABLED := 0

.PHONY: check-generated
check-generated: # the committed vocabulary is what the generator writes
	@out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT
	go -C tools run ./generate -out "$$out"
	for file in "$$out"/*; do
		diff -u "internal/bedrock/$${file##*/}" "$$file" || { echo 'run "make generate" and commit' >&2; exit 1; }
	done

.PHONY: check-tidy
check-tidy: # both go.mod files hold what is needed, and nothing else
	go mod tidy -diff
	go -C tools mod tidy -diff

.PHONY: check-format
check-format: # gofmt has nothing to say
	@unformatted=$$(git ls-files -co --exclude-standard '*.go' | xargs -r gofmt -l)
	if [ -n "$$unformatted" ]; then printf 'not formatted:\n%s\n' "$$unformatted" >&2; exit 1; fi

.PHONY: check-alone
check-alone: # no file names a folder of somebody's machine, and no lock file the registry it came from
	@found=$$(git grep -nE '/[w]ork/|\.\./[s]hared|/[r]oot\b' || true; git grep -n '"[r]esolved"' -- '*package-lock.json' || true)
	if [ -n "$$found" ]; then printf 'the repository must stand alone:\n%s\n' "$$found" >&2; exit 1; fi

.PHONY: check-vet
check-vet: # go vet, on Linux as on the systems that have files of their own
	go vet ./...
	go -C tools vet ./...
	@# On the processors of PLATFORMS, which compiles the same once more otherwise.
	GOOS=darwin GOARCH=arm64 go vet $(PER_SYSTEM)
	GOOS=windows GOARCH=amd64 go vet $(PER_SYSTEM)

.PHONY: check-lint
check-lint: tools # staticcheck, and the rules of the house
	$(BIN)/staticcheck ./...
	$(BIN)/lint ./...
	cd tools
	$(BIN)/staticcheck ./...
	$(BIN)/lint ./...

.PHONY: check-cross
check-cross: # it compiles for every platform
	@for platform in $(PLATFORMS); do
		echo "go build for $$platform"
		GOOS=$${platform%/*} GOARCH=$${platform#*/} CGO_ENABLED=0 go build -o /dev/null ./cmd/saprolite
	done

.PHONY: tools
tools: # build the tools that tools/go.mod pins
	go -C tools build -o $(BIN)/ honnef.co/go/tools/cmd/staticcheck ./lint

.PHONY: test
test: test-deps ## run every test, after installing what they need inside the checkout
	failed=0
	go -C tools test ./... || failed=1
	go test -race -timeout 20m $$(go list ./... | grep -v '/saprolite/tests$$') || failed=1
	# With -v, node, pytest and Maven are heard.
	go test -race -timeout 20m -v ./tests || failed=1
	exit $$failed

.PHONY: test-deps
test-deps: # the packages that the suites in JavaScript, Python and Java need, inside the checkout
	@# Go, pip and Maven trust the authorities that the machine trusts; npm has to be told.
	authorities=/etc/ssl/certs/ca-certificates.crt
	if [ -z "$${NODE_EXTRA_CA_CERTS:-}" ] && [ -r $$authorities ]; then export NODE_EXTRA_CA_CERTS=$$authorities; fi
	tests/install.sh
	tests/install-servers.sh

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (10m), one after the other; PACKAGES chooses
	@targets=$$(go test -list '^Fuzz' $(PACKAGES) | awk '/^Fuzz/ { found[++n] = $$1 } /^ok/ { for (i = 1; i <= n; i++) print $$2, found[i]; n = 0 }')
	failed=0
	while read -r package target; do
		echo "fuzz $$package $$target for $(FUZZTIME)"
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package" < /dev/null || failed=1
	done <<< "$$targets"
	exit $$failed

.PHONY: bench
bench: ## run the Go benchmarks; BENCH and PACKAGES choose
	go test -run '^$$' -bench '$(BENCH)' -benchmem $(PACKAGES)

.PHONY: clean
clean: ## remove what the targets above made inside the checkout
	rm -rf $(BIN) tests/.bin tests/.servers tests/*/.venv tests/*/node_modules tests/sdk-java/.m2 tests/sdk-java/target

# Each recipe is one shell script.
.ONESHELL:
