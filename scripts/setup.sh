#!/usr/bin/env bash
# Makes .venv and installs what is missing. Idempotent; quick when nothing changed.
# Debian packages are installed only where we may (root, or sudo without a password).
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }

# What each is for: the PC/SC service, the virtual reader, the foreign judges, the browser that
# tests the console, and what pyscard needs to be built where PyPI has no wheel for this Python.
packages=(pcscd vsmartcard-vpcd opensc yubico-piv-tool openssl libpcsclite1 iproute2 util-linux
          chromium
          libpcsclite-dev swig gcc pkg-config python3-dev python3-venv)

as_root=()
may_install=yes
if ! command -v apt-get >/dev/null; then
    may_install=no
elif [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=(sudo -n); else may_install=no; fi
fi

missing_packages() {
    command -v dpkg-query >/dev/null || return 0
    local name
    for name in "${packages[@]}"; do
        dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || echo "$name"
    done
}

install_packages() {
    local missing
    mapfile -t missing < <(missing_packages)
    [ "${#missing[@]}" -eq 0 ] && return 0
    if [ "$may_install" = no ]; then
        say "not installed and not mine to install: ${missing[*]}"
        say "without them the demo uses the in-process reader and PC/SC tests skip"
        return 0
    fi
    say "installing ${missing[*]}"
    if ! { "${as_root[@]}" apt-get update -qq &&
           "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
               apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >var/setup.log 2>&1; then
        say "apt-get failed (var/setup.log); going on without: ${missing[*]}"
    fi
}

find_python() {
    local name
    for name in python3 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null &&
           "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"; return
        fi
    done
    say "Python 3.11 or newer is needed" >&2; exit 1
}

mkdir -p var
stamp=.venv/.stamp
fingerprint=$(cat requirements/*.txt pyproject.toml scripts/setup.sh | sha256sum | cut -d' ' -f1)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$fingerprint" ]; then exit 0; fi

install_packages
[ -x .venv/bin/python ] || "$(find_python)" -m venv .venv
.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
uv=(.venv/bin/uv pip install -q --python .venv/bin/python)
# Provinces put their own proxy's CA into the system's store: trust what the system trusts.
[ -e /etc/ssl/certs/ca-certificates.crt ] && uv+=(--system-certs)
say "installing Python packages"
"${uv[@]}" --require-hashes -r requirements/runtime.txt -r requirements/dev.txt
if ! "${uv[@]}" --require-hashes -r requirements/pcsc.txt 2>var/pyscard.log; then
    say "pyscard could not be installed (var/pyscard.log); only the in-process reader will work"
fi
"${uv[@]}" --no-deps --no-build-isolation -e .
echo "$fingerprint" >"$stamp"
say "ready"
