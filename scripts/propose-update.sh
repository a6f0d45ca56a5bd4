#!/usr/bin/env bash
# Opens a pull request with the changes of `cargo xtask update` in the work tree, or updates the open one.
#
# usage: scripts/propose-update.sh SUMMARY CHECK
#
# SUMMARY: the list of changes, as written by --summary. Without that file nothing has changed, and nothing is done.
# CHECK: the output of `cargo xtask check`, which is appended to the description.
set -euo pipefail

if [[ $# -ne 2 ]]; then
  echo "usage: $0 SUMMARY CHECK" >&2
  exit 2
fi
summary=$1
check=$2

if [[ ! -s $summary || -z $(git status --porcelain) ]]; then
  echo "the document is unchanged"
  exit 0
fi

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' openapi/document.lock)
branch=update/p-api-$version
title="Follow P-API $version"
body=$(printf '%s\n\n### Checks\n\n```text\n%s\n```\n' "$(cat "$summary")" "$(cat "$check" 2>/dev/null || true)")

git config user.name "document update"
git config user.email "update@users.noreply.github.com"
git switch --quiet --force-create "$branch"
git add --all
git commit --quiet --message "$title"
git push --quiet --force origin "$branch"
if [[ $(gh pr list --head "$branch" --state open --json number --jq length) == 0 ]]; then
  gh pr create --head "$branch" --title "$title" --body "$body"
else
  gh pr edit "$branch" --title "$title" --body "$body"
fi
