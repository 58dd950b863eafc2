#!/usr/bin/env bash
# Installs the reader agent as a service of this machine, from this folder. Run it again to update:
# configuration, key and events stay.
#
#   sudo scripts/install-agent.sh               install, enable, start
#   sudo scripts/install-agent.sh --door        the same, with access to pins and serial lines
#   sudo scripts/install-agent.sh --kiosk USER  the same, with a page that the browser of USER may open
#   sudo scripts/install-agent.sh --wheels DIR  without the Internet, from packages that were brought along:
#                                               pip wheel --require-hashes -r requirements/runtime.txt -r requirements/pcsc.txt -w DIR
#                                               pip wheel --no-deps . -w DIR
#   scripts/install-agent.sh --root DIR --no-start --no-python
#                                               lay the files out below DIR, for an image or a package
set -euo pipefail
caller="$PWD"
cd "$(dirname "$0")/.."

absolute() { case "$1" in /*) echo "$1" ;; *) echo "$caller/$1" ;; esac; }
root="" wheels="" start=yes python=yes door=no kiosk=""
while [ $# -gt 0 ]; do
    case "$1" in
        --root) root="$(absolute "${2:?--root needs a folder}")"; shift ;;
        --wheels) wheels="$(absolute "${2:?--wheels needs a folder}")"; shift ;;
        --no-start) start=no ;;
        --no-python) python=no ;;
        --door) door=yes ;;
        --kiosk) kiosk="${2:?--kiosk needs the user of the browser}"; shift ;;
        *) echo "install-agent: unknown option $1" >&2; exit 2 ;;
    esac
    shift
done
say() { printf 'install-agent: %s\n' "$*"; }

user=cardsvc-agent
home="$root/opt/cardsvc-agent"
configuration="$root/etc/cardsvc-agent/agent.toml"

if [ -z "$root" ]; then
    if [ "$(id -u)" -ne 0 ]; then echo "install-agent: run me with sudo" >&2; exit 2; fi
    getent passwd "$user" >/dev/null ||
        useradd --system --user-group --no-create-home --home-dir /nonexistent \
            --shell /usr/sbin/nologin "$user"
    if [ -n "$kiosk" ]; then
        getent passwd "$kiosk" >/dev/null || { echo "install-agent: no user $kiosk" >&2; exit 2; }
        getent group cardsvc-kiosk >/dev/null || groupadd --system cardsvc-kiosk
        usermod --append --groups cardsvc-kiosk "$kiosk"
    fi
    # systemd would make it at the first start; enrolment comes before that
    install -d -m 0700 -o "$user" -g "$user" /var/lib/cardsvc-agent
    command -v pcscd >/dev/null || {
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends pcscd libccid
    }
fi

if [ "$python" = yes ]; then
    say "Python packages, each by its hash"
    python3 -m venv "$home/venv"
    if [ -z "$wheels" ]; then
        "$home/venv/bin/pip" install --quiet --require-hashes \
            -r requirements/runtime.txt -r requirements/pcsc.txt
        "$home/venv/bin/pip" install --quiet --no-deps --force-reinstall .
    else
        # hashes were checked when the wheels were made; those made of sources have others now
        pins="$(mktemp)"
        cat requirements/runtime.txt requirements/pcsc.txt |
            sed -e '/--hash=/d' -e 's/ *\\$//' >"$pins"
        offline=(--quiet --no-index --find-links "$wheels")
        "$home/venv/bin/pip" install "${offline[@]}" --no-deps -r "$pins"
        "$home/venv/bin/pip" install "${offline[@]}" --no-deps --force-reinstall cardsvc
        rm -f "$pins"
    fi
fi

install -D -m 0644 packaging/systemd/cardsvc-agent.service \
    "$root/etc/systemd/system/cardsvc-agent.service"
if [ "$door" = yes ]; then
    install -D -m 0644 packaging/systemd/cardsvc-agent-door.conf \
        "$root/etc/systemd/system/cardsvc-agent.service.d/door.conf"
fi
if [ -n "$kiosk" ]; then
    install -D -m 0644 packaging/systemd/cardsvc-agent-kiosk.conf \
        "$root/etc/systemd/system/cardsvc-agent.service.d/kiosk.conf"
    install -D -m 0644 packaging/systemd/cardsvc-agent.socket \
        "$root/etc/systemd/system/cardsvc-agent.socket"
    install -D -m 0644 packaging/tmpfiles/cardsvc-kiosk.conf "$root/etc/tmpfiles.d/cardsvc-kiosk.conf"
    install -D -m 0755 packaging/kiosk/cardsvc-kiosk-browser \
        "$root/usr/local/bin/cardsvc-kiosk-browser"
fi
install -D -m 0644 packaging/polkit/50-cardsvc-pcsc.rules \
    "$root/etc/polkit-1/rules.d/50-cardsvc-pcsc.rules"
if [ -e "$configuration" ]; then
    say "$configuration is kept"
    install -m 0644 packaging/agent/agent.toml "$configuration.example"
else
    install -D -m 0644 packaging/agent/agent.toml "$configuration"
fi

if [ -z "$root" ] && [ "$start" = yes ]; then
    systemctl daemon-reload
    if [ -n "$kiosk" ]; then
        systemd-tmpfiles --create /etc/tmpfiles.d/cardsvc-kiosk.conf
        # an agent that holds the port itself would keep the socket from it
        systemctl is-active --quiet cardsvc-agent.socket || systemctl stop cardsvc-agent.service
        systemctl enable --quiet --now cardsvc-agent.socket
    fi
    systemctl enable --quiet --now pcscd.socket
    systemctl enable --quiet cardsvc-agent.service
    if [ -e /var/lib/cardsvc-agent/identity.pem ]; then
        systemctl restart cardsvc-agent.service
    fi
fi
say "done. Next: edit /etc/cardsvc-agent/agent.toml, then as $user"
say "  reader-agent enrol --config /etc/cardsvc-agent/agent.toml   (code: cardsvc agent invite)"
say "  reader-agent doctor --config /etc/cardsvc-agent/agent.toml"
say "and: sudo systemctl restart cardsvc-agent"
if [ -n "$kiosk" ]; then
    say "in agent.toml, [loopback]: shared_dir = \"/run/cardsvc-kiosk\"; $kiosk signs in anew and"
    say "  starts cardsvc-kiosk-browser"
fi
