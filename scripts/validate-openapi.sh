#!/usr/bin/env bash
# Validates the OpenAPI document with third-party tools:
#
#   openapi-spec-validator   (Python)  the document against the OpenAPI schema, every default against its schema
#   openapi-schema-validator (Python)  the example input of each model against the schema of that model
#   @redocly/cli lint        (Node)    references, operations, and every other example against its schema
#
# usage: scripts/validate-openapi.sh [FILE]       FILE: openapi/p-api-*.json unless given
#
# The tools are installed under target/ on the first run. For a tool that cannot be installed, prints a line that begins with
# "ignored". Exit status: 0 if every tool that ran accepts the document, 1 if one does not, 2 for wrong usage.
set -euo pipefail

readonly SPEC_VALIDATOR=openapi-spec-validator==0.9.0
readonly SCHEMA_VALIDATOR=openapi-schema-validator==0.9.0
readonly REDOCLY=@redocly/cli@2.77.0

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/target/openapi-tools
log=$tools/install.log
failed=()

# The document to validate; there must be exactly one.
find_document() {
  local found=("$root"/openapi/p-api-*.json)
  if [[ $# -gt 0 ]]; then found=("$@"); fi
  if [[ ${#found[@]} -ne 1 || ! -f ${found[0]} ]]; then
    echo "usage: $0 [FILE]: expected one existing document, got: ${found[*]}" >&2
    exit 2
  fi
  realpath "${found[0]}"
}

ignored() { echo "ignored: $1: $2"; }

# Prints why the last installation failed, in one line.
reason() { grep -m 1 -E '^(ERROR|Error|npm error)' "$log" || echo "see $log"; }

# check NAME COMMAND...: runs a validator and records its failure.
check() {
  local name=$1
  shift
  echo "== $name"
  if ! "$@"; then failed+=("$name"); fi
}

# installed MARKER COMMAND...: succeeds if COMMAND has succeeded, in this run or an earlier one.
installed() {
  local marker=$tools/$1
  shift
  [[ -e $marker ]] && return 0
  "$@" >"$log" 2>&1 && touch "$marker"
}

install_python_tools() {
  python3 -m venv "$tools/python" &&
    "$tools/python/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 20 \
      "$SPEC_VALIDATOR" "$SCHEMA_VALIDATOR"
}

install_redocly() {
  npm install --prefix "$tools/node" --no-save --no-audit --no-fund --loglevel=error \
    --fetch-retries=1 --fetch-timeout=60000 "$REDOCLY"
}

# Validates the request examples of createPrediction, which are named after models, against the schemas of those models.
validate_model_examples() {
  "$tools/python/bin/python" - "$1" <<'PYTHON'
import sys
from openapi_schema_validator import OAS30WriteValidator, oas30_format_checker
from openapi_spec_validator.readers import read_from_filename

document, _ = read_from_filename(sys.argv[1])
schemas = document["components"]["schemas"]
operation = document["paths"]["/v1/predictions"]["post"]
models = operation["parameters"][0]["schema"]["enum"]
examples = operation["requestBody"]["content"]["application/json"]["examples"]

faults = [f"{model}: no example" for model in models if model not in examples]
faults += [f"{model}: no schema" for model in models if model not in schemas]
faults += [f"{name}: not a model" for name in examples if name not in models]
for name in examples.keys() & schemas.keys():
    validator = OAS30WriteValidator(schemas[name], format_checker=oas30_format_checker)
    for error in validator.iter_errors(examples[name]["value"]):
        faults.append(f"{name}: {error.json_path}: {error.message}")

print("\n".join(sorted(faults)) or f"{len(examples)} examples: OK")
sys.exit(bool(faults))
PYTHON
}

lint() {
  REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
    "$tools/node/node_modules/.bin/redocly" lint --config "$root/openapi/redocly.yaml" --format stylish "$1" 2>&1
}

document=$(find_document "$@")
mkdir -p "$tools"

if ! command -v python3 >/dev/null; then
  ignored "$SPEC_VALIDATOR and the examples of the models" "python3 is not installed"
elif ! installed "${SPEC_VALIDATOR}" install_python_tools; then
  ignored "$SPEC_VALIDATOR and the examples of the models" "cannot be installed: $(reason)"
else
  check "$SPEC_VALIDATOR" "$tools/python/bin/openapi-spec-validator" --validation-errors all "$document"
  check "examples of the models, $SCHEMA_VALIDATOR" validate_model_examples "$document"
fi

if ! command -v npm >/dev/null; then
  ignored "$REDOCLY" "npm is not installed"
elif ! installed "${REDOCLY//\//-}" install_redocly; then
  ignored "$REDOCLY" "cannot be installed: $(reason)"
else
  check "$REDOCLY" lint "$document"
fi

if [[ ${#failed[@]} -gt 0 ]]; then
  printf 'FAILED: %s\n' "${failed[@]}"
  exit 1
fi
