#!/bin/sh
# An installation: what is put where, that it works from a prefix that was moved and through a
# symbolic link, and that `uninstall` takes all of it back. CMake's record of a real installation
# is put back afterwards.
set -eu
build=${DFIX_BUILD:?} root=${DFIX_ROOT:?}
unset DFIX_FETCH DFIX_READ DFIX_LIBEXEC
box=$(mktemp -d "${TMPDIR:-/tmp}/dfix-install-XXXXXX")
record=$build/install_manifest.txt
clean() {
    rm -f "$record"
    [ ! -e "$box/record" ] || mv "$box/record" "$record"
    rm -rf "$box"
}
trap clean EXIT
[ ! -e "$record" ] || cp -p "$record" "$box/record"

fail() {
    printf 'install: %s\n' "$*" >&2
    exit 1
}

cmake --install "$build" --prefix "$box/one" >"$box/log" || fail "$(cat "$box/log")"
for file in bin/dfix libexec/dfix/dfix-fetch libexec/dfix/dfix-read share/man/man1/dfix.1 share/man/man5/dfix.yaml.5 \
    share/bash-completion/completions/dfix share/zsh/site-functions/_dfix \
    share/fish/vendor_completions.d/dfix.fish share/dfix/dfix.yaml.schema.json \
    share/dfix/report.schema.json share/doc/dfix/html/index.html include/dfix/dfix.h; do
    [ -s "$box/one/$file" ] || fail "$file is not there"
done
"$box/one/bin/dfix" --man | cmp -s - "$box/one/share/man/man1/dfix.1" || fail 'another man page'

# A finding leads to the page that was installed.
printf 'FROM debian:bookworm\nRUN apt-get install curl\n' >"$box/Dockerfile"
page=$("$box/one/bin/dfix" --offline --no-config -s apt-get-yes --color never "$box/Dockerfile" 2>/dev/null |
    sed -n 's/^ *file:\/\///p')
[ -s "$page" ] || fail "no page: $page"

# libdfix is linked by what pkg-config says, and fixes.
pc=$(dirname "$(find "$box/one" -name dfix.pc)")
if command -v pkg-config >/dev/null; then
    # shellcheck disable=SC2046 # words
    ${CC:-cc} -std=c11 -Wall -Werror "$box/one/share/doc/dfix/examples/fix.c" \
        $(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs dfix) \
        $(sed -n 's/.*DFIX_SANITIZE:BOOL=ON/-fsanitize=address,undefined/p' "$build/CMakeCache.txt") \
        -o "$box/fix" || fail 'the example cannot be built'
    "$box/fix" <"$box/Dockerfile" >"$box/fixed" 2>"$box/said" || fail 'the example does not run'
    grep -q '^RUN apt-get install -y curl$' "$box/fixed" || fail "the example fixed nothing"
    grep -q '^2: apt-get-yes: Add -y to apt-get install (fixed)$' "$box/said" ||
        fail "the example said: $(cat "$box/said")"
fi

# The helper is found from where the program lies: only it can fetch the demo's index by http.
cat >"$box/serve.py" <<'END'
import functools, http.server, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
print(server.server_address[1], flush=True)
server.serve_forever()
END
if ! command -v python3 >/dev/null; then
    [ "${CI:-}" != true ] || fail 'python3 is not installed, and CI is true'
    echo 'skipped: python3 is not installed'
    exit 77
fi
mkfifo "$box/port"
python3 "$box/serve.py" "$root/tests/demo/sample" >"$box/port" 2>/dev/null &
server=$!
trap 'kill $server; clean' EXIT
read -r port <"$box/port"
cat >"$box/dfix.yaml" <<END
index:
  apt:
    debian:
      mirror: http://127.0.0.1:$port/debian
      security: http://127.0.0.1:$port/debian-security
      keyring: $root/tests/demo/sample/keyring.gpg
END

try() {
    program=$1
    rm -rf "$box/cache"
    # Not "what is in the cache", and no helper of the build's.
    XDG_CACHE_HOME=$box/cache "$program" --config "$box/dfix.yaml" index update \
        --release bookworm >"$box/said" 2>&1 || fail "$program: $(cat "$box/said")"
}

mv "$box/one" "$box/two"
mkdir "$box/three"
ln -s ../two/bin/dfix "$box/three/dfix"
ln -s two "$box/four"
try "$box/two/bin/dfix"
try "$box/three/dfix"
try "$box/four/bin/dfix"
(cd "$box/two/bin" && try ./dfix)
(PATH=$box/three:$PATH && try dfix)

# A program whose helper is gone says so, whatever the host is that it wanted.
for helper in dfix-fetch dfix-read; do
    mv "$box/two/libexec/dfix/$helper" "$box/two/gone"
    status=0
    XDG_CACHE_HOME=$box/cache2 "$box/two/bin/dfix" --config "$box/dfix.yaml" index update \
        --release bookworm >"$box/said" 2>&1 || status=$?
    [ "$status" -eq 2 ] || fail "without $helper the status is $status"
    grep -q "$helper" "$box/said" || fail "no word of $helper: $(cat "$box/said")"
    mv "$box/two/gone" "$box/two/libexec/dfix/$helper"
done

mv "$box/two" "$box/one"
cmake --build "$build" --target uninstall >"$box/log" 2>&1 || fail "$(cat "$box/log")"
left=$(find "$box/one" ! -type d)
[ -z "$left" ] || fail "left behind: $left"
[ ! -d "$box/one/libexec/dfix" ] || fail 'the folder libexec/dfix is left behind'
[ ! -d "$box/one/share/doc/dfix/html/rules" ] || fail 'the pages are left behind'
