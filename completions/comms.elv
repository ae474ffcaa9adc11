
use builtin;
use str;

set edit:completion:arg-completer[comms] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'comms'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'comms'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand send 'Send a message'
            cand reply 'Answer a message'
            cand forward 'Send a message on to someone else'
            cand inbox 'List, read, mark and fetch messages'
            cand search 'Search all messages'
            cand auth 'Log in to accounts'
            cand outbox 'Show and settle what was or will be sent'
            cand import 'Bring mail in from Maildir, mbox and .eml files'
            cand export 'Write messages out to mbox, Maildir or JSONL'
            cand doctor 'Find what is wrong and how to mend it'
            cand config 'Show and check the configuration'
            cand schema 'Print JSON Schemas, exit codes and the command tree'
            cand completions 'Print the completion script of a shell'
            cand man 'Print or write man pages'
        }
        &'comms;send'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;reply'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;forward'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;inbox'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
            cand sync 'Fetch what is new and tell servers what changed here'
            cand watch 'Print each new message as it comes'
        }
        &'comms;inbox;sync'= {
            cand --account 'Sync this account only; may be given more than once'
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;inbox;watch'= {
            cand --account 'Watch this account only; may be given more than once'
            cand --exec 'Run this shell command for each message, with the message as JSON on its stdin'
            cand --timeout 'End after this long (30s, 10min, 1h)'
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --once 'End after the first messages that come'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;search'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;auth'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
            cand list 'List accounts and where their secrets come from'
            cand status 'Log in for real and say what happened'
            cand login 'Ask for a secret, prove it against the server and keep it in the keyring'
            cand logout 'Remove a secret from the keyring'
        }
        &'comms;auth;list'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;auth;status'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;auth;login'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --stdin 'Read the secret from stdin instead of asking'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;auth;logout'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;outbox'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;import'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;export'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;doctor'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --offline 'Ask no server'
            cand --rebuild-index 'Build the search index anew from what was received'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;config'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
            cand show 'Show each value and where it came from'
            cand path 'Print the path of the config file'
            cand check 'Check the config file and what it names'
        }
        &'comms;config;show'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;config;path'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;config;check'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;schema'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;completions'= {
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'comms;man'= {
            cand --dir 'Write all pages below this folder (man1/, man7/)'
            cand --format 'Write results as table, plain (TSV), json or jsonl'
            cand --fields 'Show only these columns or keys, comma-separated'
            cand --color 'Use colour: auto, always or never'
            cand --progress 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never'
            cand --config 'Read this config file instead of the usual one'
            cand --json 'Short for --format json'
            cand --read-only 'Refuse everything that would change something at a provider'
            cand -h 'Print help'
            cand --help 'Print help'
        }
    ]
    $completions[$command]
}
