#!/usr/bin/env bash
# prove.sh BUILD [NAME] - builds real Dockerfiles before and after dfix and compares what came out.
#
# Base images are made from the Debian mirror that the host's apt uses, its main suites alone, so
# that security fixes wait for them. Those of Alpine are a busybox of Debian's source, configured with
# Alpine's account tools, over the real database of a 3.12 image, and a stand-in for apk
# (prove/apk.sh): no real Alpine is to be had from Debian. They are served by a registry on loopback,
# and buildah builds without a daemon; where the host's is too old for heredocs, one of a newer Debian
# does, in a root of its own. Of each pair of images it is asked: does it build, as whom does it run,
# which packages changed against the base. NAME: only the cases whose name holds it. Needs root;
# DFIX_PROVE_KEEP=DIR keeps the bases and the builder for the next time.
set -euo pipefail
build=$(cd "$1" && pwd)
dfix=$build/dfix
only=${2:-}
work=$(mktemp -d)
bases=${DFIX_PROVE_KEEP:-$work/bases}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
shared=${DFIX_SHARED:-$here/../../shared}
registry=
files=
builder=
failures=0
cases=0

say() { printf '== %s\n' "$*"; }

die() {
    printf 'prove: %s\n' "$*" >&2
    exit 2
}

# buildah of the host, or in the builder's root, where $work and $bases are in their places.
in_builder() {
    if [ -z "$builder" ]; then
        buildah "$@"
        return
    fi
    # shellcheck disable=SC2016
    unshare --mount bash -c '
        set -e
        root=$1 work=$2
        shift 2
        mount --bind "$root" "$root"
        for d in proc sys dev; do mount --rbind "/$d" "$root/$d"; done
        mkdir -p "$root$work"
        mount --rbind "$work" "$root$work"
        exec chroot "$root" buildah "$@"' - "$builder" "$work" "$@"
}

end() {
    in_builder rm --all >/dev/null 2>&1 || true
    [ -z "$registry" ] || kill "$registry" 2>/dev/null || true
    [ -z "$files" ] || kill "$files" 2>/dev/null || true
    umount "$work/storage/overlay" 2>/dev/null || true
    [ -z "$builder" ] || rmdir "$builder$work" 2>/dev/null || true
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
    mmdebstrap --quiet --format=tar --variant=minbase --include=ca-certificates \
        --keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$1" "$tar.new" \
        "deb $debian $1 main" >"$work/mmdebstrap.log" 2>&1 ||
        die "no base of $1: $(tail -20 "$work/mmdebstrap.log")"
    mv "$tar.new" "$tar"
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

wait_for() { # PORT
    for _ in $(seq 100); do
        (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
        sleep 0.1
    done
    return 1
}

# The builder: the host's buildah, unless it is older than heredocs.
choose_builder() {
    local version
    version=$(buildah --version | sed 's/^buildah version \([0-9]*\.[0-9]*\).*/\1/')
    [ "$(printf '1.33\n%s\n' "$version" | sort -V | head -1)" != 1.33 ] || return 0
    if [ ! -e "$bases/builder/usr/bin/buildah" ]; then
        say "making a root with a newer buildah"
        rm -rf "$bases/builder"
        mmdebstrap --quiet --format=directory --variant=minbase \
            --include=buildah,netavark,ca-certificates \
            --keyring=/usr/share/keyrings/debian-archive-keyring.gpg trixie "$bases/builder.new" \
            "deb $debian trixie main" >"$work/mmdebstrap.log" 2>&1 || {
            say "no newer buildah: $(tail -3 "$work/mmdebstrap.log")"
            return 0
        }
        printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n' \
            >"$bases/builder.new/etc/containers/containers.conf"
        mv "$bases/builder.new" "$bases/builder"
    fi
    cp /etc/resolv.conf /etc/hosts "$bases/builder/etc/"
    builder=$bases/builder
}

# A busybox with adduser and addgroup, which Debian's leaves out.
make_busybox() {
    local option dir=$work/busybox
    [ ! -e "$bases/busybox" ] || return 0
    say "building busybox from Debian's source"
    mkdir -p "$dir/lists/partial" "$dir/archives/partial" "$dir/source"
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $debian bookworm main" \
        >"$dir/sources.list"
    (
        set -e
        cd "$dir"
        options=(-o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir"
            -o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null
            -o APT::Sandbox::User=root -o Acquire::Languages=none)
        apt-get "${options[@]}" update
        apt-get "${options[@]}" source --download-only busybox
        tar -C source --strip-components=1 -xf busybox_*.orig.tar.*
        cd source
        make allnoconfig
        for option in STATIC LONG_OPTS LFS USE_BB_PWD_GRP BUSYBOX ASH SH_IS_ASH ASH_TEST ASH_ECHO \
            ASH_PRINTF ADDUSER FEATURE_ADDUSER_LONG_OPTIONS ADDGROUP FEATURE_ADDGROUP_LONG_OPTIONS \
            FEATURE_SHADOWPASSWDS ID WHOAMI MKDIR CHOWN CHMOD AWK SED SORT FEATURE_SORT_BIG GREP CAT \
            RM LN LS TOUCH TEST WGET TAR GUNZIP FEATURE_SEAMLESS_GZ ENV ECHO PRINTF TRUE HEAD STAT; do
            sed -i "/^# CONFIG_$option is not set/d" .config
            echo "CONFIG_$option=y" >>.config
        done
        sed -i '/^CONFIG_\(LAST\|FIRST\)_/d' .config
        printf 'CONFIG_%s\n' LAST_ID=60000 FIRST_SYSTEM_ID=100 LAST_SYSTEM_ID=999 >>.config
        yes '' | make oldconfig || [ -e .config ]
        make -j2 busybox
    ) >"$work/busybox.log" 2>&1 && cp "$dir/source/busybox" "$bases/busybox" && return 0
    say "no busybox: $(tail -3 "$work/busybox.log")"
    return 1
}

# Alpine's index and advisories on loopback, and its database, need ../shared/data.
serve_alpine() {
    local data=$shared/data
    alpine=
    [ -e "$data/alpine/3.12.12" ] && [ -e "$data/secdb/3.12-main.json.xz" ] || {
        say "skipped: the Alpine cases: no ../shared/data"
        return 0
    }
    make_busybox || return 0
    python3 "$here/prove/alpine.py" "$data" "$work/alpine" || die "no Alpine index"
    alpine_port=$(free_port)
    python3 -m http.server -b 127.0.0.1 -d "$work/alpine" "$alpine_port" >"$work/http.log" 2>&1 &
    files=$!
    wait_for "$alpine_port" || die "the file server does not answer: $(cat "$work/http.log")"
    alpine=$data/alpine/3.12.12
    alpine_database=$alpine/lib/apk/db/installed
}

start_registry() {
    port=$(free_port)
    cat >"$work/registry.yml" <<EOF
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $bases/registry}}
http: {addr: "127.0.0.1:$port", secret: x}
EOF
    docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
    registry=$!
    wait_for "$port" || die "docker-registry does not answer: $(cat "$work/registry.log")"
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
    in_builder bud --isolation chroot --network host --tls-verify=false --format docker \
        --signature-policy "$work/policy.json" -t "$1" "$2" >"$3" 2>&1
}

# name:tag from a folder's Dockerfile, into the registry
publish() { # FOLDER REFERENCE
    bud "published:$cases" "$1" "$work/publish.log" || die "$2: $(tail -20 "$work/publish.log")"
    in_builder push --tls-verify=false --signature-policy "$work/policy.json" --format v2s2 \
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

# The database's real packages; busybox is what runs. /etc/apk/proof: the index of the stand-in.
publish_alpine() {
    local dir=$work/base-alpine root=$work/base-alpine/root program
    [ -n "$alpine" ] || return 0
    mkdir -p "$root/bin" "$root/sbin" "$root/lib/apk/db" "$root/tmp" "$root/root" "$root/home"
    chmod 1777 "$root/tmp"
    chmod 700 "$root/root"
    cp -r "$alpine/etc" "$root/etc"
    chmod -R u+w "$root/etc"
    install -m 644 "$alpine_database" "$root/lib/apk/db/installed"
    install -m 755 "$here/prove/apk.sh" "$root/sbin/apk"
    install -m 755 "$bases/busybox" "$root/bin/busybox"
    for program in $("$bases/busybox" --list); do
        [ "$program" = busybox ] || ln -s busybox "$root/bin/$program"
    done
    printf 'root:x:0:0:root:/root:/bin/ash\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n' >"$root/etc/passwd"
    printf 'root:x:0:root\nnobody:x:65534:\n' >"$root/etc/group"
    printf 'root:!::0:::::\nnobody:!::0:::::\n' >"$root/etc/shadow"
    echo "http://127.0.0.1:$alpine_port/alpine/v3.12/main/x86/APKINDEX.tar.gz" >"$root/etc/apk/proof"
    tar -C "$root" --owner=0 --group=0 -cf "$dir/base.tar" .
    printf 'FROM scratch\nADD base.tar /\nENV PATH=/usr/sbin:/usr/bin:/sbin:/bin\nCMD ["/bin/sh"]\n' >"$dir/Dockerfile"
    publish "$dir" library/alpine:3.12
    mkdir "$work/base-alpine-app"
    printf 'FROM alpine:3.12\nRUN addgroup -S -g 1234 app && adduser -S -D -H -u 1234 -G app app\nUSER app\n' \
        >"$work/base-alpine-app/Dockerfile"
    publish "$work/base-alpine-app" proof/app:1-alpine3.12
}

# ---- one case ----

run_in() { # IMAGE COMMAND...
    local c
    c=$(in_builder from --pull-never --signature-policy "$work/policy.json" "$1")
    in_builder run --isolation chroot "$c" -- "${@:2}" </dev/null || return
    in_builder rm "$c" >/dev/null
}

packages() { # IMAGE
    # shellcheck disable=SC2016
    run_in "$1" sh -c 'if [ -e /lib/apk/db/installed ]; then
            awk -F: '"'"'/^P:/ {name = $2} /^V:/ {print name "=" $2}'"'"' /lib/apk/db/installed
        else
            dpkg-query -W -f '"'"'${Package}=${Version}\n'"'"'
        fi' | LC_ALL=C sort
}

complain() {
    printf '   !! %s: %s\n' "$name" "$*"
    failures=$((failures + 1))
    wrong=1
}

# prove NAME BASE RULES POLICY BEFORE AFTER PACKAGES [CHECK] < Dockerfile
#   BASE      the image that its packages are compared with
#   POLICY    of the rules, one YAML flow mapping a rule: "narrow-upgrade: {mode: narrow}"
#   BEFORE    the user before, or "fails": it cannot be built
#   AFTER     the user after
#   PACKAGES  what the fix does to the image's packages: same (as without it), narrow (against the
#             base nothing but what it names has moved), or fixed (the same, where nothing built before)
#   CHECK     a command of sh that must succeed in the image after, as its user
prove() {
    local name=$1 base=$2 rules=$3 policy=$4 before=$5 after=$6 packages=$7 check=${8:-} archs=amd64
    local dir options=() wrong=0
    [[ $name == *"$only"* ]] || return 0
    cases=$((cases + 1))
    dir=$work/case-$cases
    mkdir -p "$dir/before" "$dir/after"
    cat >"$dir/before/Dockerfile"
    echo 'echo app' >"$dir/before/app.sh"
    cp "$dir/before/app.sh" "$dir/before/Dockerfile" "$dir/after"
    case $base in alpine:*) archs=386 ;; esac # that of the one real index
    cat >"$dir/dfix.yaml" <<END
registries:
  insecure: ["127.0.0.1:$port"]
  mirrors: {docker.io/library: "127.0.0.1:$port/library"}
architectures: [$archs]
rules:
END
    [ -z "$policy" ] || printf '  %s\n' "$policy" >>"$dir/dfix.yaml"
    case $base in
    alpine:*)
        options=(--installed "$alpine_database")
        printf 'index:\n  apk:\n    alpine: {mirror: "%s/alpine", keys: [%s], secdb: "%s/secdb"}\n' \
            "http://127.0.0.1:$alpine_port" "$work/alpine/keys" "http://127.0.0.1:$alpine_port" \
            >>"$dir/dfix.yaml"
        ;;
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
        [ -z "$check" ] || run_in "after:$cases" sh -c "$check" >"$dir/check.log" 2>&1 ||
            complain "'$check' failed: $(cat "$dir/check.log")"
    else
        complain "after dfix it does not build: $(tail -5 "$dir/after.log")"
    fi
    [ "$uid_before" = "$before" ] || complain "before: $uid_before, not $before: $(tail -3 "$dir/before.log")"
    [ "$uid_after" = "$after" ] || complain "after: runs as $uid_after, not $after"
    printf '%-34s %-7s %-7s %-40s %s\n' "$name" "$uid_before" "$uid_after" "$moved" \
        "$([ $wrong = 0 ] && echo ok || echo WRONG)" | tee -a "$work/table"
    [ $wrong = 0 ] || diff -u "$dir/before/Dockerfile" "$dir/after/Dockerfile" || true
}

# keep NAME CHECK < Dockerfile: nothing is changed, and CHECK succeeds in the image, as root
keep() {
    local name=$1 check=$2 dir wrong=0
    [[ $name == *"$only"* ]] || return 0
    cases=$((cases + 1))
    dir=$work/case-$cases
    mkdir -p "$dir"
    cat >"$dir/Dockerfile"
    echo 'echo app' >"$dir/app.sh"
    cp "$dir/Dockerfile" "$dir/before"
    XDG_CACHE_HOME=$work/cache "$dfix" --fix --unsafe --no-config --offline --select user-switch \
        "$dir/Dockerfile" >"$dir/log" 2>&1 || true
    cmp -s "$dir/Dockerfile" "$dir/before" || complain "dfix changed it: $(cat "$dir/log")"
    if bud "kept:$cases" "$dir" "$dir/log"; then
        run_in "kept:$cases" sh -c "$check" >"$dir/log" 2>&1 ||
            complain "'$check' failed: $(cat "$dir/log")"
    else
        complain "it does not build: $(tail -5 "$dir/log")"
    fi
    printf '%-34s %-7s %-7s %-40s %s\n' "$name" 0 0 'left as it is' \
        "$([ $wrong = 0 ] && echo ok || echo WRONG)" | tee -a "$work/table"
}

# NAME=VERSION of all that the file names with a version that is whole or ends in a star
named() {
    grep -oE "[a-z0-9][a-z0-9+.-]*=[0-9][^ \"';]*" "$1" | LC_ALL=C sort -u || true
}

# Does the file name the package?
is_named() { # NAME FILE
    grep -qE "(^|[ \"'])$1[<>=~]" "$2"
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
            elif is_named "${line%%=*}" "$dir/after/Dockerfile"; then
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
    in_builder pull --tls-verify=false --signature-policy "$work/policy.json" "$base" >/dev/null 2>&1
    packages "$base"
}

# ---- the cases ----

for program in mmdebstrap docker-registry buildah python3 gcc make openssl; do
    command -v $program >/dev/null || die "$program is not installed"
done
[ "$(id -u)" -eq 0 ] || die "needs root, for mmdebstrap and buildah"
debian=$(uri_of /debian)
security=$(uri_of /debian-security)
[ -n "$debian$security" ] || die "no Debian mirror in apt's sources"
mkdir -p "$bases"
make_base bookworm
make_base bullseye
choose_builder
serve_alpine
start_registry
set_up_builder
publish_bases
publish_alpine
say "building"
printf '%-34s %-7s %-7s %-40s\n' case before after packages | tee "$work/table"
. "$here/prove/cases.sh"
say "$cases cases, $failures complaints"
[ "$failures" -eq 0 ]
