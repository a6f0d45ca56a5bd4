#!/usr/bin/env bash
# Checks licenses, sources and bans of every dependency, and known vulnerabilities if their database is available.
#
# Installs cargo-deny if it is missing, which takes a few minutes. Prints a line that begins with "ignored" for each check
# that cannot be run.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.20.2
export PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

if ! cargo deny --version >/dev/null 2>&1; then
  echo "installing cargo-deny $version"
  if ! cargo install cargo-deny --version "$version" --locked --quiet; then
    echo 'ignored: licenses, sources, bans, advisories (cargo-deny is missing and cannot be installed)'
    exit 0
  fi
fi

cargo deny --locked check --hide-inclusion-graph bans licenses sources

# The database is a git repository; without network, an older copy is used.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
advisories() { cargo deny --locked "$@" check --hide-inclusion-graph advisories >"$log" 2>&1; }
if advisories || { grep -q 'failed to fetch advisory database' "$log" && advisories --offline; }; then
  cat "$log"
elif grep -q 'advisories FAILED' "$log"; then
  cat "$log" >&2
  exit 1
else
  tail -n 3 "$log" >&2
  echo 'ignored: advisories (the database cannot be fetched, and there is no local copy)'
fi
