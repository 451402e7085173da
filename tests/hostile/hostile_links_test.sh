#!/usr/bin/env bash
# Links that a search finds, and folders that are hard to search: H3, L5, L8.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
warm

same() {
    printf '%s' "$sample" | cmp -s - "$1"
}

begin H3 'a link into another repository'
put good/Dockerfile
mkdir -p evil good/.git evil/.git
echo 'rules: {pin-apt: off, user-switch: off}' >good/dfix.yaml
echo 'rules: {user-switch: {level: unsafe, user: "65534:65534"}, pin-apt: {style: exact}}' >evil/dfix.yaml
ln -s ../good/Dockerfile evil/Dockerfile
run 0 --offline --fix .
check 'not written' same good/Dockerfile
check 'it is said' says 'evil/Dockerfile was not read because it is a link that leads out of its repository'

begin H3 'to a file there that no search finds'
put good/base
mkdir -p evil/.git good/.git
ln -s ../good/base evil/Dockerfile
run 0 --offline --fix .
check 'not written' same good/base
check 'it is said' says 'evil/Dockerfile was not read because it is a link that leads out of its repository'
run 0 --offline --fix evil
check 'nor from inside' same good/base

begin H3 'out of what is searched, where there is no repository'
put outside/base
mkdir -p inside/deep
ln -s ../../outside/base inside/deep/Dockerfile
run 0 --offline --fix inside
check 'not written' same outside/base
check 'it is said' says 'inside/deep/Dockerfile was not read because it is a link that leads out of what is searched'

begin H3 'by way of another link, and by an absolute one'
put outside/base
mkdir -p repo/.git
ln -s ../outside/base repo/step
ln -s step repo/Dockerfile
ln -s "$PWD/outside/base" repo/Dockerfile.abs
run 0 --offline --fix repo
check 'not written' same outside/base
check 'both are said' test "$(grep -c 'was not read' "$box/err")" = 2

begin H3 'into .git'
put repo/.git/hooks/pre-commit
ln -s .git/hooks/pre-commit repo/Dockerfile
run 0 --offline --fix repo
check 'not written' same repo/.git/hooks/pre-commit

begin H3 'into a repository inside'
put repo/sub/base
mkdir -p repo/.git repo/sub/.git
ln -s sub/base repo/Dockerfile
run 0 --offline --fix repo
check 'not written' same repo/sub/base

begin H3 'to a file that is found by itself: its own policy holds'
put docker/Dockerfile
mkdir .git
echo 'rules: {pin-apt: {style: exact}}' >dfix.yaml
echo 'rules: {pin-apt: off, user-switch: off}' >docker/dfix.yaml
ln -s docker/Dockerfile Dockerfile
run 0 --offline --fix .
check 'not written' same docker/Dockerfile
check 'it is said' says 'Dockerfile was skipped because it is a link to docker/Dockerfile, which is checked'
run 0 --offline --fix . docker
check 'whatever is named' same docker/Dockerfile

begin H3 'a link inside the repository is followed, with the policy of where it leads'
put docker/base
mkdir .git
echo 'rules: {pin-apt: {style: exact}}' >dfix.yaml
echo 'rules: {pin-apt: off, user-switch: off}' >docker/dfix.yaml
ln -s docker/base Dockerfile
run 0 --offline --fix .
check 'turned off there' same docker/base
rm docker/dfix.yaml
run 0 --offline --select pin-apt --fix .
check 'else written' grep -q 'curl=' docker/base
check 'and the link stays' test -L Dockerfile

begin H3 'what is named is followed'
put good/base
mkdir -p good/.git evil/.git
ln -s ../good/base evil/Dockerfile
run 0 --offline --select pin-apt --fix evil/Dockerfile
check written grep -q 'curl=' good/base

begin L5 'a .gitignore above 1 MiB'
put v0/Dockerfile
mkdir .git
{
    echo 'v*/'
    head -c 3000000 /dev/zero | tr '\0' '#'
    echo
} >.gitignore
run 0 --offline --fix .
check 'is heeded' same v0/Dockerfile

begin L5 'one of more patterns than can be gone through'
put v0/Dockerfile
put a/Dockerfile
yes none | head -n 1100000 >v0/.gitignore
run 2 --offline --select pin-apt --fix .
check 'its folder is left' same v0/Dockerfile
check 'it is said' says 'v0/.gitignore: its folder is not searched: too many patterns'
check 'the others are not' grep -q 'curl=' a/Dockerfile

begin L5 'bracket classes'
for class in print graph cntrl; do
    printf 'd[[:%s:]]/\n' "$class" >.gitignore
    mkdir -p .git
    put d0/Dockerfile
    put "d /Dockerfile"
    put $'d\001/Dockerfile'
    dfix --offline --select pin-apt --check . >"$box/out" 2>"$box/err"
    case $class in
    print) check print test "$(grep -c 'pin-apt' "$box/out")" = 1 ;;
    graph) check graph test "$(grep -c 'pin-apt' "$box/out")" = 2 ;;
    cntrl) check cntrl test "$(grep -c 'pin-apt' "$box/out")" = 2 ;;
    esac
done

begin L5 'a .gitignore that is a link is none, as with git'
put v0/Dockerfile
mkdir .git
echo 'v*/' >ignored
ln -s ignored .gitignore
run 1 --offline --select pin-apt --diff .

begin L8 'a path beyond what the system takes'
put Dockerfile
(
    name=$(printf 'd%.0s' $(seq 1 200))
    for _ in $(seq 1 25); do
        mkdir "$name" && cd "$name" || exit 1
    done
    printf '%s' "$sample" >Dockerfile
)
run 2 --offline --select pin-apt --fix .
check 'is said' says 'File name too long'
check 'in a line that can be read' test "$(wc -L <"$box/err")" -lt 400
check 'the others are fixed' grep -q 'curl=' Dockerfile

begin L1 'marks that steer a terminal, in the names of a patch'
for mark in $'\u009b31m' $'\u202e' $'\u2066' $'\u200f' $'\ufeff'; do
    rm -rf d*
    put "d$mark/Dockerfile"
    run 1 --offline --select pin-apt --diff .
    check 'they are spelled out' sh -c "! LC_ALL=C grep -q '[^ -~[:space:]]' '$box/out'"
    check 'git reads it' git apply --unsafe-paths "$box/out"
    check 'it is the same file' grep -q 'curl=' "d$mark/Dockerfile"
done
rm -rf d*
put 'dü/Dockerfile'
run 1 --offline --select pin-apt --diff .
check 'letters stay' grep -q 'a/dü/Dockerfile' "$box/out"

finish
