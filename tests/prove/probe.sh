#!/bin/sh
# probe.sh IMAGE OUT POLICY COMMAND - what prove.sh asks of an image, by buildah and from outside: OUT.packages,
# OUT.files, OUT.settings; then from inside, as its user: OUT.user, whether COMMAND succeeds (OUT.answered) and
# whether it starts (OUT.started), the status of each and what they print beside it.
set -eu
image=$1 out=$2 policy=$3 answer=$4
container=$(buildah from --pull-never --signature-policy "$policy" "$image")
root=$(buildah mount "$container")

packages() {
    if [ -e "$root/lib/apk/db/installed" ]; then
        awk -F: '/^P:/ {name = $2} /^V:/ {print name "=" $2}' "$root/lib/apk/db/installed"
    elif [ -e "$root/var/lib/dpkg/status" ]; then
        awk '/^Package:/ {name = $2} /^Status:/ {here = $4 == "installed"}
            /^Version:/ && here {print name "=" $2}' "$root/var/lib/dpkg/status"
    fi | LC_ALL=C sort
}

# Name, type, mode, owner, where a link leads to, and the sum of what no package brought: without what
# package managers keep for themselves, and what is there for a while.
files() {
    (
        cd "$root"
        find . \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./tmp -o -path ./var/tmp \
            -o -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/cache -o -path ./var/log \
            -o -path ./lib/apk -o -path ./etc/apk -o -name __pycache__ -o -path ./etc/ld.so.cache \
            -o -path ./etc/machine-id -o -path ./etc/resolv.conf -o -path ./etc/hosts -o -path ./etc/hostname \
            -o -path './etc/passwd*' -o -path './etc/group*' -o -path './etc/shadow*' -o -path './etc/gshadow*' \
            -o -path './etc/subuid*' -o -path './etc/subgid*' \) -prune -o -printf '/%P\t%y%m\t%U:%G\t%l\t' \
            \( -type f \( -path './etc/*' -o -path './opt/*' -o -path './srv/*' -o -path './usr/local/*' \
            -o -path './app/*' -o -path './home/*' -o -path './root/*' -o -regex './[^/]*' \) \
            -fprint0 "$out.summed" -printf '+\n' -o -printf '-\n' \) >"$out.listed"
        xargs -0 -r sha256sum -- <"$out.summed"
    ) | awk -F '\t' -v OFS='\t' 'NF == 1 {sum[substr($0, 68)] = substr($0, 1, 64); next}
        $5 == "+" {$5 = sum[$1]} {print}' - "$out.listed" | LC_ALL=C sort
}

# run NAME COMMAND...: in the image, as its user
run() {
    status=0
    name=$1
    shift
    buildah run --isolation chroot "$container" -- "$@" </dev/null >"$out.$name.said" 2>&1 || status=$?
    echo $status >"$out.$name"
}

# The image's own command. What still runs five seconds after its shell handed over to it has started, and
# is stopped; where there is no shell, five seconds after it was asked for.
# shellcheck disable=SC2016
start() {
    if [ -e "$root/bin/sh" ] || [ -L "$root/bin/sh" ]; then
        set -- /bin/sh -c 'echo it starts >&2; exec "$0" "$@"'
    else
        set --
        echo it starts >"$out.started.said"
    fi
    setsid sh -c '
        out=$1 container=$2 status=0
        shift 2
        xargs -0 buildah run --isolation chroot "$container" -- "$@" <"$out.words" >>"$out.started.said" 2>&1 ||
            status=$?
        echo $status >"$out.started"' - "$out" "$container" "$@" &
    command=$! left=600 # tenths of a second
    while [ $left -gt 0 ] && [ ! -s "$out.started" ]; do
        [ $left -le 50 ] || ! grep -qsx 'it starts' "$out.started.said" || left=50
        sleep 0.1
        left=$((left - 1))
    done
    [ -s "$out.started" ] || {
        kill -- "-$command" || true
        grep -qx 'it starts' "$out.started.said" && echo 0 >"$out.started" || echo 124 >"$out.started"
    }
}

packages >"$out.packages"
files >"$out.files"
buildah inspect --type image "$image" >"$out.settings"
run answered sh -c "id -u; ${answer:-true}"
head -n 1 "$out.answered.said" >"$out.user"
buildah inspect --type image --format '{{range .Docker.Config.Entrypoint}}{{printf "%s\x00" .}}{{end}}{{range .Docker.Config.Cmd}}{{printf "%s\x00" .}}{{end}}' \
    "$image" | head -c -1 >"$out.words"
[ ! -s "$out.words" ] || start
buildah rm "$container" >/dev/null
