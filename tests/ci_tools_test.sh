#!/bin/sh
# What stands in forges' pipelines, judged by other people's tools from npm: the action and the workflows by
# action-validator, GitLab's job read and run by gitlab-ci-local, and over the whole corpus (DFIX_TEST_TIER=all)
# SARIF by its multitool.
set -eu
build=${DFIX_BUILD:?} root=${DFIX_ROOT:?}
tools=$build/ci-tools
box=$(mktemp -d "${TMPDIR:-/tmp}/dfix-ci-tools-XXXXXX")
trap 'rm -rf "$box"' EXIT

fail() {
    printf 'ci_tools: %s\n' "$*" >&2
    exit 1
}

lacks() {
    echo "skipped: $1"
    [ "${CI:-}" = true ] && exit 1
    exit 77
}

# tool PACKAGE@VERSION...: there, or had from npm
tool() {
    mkdir -p "$tools"
    [ -e "$tools/package.json" ] || echo '{"private": true}' >"$tools/package.json"
    for package; do
        [ -e "$tools/${package##*/}" ] && continue
        npm install --no-audit --no-fund --silent --ignore-scripts --save-exact --prefix "$tools" "$package" ||
            lacks 'npm cannot be reached'
        touch "$tools/${package##*/}"
    done
}

for program in node npm git rsync; do
    command -v "$program" >/dev/null || lacks "$program is not installed"
done
tool @action-validator/core@0.6.0 @action-validator/cli@0.6.0 gitlab-ci-local@4.52.0
PATH=$tools/node_modules/.bin:$PATH

# ---- GitHub ----

for file in action.yml .github/workflows/ci.yml .ci/bot/github.yml; do
    mkdir -p "$box/.github/workflows"
    case $file in
    action.yml) copy=$box/action.yml ;;
    *) copy=$box/.github/workflows/x.yml ;;
    esac
    cp "$root/$file" "$copy"
    action-validator "$copy" >"$box/said" 2>&1 || fail "$file: $(cat "$box/said")"
    # It would say so.
    sed 's/^\( *\)runs:/\1walks:/; s/^jobs:/works:/' "$root/$file" >"$copy"
    action-validator "$copy" >"$box/said" 2>&1 && fail "$file: the validator takes anything"
done

# ---- GitLab: the job runs in a merge request that changes a Dockerfile ----

mkdir -p "$box/bin" "$box/gitlab"
cat >"$box/bin/npx" <<END
#!/bin/sh
[ "\$1" = --yes ] && [ "\$2" = dfix@latest ] || exit 9
shift 2
exec "$build/dfix" --offline --no-config "\$@"
END
chmod +x "$box/bin/npx"
cd "$box/gitlab"
printf 'FROM debian:bookworm\nUSER 1\n' >Dockerfile
grep -v '^  image:' "$root/.ci/gitlab.yml" >.gitlab-ci.yml # there is no Docker here
git -c init.defaultBranch=main init -q .
git remote add origin git@gitlab.example:a/b.git
git add -A
git -c user.name=x -c user.email=a@b commit -qm base
git update-ref refs/remotes/origin/main HEAD
git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main
XDG_CACHE_HOME=$box/cache HOME=$box gitlab-ci-local --list >"$box/said" 2>&1 || fail "GitLab's job: $(cat "$box/said")"
grep -q '^dfix ' "$box/said" && fail 'the job is there, though nothing changed'
printf 'FROM debian:bookworm\nRUN apt-get install curl\nUSER 1\n' >Dockerfile
status=0
XDG_CACHE_HOME=$box/cache HOME=$box PATH=$box/bin:$PATH gitlab-ci-local dfix >"$box/said" 2>&1 || status=$?
[ "$status" -eq 1 ] || fail "GitLab's job ends with $status: $(cat "$box/said")"
grep -q 'DL3014 apt-get-yes: Add -y' "$box/said" || fail "GitLab's job: $(cat "$box/said")"
grep -q '"check_name":"apt-get-yes"' gl-code-quality-report.json || fail 'GitLab gets no code quality report'
grep -q '<testsuites' dfix-junit.xml || fail 'GitLab gets no JUnit report'

# ---- SARIF ----

[ "${DFIX_TEST_TIER:-}" = all ] || exit 0
tool @microsoft/sarif-multitool@5.7.0 @microsoft/sarif-multitool-linux@5.7.0
corpus=${DFIX_SHARED:?}/corpus/public
[ -d "$corpus" ] || exit 0
XDG_CACHE_HOME=$box/cache "$build/dfix" --offline --no-config --exit-zero --format sarif --output "$box/x.sarif" \
    "$corpus" 2>/dev/null || fail 'no SARIF of the corpus'
DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 sarif-multitool validate "$box/x.sarif" >"$box/said" 2>&1 ||
    fail "SARIF: $(tail -n 20 "$box/said")"
grep -q 'error ' "$box/said" && fail "SARIF: $(grep 'error ' "$box/said" | head)"
exit 0
