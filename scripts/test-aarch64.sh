#!/usr/bin/env bash
# Builds everything for AArch64 and runs the engine's tests under qemu, on a bare Debian 12 with cargo:
# everything else is installed from Debian. `scripts/test-aarch64.sh [TEST-NAME...]` from anywhere.
#
# As for Windows (test-windows.sh), the standard library is compiled from source, by a compiler of
# that very version. qemu-user translates system calls one by one and knows no io_uring, so files
# are served by the pool of threads.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/aarch64
readonly TARGET=aarch64-unknown-linux-gnu

missing=()
for package in rustc-web rust-web-src gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user; do
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
done <scripts/aarch64/skipped.txt

export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_PROFILE_DEV_DEBUG=0 RUST_BACKTRACE=0 LONGSHORE_FILES=pool
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export LONGSHORE_TEST_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER=$LONGSHORE_TEST_RUNNER
unset RUSTUP_TOOLCHAIN RUSTFLAGS
cargo build -Z build-std --target "$TARGET" --locked --workspace
cargo test -Z build-std --target "$TARGET" --locked --no-fail-fast -p longshore-types -p longshore-crew -p longshore-engine --lib -- \
    --test-threads=2 "${skipped[@]}" "$@"
echo "passed under $(qemu-aarch64 --version | head -1)"
echo "$((${#skipped[@]} / 2)) tests skipped (scripts/aarch64/skipped.txt)"
