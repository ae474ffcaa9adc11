
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'comms' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'comms'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'comms' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Send a message')
            [CompletionResult]::new('reply', 'reply', [CompletionResultType]::ParameterValue, 'Answer a message')
            [CompletionResult]::new('forward', 'forward', [CompletionResultType]::ParameterValue, 'Send a message on to someone else')
            [CompletionResult]::new('inbox', 'inbox', [CompletionResultType]::ParameterValue, 'List, read, mark and fetch messages')
            [CompletionResult]::new('search', 'search', [CompletionResultType]::ParameterValue, 'Search all messages')
            [CompletionResult]::new('auth', 'auth', [CompletionResultType]::ParameterValue, 'Log in to accounts')
            [CompletionResult]::new('outbox', 'outbox', [CompletionResultType]::ParameterValue, 'Show and settle what was or will be sent')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Bring mail in from Maildir, mbox and .eml files')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write messages out to mbox, Maildir or JSONL')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find what is wrong and how to mend it')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show and check the configuration')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print JSON Schemas, exit codes and the command tree')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print or write man pages')
            break
        }
        'comms;send' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'The text')
            [CompletionResult]::new('--message', '--message', [CompletionResultType]::ParameterName, 'The text')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read the text from a file, or from stdin with -')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Read the text from a file, or from stdin with -')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The subject')
            [CompletionResult]::new('--subject', '--subject', [CompletionResultType]::ParameterName, 'The subject')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Attach a file; may be given several times')
            [CompletionResult]::new('--attach', '--attach', [CompletionResultType]::ParameterName, 'Attach a file; may be given several times')
            [CompletionResult]::new('--cc', '--cc', [CompletionResultType]::ParameterName, 'Send a visible copy')
            [CompletionResult]::new('--bcc', '--bcc', [CompletionResultType]::ParameterName, 'Send a copy nobody else sees')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Send from this account, by name or address')
            [CompletionResult]::new('--reply-to', '--reply-to', [CompletionResultType]::ParameterName, 'Have answers go to this address')
            [CompletionResult]::new('--html', '--html', [CompletionResultType]::ParameterName, 'Send this HTML too; the text is made from it if there is none')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Send it once, however often this is run with the same key')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long the server may take before the message is handed over')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('--markdown', '--markdown', [CompletionResultType]::ParameterName, 'Read the text as Markdown: it is sent as typed and as HTML')
            [CompletionResult]::new('--draft', '--draft', [CompletionResultType]::ParameterName, 'Keep it as a draft')
            [CompletionResult]::new('--queue', '--queue', [CompletionResultType]::ParameterName, 'Only put it into the outbox; `comms outbox run` sends it')
            [CompletionResult]::new('--no-queue', '--no-queue', [CompletionResultType]::ParameterName, 'Fail if it can''t leave now, instead of keeping it for another try')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would leave; write and send nothing')
            [CompletionResult]::new('--allow-empty', '--allow-empty', [CompletionResultType]::ParameterName, 'Send it even if the text is empty')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;reply' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'The text')
            [CompletionResult]::new('--message', '--message', [CompletionResultType]::ParameterName, 'The text')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read the text from a file, or from stdin with -')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Read the text from a file, or from stdin with -')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The subject')
            [CompletionResult]::new('--subject', '--subject', [CompletionResultType]::ParameterName, 'The subject')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Attach a file; may be given several times')
            [CompletionResult]::new('--attach', '--attach', [CompletionResultType]::ParameterName, 'Attach a file; may be given several times')
            [CompletionResult]::new('--cc', '--cc', [CompletionResultType]::ParameterName, 'Send a visible copy')
            [CompletionResult]::new('--bcc', '--bcc', [CompletionResultType]::ParameterName, 'Send a copy nobody else sees')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Send from this account, by name or address')
            [CompletionResult]::new('--reply-to', '--reply-to', [CompletionResultType]::ParameterName, 'Have answers go to this address')
            [CompletionResult]::new('--html', '--html', [CompletionResultType]::ParameterName, 'Send this HTML too; the text is made from it if there is none')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Send it once, however often this is run with the same key')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long the server may take before the message is handed over')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Answer everyone it went to')
            [CompletionResult]::new('--markdown', '--markdown', [CompletionResultType]::ParameterName, 'Read the text as Markdown: it is sent as typed and as HTML')
            [CompletionResult]::new('--draft', '--draft', [CompletionResultType]::ParameterName, 'Keep it as a draft')
            [CompletionResult]::new('--queue', '--queue', [CompletionResultType]::ParameterName, 'Only put it into the outbox; `comms outbox run` sends it')
            [CompletionResult]::new('--no-queue', '--no-queue', [CompletionResultType]::ParameterName, 'Fail if it can''t leave now, instead of keeping it for another try')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would leave; write and send nothing')
            [CompletionResult]::new('--allow-empty', '--allow-empty', [CompletionResultType]::ParameterName, 'Send it even if the text is empty')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;forward' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'The text')
            [CompletionResult]::new('--message', '--message', [CompletionResultType]::ParameterName, 'The text')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read the text from a file, or from stdin with -')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Read the text from a file, or from stdin with -')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The subject')
            [CompletionResult]::new('--subject', '--subject', [CompletionResultType]::ParameterName, 'The subject')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Attach a file; may be given several times')
            [CompletionResult]::new('--attach', '--attach', [CompletionResultType]::ParameterName, 'Attach a file; may be given several times')
            [CompletionResult]::new('--cc', '--cc', [CompletionResultType]::ParameterName, 'Send a visible copy')
            [CompletionResult]::new('--bcc', '--bcc', [CompletionResultType]::ParameterName, 'Send a copy nobody else sees')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Send from this account, by name or address')
            [CompletionResult]::new('--reply-to', '--reply-to', [CompletionResultType]::ParameterName, 'Have answers go to this address')
            [CompletionResult]::new('--html', '--html', [CompletionResultType]::ParameterName, 'Send this HTML too; the text is made from it if there is none')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Send it once, however often this is run with the same key')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long the server may take before the message is handed over')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('--markdown', '--markdown', [CompletionResultType]::ParameterName, 'Read the text as Markdown: it is sent as typed and as HTML')
            [CompletionResult]::new('--draft', '--draft', [CompletionResultType]::ParameterName, 'Keep it as a draft')
            [CompletionResult]::new('--queue', '--queue', [CompletionResultType]::ParameterName, 'Only put it into the outbox; `comms outbox run` sends it')
            [CompletionResult]::new('--no-queue', '--no-queue', [CompletionResultType]::ParameterName, 'Fail if it can''t leave now, instead of keeping it for another try')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would leave; write and send nothing')
            [CompletionResult]::new('--allow-empty', '--allow-empty', [CompletionResultType]::ParameterName, 'Send it even if the text is empty')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;inbox' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Only this account')
            [CompletionResult]::new('--channel', '--channel', [CompletionResultType]::ParameterName, 'Only this channel (mail)')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only threads with a message of then or later (2d, yesterday, 2026-01-31)')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Only threads with a message from this name or address')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'Only threads with this label')
            [CompletionResult]::new('--in', '--in', [CompletionResultType]::ParameterName, 'Look in this folder or role (archive, sent, trash …) instead')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Show at most this many threads')
            [CompletionResult]::new('--after', '--after', [CompletionResultType]::ParameterName, 'Show the page after this cursor (`next` of the page before)')
            [CompletionResult]::new('--max-age', '--max-age', [CompletionResultType]::ParameterName, 'Refresh what is older than this (60s, 5min)')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('--unread', '--unread', [CompletionResultType]::ParameterName, 'Only threads with an unread message')
            [CompletionResult]::new('--starred', '--starred', [CompletionResultType]::ParameterName, 'Only threads with a starred message')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Refresh nothing')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Refresh everything, or fail')
            [CompletionResult]::new('--fail-empty', '--fail-empty', [CompletionResultType]::ParameterName, 'End with exit code 5 if nothing is listed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Read a message')
            [CompletionResult]::new('thread', 'thread', [CompletionResultType]::ParameterValue, 'Read all messages of a thread, oldest first')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Save attachments or the message itself')
            [CompletionResult]::new('mark', 'mark', [CompletionResultType]::ParameterValue, 'Mark messages read, starred, archived and so on')
            [CompletionResult]::new('sync', 'sync', [CompletionResultType]::ParameterValue, 'Fetch what is new and tell servers what changed here')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Print each new message as it comes')
            break
        }
        'comms;inbox;show' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--headers', '--headers', [CompletionResultType]::ParameterName, 'Show all header fields')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Print the bytes as they were received')
            [CompletionResult]::new('--html', '--html', [CompletionResultType]::ParameterName, 'Print the HTML of the message')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;inbox;thread' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;inbox;save' {
            [CompletionResult]::new('--attachment', '--attachment', [CompletionResultType]::ParameterName, 'Save only the attachment with this number')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Folder to save to; `-` prints the bytes')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Save the message itself as an .eml file')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace files that are there')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;inbox;mark' {
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'Add a label; may be given more than once')
            [CompletionResult]::new('--unlabel', '--unlabel', [CompletionResultType]::ParameterName, 'Take a label away; may be given more than once')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--read', '--read', [CompletionResultType]::ParameterName, 'Mark as read')
            [CompletionResult]::new('--unread', '--unread', [CompletionResultType]::ParameterName, 'Mark as unread')
            [CompletionResult]::new('--archive', '--archive', [CompletionResultType]::ParameterName, 'Move to the archive')
            [CompletionResult]::new('--trash', '--trash', [CompletionResultType]::ParameterName, 'Move to the trash')
            [CompletionResult]::new('--inbox', '--inbox', [CompletionResultType]::ParameterName, 'Move back to the inbox')
            [CompletionResult]::new('--star', '--star', [CompletionResultType]::ParameterName, 'Add a star')
            [CompletionResult]::new('--unstar', '--unstar', [CompletionResultType]::ParameterName, 'Take the star away')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be marked')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;inbox;sync' {
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Sync this account only; may be given more than once')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;inbox;watch' {
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Watch this account only; may be given more than once')
            [CompletionResult]::new('--exec', '--exec', [CompletionResultType]::ParameterName, 'Run this shell command for each message, with the message as JSON on its stdin')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'End after this long (30s, 10min, 1h)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'End after the first messages that come')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;search' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Show at most this many messages')
            [CompletionResult]::new('--after', '--after', [CompletionResultType]::ParameterName, 'Show the page after this cursor (`next` of the page before)')
            [CompletionResult]::new('--sort', '--sort', [CompletionResultType]::ParameterName, 'Order by: newest or relevance')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('--snippets', '--snippets', [CompletionResultType]::ParameterName, 'Show the text around the hit')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Print only how many messages fit')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Print how the query was read instead of searching')
            [CompletionResult]::new('--fail-empty', '--fail-empty', [CompletionResultType]::ParameterName, 'End with exit code 5 if nothing was found')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;auth' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add an account: find its servers, prove the login, store the secret, write the config')
            [CompletionResult]::new('default', 'default', [CompletionResultType]::ParameterValue, 'Choose the account that sends when several could')
            [CompletionResult]::new('rename', 'rename', [CompletionResultType]::ParameterValue, 'Give an account another name; its messages, outbox and secrets go along')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove an account and its secrets; its messages stay')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List accounts and where their secrets come from')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Log in for real and say what happened')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in: prove a secret, or a login by OAuth, against the server and keep it')
            [CompletionResult]::new('move', 'move', [CompletionResultType]::ParameterValue, 'Move secrets between the keyring and the encrypted file')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Remove the stored secrets of an account')
            break
        }
        'comms;auth;add' {
            [CompletionResult]::new('--channel', '--channel', [CompletionResultType]::ParameterName, 'imap, smtp (send only) or maildir')
            [CompletionResult]::new('--address', '--address', [CompletionResultType]::ParameterName, 'The address it sends from')
            [CompletionResult]::new('--display-name', '--display-name', [CompletionResultType]::ParameterName, 'The name shown beside the address')
            [CompletionResult]::new('--imap', '--imap', [CompletionResultType]::ParameterName, 'The server that mail is fetched from')
            [CompletionResult]::new('--smtp', '--smtp', [CompletionResultType]::ParameterName, 'The server that mail is sent through')
            [CompletionResult]::new('--tls', '--tls', [CompletionResultType]::ParameterName, 'How the servers are protected; none is for this machine only')
            [CompletionResult]::new('--imap-tls', '--imap-tls', [CompletionResultType]::ParameterName, 'The same for the IMAP server alone')
            [CompletionResult]::new('--smtp-tls', '--smtp-tls', [CompletionResultType]::ParameterName, 'The same for the SMTP server alone')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The login name, where it is not the address')
            [CompletionResult]::new('--auth', '--auth', [CompletionResultType]::ParameterName, 'How to log in')
            [CompletionResult]::new('--oauth', '--oauth', [CompletionResultType]::ParameterName, 'Whose OAuth tokens: google, microsoft or an issuer''s address')
            [CompletionResult]::new('--client-id', '--client-id', [CompletionResultType]::ParameterName, 'The id of your OAuth client')
            [CompletionResult]::new('--scopes', '--scopes', [CompletionResultType]::ParameterName, 'The scopes to ask an issuer for, comma-separated')
            [CompletionResult]::new('--client-file', '--client-file', [CompletionResultType]::ParameterName, 'The file of the OAuth client that the provider''s console made (client id and secret)')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'The certificate of a private authority (PEM)')
            [CompletionResult]::new('--path', '--path', [CompletionResultType]::ParameterName, 'The folder of a Maildir')
            [CompletionResult]::new('--secret-command', '--secret-command', [CompletionResultType]::ParameterName, 'A command that prints the secret; nothing is stored then')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--no-browser', '--no-browser', [CompletionResultType]::ParameterName, 'Only print the address to open, don''t open it')
            [CompletionResult]::new('--paste', '--paste', [CompletionResultType]::ParameterName, 'Paste the address the browser ends at: for ssh, where the browser runs elsewhere')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Enter a code on another device')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Read the secret from the first line of stdin')
            [CompletionResult]::new('--no-login', '--no-login', [CompletionResultType]::ParameterName, 'Write it down without asking its servers')
            [CompletionResult]::new('--no-discovery', '--no-discovery', [CompletionResultType]::ParameterName, 'Ask nobody for the servers of the address')
            [CompletionResult]::new('--default', '--default', [CompletionResultType]::ParameterName, 'Let it send when several accounts could')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'comms;auth;default' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--unset', '--unset', [CompletionResultType]::ParameterName, 'Let none be the default')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;auth;rename' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;auth;remove' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--forget', '--forget', [CompletionResultType]::ParameterName, 'Forget its messages, too; a server keeps its own')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Don''t ask')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;auth;list' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;auth;status' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;auth;login' {
            [CompletionResult]::new('--paste-url', '--paste-url', [CompletionResultType]::ParameterName, 'End a login that --paste began: read the address from a file (- for stdin)')
            [CompletionResult]::new('--service-account', '--service-account', [CompletionResultType]::ParameterName, 'The key file of a service account that may act for the address')
            [CompletionResult]::new('--client-file', '--client-file', [CompletionResultType]::ParameterName, 'The file of the OAuth client that the provider''s console made (client id and secret)')
            [CompletionResult]::new('--scopes', '--scopes', [CompletionResultType]::ParameterName, 'Ask for these scopes, comma-separated, or for `read`: no more than reading needs')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Read the password or token from stdin instead of asking')
            [CompletionResult]::new('--no-browser', '--no-browser', [CompletionResultType]::ParameterName, 'Only print the address to open, don''t open it')
            [CompletionResult]::new('--paste', '--paste', [CompletionResultType]::ParameterName, 'Paste the address the browser ends at: for ssh, where the browser runs elsewhere')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Enter a code on another device')
            [CompletionResult]::new('--client-secret-stdin', '--client-secret-stdin', [CompletionResultType]::ParameterName, 'Read the secret of the OAuth client from stdin')
            [CompletionResult]::new('--consent', '--consent', [CompletionResultType]::ParameterName, 'Ask for consent again, and with it for a new refresh token')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;auth;move' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Where they go: file (encrypted, works in cron and over ssh) or keyring')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Move the secrets of all accounts')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;auth;logout' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--revoke', '--revoke', [CompletionResultType]::ParameterName, 'Take an OAuth login back at its provider, too (at Google: all logins to the app''s project)')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;outbox' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List what waits, failed or is in doubt')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one item: recipients, every attempt, the message')
            [CompletionResult]::new('retry', 'retry', [CompletionResultType]::ParameterValue, 'Send an item now, to those who certainly got nothing')
            [CompletionResult]::new('cancel', 'cancel', [CompletionResultType]::ParameterValue, 'Put an item away; it is never sent')
            [CompletionResult]::new('resolve', 'resolve', [CompletionResultType]::ParameterValue, 'Say what became of an item in doubt')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Send everything that is due; for cron')
            break
        }
        'comms;outbox;list' {
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Only items in this state; may be given several times')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many at most')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Also what was sent or cancelled')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;outbox;show' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;outbox;retry' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;outbox;cancel' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;outbox;resolve' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--sent', '--sent', [CompletionResultType]::ParameterName, 'It arrived')
            [CompletionResult]::new('--not-sent', '--not-sent', [CompletionResultType]::ParameterName, 'It did not arrive')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;outbox;run' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;import' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Import into `imported/NAME` instead of the name of the file or folder')
            [CompletionResult]::new('--folder', '--folder', [CompletionResultType]::ParameterName, 'Import into this folder of the account `local`')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Count what would be added; store nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;export' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'File or folder to write; `-` is stdout')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'Write in this form, whatever the name says')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace a file, or add to a Maildir, that is there')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Put the raw message into each JSON line, in base64')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;doctor' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Ask no server')
            [CompletionResult]::new('--rebuild-index', '--rebuild-index', [CompletionResultType]::ParameterName, 'Build the search index anew from what was received')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;config' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show each value and where it came from')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print the path of the config file')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check the config file and what it names')
            break
        }
        'comms;config;show' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;config;path' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;config;check' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;schema' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;completions' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'comms;man' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write results as table, plain (TSV), json or jsonl')
            [CompletionResult]::new('--fields', '--fields', [CompletionResultType]::ParameterName, 'Show only these columns or keys, comma-separated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress: auto (a bar on a terminal), json (lines on stderr) or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this config file instead of the usual one')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Write all pages below this folder (man1/, man7/)')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse everything that would change something at a provider')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
