#!/usr/bin/env bash
# Builds `longshore` and the program for Windows and tests both under Wine, on a bare Debian 12 with cargo:
# everything else is installed from Debian. `scripts/test-windows.sh [TEST-NAME...]` from anywhere.
#
# Debian has no standard library for this target, so it is compiled from source (about a minute, once), which
# needs a compiler of the very version of those sources: rustc-web, driven by whatever cargo there is.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/windows
readonly TARGET=x86_64-pc-windows-gnu

missing=()
for package in rustc-web rust-web-src gcc-mingw-w64-x86-64 wine wine64 curl; do
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

# Debug information would double the time the linker takes.
export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_PROFILE_DEV_DEBUG=0 RUST_BACKTRACE=0
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine
unset RUSTUP_TOOLCHAIN RUSTFLAGS
cargo test -Z build-std --target "$TARGET" --locked --no-fail-fast -p longshore-types -p longshore-crew -p longshore --lib --tests -- \
    --test-threads=2 "${skipped[@]}" "$@"
[ "$#" = 0 ] || exit 0 # Some tests only.
cargo test -Z build-std --target "$TARGET" --locked -p longshore-cli --bins

# The program, by real clients from outside.
cargo build -Z build-std --target "$TARGET" --locked -p longshore-cli
program=$CARGO_TARGET_DIR/$TARGET/debug/longshore.exe
root=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    server=
}
trap 'stop; rm -rf "$root"; wineserver -k || true' EXIT
start() { # ARGUMENTS...; sets `address`
    wine "$program" "$@" --addr 127.0.0.1:0 >"$root/.log" </dev/null &
    server=$!
    for _ in $(seq 300); do
        address=$(grep -oE '127[.]0[.]0[.]1:[0-9]+' "$root/.log" || true)
        [ -z "$address" ] || return 0
        sleep 0.1
    done
    echo "the program did not print its address"
    exit 1
}
expect() { # WHAT WANTED GOT
    [ "$2" = "$3" ] || {
        echo "$1: wanted '$2', got '$3'"
        exit 1
    }
    echo "ok: $1"
}
fetch() { curl -s --max-time 20 "$@"; }
code() { fetch -o /dev/null -w '%{http_code}' "$@"; }
echo 'hello from longshore' >"$root/hello.txt"
head -c 5000000 /dev/urandom >"$root/large.bin"

wine "$program" doctor | tee "$root/doctor"
expect "doctor: what was tried works" 3 "$(grep -c ' works ' "$root/doctor")"
start serve "$root"
expect "serve: a file" 'hello from longshore' "$(fetch "http://$address/hello.txt")"
expect "serve: a large file" "$(sha256sum <"$root/large.bin")" "$(fetch "http://$address/large.bin" | sha256sum)"
expect "serve: a range" 'from' "$(fetch -r 6-9 "http://$address/hello.txt")"
expect "serve: a listing" 200 "$(code "http://$address/")"
expect "serve: a missing file" 404 "$(code "http://$address/nothing")"
expect "serve: no way out" 400 "$(code --path-as-is "http://$address/../../etc/passwd")"
stop
start echo
exec 3<>"/dev/tcp/${address%:*}/${address#*:}"
echo 'there and back' >&3
read -r -t 20 line <&3
expect "echo" 'there and back' "$line"
exec 3>&-
stop
echo "passed under $(wine --version 2>/dev/null); $((${#skipped[@]} / 2)) tests skipped (scripts/wine/skipped.txt)"
