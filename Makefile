# The few words a person types. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

# Where cargo puts things: the caller's own setting wins.
TARGET := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
RELEASE := $(TARGET)/release

# What a trained model names as its maker. Not INVESTBUDDY_*: the server refuses keys there that are no settings.
export GIT_REVISION := $(shell git rev-parse --short=12 HEAD 2>/dev/null)

# One profile and one selection of packages for every command, so that polars and candle are compiled once.
HOST := --release --workspace --locked
WASM := --profile wasm-release --target wasm32-unknown-unknown --package app --package frontend --locked
# The forecaster without its data frames is to run in a browser one day.
WASM_ML := --profile wasm-release --target wasm32-unknown-unknown --package ml --no-default-features --locked

.PHONY: help run demo build setup test lint deny unit site browser bench load screenshots picture clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{ printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build what is missing, start the server and print its address
	@exec "$(RELEASE)/investbuddy" serve

demo: build ## history replayed in front of a real server: calm, a shock, drift, an alert, retraining
	@exec "$(RELEASE)/investbuddy" demo

build: setup ## the release: target/release/investbuddy and its site folder; starts nothing
	@cargo build $(HOST) --bins
	@"$(RELEASE)/xtask" site

setup: ## install what building and running need
	@scripts/setup build

test: ## everything: format, lints, licences, unit, integration and browser tests
	@scripts/setup test
	@$(MAKE) lint deny unit site browser

lint: ## rustfmt and clippy, warnings as errors
	cargo fmt --all --check
	cargo clippy $(HOST) --all-targets -- -D warnings
	cargo clippy $(WASM) -- -D warnings
	cargo clippy $(WASM_ML) -- -D warnings

deny: ## licences, sources and duplicates of dependencies
	@scripts/deny

unit: ## Rust tests, documentation tests included
	cargo test $(HOST)

site: ## the site folder, with the size budget as an error
	@cargo build $(HOST) --bins
	@"$(RELEASE)/xtask" site --strict

browser: ## browser tests against the release binary
	@scripts/browser test

bench: build ## criterion benchmarks
	cargo bench --workspace --locked --benches

load: build ## requests per second and latencies of the release binary
	@scripts/setup load
	@scripts/load

screenshots: build ## pictures of every page into target/screenshots
	@scripts/setup test
	@scripts/browser screenshots

picture: screenshots ## the README's picture, from the screenshots
	cp target/screenshots/overview-en-1280-light.png docs/screenshot.png

clean: ## remove what was built and installed here; the data folder stays
	rm -rf node_modules end2end/node_modules end2end/test-results end2end/playwright-report
	cargo clean
