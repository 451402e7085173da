#!/bin/sh
# GNU parallel: parallel.sh LIST SHARDS [HOSTS]: the list in so many shards, on the machines of HOSTS
# (one ssh login a line; without it on this one), each with dfix and a token of its own in
# ~/.config/dfix/token (DFIX_TOKEN=...). A shard that fails is run again once, and goes on behind what
# it has done. Results come to standard output, each line whole.
set -eu
list=${1:?a list of repositories} shards=${2:?how many shards} hosts=${3:-}
set -- --retries 2 --line-buffer --tag --joblog dfix-pr.log
if [ -n "$hosts" ]; then
    set -- "$@" --sshloginfile "$hosts" --transferfile "$list"
fi
one='set -a; [ ! -r ~/.config/dfix/token ] || . ~/.config/dfix/token; set +a; dfix pr --repos {2} --shard {1}/{3} --state "${DFIX_STATE:-$HOME/.local/state/dfix}" --json; [ $? -le 1 ]'
seq "$shards" | parallel "$@" "$one" :::: - ::: "$list" ::: "$shards"
