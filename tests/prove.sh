#!/usr/bin/env bash
# prove.sh BUILD [NAME] - builds real Dockerfiles before and after dfix and compares what came out.
#
# Base images are made from the Debian mirror that the host's apt uses, its main suites alone, so
# that security fixes wait for them. They are served by a registry on loopback, and buildah builds
# without a daemon. Of each pair of images it is asked: does it build, as whom does it run, which
# packages changed against the base. NAME: only the cases whose name holds it. Needs root;
# DFIX_PROVE_KEEP=DIR keeps the bases for the next time.
set -euo pipefail
build=$(cd "$1" && pwd)
dfix=$build/dfix
only=${2:-}
work=$(mktemp -d)
bases=${DFIX_PROVE_KEEP:-$work/bases}
registry=
failures=0
cases=0

say() { printf '== %s\n' "$*"; }

die() {
    printf 'prove: %s\n' "$*" >&2
    exit 2
}

end() {
    buildah rm --all >/dev/null 2>&1 || true
    [ -z "$registry" ] || kill "$registry" 2>/dev/null || true
    umount "$work/storage/overlay" 2>/dev/null || true
    rm -rf "$work"
}
trap end EXIT

# ---- the world: a mirror, bases, a registry, a builder ----

uri_of() {
    awk -v want="$1" '/^URIs:/ && $2 ~ want"/?$" {print $2; exit}' \
        /etc/apt/sources.list.d/*.sources 2>/dev/null ||
        awk -v want="$1" '$1 == "deb" && $2 ~ want"/?$" {print $2; exit}' /etc/apt/sources.list
}

make_base() { # SUITE
    local tar=$bases/$1.tar
    [ -e "$tar" ] && return 0
    say "making a base of $1"
    mmdebstrap --quiet --variant=minbase --include=ca-certificates \
        --keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$1" "$tar.new" \
        "deb $debian $1 main" >"$work/mmdebstrap.log" 2>&1 ||
        die "no base of $1: $(tail -20 "$work/mmdebstrap.log")"
    mv "$tar.new" "$tar"
}

start_registry() {
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    cat >"$work/registry.yml" <<EOF
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $bases/registry}}
http: {addr: "127.0.0.1:$port", secret: x}
EOF
    docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
    registry=$!
    for _ in $(seq 100); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return 0
        sleep 0.1
    done
    die "docker-registry does not answer: $(cat "$work/registry.log")"
}

set_up_builder() {
    cat >"$work/storage.conf" <<EOF
[storage]
driver = "overlay"
graphroot = "$work/storage"
runroot = "$work/run"
EOF
    cat >"$work/registries.conf" <<EOF
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "docker.io"
location = "127.0.0.1:$port"
insecure = true
[[registry]]
location = "127.0.0.1:$port"
insecure = true
EOF
    echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$work/policy.json"
    export CONTAINERS_STORAGE_CONF=$work/storage.conf CONTAINERS_REGISTRIES_CONF=$work/registries.conf
}

bud() { # IMAGE FOLDER LOG
    buildah bud --isolation chroot --network host --tls-verify=false --format docker \
        --signature-policy "$work/policy.json" -t "$1" "$2" >"$3" 2>&1
}

# name:tag from a folder's Dockerfile, into the registry
publish() { # FOLDER REFERENCE
    bud "published:$cases" "$1" "$work/publish.log" || die "$2: $(tail -20 "$work/publish.log")"
    buildah push --tls-verify=false --signature-policy "$work/policy.json" --format v2s2 \
        "published:$cases" "docker://127.0.0.1:$port/$2" >>"$work/publish.log" 2>&1
}

publish_bases() {
    local suite dir
    for suite in bookworm bullseye; do
        tar -xOf "$bases/$suite.tar" ./var/lib/dpkg/status >"$work/$suite.status"
    done
    [ ! -e "$bases/published" ] || return 0
    say "publishing the bases"
    for suite in bookworm bullseye; do
        dir=$work/base-$suite
        mkdir "$dir"
        ln "$bases/$suite.tar" "$dir/base.tar" 2>/dev/null || cp "$bases/$suite.tar" "$dir/base.tar"
        printf 'deb %s %s main\ndeb %s %s-updates main\ndeb %s %s-security main\n' \
            "$debian" "$suite" "$debian" "$suite" "$security" "$suite" >"$dir/sources.list"
        printf 'FROM scratch\nADD base.tar /\nCOPY sources.list /etc/apt/sources.list\nCMD ["bash"]\n' \
            >"$dir/Dockerfile"
        publish "$dir" "library/debian:$suite"
    done
    mkdir "$work/base-app" "$work/base-current"
    printf 'FROM debian:bookworm\nRUN useradd --uid 1234 --create-home app\nUSER app\nWORKDIR /home/app\n' \
        >"$work/base-app/Dockerfile"
    publish "$work/base-app" proof/app:1-bookworm
    printf 'FROM debian:bookworm\nRUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/*\n' \
        >"$work/base-current/Dockerfile"
    publish "$work/base-current" library/debian:bookworm-slim
    touch "$bases/published"
}

# ---- one case ----

run_in() { # IMAGE COMMAND...
    local c
    c=$(buildah from --pull-never --signature-policy "$work/policy.json" "$1")
    buildah run --isolation chroot "$c" -- "${@:2}"
    buildah rm "$c" >/dev/null
}

packages() { # IMAGE
    run_in "$1" dpkg-query -W -f '${Package}=${Version}\n' | LC_ALL=C sort
}

complain() {
    printf '   !! %s: %s\n' "$name" "$*"
    failures=$((failures + 1))
    wrong=1
}

# prove NAME BASE RULES POLICY BEFORE AFTER PACKAGES < Dockerfile
#   BASE      the image that its packages are compared with
#   POLICY    of the rules, one YAML flow mapping a rule: "narrow-upgrade: {mode: narrow}"
#   BEFORE    the user before, or "fails": it cannot be built
#   AFTER     the user after
#   PACKAGES  what the fix does to the image's packages: same (as without it), narrow (against the
#             base nothing but what it names has moved), or fixed (the same, where nothing built before)
prove() {
    local name=$1 base=$2 rules=$3 policy=$4 before=$5 after=$6 packages=$7 dir options=() wrong=0
    [[ $name == *"$only"* ]] || return 0
    cases=$((cases + 1))
    dir=$work/case-$cases
    mkdir -p "$dir/before" "$dir/after"
    cat >"$dir/before/Dockerfile"
    echo 'echo app' >"$dir/before/app.sh"
    cp "$dir/before/app.sh" "$dir/before/Dockerfile" "$dir/after"
    printf 'registries:\n  insecure: ["127.0.0.1:%s"]\n  mirrors: {docker.io/library: "127.0.0.1:%s/library"}\narchitectures: [amd64]\nrules:\n' \
        "$port" "$port" >"$dir/dfix.yaml"
    [ -z "$policy" ] || printf '  %s\n' "$policy" >>"$dir/dfix.yaml"
    case $base in
    debian:bookworm) options=(--installed "$work/bookworm.status") ;;
    debian:bullseye) options=(--installed "$work/bullseye.status") ;;
    esac
    XDG_CACHE_HOME=$work/cache "$dfix" --fix --unsafe --select "$rules" --config "$dir/dfix.yaml" \
        "${options[@]}" "$dir/after/Dockerfile" >"$dir/log" 2>&1 || [ $? -eq 1 ] ||
        complain "dfix failed: $(cat "$dir/log")"
    cmp -s "$dir/before/Dockerfile" "$dir/after/Dockerfile" && complain "dfix changed nothing: $(cat "$dir/log")"

    local uid_before=fails uid_after=fails moved=-
    if bud "before:$cases" "$dir/before" "$dir/before.log"; then
        uid_before=$(run_in "before:$cases" id -u)
        packages "before:$cases" >"$dir/before.packages"
    fi
    if bud "after:$cases" "$dir/after" "$dir/after.log"; then
        uid_after=$(run_in "after:$cases" id -u)
        packages "after:$cases" >"$dir/after.packages"
        check_packages
    else
        complain "after dfix it does not build: $(tail -5 "$dir/after.log")"
    fi
    [ "$uid_before" = "$before" ] || complain "before: $uid_before, not $before: $(tail -3 "$dir/before.log")"
    [ "$uid_after" = "$after" ] || complain "after: runs as $uid_after, not $after"
    printf '%-34s %-7s %-7s %-40s %s\n' "$name" "$uid_before" "$uid_after" "$moved" \
        "$([ $wrong = 0 ] && echo ok || echo WRONG)" | tee -a "$work/table"
    [ $wrong = 0 ] || diff -u "$dir/before/Dockerfile" "$dir/after/Dockerfile" || true
}

# NAME=VERSION of all that the file names with a version that is whole or ends in a star
named() {
    grep -oE "[a-z0-9][a-z0-9+.-]*=[0-9][^ \"';]*" "$1" | LC_ALL=C sort -u || true
}

check_packages() {
    local pin pins=0 line version new=0 upgraded=0
    while read -r pin; do
        pins=$((pins + 1))
        version=$(sed -n "s/^${pin%%=*}=//p" "$dir/after.packages")
        # The pin is a pattern.
        # shellcheck disable=SC2053
        [[ $version == ${pin#*=} ]] || complain "$pin, but the image has '$version'"
    done < <(named "$dir/after/Dockerfile")
    case $packages in
    same)
        cmp -s "$dir/before.packages" "$dir/after.packages" ||
            complain "packages differ: $(diff "$dir/before.packages" "$dir/after.packages")"
        moved="$(wc -l <"$dir/after.packages") packages as before, $pins pinned"
        ;;
    narrow)
        packages_of_base >"$dir/base.packages"
        LC_ALL=C comm -13 "$dir/base.packages" "$dir/after.packages" >"$dir/moved"
        while read -r line; do
            if ! grep -q "^${line%%=*}=" "$dir/base.packages"; then
                new=$((new + 1))
            elif grep -qF "${line%%=*}=" "$dir/after/Dockerfile"; then
                upgraded=$((upgraded + 1))
            else
                complain "moved unnamed: $line"
            fi
        done <"$dir/moved"
        moved="$upgraded upgraded, $new new, $(LC_ALL=C comm -12 "$dir/base.packages" "$dir/after.packages" | wc -l) untouched"
        ;;
    fixed) moved="$pins pinned" ;;
    esac
}

packages_of_base() {
    buildah pull --tls-verify=false --signature-policy "$work/policy.json" "$base" >/dev/null 2>&1
    packages "$base"
}

# ---- the cases ----

for program in mmdebstrap docker-registry buildah python3; do
    command -v $program >/dev/null || die "$program is not installed"
done
[ "$(id -u)" -eq 0 ] || die "needs root, for mmdebstrap and buildah"
debian=$(uri_of /debian)
security=$(uri_of /debian-security)
[ -n "$debian$security" ] || die "no Debian mirror in apt's sources"
mkdir -p "$bases"
make_base bookworm
make_base bullseye
start_registry
set_up_builder
publish_bases
say "building"
printf '%-34s %-7s %-7s %-40s\n' case before after packages | tee "$work/table"
. "$(dirname "${BASH_SOURCE[0]}")/prove/cases.sh"
say "$cases cases, $failures complaints"
[ "$failures" -eq 0 ]
