# Sourced by ./start, ./test and .ci/run: makes sure that Rust code can be built and linked here. Installs the C
# compiler (SQLite is C, and Rust links with it) as root on Debian; names precisely what is missing otherwise.
# shellcheck shell=sh

need_toolchain() {
    # A fresh rustup has not reached the PATH of a shell that was open before.
    if ! command -v cargo >/dev/null 2>&1 && [ -x "${HOME:-}/.cargo/bin/cargo" ]; then
        PATH="$HOME/.cargo/bin:$PATH"
        export PATH
    fi
    if ! command -v cargo >/dev/null 2>&1; then
        echo "missing: a Rust toolchain, 1.92 or newer; see https://rustup.rs" >&2
        return 1
    fi
    if command -v cc >/dev/null 2>&1; then
        return 0
    fi
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing a C compiler (gcc, libc6-dev)" >&2
        apt-get update -q >&2 || true
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends gcc libc6-dev >&2 || true
    fi
    if ! command -v cc >/dev/null 2>&1; then
        echo "missing: a C compiler; on Debian: sudo apt-get install --no-install-recommends gcc libc6-dev" >&2
        return 1
    fi
}
