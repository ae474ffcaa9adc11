# People, accounts, ids and labels come from the store, each quoted as it must stand; nothing of it is evaluated.
_comms_words() {
    local word
    COMPREPLY=()
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(command "$1" complete-word bash "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 0 ]]; then
        _comms "$@"
    fi
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _comms_words -o nosort -o bashdefault -o default comms
else
    complete -F _comms_words -o bashdefault -o default comms
fi
