# People, accounts, ids and labels come from the store; fish quotes them, and nothing of it is evaluated.
function __comms_words
    set -g __comms_offers (command comms complete-word fish (commandline -cp | string collect) 2>/dev/null)
    test (count $__comms_offers) -gt 0
end
complete -c comms -n __comms_words -f -a '$__comms_offers'
