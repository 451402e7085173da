#!/bin/sh
# `dfix pr --patches` on files of the corpus in one repository: git am takes each mail, and leaves what
# --fix would have written. 200 files; all of them with DFIX_TEST_TIER=all.
set -eu
build=${DFIX_BUILD:?} root=${DFIX_ROOT:?} corpus=${DFIX_SHARED:?}/corpus/public
box=$(mktemp -d "${TMPDIR:-/tmp}/dfix-bot-corpus-XXXXXX")
trap 'rm -rf "$box"' EXIT
[ -d "$corpus" ] || {
    echo "skipped: the corpus is not here"
    exit 77
}
most=200
[ "${DFIX_TEST_TIER:-}" != all ] || most=100000

export HOME="$box" XDG_CACHE_HOME="$box/cache" GIT_CONFIG_GLOBAL=/dev/null DFIX_CONFIG="$box/dfix.yaml"
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
sample=$root/tests/demo/sample
cat >"$DFIX_CONFIG" <<END
index: {apt: {debian: {mirror: 'file://$sample/debian', security: 'file://$sample/debian-security', keyring: '$sample/keyring.gpg'}}}
END
"$build/dfix" index update --release bookworm >/dev/null
mkdir "$box/r"
cd "$box/r"
git init -q .
n=0
# Every k-th, so that they are not all of one kind.
total=$(find "$corpus" -type f | wc -l)
step=$((total / most > 0 ? total / most : 1))
for file in $(find "$corpus" -type f | LC_ALL=C sort | awk "NR % $step == 0" | head -n "$most"); do
    n=$((n + 1))
    mkdir "$n"
    cp "$file" "$n/Dockerfile"
done
git add -A
git -c core.autocrlf=false commit -q -m corpus
cp -r . ../twin
"$build/dfix" pr --offline --dir . --patches ../p >../said 2>&1 || [ $? -le 1 ] || {
    cat ../said
    exit 1
}
git am -q ../p/*.patch 2>../am || {
    cat ../am
    exit 1
}
"$build/dfix" --offline --fix --refresh -q ../twin >/dev/null 2>&1 || [ $? -le 2 ]
diff -r --exclude=.git . ../twin || exit 1
changed=$(git diff --name-only "$(git rev-list --max-parents=0 HEAD)" | wc -l)
[ "$changed" -gt $((n / 10)) ] || {
    echo "only $changed of $n files were changed"
    exit 1
}
echo "$n files, $changed changed by $(git rev-list --count HEAD^) commits"
