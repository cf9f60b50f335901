#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/long.sh PART...: what takes too long for ./test.sh; without a part: lists them. Run those that your change touches.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

# Minutes on two idle cores, with what the part has to build and without a compiler cache: estimates so far.
readonly parts=(
  'address-core       6  core, elements and storms under AddressSanitizer and UndefinedBehaviorSanitizer'
  'address-engine    25  the engine under them'
  'address-tools     35  the command, the installation and the documents under them'
  'address-training  35  vcl-train under them'
  'threads           15  core and elements in storms under ThreadSanitizer'
  'cap-avx2          15  all that computes as on a processor with AVX2 (VCL_MAX_CPU=avx2)'
  'cap-avx512        15  the same with AVX-512 but no BF16'
  'cap-avx512_bf16   15  the same with AVX-512 BF16 but no AMX'
  'german            15  all suites with LC_ALL=de_DE.UTF-8: decimal commas, messages of GStreamer in German'
  'user              15  all suites as an ordinary user, not root'
  'fuzz              35  each fuzzer for five minutes'
  'media             10  the media zoo in full: each kind of small video (needs ffmpeg)'
  'storms            20  a thousand storms, a long soak'
  'aarch64           40  every object compiles for aarch64, nothing is linked'
  'clang             40  clang builds all, and the unit tests pass'
  'debian13          40  unit, golden, check and cli on Debian 13'
  'tidy              90  clang-tidy on all files'
)

say() { printf '[long] %s\n' "$*" >&2; }
fail() { # CAUSE CURE
  printf '[long] error: %s\n[long] cure:  %s\n' "$1" "$2" >&2
  exit 1
}

cap() { # CAP
  ./setup.sh || return 1
  meson test -C build --no-rebuild "smoke-$1" || return 1
  if grep -q '"result": "SKIP"' build/meson-logs/testlog.json; then
    fail "this processor has less than $1 to begin with" "see what it lacks in build/meson-logs/testlog.txt"
  fi
  VCL_MAX_CPU=$1 ./test.sh unit golden check cli
}

# The locale is made in a folder of ours: the system is left as it is.
german() {
  local locale=de_DE.UTF-8 folder=$PWD/.work/locales
  local -a in_german=(env LOCPATH="$folder" LC_ALL="$locale")
  mkdir -p "$folder"
  if [ ! -d "$folder/$locale" ] && ! localedef -i de_DE -f UTF-8 "$folder/$locale"; then
    fail "the locale $locale cannot be made" "apt-get install locales"
  fi
  if [ "$("${in_german[@]}" bash -c 'printf %.1f 1,5' 2>&1)" != 1,5 ]; then
    fail "the locale $locale has no effect" "remove $folder"
  fi
  "${in_german[@]}" ./test.sh
}

# A copy of this tree that belongs to that user, mounted in the place of this tree.
user() {
  local copy status=0
  local -a tests=(meson test -C build --no-rebuild --print-errorlogs --num-processes "$(nproc)")
  ./setup.sh || return 1
  if [ "$(id -u)" != 0 ]; then
    "${tests[@]}"
    return
  fi
  copy=$(mktemp -d /var/tmp/gst-vcl-user.XXXXXX)
  # shellcheck disable=SC2064  # the folder's name is the one of now
  trap "rm -rf '$copy'" EXIT
  mkdir "$copy/tree" "$copy/home"
  find . -mindepth 1 -maxdepth 1 ! -name 'build-*' ! -name .work -exec cp -a {} "$copy/tree" \;
  chown -R nobody "$copy"
  # shellcheck disable=SC2016  # the inner shell expands it
  unshare --mount --propagation private bash -c 'mount --bind "$1/tree" "$PWD" && cd "$PWD" && home=$1/home && shift &&
    exec setpriv --reuid nobody --regid nogroup --clear-groups \
      env --unset XDG_RUNTIME_DIR PATH=/usr/local/bin:/usr/bin:/bin HOME="$home" "$@"' \
    bash "$copy" "${tests[@]}" </dev/null || status=1
  return "$status"
}

storms() {
  ./setup.sh || return 1
  VCL_STORMS=1000 VCL_SOAK_FRAMES=100000 meson test -C build --no-rebuild --print-errorlogs --timeout-multiplier 0 check-storms check-soak
}

clang() {
  if [ ! -e build-clang/build.ninja ]; then
    CC=clang CXX=clang++ meson setup build-clang || return 1
  fi
  meson test -C build-clang --print-errorlogs --num-processes "$(nproc)" --suite unit
}

media() {
  ./setup.sh || return 1
  VCL_ZOO=full meson test -C build --no-rebuild --print-errorlogs cli-media-zoo
}

run_part() { # PART
  case $1 in
    address-* | threads) tests/sanitizers.sh "$1" ;;
    cap-*) cap "${1#cap-}" ;;
    german) german ;;
    user) user ;;
    fuzz) tests/sanitizers.sh fuzz 300 ;;
    media) media ;;
    storms) storms ;;
    aarch64) ./setup.sh && tests/aarch64.py ;;
    clang) clang ;;
    debian13) tests/debian13.sh unit golden check cli ;;
    tidy) ./setup.sh && tests/style/tidy.sh all ;;
  esac
}

if [ $# = 0 ]; then
  echo "usage: $0 PART...   (minutes on two cores)"
  printf '  %s\n' "${parts[@]}"
  exit
fi
for part in "$@"; do
  if [[ $'\n'$(printf '%s\n' "${parts[@]}") != *$'\n'"$part "* ]]; then
    echo "$0: there is no part $part; there are ${parts[*]%% *}" >&2
    exit 2
  fi
done
status=0
for part in "$@"; do
  start=$SECONDS
  if (run_part "$part"); then
    outcome=passed
  else
    outcome=FAILED
    status=1
  fi
  results+=("$part $outcome after $(((SECONDS - start + 59) / 60)) minutes")
  say "${results[-1]}"
done
printf '%s\n' "${results[@]}"
exit $status
