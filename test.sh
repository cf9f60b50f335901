#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# ./test.sh [SUITE...]: sets up, builds and runs the test suites (style unit golden check cli smoke fuzz; default: all).
# ./test.sh quick: runs the tests that are not slow, in less than two minutes from a built tree.
set -uo pipefail
cd "$(dirname "$0")" || exit 1

suites=()
for suite in "$@"; do
  case $suite in
    quick) suites+=(--no-suite slow) ;;
    style | unit | golden | check | cli | smoke | fuzz) suites+=(--suite "$suite") ;;
    *)
      echo "$0: there is no suite $suite; there are style unit golden check cli smoke fuzz, and quick" >&2
      exit 2
      ;;
  esac
done
./setup.sh || exit 1
rm -f build/meson-logs/testlog.json build-fuzz/meson-logs/testlog.json
meson test -C build --no-rebuild --print-errorlogs --num-processes "$(nproc)" "${suites[@]}"
status=$? fuzz_failed=
if [ $# = 0 ] || [[ " $* " == *" fuzz "* ]]; then
  tests/sanitizers.sh fuzz || fuzz_failed=yes
fi
python3 - build/meson-logs/testlog.json build-fuzz/meson-logs/testlog.json <<'PYTHON' || status=1
import json, os, re, sys
tests = [json.loads(line) for log in sys.argv[1:] if os.path.exists(log) for line in open(log)]
results = [test["result"] for test in tests]
caps = [test["name"].split("smoke-")[1] for test in tests if "smoke-" in test["name"] and test["result"] == "OK"]
print()
if caps:
    print("processor caps that ran:", *caps)
outside = re.compile("cuda|gpu|processor|shared|install|history", re.IGNORECASE)  # reasons that lie outside the tree
missing = 0
for test in tests:
    if test["result"] == "SKIP":
        reason = " ".join(test.get("stdout", "").splitlines()[-3:])
        missing += os.environ.get("CI") == "true" and not outside.search(reason)
        print(test["name"].split(" / ")[-1], "skipped:", reason)
passed = sum(r in ("OK", "EXPECTEDFAIL") for r in results)
skipped = results.count("SKIP") - missing
print(f"{passed} passed, {len(results) - passed - skipped} failed, {skipped} skipped")
sys.exit(missing > 0)
PYTHON
if [ -n "$fuzz_failed" ]; then
  echo "the fuzz stage failed, as shown above"
  status=1
fi
exit $status
