#!/usr/bin/env bash
# Asks Optic, a comparer of OpenAPI documents that is not ours, what it thinks of the edits in xtask/tests/edits, and
# compares its word with that of `cargo xtask diff`. The differences that are known are explained in DESIGN.md.
#
# usage: scripts/second-opinion.sh
#
# Optic is installed under target/ on the first run; when it cannot be had, a line says so. Exit status: that of the
# test, 0 when it was skipped.
set -euo pipefail

readonly OPTIC=1.0.9
# Optic's own dependency asks for an ajv that its schema compiler does not work with.
readonly AJV=8.17.1

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/target/optic-$OPTIC
optic=$tools/node_modules/.bin/optic

if ! command -v npm >/dev/null; then
  echo "SKIPPED: the second opinion: npm is not installed"
  exit 0
fi
if [[ ! -x $optic ]]; then
  mkdir -p "$tools"
  cat >"$tools/package.json" <<JSON
{
  "private": true,
  "dependencies": { "@useoptic/optic": "$OPTIC" },
  "overrides": { "@stoplight/spectral-core": { "ajv": "$AJV" } }
}
JSON
  if ! npm install --prefix "$tools" --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-timeout=60000 \
    >"$tools/install.log" 2>&1; then
    echo "SKIPPED: the second opinion: Optic cannot be installed: $(grep -m 1 error "$tools/install.log" || true)"
    exit 0
  fi
fi
cd "$root"
PRUNA_OPTIC=$optic cargo test --package xtask --test second_opinion -- --nocapture
