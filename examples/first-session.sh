#!/usr/bin/env bash
# A first session with no account and no server: import, list, search, read, send and reply.
# Builds comms if needed and works in a folder of its own that is removed at the end.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

if [ -z "${COMMS:-}" ]; then
    cargo build --release --locked
    COMMS=target/release/comms
fi
COMMS_HOME=$(mktemp -d)
export COMMS_HOME
trap 'rm -rf "$COMMS_HOME"' EXIT

say() { # say WORDS...: shows the command, then runs it
    local word
    printf '\n$ comms'
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./:@=-]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$COMMS" --format table "$@"
}

say import examples/sample.mbox
say inbox --limit 5
say search 'from:grace budget OR hotel'
say search '打ち合わせ'
message=$("$COMMS" search 'subject:"Photo of the launch" has:attachment' --format plain --fields id --limit 1)
say inbox show "$message"
mkdir "$COMMS_HOME/saved"
say inbox save "$message" --attachment 1 --to "$COMMS_HOME/saved"
say send you@localhost -s 'Hello from comms' -m 'The first message, delivered to a Maildir on this machine.'
say inbox --limit 1
message=$("$COMMS" search 'subject:"Hello from comms" is:received' --format plain --fields id --limit 1)
say reply "$message" -m 'And the answer, in the same thread.'
say inbox thread "$("$COMMS" search 'subject:"Hello from comms"' --format plain --fields thread --limit 1)"
say outbox list
say
