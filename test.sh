#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# ./test.sh [SUITE...]: sets up, builds and runs the tests (suites: unit golden check cli fuzz; all when none is named).
set -uo pipefail
cd "$(dirname "$0")" || exit 1

./setup.sh || exit 1
suites=()
for suite in "$@"; do
  suites+=(--suite "$suite")
done
rm -f build/meson-logs/testlog.json build-fuzz/meson-logs/testlog.json
meson test -C build --no-rebuild --print-errorlogs --num-processes "$(nproc)" "${suites[@]}"
status=$?
if [ $# = 0 ] || [[ " $* " == *" fuzz "* ]]; then
  tests/sanitizers.sh fuzz || status=1
fi
python3 - build/meson-logs/testlog.json build-fuzz/meson-logs/testlog.json <<'PYTHON'
import json, os, sys
results = [json.loads(line)["result"] for log in sys.argv[1:] if os.path.exists(log) for line in open(log)]
passed = sum(r in ("OK", "EXPECTEDFAIL") for r in results)
skipped = results.count("SKIP")
print(f"\n{passed} passed, {len(results) - passed - skipped} failed, {skipped} skipped")
PYTHON
exit $status
