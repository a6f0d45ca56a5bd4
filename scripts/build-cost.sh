#!/usr/bin/env bash
# Measures what this library adds to the build time of a program: cold builds, beside plain reqwest + serde and async-openai.
# Prints a Markdown table for DESIGN.md: CPU seconds (user and system), the median of RUNS rounds (default 3) in which every
# program is built once. A round takes four minutes; run it on an idle machine.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
runs=${RUNS:-3}
# Dependencies from a registry are never built incrementally.
export CARGO_INCREMENTAL=0
unset CARGO_TARGET_DIR

# program NAME DEPENDENCIES BODY
program() {
  mkdir -p "$work/$1/src"
  printf '[package]\nname = "%s"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\ntokio = { version = "1", features = ["macros", "rt-multi-thread"] }\n%s\n' "$1" "$2" >"$work/$1/Cargo.toml"
  printf '%s\n' "$3" >"$work/$1/src/main.rs"
}

# The versions are those of the workspace, so that only the choice of crates differs.
program reqwest-serde 'reqwest = { version = "0.13.5", default-features = false, features = ["rustls-no-provider", "json", "multipart", "stream"] }
rustls = { version = "0.23", default-features = false, features = ["ring", "std", "tls12"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"' \
'#[derive(serde::Serialize)] struct Input { prompt: String }
#[tokio::main] async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let input = Input { prompt: "a lion".into() };
    let sent = reqwest::Client::new().post("https://api.pruna.ai/v1/predictions").json(&input).send().await;
    println!("{:?}", sent.map(|r| r.status()));
}'
generate='#[tokio::main] async fn main() -> Result<(), pruna::Error> {
    pruna::Client::from_env()?.generate(pruna::inputs::PImage::new("a lion")).await?.save("a.jpg").await.map(drop)
}'
program pruna-default "pruna = { path = \"$root\" }" "$generate"
program pruna-without-generate "pruna = { path = \"$root\", default-features = false, features = [\"rustls\"] }" "$generate"
program async-openai-image 'async-openai = { version = "0.43", default-features = false, features = ["image", "rustls"] }' \
'#[tokio::main] async fn main() { let _ = async_openai::Client::new(); println!("ready"); }'

programs=(reqwest-serde pruna-without-generate pruna-default async-openai-image)

for name in "${programs[@]}"; do
  ( cd "$work/$name" && cargo fetch --quiet 2>"$work/$name.skipped" ) && rm "$work/$name.skipped"
done
for _ in $(seq "$runs"); do
  for name in "${programs[@]}"; do
    [ ! -e "$work/$name.skipped" ] || continue
    cd "$work/$name"
    rm -rf target
    ( TIMEFORMAT='%U %S %R'; { time cargo build --quiet --offline 2>"$work/build.log"; } 2>>"$work/$name.times" ) ||
      { tail -n 5 "$work/build.log" >&2; exit 1; }
    du -sm target | cut -f1 >"$work/$name.size"
    rm -rf target
  done
done

# median FIELDS FILE: the median of the sums of these fields.
median() { awk -v fields="$1" '{n = split(fields, f, ","); s = 0; for (i = 1; i <= n; i++) s += $f[i]; print s}' "$2" |
  sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

echo "$(uname -m), $(nproc) cores, $(rustc --version), $(date -u +%F), dev profile, cold, median of $runs"
echo
echo '| program | CPU seconds | ratio | seconds | crates | target |'
echo '|---|---|---|---|---|---|'
reference=$(median 1,2 "$work/${programs[0]}.times")
for name in "${programs[@]}"; do
  [ ! -e "$work/$name.skipped" ] || { echo "| $name | ignored: $(tail -n 1 "$work/$name.skipped") | | | | |"; continue; }
  cd "$work/$name"
  crates=$(cargo tree --offline --edges normal,build --prefix none --no-dedupe | awk '{print $1, $2}' | sort -u | wc -l)
  awk -v n="$name" -v s="$(median 1,2 "$work/$name.times")" -v w="$(median 3 "$work/$name.times")" -v r="$reference" \
    -v c="$crates" -v m="$(cat "$work/$name.size")" \
    'BEGIN {printf "| %s | %.0f | %.2f | %.0f | %d | %d MiB |\n", n, s, s / r, w, c, m}'
done
