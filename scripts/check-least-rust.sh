#!/usr/bin/env bash
# Checks that the engine, what it shares with Windows, `longshore` and the program compile with the least Rust
# version that Cargo.toml promises, on Debian 12 with cargo. `scripts/check-least-rust.sh` from anywhere.
#
# No toolchain of just that version can be had without rustup, but Debian 12 has a compiler that is a little
# older. What became stable between the two is switched on by name here, and the list says why the promise is
# not lower. The Win32 face has naked functions, which the older compiler spells otherwise: for it there is
# clippy's look at what it takes of the standard library (clippy::incompatible_msrv).
set -euo pipefail
cd "$(dirname "$0")/.."
readonly PROMISED=1.88 OLDER=1.85
# 1.88: let_chains, slice_as_chunks (encoding_rs needs both). 1.87: unsigned_is_multiple_of, os_str_display.
# 1.86: once_wait.
readonly LANGUAGE=let_chains,slice_as_chunks,unsigned_is_multiple_of LIBRARY=os_str_display,once_wait

grep -q "^rust-version = \"$PROMISED\"" Cargo.toml || {
    echo "Cargo.toml promises another version than $PROMISED, which is what this script checks"
    exit 1
}
place=$PWD/target/least-rust
root=$place/debian
rustc=$root/usr/bin/rustc
if [ ! -x "$rustc" ]; then
    version=$(apt-cache madison rustc-web | awk -v older="$OLDER." 'index($3, older) == 1 { print $3; exit }')
    [ -n "$version" ] || {
        echo "Debian's packages have no rustc-web $OLDER"
        exit 1
    }
    rm -rf "$place/packages" && mkdir -p "$place/packages"
    (
        # Unpacked, not installed: the newer one of the same name may be there.
        cd "$place/packages"
        packages=("rustc-web=$version" "libstd-rust-web-dev=$version" "libstd-rust-web-$OLDER=$version" libllvm19)
        apt-get download -qq "${packages[@]}" 2>&1 | { grep -v 'unsandboxed' || true; }
        for package in *.deb; do dpkg -x "$package" "$root"; done
    )
fi
printf '#!/bin/sh\nexec "$@" "-Zcrate-attr=feature(%s)"\n' "$LIBRARY" >"$place/with-library-features"
chmod +x "$place/with-library-features"

export LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu:$root/usr/lib/llvm-19/lib
export RUSTC=$rustc RUSTC_BOOTSTRAP=1 RUSTC_WORKSPACE_WRAPPER=$place/with-library-features
export RUSTFLAGS="-Zcrate-attr=feature($LANGUAGE)"
unset RUSTUP_TOOLCHAIN
"$RUSTC" --version
cargo check --ignore-rust-version --locked --target-dir "$place" \
    -p longshore-types -p longshore-crew -p longshore-engine -p longshore -p longshore-log -p longshore-cli
