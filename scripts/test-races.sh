#!/usr/bin/env bash
# The engine's tests, and those of `longshore`, under ThreadSanitizer, on Debian 12 with cargo: everything else is
# installed from Debian. `scripts/test-races.sh [TEST-NAME...]` from anywhere.
#
# The sanitizer has to see the standard library's own locks, so that is compiled from source as well, by a compiler of
# that very version (as for Windows, see test-windows.sh). The runtime is clang's.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/races
target=$(/usr/bin/env rustc -vV | sed -n 's/^host: //p')

missing=()
for package in rustc-web rust-web-src clang-14 libclang-rt-14-dev; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
    [ "$(id -u)" = 0 ] || {
        echo "missing: ${missing[*]}; install them, or run this as root"
        exit 1
    }
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

skipped=()
while read -r name _; do
    case $name in '' | '#'*) ;; *) skipped+=(--skip "$name") ;; esac
done <scripts/races/skipped.txt

export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_PROFILE_DEV_DEBUG=line-tables-only RUST_BACKTRACE=0
export RUSTFLAGS="-Zsanitizer=thread -Zexternal-clangrt -Clinker=clang-14 -Clink-arg=-fsanitize=thread"
export TSAN_OPTIONS="halt_on_error=1:suppressions=$PWD/scripts/races/suppressions.txt"
unset RUSTUP_TOOLCHAIN
cargo test -Z build-std --target "$target" --locked -p longshore-engine -p longshore --lib --tests -- \
    "${skipped[@]}" "$@"
echo "no data race was seen; $((${#skipped[@]} / 2)) tests skipped (scripts/races/skipped.txt)"
