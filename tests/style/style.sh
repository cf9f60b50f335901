#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# style.sh format|shell|spelling: checks the format of C++, shell scripts with shellcheck, or the spelling.
set -euo pipefail
cd "$(dirname "$0")/../.."

files() { # PATTERN: lists matching files of the tree, which need not be a git checkout
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard
  else
    find . -type f -not -path './build*' -not -path './.*' -printf '%P\n'
  fi | grep -E "$1"
}

needs() { # PROGRAM
  if ! command -v "$1" >/dev/null; then
    echo "skipped: $1 is not installed: apt-get install $1"
    exit 77
  fi
}

case $1 in
  format)
    needs clang-format
    # Releases of clang-format differ. The tree follows that of Debian 12.
    if ! clang-format --version | grep -q 'version 14\.'; then
      echo "skipped: clang-format 14 is not installed"
      exit 77
    fi
    # C headers and sources follow the style of GStreamer instead.
    files '\.(cpp|hpp|cu|cuh)$' | xargs clang-format --dry-run --Werror
    ;;
  shell)
    needs shellcheck
    files '\.sh$|^\.ci/run$' | xargs shellcheck -x
    ;;
  spelling)
    needs codespell
    files '\.(md|cpp|hpp|h|c|cu|cuh|py|sh|build)$|^\.ci/run$' | xargs codespell --ignore-words-list bloc,mot,nd,nin
    ;;
  *)
    echo "usage: $0 format|shell|spelling" >&2
    exit 2
    ;;
esac
