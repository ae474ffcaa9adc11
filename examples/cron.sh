#!/usr/bin/env bash
# For cron: fetches mail and sends what is due; silent when all is well, one report when something needs a person.
#
#   */5 * * * *  /path/to/cron.sh
set -uo pipefail
COMMS=${COMMS:-comms}

report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0

"$COMMS" inbox sync >/dev/null 2>"$report" || status=$?
"$COMMS" outbox run >/dev/null 2>>"$report" || {
    code=$?
    # 8: something waits for its next try. That is no news.
    [ "$code" = 8 ] || status=$code
}
if [ "$status" != 0 ]; then
    cat "$report" >&2
    "$COMMS" --format table >&2
fi
exit "$status"
