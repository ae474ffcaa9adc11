# People, accounts, ids and labels come from the store; compadd quotes them, and nothing of it is evaluated.
_comms() {
    local line
    local -a texts shows
    while IFS= read -r line; do
        texts+=("${line%%$'\t'*}")
        shows+=("${line/$'\t'/  -- }")
    done < <(command "${words[1]}" complete-word zsh "${PREBUFFER}${LBUFFER}" 2>/dev/null)
    if (( ${#texts} == 0 )); then
        _comms_tree "$@"
        return
    fi
    # What doesn't begin as typed is offered only if nothing does.
    compadd -V comms -l -d shows -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}' -a texts && return
    compstate[insert]=menu
    compadd -U -V comms -l -d shows -a texts
}
