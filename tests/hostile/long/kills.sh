#!/usr/bin/env bash
# M10: a run over 500 files is killed a hundred times, by SIGKILL, SIGTERM and SIGINT in turn, each
# time at another moment. No file is damaged, and nothing is left but what the next run removes.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
warm
files=500 kills=${1:-100}

begin M10 "$kills kills"
put Dockerfile
cp Dockerfile "$box/before"
dfix --offline --select pin-apt --fix Dockerfile >/dev/null 2>&1
cp Dockerfile "$box/after"
rm Dockerfile
check 'there is something to fix' sh -c "! cmp '$box/before' '$box/after'"
for n in $(seq 1 $files); do
    mkdir -p "$box/template/d$((n % 10))"
    cp "$box/before" "$box/template/d$((n % 10))/Dockerfile.$n"
done
sums=$(md5sum "$box/before" "$box/after" | cut -c1-32)

fixed() {
    grep -rl 'curl=' . 2>/dev/null | wc -l
}

early=0 left=0
for i in $(seq 1 "$kills"); do
    rm -rf d*
    cp -r "$box/template/." .
    case $((i % 3)) in 0) signal=KILL ;; 1) signal=TERM ;; *) signal=INT ;; esac
    # SIGINT is ignored in what a script starts behind itself.
    env --default-signal=INT "$build/dfix" --offline --select pin-apt --fix . \
        >"$box/out" 2>"$box/err" </dev/null &
    pid=$!
    # How far it has come is told by what it has written, not by the clock.
    while kill -0 "$pid" 2>/dev/null && [ "$(fixed)" -lt $((i * files / (kills + 5))) ]; do :; done
    kill -"$signal" "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    [ "$(fixed)" -lt "$files" ] && early=$((early + 1))
    check "all are there after SIG$signal" test "$(ls d*/* | wc -l)" = "$files"
    check "all are whole after SIG$signal" \
        test -z "$(md5sum d*/* | cut -c1-32 | sort -u | grep -vF "$sums")"
    behind=$(find . -name '.dfix-*' | wc -l)
    left=$((left + behind))
    [ "$signal" = KILL ] || check "nothing stays after SIG$signal" test "$behind" = 0
    [ "$signal" = KILL ] || continue
    run 0 --offline --select pin-apt --fix .
    check 'nothing stays after the next run' test -z "$(find . -name '.dfix-*')"
    check 'which fixes the rest' test "$(fixed)" = "$files"
done
echo "$kills kills: $early of them before the end, $left files left for the next run"
check 'most came before the end' test "$early" -gt $((kills / 2))
finish
