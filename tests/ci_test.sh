#!/bin/sh
# What stands in forges' pipelines: the action's steps run here as a runner would, the hook by the
# real pre-commit where that is installed, the rest is read as their hosts read it.
set -eu
build=${DFIX_BUILD:?} root=${DFIX_ROOT:?}
box=$(mktemp -d "${TMPDIR:-/tmp}/dfix-ci-XXXXXX")
trap 'rm -rf "$box"' EXIT

fail() {
    printf 'ci: %s\n' "$*" >&2
    exit 1
}

# lacks PROGRAM: true, and said; with CI=true a failure.
lacks() {
    command -v "$1" >/dev/null && return 1
    [ "${CI:-}" != true ] || fail "$1 is not installed, and CI is true"
    echo "skipped: $1 is not installed"
}

mkdir -p "$box/bin" "$box/work/b" "$box/temp"
ln -s "$build/dfix" "$box/bin/dfix"
printf 'rules:\n' >"$box/none.yaml"
export PATH="$box/bin:$PATH" DFIX_CONFIG="$box/none.yaml" XDG_CACHE_HOME="$box/cache"
cd "$box/work"
printf 'FROM debian:bookworm\nRUN apt-get install curl\nUSER 1\n' >Dockerfile
cp Dockerfile 'b/Dockerfile'

# ---- the action ----

# step NAME: its `run` with the variables that its `env` makes of inputs
cat >"$box/steps.py" <<'END'
import re, subprocess, sys, os, yaml
action = yaml.safe_load(open(sys.argv[1] + "/action.yml"))
inputs = {name: value.get("default", "") for name, value in action["inputs"].items()}
inputs.update(word.split("=", 1) for word in sys.argv[2:])
values = {"inputs." + name: value for name, value in inputs.items()}
values["github.event.pull_request.number"] = "7"
environment = dict(os.environ, GITHUB_ACTION_PATH=sys.argv[1])
for step in action["runs"]["steps"]:
    assert step["shell"] == "bash", step
    assert "${{" not in step["run"], "an input must not become code"
    if "if" in step and eval(re.sub(r"inputs\.(\w+)", r"inputs['\1']", step["if"])) is not True:
        continue
    own = dict(environment)
    for name, value in step.get("env", {}).items():
        own[name] = re.sub(r"\$\{\{ *([\w.]+) *\}\}", lambda m: values[m[1]], value)
    done = subprocess.run(["bash", "-e", "-c", step["run"]], env=own)
    for line in open(os.environ["GITHUB_OUTPUT"]):
        name, value = line.rstrip("\n").split("=", 1)
        values["steps.%s.outputs.%s" % (step.get("id", ""), name)] = value
    if done.returncode:
        sys.exit(done.returncode)
END

action() {
    : >"$box/output"
    GITHUB_ACTIONS=true GITHUB_OUTPUT=$box/output GITHUB_PATH=$box/path RUNNER_TEMP=$box/temp \
        GITHUB_STEP_SUMMARY=$box/summary python3 "$box/steps.py" "$root" version=installed "$@" \
        >"$box/said" 2>&1
}

if ! lacks python3 && python3 -c 'import yaml' 2>/dev/null; then
    action 'args=--offline -s apt-get-yes .' && fail 'findings end the action with success'
    grep -q '^::warning file=Dockerfile,line=2,' "$box/said" || fail "no annotation: $(cat "$box/said")"
    grep -q '| Dockerfile:2 | apt-get-yes DL3014 |' "$box/summary" || fail 'no summary'
    grep -q '^+RUN apt-get install -y curl' "$box/temp/dfix.patch" || fail 'no patch'
    # An input is words, and no code.
    action 'args=--offline -s apt-get-yes $(touch${IFS}x) `touch${IFS}y`' || true
    [ ! -e x ] && [ ! -e y ] || fail 'an input was run'
    # A file that cannot be read hides nothing of the others.
    status=0
    action 'args=--offline -s apt-get-yes nosuch Dockerfile' || status=$?
    [ "$status" = 2 ] || fail "a file that cannot be read ends the action with $status"
    grep -q '^::warning file=Dockerfile,line=2,' "$box/said" || fail "no annotation: $(cat "$box/said")"
    action 'args=--offline -s apk-no-cache .' || fail "nothing to find fails: $(cat "$box/said")"
    # The comment holds the patch, in a fence that it cannot end.
    cat >"$box/bin/gh" <<'END'
#!/bin/sh
echo "$@" >"$(dirname "$0")/../gh"
END
    chmod +x "$box/bin/gh"
    action 'args=--offline -s apt-get-yes .' comment=true || true
    grep -q '^pr comment 7 ' "$box/gh" || fail 'no comment'
    grep -q '^+RUN apt-get install -y curl' "$box/temp/dfix.md" || fail 'the comment has no patch'
else
    [ "${CI:-}" != true ] || fail 'python3-yaml is not installed, and CI is true'
    echo 'skipped: python3-yaml is not installed'
fi

# ---- pre-commit ----

# The hook is given the files that a search finds, of all endings that the search knows.
if ! lacks python3 && python3 -c 'import yaml' 2>/dev/null; then
    mkdir "$box/names"
    (cd "$box/names" && python3 - "$root" "$build/dfix" <<'END') || fail 'the hook is given other files than a search finds'
import os, re, subprocess, sys, yaml
root, dfix = sys.argv[1:]
source = open(root + "/src/host/files.c").read()
endings = {"", "~", ".", ".dev", ".1", ".GO", ".Bak", ".py.dev", ".dockerfile"}
for name in "beside", "sources":
    text = re.search(name + r"\[\] =(.*?);", source, re.S).group(1)
    endings.update(" ".join(re.findall('"([^"]*)"', text)).split())
assert len(endings) > 90
os.mkdir("my.d")
for word in "Dockerfile", "dockerfile", "Containerfile", "containerfile", "DOCKERFILE":
    for between in "", "-x", "_test", ".x", "x":
        for end in endings:
            for before in "", "x.", "x-", "my.d/":
                open(before + word + between + end, "w").close()
names = [os.path.relpath(os.path.join(d, f)) for d, _, files in os.walk(".") for f in files]
hook = yaml.safe_load(open(root + "/.pre-commit-hooks.yaml"))[0]
given = {n for n in names if re.search(hook["files"], n) and not re.search(hook["exclude"], n)}
found = set(subprocess.run([dfix, "--no-config", "--show-files"], stdout=subprocess.PIPE, text=True).stdout.split())
print(sorted(given - found)[:20], sorted(found - given)[:20])
sys.exit(given != found)
END
fi

if ! lacks pre-commit && ! lacks git; then
    git -c init.defaultBranch=main init -q "$box/hooks"
    cp -r "$root/.ci" "$root/.pre-commit-hooks.yaml" "$box/hooks"
    git -C "$box/hooks" add -A
    git -C "$box/hooks" -c user.name=x -c user.email=a@b commit -qm hooks
    pre-commit validate-manifest "$root/.pre-commit-hooks.yaml"
    git -c init.defaultBranch=main init -q .
    cat >.pre-commit-config.yaml <<END
repos:
  - repo: $box/hooks
    rev: $(git -C "$box/hooks" rev-parse HEAD)
    hooks: [{id: dfix, args: [--offline, --select, 'apt-get-yes,no-sudo']}]
END
    git add -A
    export PRE_COMMIT_HOME=$box/pre-commit
    pre-commit run >"$box/said" 2>&1 && fail 'a fix passes the hook'
    grep -q 'install -y curl' Dockerfile || fail "the hook fixed nothing: $(cat "$box/said")"
    git add -A
    pre-commit run >"$box/said" 2>&1 || fail "fixed files fail the hook: $(cat "$box/said")"
    # What it cannot fix passes, unless the policy calls it an error.
    printf 'FROM debian:bookworm\nUSER 1\nRUN sudo make\n' >Dockerfile
    printf 'rules: {no-sudo: {severity: warning}}\n' >"$box/none.yaml"
    git add -A
    pre-commit run >"$box/said" 2>&1 || fail "a warning fails the hook: $(cat "$box/said")"
    printf 'rules: {no-sudo: {severity: error}}\n' >"$box/none.yaml"
    pre-commit run >"$box/said" 2>&1 && fail 'an error passes the hook'
fi

# ---- those that cannot run here: their shape ----

if command -v python3 >/dev/null && python3 -c 'import jsonschema, yaml' 2>/dev/null; then
    for file in gitlab dfix.megalinter-descriptor; do
        python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)' \
            "$root/.ci/$file.yml" >"$box/x.json"
        python3 "$root/tests/schemas/validate.py" "$root/tests/schemas/${file#dfix.}.part.json" whole \
            "$box/x.json" >"$box/said" 2>&1 || fail "$file: $(tail -n 3 "$box/said")"
    done
fi

# Suggestions are parts of the patch: what reviewdog is given.
cat >"$box/bin/reviewdog" <<'END'
#!/bin/sh
echo "$@" >"$(dirname "$0")/../reviewdog"
cat >"$(dirname "$0")/../suggested"
END
chmod +x "$box/bin/reviewdog"
printf 'FROM debian:bookworm\nRUN apt-get install curl\nUSER 1\n' >Dockerfile
"$root/.ci/reviewdog.sh" --offline -s apt-get-yes Dockerfile
grep -q '^-f=diff -f.diff.strip=1 ' "$box/reviewdog" || fail 'reviewdog was not asked for suggestions'
grep -q '^+RUN apt-get install -y curl' "$box/suggested" || fail 'reviewdog got no patch'

# ---- recipes of distributions that do not run here: that they can be read, and name this release ----

version=$(sed -n 's/^project(dfix VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
sh -n "$root/.ci/APKBUILD"
for name in pkgname pkgver pkgrel pkgdesc url arch license source; do
    (
        srcdir=src
        . "$root/.ci/APKBUILD"
        eval "[ -n \"\$$name\" ]"
    ) || fail "APKBUILD has no $name"
done
grep -qx "pkgver=$version" "$root/.ci/APKBUILD" || fail 'APKBUILD is of another version'
grep -q "/v$version.tar.gz\"" "$root/.ci/dfix.rb" || fail 'the formula is of another version'
grep -q "\"version\": \"$version\"" "$root/src/faces/vscode/package.json" ||
    fail 'the extension for VS Code is of another version'
if command -v ruby >/dev/null; then
    ruby -c "$root/.ci/dfix.rb" >/dev/null || fail 'the formula is not Ruby'
fi
