#!/bin/bash
# toolchain.sh DEST TARGET…: a Rust toolchain with std for wasm targets, for a machine where rustup cannot download targets
# (Debian, x86_64). It is unpacked from packages of the distribution into a folder: no root, nothing is installed. DEST must be
# absolute and not be there yet. rustup takes DEST/usr as a toolchain by its path: RUSTUP_TOOLCHAIN=DEST/usr cargo build …
# Run `apt-get update` before. About 150 MB to download, 550 MB on disk.
set -euo pipefail
DEST=$1
shift
HOST=x86_64-unknown-linux-gnu
TMP=$DEST.tmp
rm -rf "$TMP"
mkdir -p "$TMP/debs"
cd "$TMP/debs"
unset RUSTC RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_DIR CARGO RUSTUP_TOOLCHAIN
# The toolchain of rustup lends cargo and the linker.
LENDER=$(rustc --print sysroot)
apt-get download -q rustc-web libstd-rust-web-1.96 libstd-rust-web-dev rust-web-src libllvm22 wasi-libc
for deb in ./*.deb; do dpkg -x "$deb" "$TMP"; done
TC=$TMP/usr
SRC=$(echo "$TC"/src/rustc-*)
BIN=$TC/lib/rustlib/$HOST/bin
# rustup puts TOOLCHAIN/lib on LD_LIBRARY_PATH.
mv "$TC"/lib/x86_64-linux-gnu/*.so* "$TC/lib/"
mkdir -p "$BIN"
ln -s "$LENDER/lib/rustlib/$HOST/bin/rust-lld" "$LENDER/lib/rustlib/$HOST/bin/gcc-ld" "$BIN/"
ln -s "$LENDER/bin/cargo" "$TC/bin/cargo"
export RUSTUP_TOOLCHAIN=$TC
HASH=$(rustc -vV | sed -n 's/^commit-hash: //p')
for target in "$@"; do
  RUSTC_BOOTSTRAP=1 __CARGO_DEFAULT_LIB_METADATA=wasmstd \
    RUSTFLAGS="-Cembed-bitcode=yes -Zforce-unstable-if-unmarked --remap-path-prefix=$SRC=/rustc/$HASH --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo" \
    cargo build --locked --release --manifest-path "$SRC/library/sysroot/Cargo.toml" --target "$target" --target-dir "$TMP/std"
  LIB=$TC/lib/rustlib/$target/lib
  mkdir -p "$LIB"
  cp "$TMP/std/$target/release/deps/"*.rlib "$LIB/"
  if [ "$target" = wasm32-wasip1 ]; then
    # The C library and its start files, and two functions of threads that older ones lack.
    mkdir "$LIB/self-contained"
    cp "$TC"/lib/wasm32-wasi/{crt1-command.o,crt1-reactor.o,libc.a} "$LIB/self-contained/"
    printf '%s\n' '#![no_std]' \
      '#[unsafe(no_mangle)] pub extern "C" fn pthread_join(_: *mut u8, _: *mut *mut u8) -> i32 { 58 }' \
      '#[unsafe(no_mangle)] pub extern "C" fn pthread_detach(_: *mut u8) -> i32 { 58 }' > stubs.rs
    rustc --crate-type=lib --emit=obj -O -Cpanic=abort -Ccodegen-units=1 --target "$target" stubs.rs -o stubs.o
    ar r "$LIB/self-contained/libc.a" stubs.o
  fi
done
rm -rf "$TMP/std" "$TMP/debs" "$TC/src" "$TC/lib/rustlib/src" "$TC/bin/rustdoc" "$TC/share" "$TC/include"
mv -T "$TMP" "$DEST"
