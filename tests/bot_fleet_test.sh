#!/bin/sh
# The ready-made files for many repositories (.ci/bot): each by its own validator where there is one at
# hand, else by a schema; and each calls options that dfix has.
set -eu
build=${DFIX_BUILD:?} root=${DFIX_ROOT:?}
box=$(mktemp -d "${TMPDIR:-/tmp}/dfix-fleet-XXXXXX")
trap 'rm -rf "$box"' EXIT
files=$root/.ci/bot

fail() {
    printf 'bot_fleet: %s\n' "$*" >&2
    exit 1
}

# lacks PROGRAM: true, and said; with CI=true a failure.
lacks() {
    command -v "$1" >/dev/null && return 1
    [ "${CI:-}" != true ] || fail "$1 is not installed, and CI is true"
    echo "skipped: $1 is not installed"
}

# Options that they use are options of dfix.
grep -oh 'dfix pr .*\|command: \[.*' "$files"/* | grep -oE -- '--[a-z-]+' | sort -u >"$box/used"
"$build/dfix" --help >"$box/help"
[ -s "$box/used" ] || fail 'no file calls dfix'
while read -r option; do
    grep -q -- "$option" "$box/help" || fail "there is no option $option"
done <"$box/used"

if ! lacks python3 && python3 -c 'import jsonschema, yaml' 2>/dev/null; then
    for pair in cronjob.yaml:kubernetes indexed-job.yaml:kubernetes gitlab.yml:gitlab; do
        python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)' \
            "$files/${pair%:*}" >"$box/x.json"
        python3 "$root/tests/schemas/validate.py" "$root/tests/schemas/${pair#*:}.part.json" whole \
            "$box/x.json" >"$box/said" 2>&1 || fail "$pair: $(tail -n 3 "$box/said")"
    done
fi

if ! lacks systemd-analyze; then
    mkdir "$box/units"
    cp "$files/dfix-pr.timer" "$box/units"
    sed "s|/usr/bin/dfix|$build/dfix|" "$files/dfix-pr.service" >"$box/units/dfix-pr.service"
    SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no "$box/units/dfix-pr.service" \
        "$box/units/dfix-pr.timer" >"$box/said" 2>&1 || fail "systemd: $(cat "$box/said")"
    grep 'dfix-pr' "$box/said" && fail 'systemd complains'
    systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' "$files/dfix-pr.timer")" >/dev/null ||
        fail 'systemd does not know the calendar'
fi

# A shard that fails once is run again; all of them are run, each by itself.
# (The package moreutils has another program of that name.)
if ! lacks parallel && ! parallel --version 2>/dev/null | grep -q GNU; then
    [ "${CI:-}" != true ] || fail 'GNU parallel is not installed, and CI is true'
    echo 'skipped: GNU parallel is not installed'
elif command -v parallel >/dev/null; then
    mkdir "$box/bin" "$box/home"
    cat >"$box/bin/dfix" <<'END'
#!/bin/sh
echo "$*" >>"$BOX/calls"
case "$*" in *'--shard 2/3'*) [ -e "$BOX/once" ] || { touch "$BOX/once"; exit 2; } ;; esac
echo "{\"token\": \"${DFIX_TOKEN:-}\"}"
END
    chmod +x "$box/bin/dfix"
    mkdir -p "$box/home/.config/dfix"
    echo 'DFIX_TOKEN=abc' >"$box/home/.config/dfix/token"
    echo x >"$box/list"
    (cd "$box" && BOX=$box HOME=$box/home PATH=$box/bin:$PATH PARALLEL_HOME=$box/home \
        "$files/parallel.sh" "$box/list" 3 >"$box/out") || fail 'parallel.sh failed'
    for shard in 1/3 2/3 3/3; do
        grep -q -- "--repos $box/list --shard $shard --state $box/home/.local/state/dfix --json" \
            "$box/calls" || fail "shard $shard was not run: $(cat "$box/calls")"
    done
    [ "$(wc -l <"$box/calls")" -eq 4 ] || fail 'the shard that failed was not run again'
    [ "$(grep -c '"abc"' "$box/out")" -eq 3 ] || fail 'results are missing'
fi

# GitHub's workflow by the validator of npm, which checks it by GitHub's own schema.
if ! lacks npm; then
    modules=$build/bot_fleet
    if [ ! -d "$modules/node_modules/@action-validator" ]; then
        mkdir -p "$modules"
        npm install --no-audit --no-fund --silent --prefix "$modules" @action-validator/core@0.6.0 \
            @action-validator/cli@0.6.0 || {
            [ "${CI:-}" != true ] || fail 'npm cannot be reached, and CI is true'
            echo 'skipped: npm cannot be reached'
            exit 0
        }
    fi
    "$modules/node_modules/.bin/action-validator" "$files/github.yml" >"$box/said" 2>&1 ||
        fail "github.yml: $(cat "$box/said")"
fi
