#!/usr/bin/env bash
# Files that change while dfix waits for the world, and what has to stay of a file: H1, H2, M9, L4.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

unchanged() {
    printf '%s' "$sample" | cmp -s - "$1"
}
nothing_beside() {
    [ -z "$(find "$box/work" -name '.dfix-*')" ]
}

begin H1 'an edit made meanwhile'
put Dockerfile
put other/Dockerfile
meanwhile 'echo "# my edit" >>Dockerfile' --select pin-apt --fix .
check status test "$status" = 2
check 'the edit is there' grep -q '# my edit' Dockerfile
check 'nothing else was written' sh -c '! grep -q "curl=" Dockerfile'
check 'it is said' says 'Dockerfile: not written: it changed after it was read'
check 'it is not called fixed' says_not './Dockerfile:2:38: pin-apt: pinned (fixed)'
check 'the other is written' grep -q 'curl=' other/Dockerfile
check 'nothing is left' nothing_beside

begin H1 'the same bytes in another file'
put Dockerfile
meanwhile 'put new; mv new Dockerfile' --select pin-apt --fix Dockerfile
check status test "$status" = 2
check 'not written' unchanged Dockerfile

begin H1 'an edit of the same length'
put Dockerfile
meanwhile 'sed "s/curl/wget/" Dockerfile >x; cat x >Dockerfile' --select pin-apt --fix Dockerfile
check status test "$status" = 2
check 'the edit is there' grep -q 'apt-get install -y wget &&' Dockerfile

begin H1 'what was fixed by another run meanwhile is right'
put Dockerfile
meanwhile 'dfix --select pin-apt --fix Dockerfile >/dev/null 2>&1' --select pin-apt --fix Dockerfile
check status test "$status" = 0
check fixed grep -q 'curl=' Dockerfile

begin H1 'a file that is gone'
put Dockerfile
meanwhile 'rm Dockerfile' --select pin-apt --fix Dockerfile
check status test "$status" = 2
check 'it is not made anew' test ! -e Dockerfile

begin H2 'a link to another file takes its place'
put mine/Dockerfile
put theirs/passwd
meanwhile 'rm mine/Dockerfile; ln -s ../theirs/passwd mine/Dockerfile' --select pin-apt --fix mine
check status test "$status" = 2
check 'not written' unchanged theirs/passwd
check 'it is said' says 'mine/Dockerfile: not written: its path has changed since it was read'

begin H2 'a hard link to another file takes its place'
put mine/Dockerfile
put theirs/passwd
meanwhile 'ln -f theirs/passwd mine/Dockerfile' --select pin-apt --fix mine
check status test "$status" = 2
check 'not written' unchanged theirs/passwd

begin H2 'a link to another folder takes the place of its folder'
put mine/Dockerfile
put theirs/Dockerfile
meanwhile 'mv mine was; ln -s theirs mine' --select pin-apt --fix mine
check status test "$status" = 2
check 'not written' unchanged theirs/Dockerfile
check 'nor where it went' unchanged was/Dockerfile

begin H2 'so far above, too'
put a/b/c/Dockerfile
put x/b/c/Dockerfile
meanwhile 'mv a was; ln -s x a' --select pin-apt --fix a/b/c/Dockerfile
check status test "$status" = 2
check 'not written' unchanged x/b/c/Dockerfile

begin H2 'a link that was named leads elsewhere'
put a/Dockerfile
put b/Dockerfile
ln -s a/Dockerfile named
meanwhile 'ln -sfn b/Dockerfile named' --select pin-apt --fix named
check status test "$status" = 2
check 'not written' unchanged b/Dockerfile

begin H1 'a file is written when its own answers are there'
put own/Dockerfile
put other/Dockerfile
# A registry that takes calls and never answers.
python3 -c '
import socket, sys
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(20)
print(s.getsockname()[1], flush=True)
held = []
while True: held.append(s.accept())
' >"$box/port" &
server=$!
until [ -s "$box/port" ]; do sleep 0.02; done
registry=localhost:$(cat "$box/port")
sed -i "s|FROM .*|FROM $registry/slow:1|" other/Dockerfile
cp "$box/config/dfix/dfix.yaml" "$box/slow.yaml"
sed -i "s|^registries: .*|registries: {blocked: [docker.io], insecure: ['$registry']}|" "$box/slow.yaml"
rm -rf "$box/cache"
"$build/dfix" --config "$box/slow.yaml" --select pin-apt --fix . >"$box/out" 2>"$box/err" </dev/null &
pid=$!
for _ in $(seq 1 600); do
    grep -q 'curl=' own/Dockerfile || ! kill -0 "$pid" 2>/dev/null && break
    sleep 0.05
done
check 'while the run waits for others' sh -c "kill -0 $pid && grep -q 'curl=' own/Dockerfile"
kill "$server"
wait "$pid"
check 'the other is not' sh -c '! grep -q "curl=" other/Dockerfile'

warm
begin M9 'a file with another hard link'
put Dockerfile
ln Dockerfile other
run 2 --offline --select pin-apt --fix Dockerfile
check 'it is as it was' unchanged Dockerfile
check 'the two are one' test "$(stat -c %h Dockerfile)" = 2
check 'it is said' says 'Dockerfile: not written: it has other hard links, which would keep the old text'
check 'nothing is left' nothing_beside
rm other
run 0 --offline --select pin-apt --fix Dockerfile
check fixed grep -q 'curl=' Dockerfile

begin M9 'owner, mode, access list and attributes stay'
put Dockerfile
chmod 640 Dockerfile
[ "$(id -u)" = 0 ] && chown 1234:2345 Dockerfile && chmod 4650 Dockerfile
before=$(stat -c '%u %g %a' Dockerfile)
has setfattr
if setfattr -n user.note -v kept Dockerfile 2>/dev/null; then
    run 0 --offline --select pin-apt --fix Dockerfile
    check 'the attribute' test "$(getfattr --only-values -n user.note Dockerfile)" = kept
    check 'owner and mode' test "$(stat -c '%u %g %a' Dockerfile)" = "$before"
    check fixed grep -q 'curl=' Dockerfile
else
    echo 'skipped, since there are no extended attributes here: M9'
fi
put Dockerfile
chmod 644 Dockerfile
has setfacl
if setfacl -m u:1234:rw,m::rw Dockerfile 2>/dev/null; then
    before=$(getfacl -p Dockerfile)
    run 0 --offline --select pin-apt --fix Dockerfile
    check 'the access list' test "$(getfacl -p Dockerfile)" = "$before"
    put plain/Dockerfile
    chmod 640 plain/Dockerfile
    setfacl -d -m u:1234:rwx plain
    setfacl -b plain/Dockerfile
    before=$(getfacl -p plain/Dockerfile)
    run 0 --offline --select pin-apt --fix plain/Dockerfile
    check 'no list of the folder' test "$(getfacl -p plain/Dockerfile)" = "$before"
    check fixed grep -q 'curl=' plain/Dockerfile
else
    echo 'skipped, since there are no access lists here: M9'
fi

begin L4 'a limit on the size of files'
put Dockerfile
{
    printf '%s' "$sample"
    head -c 3000 /dev/zero | tr '\0' '#'
} >Dockerfile
cp Dockerfile before
(
    ulimit -f 2
    dfix --offline --select pin-apt --fix Dockerfile >"$box/out" 2>"$box/err"
)
check status test $? = 2
check 'it is said' says 'Dockerfile: not written: writing failed: File too large'
check 'it is whole' cmp before Dockerfile
check 'nothing is left' nothing_beside

begin M10 'what a killed run has left'
put Dockerfile
put sub/Dockerfile
: >.dfix-99999-abc123
: >sub/.dfix-1-zzzzz9
: >.dfix-notes.txt
: >.dfix-12-abcdefg
mkdir .dfix-7-folder
: >.dfix-8-locked
exec 9<.dfix-8-locked
flock 9
run 0 --offline --select pin-apt --fix .
check 'is removed' test ! -e .dfix-99999-abc123 -a ! -e sub/.dfix-1-zzzzz9
check 'and nothing else' test -e .dfix-notes.txt -a -e .dfix-12-abcdefg -a -d .dfix-7-folder
check 'nor what is in use' test -e .dfix-8-locked
exec 9<&-

finish
