#!/usr/bin/env bash
# Copies everything comms can't make anew into a folder, while comms may be at work.
# The copy is a home of its own: COMMS_HOME=TARGET comms inbox --offline
#
#   backup.sh TARGET
set -euo pipefail
COMMS=${COMMS:-comms}
target=${1:?usage: backup.sh TARGET}

paths=$("$COMMS" config path --json)
field() { printf '%s' "$paths" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
data=$(field data_dir)
config=$(field config_file)

umask 077
mkdir -p "$target"
# The outbox first: a message that is in it must not be missing from an older copy of the mail.
for file in comms.db raw.db index.db; do
    [ -e "$data/$file" ] || continue
    if command -v sqlite3 >/dev/null; then
        sqlite3 "$data/$file" ".backup '$target/$file'"
    elif command -v python3 >/dev/null; then
        python3 - "$data/$file" "$target/$file" <<'PYTHON'
import sqlite3, sys
source, target = (sqlite3.connect(path) for path in sys.argv[1:])
source.backup(target)
target.close()
PYTHON
    else
        echo "backup.sh: neither sqlite3 nor python3 is here to copy a database in use" >&2
        exit 1
    fi
done
for part in mail blobs; do
    if [ -d "$data/$part" ]; then
        mkdir -p "$target/$part"
        cp -a "$data/$part/." "$target/$part/"
    fi
done
if [ -f "$data/prices.toml" ]; then
    cp "$data/prices.toml" "$target/prices.toml"
fi
if [ -f "$config" ]; then
    cp "$config" "$target/config.toml"
fi
echo "backed up to $target"
