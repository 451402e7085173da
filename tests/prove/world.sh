# world.sh - what the cases of prove.sh build from, sourced by it.
#
# Bases are made from the Debian mirror that the host's apt uses, its main suites alone, so that security
# fixes wait for them. Those of Alpine are a busybox of Debian's source, configured with Alpine's account
# tools, over the real database of a 3.12 image, and a stand-in for apk (apk.sh): no real Alpine is to
# be had from Debian. A registry on loopback serves them, and buildah builds without a daemon; where the
# host's is too old for heredocs, one of a newer Debian does, in a root of its own.
work=$(mktemp -d)
export TMPDIR=$work # what buildah leaves there goes with it
suites="bookworm trixie bullseye"
builder=
published= # a sum of all that was published so far

# inside PROGRAM ARGUMENT...: where buildah is: on the host, or in the builder's root, with $work in its
# place, in a session of its own. It ends with who called it, and what it leaves running with it.
inside() {
    # shellcheck disable=SC2016
    setpriv --pdeathsig KILL setsid --wait unshare --mount --pid --fork --kill-child bash -c '
        set -e
        root=$1 work=$2
        shift 2
        [ -n "$root" ] || {
            mount -t proc proc /proc
            exec "$@"
        }
        mount --bind "$root" "$root"
        for d in sys dev; do mount --rbind "/$d" "$root/$d"; done
        mount -t proc proc "$root/proc"
        for d in "$work" "$CONTAINERS_GRAPH"; do
            mkdir -p "$root$d"
            mount --rbind "$d" "$root$d"
        done
        exec chroot "$root" "$@"' - "$builder" "$work" "$@"
}

end() {
    jobs -p | xargs --no-run-if-empty kill 2>/dev/null || true
    wait 2>/dev/null || true
    umount "${CONTAINERS_GRAPH:-$work}/overlay" 2>/dev/null || true
    [ -z "$builder" ] || rmdir "$builder$work" 2>/dev/null || true
    rm -rf "$work"
}
trap end EXIT

uri_of() {
    awk -v want="$1" '/^URIs:/ && $2 ~ want"/?$" {print $2; exit}' \
        /etc/apt/sources.list.d/*.sources 2>/dev/null ||
        awk -v want="$1" '$1 == "deb" && $2 ~ want"/?$" {print $2; exit}' /etc/apt/sources.list
}

# free_port [NAME]: with a name the same one each time, as long as nobody else has it, so that what
# names it stays the same.
free_port() {
    local kept=$keep/port-${1:-}
    python3 - "$(cat "$kept" 2>/dev/null || echo 0)" <<'END' >"$work/port"
import socket, sys
for port in (int(sys.argv[1]), 0):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(s.getsockname()[1])
        break
END
    [ -z "${1:-}" ] || cp "$work/port" "$kept"
    cat "$work/port"
}

# serve PORT LOG COMMAND...: until the end
serve() {
    "${@:3}" >"$work/$2" 2>&1 &
    servers+=($!)
    for _ in $(seq 100); do
        (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
        sleep 0.1
    done
    die "$3 does not answer: $(cat "$work/$2")"
}

bootstrap() { # FORMAT SUITE TO [PACKAGES]
    mmdebstrap --quiet --format="$1" --variant=minbase ${4:+--include="$4"} \
        --keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$2" "$3" \
        "deb $debian $2 main" >"$work/mmdebstrap.log" 2>&1
}

# Without certificates, as Debian's own images are, unless its mirror asks for them.
make_base() { # SUITE
    local tar=$keep/base-$1.tar certificates=
    [ ! -e "$tar" ] || return 0
    say "making a base of $1"
    case $debian in https://*) certificates=ca-certificates ;; esac
    bootstrap tar "$1" "$tar.new" "$certificates" || die "no base of $1: $(tail -20 "$work/mmdebstrap.log")"
    mv "$tar.new" "$tar"
}

# The host's buildah, unless it is older than heredocs.
choose_builder() {
    local version
    version=$(buildah --version | sed 's/^buildah version \([0-9]*\.[0-9]*\).*/\1/')
    [ "$(printf '1.33\n%s\n' "$version" | sort -V | head -1)" != 1.33 ] || return 0
    if [ ! -e "$keep/builder/usr/bin/buildah" ]; then
        say "making a root with a newer buildah"
        rm -rf "$keep/builder" "$keep/builder.new"
        bootstrap directory trixie "$keep/builder.new" buildah,netavark,ca-certificates ||
            die "no newer buildah: $(tail -3 "$work/mmdebstrap.log")"
        printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n' \
            >"$keep/builder.new/etc/containers/containers.conf"
        mv "$keep/builder.new" "$keep/builder"
    fi
    cp /etc/resolv.conf /etc/hosts "$keep/builder/etc/"
    builder=$keep/builder
}

# A busybox with adduser and addgroup, which Debian's leaves out.
make_busybox() {
    local option dir=$work/busybox
    [ ! -e "$keep/busybox" ] || return 0
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
    ) >"$work/busybox.log" 2>&1 || die "no busybox: $(tail -3 "$work/busybox.log")"
    cp "$dir/source/busybox" "$keep/busybox"
}

# Alpine's index and advisories on loopback, and its database, need ../shared/data.
serve_alpine() {
    local data=$shared/data
    alpine=
    if [ ! -e "$data/alpine/3.12.12" ] || [ ! -e "$data/secdb/3.12-main.json.xz" ]; then
        say "skipped: the Alpine cases: no $data"
        return 0
    fi
    python3 "$here/prove/alpine.py" "$data" "$work/alpine" || die "no Alpine index"
    alpine_port=$(free_port alpine)
    serve "$alpine_port" alpine.log python3 -m http.server -b 127.0.0.1 -d "$work/alpine" "$alpine_port"
    alpine=$data/alpine/3.12.12
}

start_registry() {
    port=$(free_port registry)
    cat >"$work/registry.yml" <<END
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $keep/registry}}
http: {addr: "127.0.0.1:$port", secret: x}
END
    serve "$port" registry.log docker-registry serve "$work/registry.yml"
}

# Layers are kept for the day: the next day's packages may be others.
set_up_builder() {
    local day
    day=$(date -u +%F)
    find "$keep" -maxdepth 1 -name 'layers-*' ! -name "layers-$day" -exec rm -rf {} +
    export CONTAINERS_GRAPH=$keep/layers-$day
    mkdir -p "$CONTAINERS_GRAPH"
    cat >"$work/storage.conf" <<END
[storage]
driver = "overlay"
graphroot = "$CONTAINERS_GRAPH"
runroot = "$work/run"
END
    cat >"$work/registries.conf" <<END
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "docker.io"
location = "127.0.0.1:$port"
insecure = true
[[registry]]
location = "127.0.0.1:$port"
insecure = true
END
    echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$work/policy.json"
    cp "$here/prove/probe.sh" "$work/"
    export CONTAINERS_STORAGE_CONF=$work/storage.conf CONTAINERS_REGISTRIES_CONF=$work/registries.conf
}

# Packages are fetched once: a proxy on loopback keeps them. What is not plain http goes past it.
start_proxy() {
    local proxy
    case $debian in http://*) ;; *) return 0 ;; esac
    proxy=$(free_port)
    serve "$proxy" proxy.log python3 "$here/prove/proxy.py" "$proxy" "$keep/fetched"
    export http_proxy=http://127.0.0.1:$proxy no_proxy=127.0.0.1,localhost
}

# publish FOLDER REFERENCE [OPTION...]: its Dockerfile's image into the registry, for buildah, and into a
# layout, which dfix asks instead of docker.io; its packages into a list. What was published from the same
# files, after the same images, is there.
publish() {
    local there=127.0.0.1:$port/$2
    published=$(
        cd "$1"
        find . \( -path ./root -o -name 'probed*' \) -prune -o -type f -exec sha256sum {} + | LC_ALL=C sort |
            cat - <(echo "$published $2") | sha256sum
    )
    if grep -qsxF "$published" "$keep/published"; then
        return 0
    fi
    {
        bud published "$1" "$work/build.log" "${@:3}" &&
            inside sh "$work/probe.sh" published "$1/probed" "$work/policy.json" '' &&
            inside buildah push --tls-verify=false --signature-policy "$work/policy.json" --format oci \
                published "docker://$there" &&
            skopeo --policy "$work/policy.json" copy --quiet --src-tls-verify=false "docker://$there" \
                "oci:$keep/layouts/${2#library/}"
    } >"$work/publish.log" 2>&1 || die "$2: $(tail -20 "$work/build.log" "$work/publish.log")"
    cp "$1/probed.packages" "$keep/packages/${2##*/}"
    echo "$published" >>"$keep/published"
}

# As Debian's own images have dpkg and apt.
settings_of_images() { # DIR
    echo force-unsafe-io >"$1/speed"
    cat >"$1/apt.conf" <<'END'
Acquire::Languages "none";
Apt::AutoRemove::SuggestsImportant "false";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
END
}

publish_debian() {
    local suite dir
    for suite in $suites; do
        dir=$work/base-$suite
        mkdir "$dir"
        ln "$keep/base-$suite.tar" "$dir/base.tar" 2>/dev/null ||
            cp "$keep/base-$suite.tar" "$dir/base.tar"
        printf 'deb %s %s main\ndeb %s %s-updates main\ndeb %s %s-security main\n' \
            "$debian" "$suite" "$debian" "$suite" "$security" "$suite" >"$dir/sources.list"
        settings_of_images "$dir"
        printf 'FROM scratch\nADD base.tar /\nCOPY sources.list /etc/apt/sources.list\n%s\n%s\nCMD ["bash"]\n' \
            'COPY speed /etc/dpkg/dpkg.cfg.d/docker-apt-speedup' \
            'COPY apt.conf /etc/apt/apt.conf.d/docker-images' >"$dir/Dockerfile"
        publish "$dir" "library/debian:$suite"
    done
    mkdir "$work/base-app"
    printf 'FROM debian:bookworm\nRUN useradd --uid 1234 --create-home app\nUSER app\nWORKDIR /home/app\n' \
        >"$work/base-app/Dockerfile"
    publish "$work/base-app" proof/app:1-bookworm
}

# One for which no upgrade waits today.
publish_current() {
    mkdir "$work/base-current"
    printf 'FROM debian:bookworm\nRUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/*\n# of %s\n' \
        "$(date -u +%F)" >"$work/base-current/Dockerfile"
    publish "$work/base-current" library/debian:bookworm-20261101
}

# A root of busybox alone.
lay_out_busybox() { # ROOT
    local program
    mkdir -p "$1/bin" "$1/sbin" "$1/etc" "$1/tmp" "$1/root" "$1/home"
    chmod 1777 "$1/tmp"
    chmod 700 "$1/root"
    install -m 755 "$keep/busybox" "$1/bin/busybox"
    for program in $("$keep/busybox" --list); do
        [ "$program" = busybox ] || ln -s busybox "$1/bin/$program"
    done
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n' >"$1/etc/passwd"
    printf 'root:x:0:root\nnobody:x:65534:\n' >"$1/etc/group"
    printf 'root:!::0:::::\nnobody:!::0:::::\n' >"$1/etc/shadow"
}

# Of files as old as the busybox, so that the same image comes of it each time.
publish_root() { # DIR REFERENCE [OPTION...]
    tar -C "$1/root" --owner=0 --group=0 --sort=name --mtime="@$(stat -c %Y "$keep/busybox")" -cf "$1/base.tar" .
    printf 'FROM scratch\nADD base.tar /\nENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nCMD ["/bin/sh"]\n' \
        >"$1/Dockerfile"
    publish "$@"
}

# The database's real packages; busybox is what runs. /etc/apk/proof: where the stand-in's index is.
publish_alpine() {
    local dir=$work/base-alpine root=$work/base-alpine/root
    [ -n "$alpine" ] || return 0
    mkdir -p "$root/lib/apk/db"
    cp -r "$alpine/etc" "$root/etc"
    chmod -R u+w "$root/etc"
    lay_out_busybox "$root"
    install -m 644 "$alpine/lib/apk/db/installed" "$root/lib/apk/db/installed"
    install -m 755 "$here/prove/apk.sh" "$root/sbin/apk"
    echo "http://127.0.0.1:$alpine_port/alpine/v3.12/main/x86/APKINDEX.tar.gz" >"$root/etc/apk/proof"
    publish_root "$dir" library/alpine:3.12 --platform linux/386
    publish "$dir" library/alpine:latest --platform linux/386
    mkdir "$work/base-alpine-app"
    printf 'FROM alpine:3.12\nRUN addgroup -S -g 1234 app && adduser -S -D -H -u 1234 -G app app\nUSER app\n' \
        >"$work/base-alpine-app/Dockerfile"
    publish "$work/base-alpine-app" proof/app:1-alpine3.12 --platform linux/386
}

publish_busybox() {
    local root=$work/base-busybox/root
    lay_out_busybox "$root"
    publish_root "$work/base-busybox" library/busybox:latest
}

# The policy of a case, from its words.
write_policy() { # BASE
    local archs=amd64
    case $1 in alpine:*) archs=386 ;; esac # that of the one real index
    cat <<END
registries:
  insecure: ["127.0.0.1:$port"]
  trusted: [docker.io, "127.0.0.1:$port"]
  layouts:
    docker.io/library/debian: $keep/layouts/debian
    docker.io/library/alpine: $keep/layouts/alpine
    docker.io/library/busybox: $keep/layouts/busybox
architectures: [$archs]
END
    [ -z "$(word policy)" ] || printf 'rules:\n  %s\n' "$(word policy)"
    [ -z "$(word config)" ] || printf '%s\n' "$(word config)"
    [ -z "$alpine" ] ||
        printf 'index:\n  apk:\n    alpine: {mirror: "%s/alpine", keys: [%s], secdb: "%s/secdb"}\n' \
            "http://127.0.0.1:$alpine_port" "$work/alpine/keys" "http://127.0.0.1:$alpine_port"
}

make_world() {
    local program suite
    for program in mmdebstrap docker-registry buildah skopeo python3 gcc make openssl; do
        command -v $program >/dev/null || die "$program is not installed"
    done
    [ "$(id -u)" -eq 0 ] || die "needs root, for mmdebstrap and buildah"
    debian=$(uri_of /debian)
    security=$(uri_of /debian-security)
    [ -n "$debian$security" ] || die "no Debian mirror in apt's sources"
    mkdir -p "$keep/packages" "$keep/layouts/proof"
    gcc -static -Os -o "$work/app" "$here/prove/app.c"
    for suite in $suites; do
        make_base "$suite"
    done
    choose_builder
    make_busybox
    serve_alpine
    start_registry
    set_up_builder
    start_proxy
    say "publishing the bases"
    publish_debian
    publish_busybox
    publish_alpine
    publish_current
}
