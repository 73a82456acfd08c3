#!/usr/bin/env bash
# Builds `longshore` and the program for Windows and runs their tests under Wine, on a bare Debian 12 with cargo:
# everything else is installed from Debian. `scripts/test-windows.sh [TEST-NAME...]` from anywhere.
#
# Debian has no standard library for this target, so it is compiled from source (about a minute, once), which needs a
# compiler of the very version of those sources: rustc-web, driven by whatever cargo there is.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/windows
readonly TARGET=x86_64-pc-windows-gnu

missing=()
for package in rustc-web rust-web-src gcc-mingw-w64-x86-64 wine wine64; do
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

# A Windows of its own, made once. The first program makes it; the messages about 32 bits are of no account.
export WINEPREFIX=$CARGO_TARGET_DIR/wine WINEDEBUG=-all
mkdir -p "$WINEPREFIX"
system32=$WINEPREFIX/drive_c/windows/system32
[ -d "$system32" ] || wine wineboot --init >/dev/null 2>&1
trap 'wineserver -k || true' EXIT
x86_64-w64-mingw32-gcc -shared -O2 -o "$system32/bcryptprimitives.dll" scripts/wine/bcryptprimitives.c -ladvapi32

skipped=()
while read -r name _; do
    case $name in '' | '#'*) ;; *) skipped+=(--skip "$name") ;; esac
done <scripts/wine/skipped.txt

# Backtraces and debug information would double the time the linker takes.
export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_PROFILE_DEV_DEBUG=0 RUST_BACKTRACE=0
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine
unset RUSTUP_TOOLCHAIN RUSTFLAGS
cargo test -Z build-std --target "$TARGET" --locked --no-fail-fast -p longshore --lib --tests -- \
    --test-threads=2 "${skipped[@]}" "$@"
echo "passed under $(wine --version 2>/dev/null); $((${#skipped[@]} / 2)) tests skipped (scripts/wine/skipped.txt)"
