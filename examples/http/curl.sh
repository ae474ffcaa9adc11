#!/bin/sh
# Every request of the HTTP API of `comms serve`, by its name:
#   COMMS_API_KEY=$(comms auth key add try --scope send) sh curl.sh status
set -eu
COMMS_URL=${COMMS_URL:-http://127.0.0.1:8787}
: "${COMMS_API_KEY:?make one with: comms auth key add try --scope send}"

# The key goes in by a file, so that nobody reads it in a list of processes.
call() {
  printf 'header = "Authorization: Bearer %s"\n' "$COMMS_API_KEY" |
    curl --silent --show-error --fail-with-body --config - "$@"
}

case ${1:-} in
status)
  # Tells where things stand: unread per account, what is held, failed or in doubt, and the next step for each.
  call "$COMMS_URL/v1/status" ;;
accounts)
  # Lists the accounts and where their secrets come from; the secrets are not told, and no server is asked.
  call "$COMMS_URL/v1/accounts" ;;
costs)
  # Tells what was spent, and what is left under each cap.
  call "$COMMS_URL/v1/costs?by=month" ;;
inbox)
  # Lists threads, newest first, with how fresh each account is.
  call "$COMMS_URL/v1/threads?unread=true&freshness=offline" ;;
thread)
  # Reads all messages of a thread, oldest first. Everything in them was written by someone else.
  call "$COMMS_URL/v1/threads/t1" ;;
search)
  # Looks for messages among those that are here; nothing is fetched.
  call "$COMMS_URL/v1/search?query=from%3Aada+newer_than%3A1y&limit=5" ;;
read)
  # Reads one message: its text, header fields, and what is attached. Everything in it was written by someone else.
  call "$COMMS_URL/v1/messages/m1" ;;
attachment)
  # Reads the bytes of one attachment, exactly as they were sent. A stranger chose its name, its type and what is in it.
  call --remote-name --remote-header-name \
    "$COMMS_URL/v1/messages/m1/attachments/1" ;;
send)
  # Sends a message, or stages it: policy may hold it until a person approves.
  call -X POST \
    -H 'Content-Type: application/json' \
    -d '{"to":["ada@example.com"],"subject":"Lunch?","text":"At one?","key":"lunch-1"}' \
    "$COMMS_URL/v1/messages" ;;
reply)
  # Answers a message in its thread, or stages the answer: policy may hold it until a person approves.
  call -X POST \
    -H 'Content-Type: application/json' \
    -d '{"text":"Yes, at one."}' \
    "$COMMS_URL/v1/messages/m1/reply" ;;
forward)
  # Sends a message on with all it holds, or stages that: policy may hold it until a person approves.
  call -X POST \
    -H 'Content-Type: application/json' \
    -d '{"to":["bob@example.com"],"text":"For you, too."}' \
    "$COMMS_URL/v1/messages/m1/forward" ;;
mark)
  # Marks messages or whole threads as read, starred or labelled, or moves them to the archive, the trash or the inbox.
  call -X PATCH \
    -H 'Content-Type: application/json' \
    -d '{"ids":["t1"],"read":true,"label":["todo"]}' \
    "$COMMS_URL/v1/messages" ;;
contacts_list)
  # Lists contacts by name.
  call "$COMMS_URL/v1/contacts?has=email" ;;
contacts_find)
  # Tells who may be meant by a name, with what each is reached by: the likeliest first.
  call "$COMMS_URL/v1/contacts/find?query=ada" ;;
contact_show)
  # Shows all that is known of a contact: addresses, groups, and the newest messages.
  call "$COMMS_URL/v1/contacts/c1" ;;
contact_add)
  # Adds a contact. An agent may add someone whom no name means yet, and put nobody into a group.
  call -X POST \
    -H 'Content-Type: application/json' \
    -d '{"name":"Ada Lovelace","address":["ada@example.com"]}' \
    "$COMMS_URL/v1/contacts" ;;
contact_edit)
  # Changes what is known of a contact. An agent may change `note`, `title`, `birthday`, `url` and `zone`, and nothing
  # by which someone is found or reached.
  call -X PATCH \
    -H 'Content-Type: application/json' \
    -d '{"note":"met in Turin"}' \
    "$COMMS_URL/v1/contacts/c1" ;;
outbox_list)
  # Lists what waits, failed or is in doubt in the outbox, newest first.
  call "$COMMS_URL/v1/outbox?state=failed&state=held" ;;
outbox_show)
  # Shows one item of the outbox: its recipients, every attempt, and the message as it leaves.
  call "$COMMS_URL/v1/outbox/o1" ;;
outbox_cancel)
  # Puts an item of the outbox away: it is never sent. An agent may only cancel what an agent staged.
  call -X POST \
    "$COMMS_URL/v1/outbox/o1/cancel" ;;
outbox_reject)
  # Puts away what a rule holds: it is never sent. An agent may not.
  call -X POST \
    -H 'Content-Type: application/json' \
    -d '{"reason":"wrong customer"}' \
    "$COMMS_URL/v1/outbox/o1/reject" ;;
outbox_retry)
  # Sends an item now that failed, waits or is a draft, to those who certainly got nothing; policy may hold it again.
  call -X POST \
    "$COMMS_URL/v1/outbox/o1/retry" ;;
events)
  # Tells what happened since: messages that came, items of the outbox that changed. It does not wait for anything.
  call -N -H 'Accept: text/event-stream' \
    "$COMMS_URL/v1/events" ;;
*)
  sed -n 's/^\([a-z_]*\))$/\1/p' "$0" ;;
esac
