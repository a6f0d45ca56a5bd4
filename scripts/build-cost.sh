#!/usr/bin/env bash
# What a program pays for depending on this library: cold builds beside plain reqwest + serde and async-openai.
# Prints a Markdown table for DESIGN.md. Takes some minutes; run it on an idle machine.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
runs=${RUNS:-1}

# program NAME DEPENDENCIES BODY
program() {
  mkdir -p "$work/$1/src"
  printf '[package]\nname = "%s"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\ntokio = { version = "1", features = ["macros", "rt-multi-thread"] }\n%s\n' "$1" "$2" >"$work/$1/Cargo.toml"
  printf '%s\n' "$3" >"$work/$1/src/main.rs"
}

# Versions are those of the workspace, so that only the choice of crates differs.
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
program async-openai-image 'async-openai = { version = "*", default-features = false, features = ["image", "rustls"] }' \
'#[tokio::main] async fn main() { let _ = async_openai::Client::new(); println!("ready"); }'

echo "$(uname -m), $(nproc) cores, $(rustc --version), $(date -u +%F), dev profile, cold, median of $runs"
echo
echo '| program | CPU seconds | ratio | crates | target |'
echo '|---|---|---|---|---|'
reference=
for name in reqwest-serde pruna-without-generate pruna-default async-openai-image; do
  cd "$work/$name"
  cargo fetch --quiet 2>"$work/fetch.log" || { echo "| $name | SKIPPED: $(tail -n 1 "$work/fetch.log") | | | |"; continue; }
  for _ in $(seq "$runs"); do
    rm -rf target
    ( TIMEFORMAT='%U %S'; { time cargo build --quiet --offline 2>"$work/build.log"; } 2>>"$work/$name.times" )
  done
  seconds=$(awk '{print $1 + $2}' "$work/$name.times" | sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}')
  [ -n "$reference" ] || reference=$seconds
  crates=$(cargo tree --offline --edges normal,build --prefix none --no-dedupe | awk '{print $1, $2}' | sort -u | wc -l)
  size=$(du -sm target | cut -f1)
  awk -v n="$name" -v s="$seconds" -v r="$reference" -v c="$crates" -v m="$size" \
    'BEGIN {printf "| %s | %.0f | %.2f | %d | %d MiB |\n", n, s, s/r, c, m}'
  rm -rf target
done
