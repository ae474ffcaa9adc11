# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_comms_global_optspecs
    string join \n format= json fields= color= progress= config= v/verbose read-only h/help V/version
end

function __fish_comms_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_comms_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_comms_using_subcommand
    set -l cmd (__fish_comms_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c comms -n "__fish_comms_needs_command" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_needs_command" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_needs_command" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_needs_command" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_needs_command" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_needs_command" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_needs_command" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_needs_command" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_needs_command" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_needs_command" -s V -l version -d 'Print version'
complete -c comms -n "__fish_comms_needs_command" -f -a "send" -d 'Send a message'
complete -c comms -n "__fish_comms_needs_command" -f -a "reply" -d 'Answer a message'
complete -c comms -n "__fish_comms_needs_command" -f -a "forward" -d 'Send a message on to someone else'
complete -c comms -n "__fish_comms_needs_command" -f -a "react" -d 'React to a chat message with an emoji'
complete -c comms -n "__fish_comms_needs_command" -f -a "edit" -d 'Change the text of a chat message of yours'
complete -c comms -n "__fish_comms_needs_command" -f -a "unsend" -d 'Delete a chat message of yours for everyone'
complete -c comms -n "__fish_comms_needs_command" -f -a "inbox" -d 'List, read, mark and fetch messages'
complete -c comms -n "__fish_comms_needs_command" -f -a "search" -d 'Search all messages'
complete -c comms -n "__fish_comms_needs_command" -f -a "auth" -d 'Log in to accounts'
complete -c comms -n "__fish_comms_needs_command" -f -a "outbox" -d 'Show and settle what was or will be sent'
complete -c comms -n "__fish_comms_needs_command" -f -a "contacts" -d 'Keep, find and sync contacts'
complete -c comms -n "__fish_comms_needs_command" -f -a "costs" -d 'Show what was spent, and what is left of each cap'
complete -c comms -n "__fish_comms_needs_command" -f -a "import" -d 'Bring mail in from Maildir, mbox and .eml files'
complete -c comms -n "__fish_comms_needs_command" -f -a "export" -d 'Write messages out to mbox, Maildir or JSONL'
complete -c comms -n "__fish_comms_needs_command" -f -a "purge" -d 'Erase messages from this machine'
complete -c comms -n "__fish_comms_needs_command" -f -a "serve" -d 'Hear what providers post, send what falls due and fetch mail, in one process'
complete -c comms -n "__fish_comms_needs_command" -f -a "mcp" -d 'Answer an agent over stdin and stdout, by the Model Context Protocol'
complete -c comms -n "__fish_comms_needs_command" -f -a "doctor" -d 'Find what is wrong and how to mend it'
complete -c comms -n "__fish_comms_needs_command" -f -a "config" -d 'Show and check the configuration'
complete -c comms -n "__fish_comms_needs_command" -f -a "schema" -d 'Print JSON Schemas, exit codes, commands and what you may do'
complete -c comms -n "__fish_comms_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c comms -n "__fish_comms_needs_command" -f -a "man" -d 'Print or write man pages'
complete -c comms -n "__fish_comms_needs_command" -f -a "complete-word" -d 'Offer words to a shell'
complete -c comms -n "__fish_comms_using_subcommand send" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand send" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand send" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand send" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand send" -l thread-key -d 'What it is about, like `disk-full`: all messages of one key are one thread' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l once-per -d 'Send no more than one per thread key (or key) in this time; repeats are counted' -r
complete -c comms -n "__fish_comms_using_subcommand send" -s m -l message -d 'The text' -r
complete -c comms -n "__fish_comms_using_subcommand send" -s f -l file -d 'Read the text from a file, or from stdin with -' -r -F
complete -c comms -n "__fish_comms_using_subcommand send" -s s -l subject -d 'The subject' -r
complete -c comms -n "__fish_comms_using_subcommand send" -s a -l attach -d 'Attach a file; may be given several times' -r -F
complete -c comms -n "__fish_comms_using_subcommand send" -l media-url -d 'Send the picture at this web address along, as MMS; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l cc -d 'Send a visible copy' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l bcc -d 'Send a copy nobody else sees' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l from -d 'Send from this account, by name or address' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l via -d 'Write to people by this channel, whatever they prefer' -r -f -a "email\t''
sms\t''
whatsapp\t''
slack\t''
chat\t''"
complete -c comms -n "__fish_comms_using_subcommand send" -l pick -d 'Take the Nth of those a name may mean, as the error lists them' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l reply-to -d 'Have answers go to this address' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l html -d 'Send this HTML too; the text is made from it if there is none' -r -F
complete -c comms -n "__fish_comms_using_subcommand send" -l template -d 'Fill in a template: a file, or a name in `templates/` beside the config file' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l var -d 'A value for the template; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l key -d 'Send it once, however often this is run with the same key' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l at -d 'Send it at this time: `tomorrow 9am`, `2026-12-01 09:00`, `in 2h`' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l undo-window -d 'Wait this long before it leaves; Ctrl-C takes it back' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l wait -d 'Come back when it is sent, delivered or read, or --timeout is over' -r -f -a "sent\t''
delivered\t''
read\t''"
complete -c comms -n "__fish_comms_using_subcommand send" -l timeout -d 'How long the server may take before the message is handed over; with --wait, how long to wait' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l lang -d 'Which of a template\'s languages: `en_US`' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l button -d 'A button that answers; up to three' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l row -d 'A row of a list to choose from; up to ten' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l rows -d 'The rows of a list, as CSV: id,title,description,section' -r -F
complete -c comms -n "__fish_comms_using_subcommand send" -l list-label -d 'What the button says that opens the list' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l link -d 'A button that leads to a web page' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l flow -d 'A form to fill in, by its id or name' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l flow-label -d 'What the button says that opens the form' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l flow-screen -d 'The form\'s first screen' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l flow-data -d 'What the first screen is given, as a JSON object' -r -F
complete -c comms -n "__fish_comms_using_subcommand send" -l footer -d 'A small line below the text' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l location -d 'A place, as a message of its own' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l contact -d 'The people in a vCard file, as a message of its own' -r -F
complete -c comms -n "__fish_comms_using_subcommand send" -l csv -d 'Send one message for each row of this file; its first row names the template\'s variables' -r -F
complete -c comms -n "__fish_comms_using_subcommand send" -l name -d 'Call the batch this; the same name never sends twice' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l to-column -d 'The column with the recipient, if it is not `to`, `email` or `address`' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l delimiter -d 'What separates the fields: a character, or `tab`; found by itself among , ; and tab' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l pause-after -d 'Pause the batch after so many failed messages; 0 is never' -r
complete -c comms -n "__fish_comms_using_subcommand send" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand send" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand send" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand send" -l separately -d 'Send everybody a mail of their own, as everybody in a group gets anyway'
complete -c comms -n "__fish_comms_using_subcommand send" -l together -d 'Send everybody in a group one mail, in which they see each other'
complete -c comms -n "__fish_comms_using_subcommand send" -l skip-unreachable -d 'Leave out those of a group whom nothing reaches'
complete -c comms -n "__fish_comms_using_subcommand send" -s y -l yes -d 'Send without asking, however many people a group leads to'
complete -c comms -n "__fish_comms_using_subcommand send" -l markdown -d 'Read the text as Markdown: it is sent as typed and as HTML'
complete -c comms -n "__fish_comms_using_subcommand send" -l allow-mass-mention -d 'Let `<users/all>`, `@here`, `@channel` and the like in the text ping everyone; else they are shown only'
complete -c comms -n "__fish_comms_using_subcommand send" -l draft -d 'Keep it as a draft'
complete -c comms -n "__fish_comms_using_subcommand send" -l queue -d 'Only put it into the outbox; `comms outbox run` sends it'
complete -c comms -n "__fish_comms_using_subcommand send" -l no-queue -d 'Fail if it can\'t leave now, instead of keeping it for another try'
complete -c comms -n "__fish_comms_using_subcommand send" -l dry-run -d 'Show what would leave; write and send nothing'
complete -c comms -n "__fish_comms_using_subcommand send" -l allow-empty -d 'Send it even if the text is empty'
complete -c comms -n "__fish_comms_using_subcommand send" -l skip-broken -d 'Leave out rows that can\'t be sent, instead of sending nothing'
complete -c comms -n "__fish_comms_using_subcommand send" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand reply" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand reply" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand reply" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand reply" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand reply" -s m -l message -d 'The text' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -s f -l file -d 'Read the text from a file, or from stdin with -' -r -F
complete -c comms -n "__fish_comms_using_subcommand reply" -s s -l subject -d 'The subject' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -s a -l attach -d 'Attach a file; may be given several times' -r -F
complete -c comms -n "__fish_comms_using_subcommand reply" -l media-url -d 'Send the picture at this web address along, as MMS; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l cc -d 'Send a visible copy' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l bcc -d 'Send a copy nobody else sees' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l from -d 'Send from this account, by name or address' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l via -d 'Write to people by this channel, whatever they prefer' -r -f -a "email\t''
sms\t''
whatsapp\t''
slack\t''
chat\t''"
complete -c comms -n "__fish_comms_using_subcommand reply" -l pick -d 'Take the Nth of those a name may mean, as the error lists them' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l reply-to -d 'Have answers go to this address' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l html -d 'Send this HTML too; the text is made from it if there is none' -r -F
complete -c comms -n "__fish_comms_using_subcommand reply" -l template -d 'Fill in a template: a file, or a name in `templates/` beside the config file' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l var -d 'A value for the template; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l key -d 'Send it once, however often this is run with the same key' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l at -d 'Send it at this time: `tomorrow 9am`, `2026-12-01 09:00`, `in 2h`' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l undo-window -d 'Wait this long before it leaves; Ctrl-C takes it back' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l wait -d 'Come back when it is sent, delivered or read, or --timeout is over' -r -f -a "sent\t''
delivered\t''
read\t''"
complete -c comms -n "__fish_comms_using_subcommand reply" -l timeout -d 'How long the server may take before the message is handed over; with --wait, how long to wait' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l lang -d 'Which of a template\'s languages: `en_US`' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l button -d 'A button that answers; up to three' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l row -d 'A row of a list to choose from; up to ten' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l rows -d 'The rows of a list, as CSV: id,title,description,section' -r -F
complete -c comms -n "__fish_comms_using_subcommand reply" -l list-label -d 'What the button says that opens the list' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l link -d 'A button that leads to a web page' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l flow -d 'A form to fill in, by its id or name' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l flow-label -d 'What the button says that opens the form' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l flow-screen -d 'The form\'s first screen' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l flow-data -d 'What the first screen is given, as a JSON object' -r -F
complete -c comms -n "__fish_comms_using_subcommand reply" -l footer -d 'A small line below the text' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l location -d 'A place, as a message of its own' -r
complete -c comms -n "__fish_comms_using_subcommand reply" -l contact -d 'The people in a vCard file, as a message of its own' -r -F
complete -c comms -n "__fish_comms_using_subcommand reply" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand reply" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand reply" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand reply" -l all -d 'Answer everyone it went to'
complete -c comms -n "__fish_comms_using_subcommand reply" -l broadcast -d 'Show the answer in the channel too, not in its thread alone (Slack)'
complete -c comms -n "__fish_comms_using_subcommand reply" -l separately -d 'Send everybody a mail of their own, as everybody in a group gets anyway'
complete -c comms -n "__fish_comms_using_subcommand reply" -l together -d 'Send everybody in a group one mail, in which they see each other'
complete -c comms -n "__fish_comms_using_subcommand reply" -l skip-unreachable -d 'Leave out those of a group whom nothing reaches'
complete -c comms -n "__fish_comms_using_subcommand reply" -s y -l yes -d 'Send without asking, however many people a group leads to'
complete -c comms -n "__fish_comms_using_subcommand reply" -l markdown -d 'Read the text as Markdown: it is sent as typed and as HTML'
complete -c comms -n "__fish_comms_using_subcommand reply" -l allow-mass-mention -d 'Let `<users/all>`, `@here`, `@channel` and the like in the text ping everyone; else they are shown only'
complete -c comms -n "__fish_comms_using_subcommand reply" -l draft -d 'Keep it as a draft'
complete -c comms -n "__fish_comms_using_subcommand reply" -l queue -d 'Only put it into the outbox; `comms outbox run` sends it'
complete -c comms -n "__fish_comms_using_subcommand reply" -l no-queue -d 'Fail if it can\'t leave now, instead of keeping it for another try'
complete -c comms -n "__fish_comms_using_subcommand reply" -l dry-run -d 'Show what would leave; write and send nothing'
complete -c comms -n "__fish_comms_using_subcommand reply" -l allow-empty -d 'Send it even if the text is empty'
complete -c comms -n "__fish_comms_using_subcommand reply" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand forward" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand forward" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand forward" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand forward" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand forward" -s m -l message -d 'The text' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -s f -l file -d 'Read the text from a file, or from stdin with -' -r -F
complete -c comms -n "__fish_comms_using_subcommand forward" -s s -l subject -d 'The subject' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -s a -l attach -d 'Attach a file; may be given several times' -r -F
complete -c comms -n "__fish_comms_using_subcommand forward" -l media-url -d 'Send the picture at this web address along, as MMS; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l cc -d 'Send a visible copy' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l bcc -d 'Send a copy nobody else sees' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l from -d 'Send from this account, by name or address' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l via -d 'Write to people by this channel, whatever they prefer' -r -f -a "email\t''
sms\t''
whatsapp\t''
slack\t''
chat\t''"
complete -c comms -n "__fish_comms_using_subcommand forward" -l pick -d 'Take the Nth of those a name may mean, as the error lists them' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l reply-to -d 'Have answers go to this address' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l html -d 'Send this HTML too; the text is made from it if there is none' -r -F
complete -c comms -n "__fish_comms_using_subcommand forward" -l template -d 'Fill in a template: a file, or a name in `templates/` beside the config file' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l var -d 'A value for the template; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l key -d 'Send it once, however often this is run with the same key' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l at -d 'Send it at this time: `tomorrow 9am`, `2026-12-01 09:00`, `in 2h`' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l undo-window -d 'Wait this long before it leaves; Ctrl-C takes it back' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l wait -d 'Come back when it is sent, delivered or read, or --timeout is over' -r -f -a "sent\t''
delivered\t''
read\t''"
complete -c comms -n "__fish_comms_using_subcommand forward" -l timeout -d 'How long the server may take before the message is handed over; with --wait, how long to wait' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l lang -d 'Which of a template\'s languages: `en_US`' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l button -d 'A button that answers; up to three' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l row -d 'A row of a list to choose from; up to ten' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l rows -d 'The rows of a list, as CSV: id,title,description,section' -r -F
complete -c comms -n "__fish_comms_using_subcommand forward" -l list-label -d 'What the button says that opens the list' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l link -d 'A button that leads to a web page' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l flow -d 'A form to fill in, by its id or name' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l flow-label -d 'What the button says that opens the form' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l flow-screen -d 'The form\'s first screen' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l flow-data -d 'What the first screen is given, as a JSON object' -r -F
complete -c comms -n "__fish_comms_using_subcommand forward" -l footer -d 'A small line below the text' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l location -d 'A place, as a message of its own' -r
complete -c comms -n "__fish_comms_using_subcommand forward" -l contact -d 'The people in a vCard file, as a message of its own' -r -F
complete -c comms -n "__fish_comms_using_subcommand forward" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand forward" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand forward" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand forward" -l separately -d 'Send everybody a mail of their own, as everybody in a group gets anyway'
complete -c comms -n "__fish_comms_using_subcommand forward" -l together -d 'Send everybody in a group one mail, in which they see each other'
complete -c comms -n "__fish_comms_using_subcommand forward" -l skip-unreachable -d 'Leave out those of a group whom nothing reaches'
complete -c comms -n "__fish_comms_using_subcommand forward" -s y -l yes -d 'Send without asking, however many people a group leads to'
complete -c comms -n "__fish_comms_using_subcommand forward" -l markdown -d 'Read the text as Markdown: it is sent as typed and as HTML'
complete -c comms -n "__fish_comms_using_subcommand forward" -l allow-mass-mention -d 'Let `<users/all>`, `@here`, `@channel` and the like in the text ping everyone; else they are shown only'
complete -c comms -n "__fish_comms_using_subcommand forward" -l draft -d 'Keep it as a draft'
complete -c comms -n "__fish_comms_using_subcommand forward" -l queue -d 'Only put it into the outbox; `comms outbox run` sends it'
complete -c comms -n "__fish_comms_using_subcommand forward" -l no-queue -d 'Fail if it can\'t leave now, instead of keeping it for another try'
complete -c comms -n "__fish_comms_using_subcommand forward" -l dry-run -d 'Show what would leave; write and send nothing'
complete -c comms -n "__fish_comms_using_subcommand forward" -l allow-empty -d 'Send it even if the text is empty'
complete -c comms -n "__fish_comms_using_subcommand forward" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand react" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand react" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand react" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand react" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand react" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand react" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand react" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand react" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand react" -l remove -d 'Take the reaction back'
complete -c comms -n "__fish_comms_using_subcommand react" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand edit" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand edit" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand edit" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand edit" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand edit" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand edit" -s m -l message -d 'The new text' -r
complete -c comms -n "__fish_comms_using_subcommand edit" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand edit" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand edit" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand edit" -l markdown -d 'Read the text as Markdown'
complete -c comms -n "__fish_comms_using_subcommand edit" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand unsend" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand unsend" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand unsend" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand unsend" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand unsend" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand unsend" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand unsend" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand unsend" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand unsend" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l account -d 'Only this account' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l channel -d 'Only this channel (mail, sms, chat, whatsapp, slack) or kind of account (imap, gmail …)' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l since -d 'Only threads with a message of then or later (2d, yesterday, 2026-01-31)' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l from -d 'Only threads with a message from this name or address' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l label -d 'Only threads with this label' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l in -d 'Look in this folder or role (archive, sent, trash …) instead' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l limit -d 'Show at most this many threads' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l after -d 'Show the page after this cursor (`next` of the page before)' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l max-age -d 'Refresh what is older than this (60s, 5min)' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l unread -d 'Only threads with an unread message'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l starred -d 'Only threads with a starred message'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l offline -d 'Refresh nothing'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l fresh -d 'Refresh everything, or fail'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -l fail-empty -d 'End with exit code 5 if nothing is listed'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -f -a "show" -d 'Read a message'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -f -a "thread" -d 'Read all messages of a thread, oldest first'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -f -a "save" -d 'Save attachments or the message itself'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -f -a "mark" -d 'Mark messages read, starred, archived and so on'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -f -a "labels" -d 'List, make, rename and delete labels'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -f -a "sync" -d 'Fetch what is new and tell servers what changed here'
complete -c comms -n "__fish_comms_using_subcommand inbox; and not __fish_seen_subcommand_from show thread save mark labels sync watch" -f -a "watch" -d 'Print each new message as it comes'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from show" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from show" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from show" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from show" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from show" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from show" -l headers -d 'Show all header fields'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from show" -l raw -d 'Print the bytes as they were received'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from show" -l html -d 'Print the HTML of the message'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from show" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from show" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from thread" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from thread" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from thread" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from thread" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from thread" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from thread" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from thread" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from thread" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from thread" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from save" -l attachment -d 'Save only the attachment with this number' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from save" -l to -d 'Folder to save to; `-` prints the bytes' -r -F
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from save" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from save" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from save" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from save" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from save" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from save" -l raw -d 'Save the message itself as an .eml file'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from save" -l force -d 'Replace files that are there'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from save" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from save" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from save" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from save" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l label -d 'Add a label; may be given more than once' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l unlabel -d 'Take a label away; may be given more than once' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l read -d 'Mark as read'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l unread -d 'Mark as unread'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l archive -d 'Move to the archive'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l trash -d 'Move to the trash'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l inbox -d 'Move back to the inbox'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l star -d 'Add a star'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l unstar -d 'Take the star away'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l typing -d 'On WhatsApp: show the writer that you are typing, for 25 seconds or until you answer'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l dry-run -d 'Show what would be marked'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from mark" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from labels" -l account -d 'Only this account' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from labels" -l create -d 'Make a label; `/` makes levels' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from labels" -l rename -d 'Give a label another name; its messages keep it' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from labels" -l delete -d 'Delete a label; its messages stay' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from labels" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from labels" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from labels" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from labels" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from labels" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from labels" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from labels" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from labels" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from labels" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from sync" -l account -d 'Sync this account only; may be given more than once' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from sync" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from sync" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from sync" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from sync" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from sync" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from sync" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from sync" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from sync" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from sync" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -l account -d 'Watch this account only; may be given more than once' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -l exec -d 'Run this shell command for each message, with the message as JSON on its stdin' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -l parallel -d 'Run up to this many commands at a time; those of one thread run one after the other' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -l exec-timeout -d 'End a command that takes longer (30s, 10min); it counts as failed' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -l timeout -d 'End after this long (30s, 10min, 1h)' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -l retry -d 'Have a message that a command failed to take handed to it again, or all of them (all)' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -l once -d 'End after the first messages that come'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -l failed -d 'List the messages that commands failed to take'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand inbox; and __fish_seen_subcommand_from watch" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand search" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand search" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand search" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand search" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand search" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand search" -l limit -d 'Show at most this many messages' -r
complete -c comms -n "__fish_comms_using_subcommand search" -l after -d 'Show the page after this cursor (`next` of the page before)' -r
complete -c comms -n "__fish_comms_using_subcommand search" -l sort -d 'Order by: newest or relevance' -r -f -a "newest\t''
relevance\t''"
complete -c comms -n "__fish_comms_using_subcommand search" -l timeout -d 'How long each provider may take, under --remote' -r
complete -c comms -n "__fish_comms_using_subcommand search" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand search" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand search" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand search" -l snippets -d 'Show the text around the hit'
complete -c comms -n "__fish_comms_using_subcommand search" -l count -d 'Print only how many messages fit'
complete -c comms -n "__fish_comms_using_subcommand search" -l explain -d 'Print how the query was read instead of searching'
complete -c comms -n "__fish_comms_using_subcommand search" -l remote -d 'Search at the provider (Gmail, Google Chat, Slack) in its own words, and keep what it finds'
complete -c comms -n "__fish_comms_using_subcommand search" -l fail-empty -d 'End with exit code 5 if nothing was found'
complete -c comms -n "__fish_comms_using_subcommand search" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -f -a "add" -d 'Add an account: find its servers, prove the login, store the secret, write the config'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -f -a "default" -d 'Choose the account that sends when several could'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -f -a "rename" -d 'Give an account another name; its messages, outbox and secrets go along'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -f -a "remove" -d 'Remove an account and its secrets; its messages stay'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -f -a "list" -d 'List accounts and where their secrets come from'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -f -a "status" -d 'Log in for real and say what happened'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -f -a "login" -d 'Log in: prove a secret, or a login by OAuth, against the server and keep it'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -f -a "move" -d 'Move secrets between the keyring and the encrypted file'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -f -a "templates" -d 'List the message templates of WhatsApp accounts, as they are there now'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -f -a "hook" -d 'Make the secrets of webhooks, see how they do, and take them up again'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -f -a "key" -d 'Make, list and revoke the keys that programs call `comms serve` with'
complete -c comms -n "__fish_comms_using_subcommand auth; and not __fish_seen_subcommand_from add default rename remove list status login move templates hook key logout" -f -a "logout" -d 'Remove the stored secrets of an account'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l channel -d 'imap, smtp (send only), maildir, gmail, google-chat, google-chat-webhook, twilio, whatsapp, slack, slack-webhook or carddav' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l address -d 'The address or phone number it sends from' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l display-name -d 'The name shown beside the address' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l imap -d 'The server that mail is fetched from' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l smtp -d 'The server that mail is sent through' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l tls -d 'How the servers are protected; none is for this machine only' -r -f -a "tls\t''
starttls\t''
none\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l imap-tls -d 'The same for the IMAP server alone' -r -f -a "tls\t''
starttls\t''
none\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l smtp-tls -d 'The same for the SMTP server alone' -r -f -a "tls\t''
starttls\t''
none\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l username -d 'The login name, where it is not the address' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l auth -d 'How to log in' -r -f -a "password\t''
oauth\t''
none\t'A relay without login'"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l oauth -d 'Whose OAuth tokens: google, microsoft or an issuer\'s address' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l client-id -d 'The id of your OAuth client' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l scopes -d 'The scopes to ask an issuer for, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l account-sid -d 'The SID of the Twilio account (AC…)' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l api-key -d 'The SID of a Twilio API key (SK…), whose secret logs in instead of the auth token' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l messaging-service -d 'The SID of a Twilio Messaging Service (MG…), which chooses the sender' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l region -d 'The country of numbers that are written without one (DE, US)' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l phone-number-id -d 'The id of the WhatsApp phone number' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l business-account-id -d 'The id of the WhatsApp business account, for its templates' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l client-file -d 'The file of the OAuth client that the provider\'s console made (client id and secret)' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l ca-file -d 'The certificate of a private authority (PEM)' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l path -d 'The folder of a Maildir' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l base-url -d 'Where its provider lives, if not where it usually does' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l url -d 'An address book, its owner\'s page, or just its host (https://dav.example.com)' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l contacts -d 'Take its people as contacts too: sync (the default; gmail only) or read' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l secret-command -d 'A command that prints the secret; nothing is stored then' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l no-browser -d 'Only print the address to open, don\'t open it'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l paste -d 'Paste the address the browser ends at: for ssh, where the browser runs elsewhere'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l device -d 'Enter a code on another device'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l stdin -d 'Read the secret from the first line of stdin'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l no-login -d 'Write it down without asking its servers'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l no-discovery -d 'Ask nobody for the servers of the address'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l default -d 'Let it send when several accounts could'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from default" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from default" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from default" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from default" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from default" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from default" -l unset -d 'Let none be the default'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from default" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from default" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from default" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from default" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from rename" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from rename" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from rename" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from rename" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from rename" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from rename" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from rename" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from rename" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from rename" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from remove" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from remove" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from remove" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from remove" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from remove" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from remove" -l forget -d 'Forget its messages, too; a server keeps its own'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from remove" -l yes -d 'Don\'t ask'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from remove" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from remove" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from list" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from list" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from list" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from list" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from list" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from list" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from list" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from status" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from status" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from status" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from status" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from status" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from status" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from status" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l part -d 'Store what the provider signs its calls with, or the word it proves our address with, instead of the login' -r -f -a "webhook-secret\t'Twilio\'s auth token (where an API key logs in), WhatsApp\'s app secret, Slack\'s signing secret'
verify-token\t'The verify token that is given to Meta'"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l paste-url -d 'End a login that --paste began: read the address from a file (- for stdin)' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l service-account -d 'The key file of a service account that may act for the address' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l client-file -d 'The file of the OAuth client that the provider\'s console made (client id and secret)' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l scopes -d 'Ask for these scopes, comma-separated, or for `read`: no more than reading needs' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l stdin -d 'Read the password or token from stdin instead of asking'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l no-browser -d 'Only print the address to open, don\'t open it'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l paste -d 'Paste the address the browser ends at: for ssh, where the browser runs elsewhere'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l device -d 'Enter a code on another device'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l client-secret-stdin -d 'Read the secret of the OAuth client from stdin'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l consent -d 'Ask for consent again, and with it for a new refresh token'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from move" -l to -d 'Where they go: file (encrypted, works in cron and over ssh) or keyring' -r -f -a "file\t''
keyring\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from move" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from move" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from move" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from move" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from move" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from move" -l all -d 'Move the secrets of all accounts'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from move" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from move" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from move" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from move" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from templates" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from templates" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from templates" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from templates" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from templates" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from templates" -l offline -d 'List what is known, and ask nobody'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from templates" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from templates" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from templates" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from templates" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from hook" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from hook" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from hook" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from hook" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from hook" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from hook" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from hook" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from hook" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from hook" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from hook" -f -a "add" -d 'Make the secret that a hook\'s deliveries are signed with, and print it, this once'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from hook" -f -a "rotate" -d 'Make another secret; the one before signs as well for a while'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from hook" -f -a "list" -d 'List the hooks of the config and how they do'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from hook" -f -a "show" -d 'Show a hook and its last deliveries'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from hook" -f -a "enable" -d 'Take a hook up again that was told nothing more, and try again what was given up'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from key" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from key" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from key" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from key" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from key" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from key" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from key" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from key" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from key" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from key" -f -a "add" -d 'Make a key and print it, this once'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from key" -f -a "list" -d 'List keys, without what opens'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from key" -f -a "revoke" -d 'End a key for ever; who calls with it is refused from now on'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from logout" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from logout" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from logout" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from logout" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from logout" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from logout" -l revoke -d 'Take an OAuth login back at its provider, too (at Google: all logins to the app\'s project)'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from logout" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from logout" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from logout" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand auth; and __fish_seen_subcommand_from logout" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -f -a "list" -d 'List what waits, failed or is in doubt'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -f -a "show" -d 'Show one item: recipients, every attempt, the message'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -f -a "retry" -d 'Send an item now, to those who certainly got nothing'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -f -a "cancel" -d 'Put an item, or what is left of a batch, away; it is never sent'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -f -a "edit" -d 'Change an item that did not leave yet; without flags, its text in your editor'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -f -a "batches" -d 'List the batches: sends to the rows of a file'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -f -a "pause" -d 'Let the rest of a batch wait'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -f -a "resume" -d 'Let a batch go on, and send what is due'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -f -a "resolve" -d 'Say what became of an item in doubt'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -f -a "approve" -d 'Look at what a rule holds, and let it go; only for a person at a terminal'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -f -a "reject" -d 'Put away what a rule holds; it is never sent'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -f -a "log" -d 'Show what was done, by whom, and check that nobody changed the record'
complete -c comms -n "__fish_comms_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry cancel edit batches pause resume resolve approve reject log run" -f -a "run" -d 'Send everything that is due; for cron, or as a loop'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from list" -l state -d 'Only items in this state; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from list" -l batch -d 'Only the rows of this batch, in the order of its file; in all states' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from list" -l limit -d 'How many at most' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from list" -l after -d 'Show the page after this cursor (`next` of the page before)' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from list" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from list" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from list" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from list" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from list" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from list" -l all -d 'Also what was sent or cancelled'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from list" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from list" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from show" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from show" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from show" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from show" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from show" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from show" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from show" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from retry" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from retry" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from cancel" -l batch -d 'The batch' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from cancel" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from cancel" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from cancel" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from cancel" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from cancel" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from cancel" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from cancel" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from cancel" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from cancel" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -s m -l message -d 'The new text' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -s f -l file -d 'Read the new text from a file, or from stdin with -' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -s s -l subject -d 'The new subject' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -l to -d 'Who gets it, in place of those before' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -l cc -d 'Who gets a visible copy, in place of those before' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -l bcc -d 'Who gets a copy nobody else sees, in place of those before' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -s a -l attach -d 'Attach one more file; may be given several times' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -l at -d 'When it goes' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from batches" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from batches" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from batches" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from batches" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from batches" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from batches" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from batches" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from batches" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from batches" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from pause" -l batch -d 'The batch' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from pause" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from pause" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from pause" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from pause" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from pause" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from pause" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from pause" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from pause" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resume" -l batch -d 'The batch' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resume" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resume" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resume" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resume" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resume" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resume" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resume" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resume" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resolve" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resolve" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resolve" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resolve" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resolve" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resolve" -l sent -d 'It arrived'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resolve" -l not-sent -d 'It did not arrive'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resolve" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resolve" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resolve" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from resolve" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from approve" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from approve" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from approve" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from approve" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from approve" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from approve" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from approve" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from approve" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from approve" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from reject" -l reason -d 'Why, for whoever wrote it' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from reject" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from reject" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from reject" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from reject" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from reject" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from reject" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from reject" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from reject" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from reject" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -l since -d 'Only what was done since then' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -l until -d 'Only what was done before then' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -l item -d 'Only this item' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -l limit -d 'How many lines at most; the last 100, with jsonl all' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -l after -d 'Show the page after this cursor (`next` of the page before)' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -l known -d 'A line\'s number and hash that you kept elsewhere; it must be the same still' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -l verify -d 'Check every line instead; exit code 1 names the first that was changed or removed'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from log" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from run" -l print-timer -d 'Print what to paste so that it runs by itself: systemd (default), cron or launchd' -r -f -a "systemd\t''
cron\t''
launchd\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from run" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from run" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from run" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from run" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from run" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from run" -l follow -d 'Go on until Ctrl-C, and send what falls due as it does'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from run" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from run" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand outbox; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -f -a "list" -d 'List contacts'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -f -a "show" -d 'Show one contact: addresses, groups, sources, and the last messages'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -f -a "find" -d 'Find people by a name as you remember it, also among those known only from messages'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -f -a "add" -d 'Add a contact, or many as JSON'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -f -a "edit" -d 'Change a contact; without flags, as a text in your editor'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -f -a "remove" -d 'Remove contacts; `undo` brings them back'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -f -a "merge" -d 'Make one contact of several; the first stays and takes in the others'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -f -a "dedupe" -d 'Find contacts that are likely one person; join those you pick'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -f -a "group" -d 'Keep groups: `send @team` goes to everybody in one'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -f -a "history" -d 'Show what was changed, when and by whom'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -f -a "undo" -d 'Take a change back'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -f -a "sync" -d 'Bring contacts here and in address books elsewhere together'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -f -a "import" -d 'Bring contacts in from vCard and CSV files'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -f -a "export" -d 'Write contacts out as vCards, CSV or JSON lines'
complete -c comms -n "__fish_comms_using_subcommand contacts; and not __fish_seen_subcommand_from list show find add edit remove merge dedupe group history undo sync import export optout" -f -a "optout" -d 'Send nothing more to these, on any channel'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from list" -l group -d 'Only those in this group' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from list" -l source -d 'Only those that this account has, too' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from list" -l has -d 'Only those with such an address: email, phone, whatsapp, slack or chat' -r -f -a "email\t''
phone\t''
whatsapp\t''
slack\t''
chat\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from list" -l limit -d 'Show at most this many' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from list" -l after -d 'Show the page after this cursor (`next` of the page before)' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from list" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from list" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from list" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from list" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from list" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from list" -l fail-empty -d 'End with exit code 5 if there is none'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from list" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from list" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from show" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from show" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from show" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from show" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from show" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from show" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from show" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from find" -l limit -d 'Show at most this many people' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from find" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from find" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from find" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from find" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from find" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from find" -l explain -d 'Tell what speaks for each'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from find" -l fail-empty -d 'End with exit code 5 if nobody was found'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from find" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from find" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from find" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from find" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l nickname -d 'A nickname or alias; it names the person exactly. May be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l org -d 'The organisation' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l title -d 'The title or role there' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l group -d 'Put into this group; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l via -d 'By what the person wants to be reached: email, sms, whatsapp, slack, chat, or none' -r -f -a "email\t''
sms\t''
whatsapp\t''
slack\t''
chat\t''
none\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l zone -d 'The time zone, like Europe/London' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l note -d 'A note' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l birthday -d '1815-12-10, or --12-10 without the year' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l url -d 'A page of the person; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l prefix -d 'The title before the name' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l given -d 'The given name, where the name alone doesn\'t tell' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l middle -d 'The middle name' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l family -d 'The family name' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l suffix -d 'What follows the name' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l phonetic -d 'How the name sounds' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l from -d 'The sender of this message' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l json-file -d 'Read contacts as JSON from a file, or from stdin with -: one object, a list, or one on each line' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l force -d 'Add even if someone has one of the addresses'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l name -d 'The new name' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l add-address -d 'One more address; `(work)` behind it is its label. May be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l remove-address -d 'Take an address away; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l prefer-address -d 'Use this address first among those of its kind' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l nickname -d 'A nickname or alias; it names the person exactly. May be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l org -d 'The organisation' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l title -d 'The title or role there' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l group -d 'Put into this group; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l via -d 'By what the person wants to be reached: email, sms, whatsapp, slack, chat, or none' -r -f -a "email\t''
sms\t''
whatsapp\t''
slack\t''
chat\t''
none\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l zone -d 'The time zone, like Europe/London' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l note -d 'A note' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l birthday -d '1815-12-10, or --12-10 without the year' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l url -d 'A page of the person; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l prefix -d 'The title before the name' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l given -d 'The given name, where the name alone doesn\'t tell' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l middle -d 'The middle name' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l family -d 'The family name' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l suffix -d 'What follows the name' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l phonetic -d 'How the name sounds' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l remove-nickname -d 'Take a nickname away; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l ungroup -d 'Take out of this group; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l remove-url -d 'Take a page away; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l json-file -d 'Read a JSON merge patch from a file, or from stdin with -: null takes a field away' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l force -d 'Let it have an address that someone else has'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from remove" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from remove" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from remove" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from remove" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from remove" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from remove" -l yes -d 'Remove without asking'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from remove" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from remove" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from merge" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from merge" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from merge" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from merge" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from merge" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from merge" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from merge" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from merge" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from merge" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from dedupe" -l apply -d 'Join this pair of the plan (c1+c7); the first stays. May be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from dedupe" -l limit -d 'Show at most this many pairs' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from dedupe" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from dedupe" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from dedupe" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from dedupe" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from dedupe" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from dedupe" -l yes -d 'Join all pairs that are certain'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from dedupe" -l fail-empty -d 'End with exit code 5 if there is none'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from dedupe" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from dedupe" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from dedupe" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from dedupe" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -f -a "list" -d 'List the groups'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -f -a "show" -d 'Show who is in a group'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -f -a "create" -d 'Make a group'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -f -a "add" -d 'Put contacts, groups and addresses into a group'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -f -a "remove" -d 'Take contacts, groups and addresses out of a group'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -f -a "rename" -d 'Give a group another name'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from group" -f -a "delete" -d 'Forget a group; who is in it stays'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from history" -l limit -d 'Show at most this many lines' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from history" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from history" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from history" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from history" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from history" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from history" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from history" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from history" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from undo" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from undo" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from undo" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from undo" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from undo" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from undo" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from undo" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from undo" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from undo" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from sync" -l apply -d 'Do exactly what this plan showed; what changed since is left alone' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from sync" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from sync" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from sync" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from sync" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from sync" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from sync" -l plan -d 'Only show what would be done on both sides, and keep it'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from sync" -l allow-deletes -d 'Let it remove more than a few contacts'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from sync" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from sync" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from sync" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from sync" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from import" -l as -d 'Read the files as this, whatever they look like' -r -f -a "vcard\t''
csv\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from import" -l group -d 'Put everybody into this group as well' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from import" -l region -d 'Read numbers without a country as of this one (US, DE)' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from import" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from import" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from import" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from import" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from import" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from import" -l dry-run -d 'Count what would change; store nothing'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from import" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from import" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from export" -l to -d 'File to write; stdout if left out' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from export" -l as -d 'Write in this form, whatever the name says; vCards to stdout' -r -f -a "vcard\t''
csv\t''
jsonl\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from export" -l version -d 'The version of vCards' -r -f -a "3.0\t''
4.0\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from export" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from export" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from export" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from export" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from export" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from export" -l force -d 'Replace a file that is there'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from export" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from export" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from optout" -l why -d 'Why; it is shown with what is not sent' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from optout" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from optout" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from optout" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from optout" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from optout" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from optout" -l remove -d 'Let them be sent to again; not for agents'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from optout" -l list -d 'List all'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from optout" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from optout" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from optout" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand contacts; and __fish_seen_subcommand_from optout" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand costs; and not __fish_seen_subcommand_from update" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand costs; and not __fish_seen_subcommand_from update" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand costs; and not __fish_seen_subcommand_from update" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand costs; and not __fish_seen_subcommand_from update" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand costs; and not __fish_seen_subcommand_from update" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand costs; and not __fish_seen_subcommand_from update" -l by -d 'What to add up by' -r -f -a "account\t''
channel\t''
month\t''
contact\t''
batch\t''"
complete -c comms -n "__fish_comms_using_subcommand costs; and not __fish_seen_subcommand_from update" -l since -d 'Only what was sent since then; else this month, by month the last twelve' -r
complete -c comms -n "__fish_comms_using_subcommand costs; and not __fish_seen_subcommand_from update" -l until -d 'Only what was sent before then' -r
complete -c comms -n "__fish_comms_using_subcommand costs; and not __fish_seen_subcommand_from update" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand costs; and not __fish_seen_subcommand_from update" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand costs; and not __fish_seen_subcommand_from update" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand costs; and not __fish_seen_subcommand_from update" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand costs; and not __fish_seen_subcommand_from update" -f -a "update" -d 'Fetch Twilio\'s prices of SMS into prices.toml; rows of your own stay'
complete -c comms -n "__fish_comms_using_subcommand costs; and __fish_seen_subcommand_from update" -l account -d 'The Twilio account whose prices they are' -r
complete -c comms -n "__fish_comms_using_subcommand costs; and __fish_seen_subcommand_from update" -l country -d 'Countries (ISO 3166); else those that were written to' -r
complete -c comms -n "__fish_comms_using_subcommand costs; and __fish_seen_subcommand_from update" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand costs; and __fish_seen_subcommand_from update" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand costs; and __fish_seen_subcommand_from update" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand costs; and __fish_seen_subcommand_from update" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand costs; and __fish_seen_subcommand_from update" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand costs; and __fish_seen_subcommand_from update" -l all -d 'All countries that Twilio has prices for'
complete -c comms -n "__fish_comms_using_subcommand costs; and __fish_seen_subcommand_from update" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand costs; and __fish_seen_subcommand_from update" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand costs; and __fish_seen_subcommand_from update" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand costs; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand import" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand import" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand import" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand import" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand import" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand import" -l name -d 'Import into `imported/NAME` instead of the name of the file or folder' -r
complete -c comms -n "__fish_comms_using_subcommand import" -l folder -d 'Import into this folder of the account `local`' -r
complete -c comms -n "__fish_comms_using_subcommand import" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand import" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand import" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand import" -l dry-run -d 'Count what would be added; store nothing'
complete -c comms -n "__fish_comms_using_subcommand import" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand export" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand export" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand export" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand export" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand export" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand export" -l to -d 'File or folder to write; `-` is stdout' -r -F
complete -c comms -n "__fish_comms_using_subcommand export" -l as -d 'Write in this form, whatever the name says' -r -f -a "mbox\t''
maildir\t''
jsonl\t''"
complete -c comms -n "__fish_comms_using_subcommand export" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand export" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand export" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand export" -l force -d 'Replace a file, or add to a Maildir, that is there'
complete -c comms -n "__fish_comms_using_subcommand export" -l raw -d 'Put the raw message into each JSON line, in base64'
complete -c comms -n "__fish_comms_using_subcommand export" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand purge" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand purge" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand purge" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand purge" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand purge" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand purge" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand purge" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand purge" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand purge" -l expired -d 'Erase what `[retention]` in the config gives up'
complete -c comms -n "__fish_comms_using_subcommand purge" -l dry-run -d 'Show what would be erased; erase nothing'
complete -c comms -n "__fish_comms_using_subcommand purge" -l yes -d 'Erase without asking'
complete -c comms -n "__fish_comms_using_subcommand purge" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand serve" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand serve" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand serve" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand serve" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand serve" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand serve" -l only -d 'Only these: webhooks, outbox, sync, api, mcp, hooks' -r -f -a "webhooks\t''
outbox\t''
sync\t''
api\t''
mcp\t''
hooks\t''"
complete -c comms -n "__fish_comms_using_subcommand serve" -l listen -d 'Listen here (127.0.0.1:8787); from other machines only behind a proxy with a certificate' -r
complete -c comms -n "__fish_comms_using_subcommand serve" -l access-log -d 'How calls of programs are told on stderr (plain)' -r -f -a "plain\t''
json\t''
off\t''"
complete -c comms -n "__fish_comms_using_subcommand serve" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand serve" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand serve" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand serve" -l print-unit -d 'Print the systemd unit that keeps it running'
complete -c comms -n "__fish_comms_using_subcommand serve" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand mcp" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand mcp" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand mcp" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand mcp" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand mcp" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand mcp" -l account -d 'Let it know of this account only; may be given several times' -r
complete -c comms -n "__fish_comms_using_subcommand mcp" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand mcp" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand mcp" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand mcp" -l allow-send -d 'Let the client send, mark and change contacts; what it sends is held unless `[policy.agent]` says otherwise'
complete -c comms -n "__fish_comms_using_subcommand mcp" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand doctor" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand doctor" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand doctor" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand doctor" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand doctor" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand doctor" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand doctor" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand doctor" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand doctor" -l offline -d 'Ask no server'
complete -c comms -n "__fish_comms_using_subcommand doctor" -l rebuild-index -d 'Build the search index anew from what was received'
complete -c comms -n "__fish_comms_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand config; and not __fish_seen_subcommand_from show path check" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand config; and not __fish_seen_subcommand_from show path check" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand config; and not __fish_seen_subcommand_from show path check" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand config; and not __fish_seen_subcommand_from show path check" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand config; and not __fish_seen_subcommand_from show path check" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand config; and not __fish_seen_subcommand_from show path check" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand config; and not __fish_seen_subcommand_from show path check" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand config; and not __fish_seen_subcommand_from show path check" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand config; and not __fish_seen_subcommand_from show path check" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand config; and not __fish_seen_subcommand_from show path check" -f -a "show" -d 'Show each value and where it came from'
complete -c comms -n "__fish_comms_using_subcommand config; and not __fish_seen_subcommand_from show path check" -f -a "path" -d 'Print the path of the config file'
complete -c comms -n "__fish_comms_using_subcommand config; and not __fish_seen_subcommand_from show path check" -f -a "check" -d 'Check the config file and what it names'
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from show" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from show" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from show" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from show" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from path" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from path" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from path" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from path" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from path" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from path" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from path" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from check" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from check" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from check" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from check" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from check" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand schema" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand schema" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand schema" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand schema" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand schema" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand schema" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand schema" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand schema" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand schema" -l policy -d 'Tell who this process is taken for, what becomes of what it sends, and from which accounts'
complete -c comms -n "__fish_comms_using_subcommand schema" -l commands -d 'List the commands, a line each'
complete -c comms -n "__fish_comms_using_subcommand schema" -l codes -d 'List the exit codes'
complete -c comms -n "__fish_comms_using_subcommand schema" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand completions" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand completions" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand completions" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand completions" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand completions" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand completions" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand completions" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand completions" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand completions" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand man" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand man" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand man" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand man" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand man" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand man" -l dir -d 'Write all pages below this folder (man1/, man7/)' -r -F
complete -c comms -n "__fish_comms_using_subcommand man" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand man" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand man" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand man" -l roff -d 'Print the source of the page, for `man -l -`'
complete -c comms -n "__fish_comms_using_subcommand man" -s h -l help -d 'Print help'
complete -c comms -n "__fish_comms_using_subcommand complete-word" -l format -d 'Write results as table, plain (TSV), json or jsonl' -r -f -a "table\t'Aligned columns for people'
plain\t'TSV without header, full values'
json\t'One document'
jsonl\t'One row per line'"
complete -c comms -n "__fish_comms_using_subcommand complete-word" -l fields -d 'Show only these columns or keys, comma-separated' -r
complete -c comms -n "__fish_comms_using_subcommand complete-word" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c comms -n "__fish_comms_using_subcommand complete-word" -l progress -d 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never' -r -f -a "auto\t'A bar on a terminal, nothing in a pipe'
json\t'One JSON line per step on stderr'
never\t''"
complete -c comms -n "__fish_comms_using_subcommand complete-word" -l config -d 'Read this config file instead of the usual one' -r -F
complete -c comms -n "__fish_comms_using_subcommand complete-word" -l json -d 'Short for --format json'
complete -c comms -n "__fish_comms_using_subcommand complete-word" -s v -l verbose -d 'Tell on stderr what is done: -v steps, -vv commands and requests, -vvv answers, too; never a secret or a text'
complete -c comms -n "__fish_comms_using_subcommand complete-word" -l read-only -d 'Refuse everything that would change something at a provider'
complete -c comms -n "__fish_comms_using_subcommand complete-word" -s h -l help -d 'Print help'

# People, accounts, ids and labels come from the store; fish quotes them, and nothing of it is evaluated.
function __comms_words
    set -g __comms_offers (command comms complete-word fish (commandline -cp | string collect) 2>/dev/null)
    test (count $__comms_offers) -gt 0
end
complete -c comms -n __comms_words -f -a '$__comms_offers'
