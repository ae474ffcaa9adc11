#!/usr/bin/env bash
# One message for each row of a file, each row once: run it again after a crash and it goes on where it stopped.
# Here to addresses of this machine; put your own file and template in their place.
set -euo pipefail
COMMS=${COMMS:-comms}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/people.csv" <<'CSV'
name,email,table
Ada,ada@localhost,4
Bob,bob@localhost,7
CSV
cat >"$folder/invite.md" <<'TEMPLATE'
Subject: Dinner, {{ name }}?

Dear {{ name }}, **table {{ table }}** is yours.
TEMPLATE

"$COMMS" send --csv "$folder/people.csv" --template "$folder/invite.md" --name dinner --dry-run
"$COMMS" send --csv "$folder/people.csv" --template "$folder/invite.md" --name dinner --yes
"$COMMS" outbox batches
"$COMMS" outbox list --batch dinner
