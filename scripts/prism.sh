#!/usr/bin/env bash
# Runs the client against Stoplight Prism, a third-party mock server, which serves the OpenAPI document.
# Prints a line that begins with "ignored" if Node or Prism is not available.
set -euo pipefail
cd "$(dirname "$0")/.."

prism_version=5.16.0
folder=target/prism
ignore() { echo "ignored: the test against Prism: $1"; exit 0; }

command -v npm >/dev/null || ignore 'npm is not installed'
if [ ! -x "$folder/node_modules/.bin/prism" ]; then
  mkdir -p "$folder"
  npm install --prefix "$folder" --no-audit --no-fund --silent "@stoplight/prism-cli@$prism_version" \
    >"$folder/install.log" 2>&1 || ignore "npm cannot install it; see $folder/install.log"
fi

document=$(ls openapi/p-api-*.json)
port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
"$folder/node_modules/.bin/prism" mock --host 127.0.0.1 --port "$port" "$document" >"$folder/prism.log" 2>&1 &
prism=$!
trap 'kill "$prism" 2>/dev/null || true' EXIT
for _ in $(seq 100); do
  if curl --silent --output /dev/null "http://127.0.0.1:$port/"; then break; fi
  sleep 0.2
done
test=prism_accepts_every_request_of_the_client
PRUNA_PRISM_URL="http://127.0.0.1:$port" timeout 1200 \
  cargo test --workspace --test processes --locked -- --exact "$test" | tee "$folder/test.log"
# A filter that matches nothing, and an ignored test, are successes for cargo.
grep -q '1 passed' "$folder/test.log" || { echo "the test $test did not run"; exit 1; }
