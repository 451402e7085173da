#!/usr/bin/env bash
# Whose policy holds, what of it is shown, and what it costs: M7, M8, M11.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
warm

same() {
    printf '%s' "$sample" | cmp -s - "$1"
}
off='rules: {pin-apt: off, user-switch: off}'

begin M8 'a policy that is a link out of the repository'
put repo/Dockerfile
mkdir repo/.git
echo 'root:$y$j9T$secret:20228:0:99999:7::' >secret
for name in dfix.yaml .hadolint.yaml; do
    ln -s ../secret "repo/$name"
    run 2 --offline --fix repo
    check 'not written' same repo/Dockerfile
    check 'it is said' says "repo/$name was not read because it is a link that leads out"
    check 'nothing of it is shown' says_not 'secret:'
    rm "repo/$name"
done
echo "$off" >elsewhere.yaml
ln -s ../elsewhere.yaml repo/dfix.yaml
run 2 --offline --fix repo
check 'whatever it says' same repo/Dockerfile
run 0 --offline --fix --config repo/dfix.yaml repo
check 'but by name' same repo/Dockerfile

begin M8 'without a repository'
put work/Dockerfile
echo "$off" >elsewhere.yaml
ln -s ../elsewhere.yaml work/dfix.yaml
run 2 --offline --fix work
check 'not written' same work/Dockerfile

begin M8 'a file that is no policy'
put Dockerfile
mkdir .git
for text in 'password: hunter2-secret' 'hunter2-secret' '- hunter2-secret' 'hunter2-secret: {a: b}' \
    $'hunter2-secret: 1\nhunter2-secret: 2' '[hunter2-secret: }' '"hunter2-secret' \
    '&hunter2-secret a' '*hunter2-secret' '!hunter2-secret x' $'a:\n\thunter2-secret'; do
    for name in dfix.yaml .hadolint.yaml; do
        printf '%s\n' "$text" >.env
        ln -sf .env "$name"
        dfix --offline --check . >"$box/out" 2>"$box/err"
        status=$?
        [ $name = .hadolint.yaml ] || check "an error: $text" test "$status" = 2
        check "it ends: $text" test "$status" -le 2
        check "nothing is shown of $name: $text" says_not hunter2
        rm "$name"
    done
done
printf 'rulez: {pin-apt: off}\n' >dfix.yaml
run 2 --offline --check .
check 'a slip is named' says 'did you mean "rules"?'

begin M8 'a link inside the repository'
put Dockerfile
mkdir .git ci
echo "$off" >ci/policy.yaml
ln -s ci/policy.yaml dfix.yaml
run 0 --offline --fix .
check 'is heeded' same Dockerfile

begin M7 'one policy for many folders'
mkdir .git
{
    echo "$off"
    seq -f '#%.0f -------------' 40000
} >dfix.yaml
{
    echo 'ignored:'
    seq -f '- DL%.0f' 40000
} >.hadolint.yaml
mkdir $(seq -f 'd%.0f' 400)
for i in $(seq 1 400); do put "d$i/Dockerfile"; done
for i in $(seq 1 20); do ln -s ../dfix.yaml "d$i/dfix.yaml"; done
run 0 --offline --check .
if command -v strace >/dev/null; then
    strace -f -e trace=openat -o "$box/trace" "$build/dfix" --offline --check . >"$box/out" 2>"$box/err"
    check 'it is opened once' test "$(grep -c 'dfix.yaml\"' "$box/trace")" -le 2
    check 'and so is the other' test "$(grep -c '\.hadolint.yaml\"' "$box/trace")" = 1
fi
# A program with AddressSanitizer in it does not start under such a limit.
limited() {
    (
        ulimit -v "$1"
        dfix --version >/dev/null 2>&1
    )
}
if limited 400000; then
    (
        ulimit -v 400000
        dfix --offline --check . >"$box/out" 2>"$box/err"
    )
    check 'in little memory' test $? = 0
fi
echo 'rules: {no-such-rule: off}' >dfix.yaml
rm d*/dfix.yaml
run 2 --offline --fix .
check 'what is wrong is said once' test "$(grep -c no-such-rule "$box/err")" = 1
check 'and nothing written' same d400/Dockerfile

begin M7 'many policies'
mkdir .git
{
    echo "ignored:"
    seq -f '- DL%.0f' 70000
} >.hadolint.yaml
mkdir $(seq -f 'd%.0f' 200)
for i in $(seq 1 200); do
    put "d$i/Dockerfile"
    echo "$off" >"d$i/dfix.yaml"
done
if limited 1500000; then
    (
        ulimit -v 1500000
        dfix --offline --check . >"$box/out" 2>"$box/err"
    )
    check 'end with a message' test $? = 2
    check 'it is said' says 'the policy files of one run are limited to 64 MiB'
fi

begin M11 'DFIX_CONFIG stands in for --config'
put repo/Dockerfile
mkdir repo/.git
echo 'rules: {pin-apt: {style: exact}}' >repo/dfix.yaml
echo "$off" >mine.yaml
DFIX_CONFIG=$PWD/mine.yaml run 0 --offline --fix repo
check 'it holds' same repo/Dockerfile
DFIX_CONFIG=$PWD/none.yaml run 2 --offline --fix repo
check 'one that is not there is an error' says 'none.yaml'

is_root 'M11' || finish
nobody=65534
chmod 755 "$box"

begin M11 'a stranger makes a repository of a folder that all can write'
mkdir shared
chmod 1777 shared
put shared/mine/Dockerfile
mkdir shared/.git
echo "$off" >shared/dfix.yaml
chown $nobody shared/.git shared/dfix.yaml
run 2 --offline --fix shared/mine
check 'nothing is written' same shared/mine/Dockerfile
check 'it is said' says 'shared/dfix.yaml is not trusted'
check 'and who' says 'uid 65534'
(cd shared/mine && dfix --offline --fix . >"$box/out" 2>"$box/err")
check 'from inside' test $? = 2
git config --file "$box/.gitconfig" safe.directory "$PWD/shared"
run 0 --offline --fix shared/mine
check 'safe.directory: it holds' same shared/mine/Dockerfile
git config --file "$box/.gitconfig" safe.directory "$PWD/other"
run 2 --offline --fix shared/mine
GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' \
    run 0 --offline --fix shared/mine
printf '[include]\npath = more\n' >"$box/.gitconfig"
printf '[safe]\n\tdirectory = "%s/*" ; all\n' "$PWD" >"$box/more"
run 0 --offline --fix shared/mine
printf '[safe]\n\tdirectory = *\n\tdirectory =\n' >"$box/.gitconfig"
run 2 --offline --fix shared/mine
rm "$box/.gitconfig" "$box/more"
printf '[safe]\n\tdirectory = *\n' >shared/.git/config
run 2 --offline --fix shared/mine
check 'the repository has no say in it' same shared/mine/Dockerfile
run 0 --offline --fix --config shared/dfix.yaml shared/mine
check 'by name: it holds' same shared/mine/Dockerfile
chown 0 shared/.git
run 2 --offline --fix shared/mine
check 'a file of a stranger is enough' same shared/mine/Dockerfile
chown 0 shared/dfix.yaml
chown $nobody shared/.git
run 2 --offline --fix shared/mine
check 'and so is a .git' same shared/mine/Dockerfile
mv shared/dfix.yaml shared/.hadolint.yaml
echo 'ignored: [DL3008]' >shared/.hadolint.yaml
run 2 --offline --fix shared/mine
check "and so is hadolint's file" same shared/mine/Dockerfile

begin M11 'a .git that is a link to a folder of a stranger'
put repo/mine/Dockerfile
mkdir git
chown $nobody git
ln -s ../git repo/.git
echo "$off" >repo/dfix.yaml
run 2 --offline --fix repo
check 'nothing is written' same repo/mine/Dockerfile

begin M11 'a checkout of another user, as in a container'
put repo/sub/Dockerfile
mkdir repo/.git
echo "$off" >repo/dfix.yaml
chown -R 1234:1234 repo
run 0 --offline --fix repo
check 'its policy holds' same repo/sub/Dockerfile
chmod 777 repo
run 2 --offline --fix repo
check 'unless all can write there' same repo/sub/Dockerfile
chmod 775 repo
run 2 --offline --fix repo
chmod 755 repo
chmod 666 repo/dfix.yaml
run 2 --offline --fix repo
chmod 644 repo/dfix.yaml
chown 1235 repo/sub/Dockerfile
run 2 --offline --fix repo
check "another user's Dockerfile" same repo/sub/Dockerfile
SUDO_UID=1234 run 0 --offline --fix repo
SUDO_UID=1234x run 2 --offline --fix repo
SUDO_UID= run 2 --offline --fix repo

begin M11 "the caller's own folder, that all can write"
put repo/Dockerfile
mkdir repo/.git
echo "$off" >repo/dfix.yaml
chmod -R a+rwX repo
run 0 --offline --fix repo
check 'its policy holds' same repo/Dockerfile

begin M11 'SUDO_UID says nothing to others'
put repo/Dockerfile
mkdir repo/.git
echo "$off" >repo/dfix.yaml
chown -R 1234 repo
chown 4321 repo/Dockerfile
chmod 755 .
if command -v setpriv >/dev/null; then
    mkdir home
    chown 4321 home
    SUDO_UID=1234 HOME=$PWD/home XDG_CONFIG_HOME=$PWD/home XDG_CACHE_HOME=$PWD/home \
        setpriv --reuid 4321 --clear-groups "$build/dfix" --offline --fix repo >"$box/out" 2>"$box/err"
    check status test $? = 2
fi

finish
