#!/usr/bin/env bash
# Cross-checks breaking changes against Optic, another comparison tool for OpenAPI documents: runs it on the edits in
# xtask/tests/edits and compares its verdicts with those of `cargo xtask diff`. DESIGN.md explains the known differences.
#
# usage: scripts/optic.sh
#
# Installs Optic under target/ on the first run; when that is not possible, prints a line that begins with "ignored".
# Exit status: that of the test, 0 when it is ignored.
set -euo pipefail

readonly OPTIC=1.0.9
# Optic's dependency requires a version of ajv that its schema compiler does not support.
readonly AJV=8.17.1

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/target/optic-$OPTIC
optic=$tools/node_modules/.bin/optic

if ! command -v npm >/dev/null; then
  echo "ignored: cross-check against Optic: npm is not installed"
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
    echo "ignored: cross-check against Optic: installing Optic failed: $(grep -m 1 error "$tools/install.log" || true)"
    exit 0
  fi
fi
cd "$root"
PRUNA_OPTIC=$optic cargo test --package xtask --test optic -- --nocapture
