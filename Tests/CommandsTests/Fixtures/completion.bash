# bash completion for ims; made by: ims completion bash
_ims() {
    local cur prev command="" position=0 i word
    local IFS=$'\n'
    # Words are those of the shell: a colon of an address must not end one.
    if declare -F _get_comp_words_by_ref > /dev/null; then
        local words cword
        _get_comp_words_by_ref -n := cur prev words cword
    else
        local words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
        cur=${words[cword]} prev=${words[cword - 1]}
    fi
    for ((i = 1; i < cword; i++)); do
        word=${words[i]}
        case $word in
            --) ;;
            --account | --config | --as | --timeout | --node | --content-type | --group | --exec | --content-type | --wait | --limit | --search | --session | --transcript | --count | --accept-chat | --note | --file | --content-type | --when | --wait | --name | --sha1 | --to | --to | --count | --name | --content-type | --listen | --port | --relay-port | --xcap-port | --domain | --more-users | --certificate | --key | --fault) i=$((i + 1)) ;;
            -*) ;;
            *)
                if [ -z "$command" ]; then command=$word; else position=$((position + 1)); fi
                ;;
        esac
    done
    case $prev in
        --account) COMPREPLY=($(compgen -W "$(ims __complete accounts 2> /dev/null)" -- "$cur")); return ;;
        --config) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --as) COMPREPLY=(); return ;;
        --timeout) COMPREPLY=(); return ;;
        --node) COMPREPLY=(); return ;;
        --content-type) COMPREPLY=(); return ;;
        --group) COMPREPLY=(); return ;;
        --exec) COMPREPLY=(); return ;;
        --content-type) COMPREPLY=(); return ;;
        --wait) COMPREPLY=($(compgen -W $'sent\naccepted\ndelivered\ndisplayed' -- "$cur")); return ;;
        --limit) COMPREPLY=(); return ;;
        --search) COMPREPLY=(); return ;;
        --session) COMPREPLY=(); return ;;
        --transcript) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --count) COMPREPLY=(); return ;;
        --accept-chat) COMPREPLY=($(compgen -W $'ask\nall\nfrom-buddies\nnone' -- "$cur")); return ;;
        --note) COMPREPLY=(); return ;;
        --file) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --content-type) COMPREPLY=(); return ;;
        --when) COMPREPLY=($(compgen -W $'online\ndeferred\nany' -- "$cur")); return ;;
        --wait) COMPREPLY=($(compgen -W $'sent\naccepted\ndelivered\ndisplayed' -- "$cur")); return ;;
        --name) COMPREPLY=(); return ;;
        --sha1) COMPREPLY=(); return ;;
        --to) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --to) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --count) COMPREPLY=(); return ;;
        --name) COMPREPLY=(); return ;;
        --content-type) COMPREPLY=(); return ;;
        --listen) COMPREPLY=(); return ;;
        --port) COMPREPLY=(); return ;;
        --relay-port) COMPREPLY=(); return ;;
        --xcap-port) COMPREPLY=(); return ;;
        --domain) COMPREPLY=(); return ;;
        --more-users) COMPREPLY=(); return ;;
        --certificate) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --key) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --fault) COMPREPLY=(); return ;;
    esac
    if [[ $cur == -* ]]; then
        case $command in
            unregister) COMPREPLY=($(compgen -W $'--service-only\n--account\n--config\n--as\n--json\n--trace\n--timeout\n--keep-registration\n--no-input\n--quiet\n--verbose\n--help\n--version' -- "$cur")) ;;
            xdm) COMPREPLY=($(compgen -W $'--node\n--dry-run\n--force\n--content-type\n--account\n--config\n--as\n--json\n--trace\n--timeout\n--keep-registration\n--no-input\n--quiet\n--verbose\n--help\n--version' -- "$cur")) ;;
            buddies) COMPREPLY=($(compgen -W $'--group\n--undo\n--account\n--config\n--as\n--json\n--trace\n--timeout\n--keep-registration\n--no-input\n--quiet\n--verbose\n--help\n--version' -- "$cur")) ;;
            capabilities) COMPREPLY=($(compgen -W $'--refresh\n--account\n--config\n--as\n--json\n--trace\n--timeout\n--keep-registration\n--no-input\n--quiet\n--verbose\n--help\n--version' -- "$cur")) ;;
            chat) COMPREPLY=($(compgen -W $'--exec\n--bytes\n--content-type\n--wait\n--account\n--config\n--as\n--json\n--trace\n--timeout\n--keep-registration\n--no-input\n--quiet\n--verbose\n--help\n--version' -- "$cur")) ;;
            history) COMPREPLY=($(compgen -W $'--limit\n--search\n--session\n--transcript\n--account\n--config\n--as\n--json\n--trace\n--timeout\n--keep-registration\n--no-input\n--quiet\n--verbose\n--help\n--version' -- "$cur")) ;;
            listen) COMPREPLY=($(compgen -W $'--count\n--accept-chat\n--bytes\n--account\n--config\n--as\n--json\n--trace\n--timeout\n--keep-registration\n--no-input\n--quiet\n--verbose\n--help\n--version' -- "$cur")) ;;
            presence) COMPREPLY=($(compgen -W $'--note\n--account\n--config\n--as\n--json\n--trace\n--timeout\n--keep-registration\n--no-input\n--quiet\n--verbose\n--help\n--version' -- "$cur")) ;;
            send-message) COMPREPLY=($(compgen -W $'--file\n--content-type\n--when\n--private\n--wait\n--account\n--config\n--as\n--json\n--trace\n--timeout\n--keep-registration\n--no-input\n--quiet\n--verbose\n--help\n--version' -- "$cur")) ;;
            fetch-file) COMPREPLY=($(compgen -W $'--name\n--sha1\n--to\n--stdout\n--account\n--config\n--as\n--json\n--trace\n--timeout\n--keep-registration\n--no-input\n--quiet\n--verbose\n--help\n--version' -- "$cur")) ;;
            receive) COMPREPLY=($(compgen -W $'--to\n--count\n--stdout\n--account\n--config\n--as\n--json\n--trace\n--timeout\n--keep-registration\n--no-input\n--quiet\n--verbose\n--help\n--version' -- "$cur")) ;;
            send-file) COMPREPLY=($(compgen -W $'--name\n--content-type\n--no-hash\n--account\n--config\n--as\n--json\n--trace\n--timeout\n--keep-registration\n--no-input\n--quiet\n--verbose\n--help\n--version' -- "$cur")) ;;
            lab) COMPREPLY=($(compgen -W $'--listen\n--port\n--relay-port\n--xcap-port\n--domain\n--more-users\n--certificate\n--key\n--fault\n--account\n--config\n--as\n--json\n--trace\n--timeout\n--keep-registration\n--no-input\n--quiet\n--verbose\n--help\n--version' -- "$cur")) ;;
            *) COMPREPLY=($(compgen -W $'--account\n--config\n--as\n--json\n--trace\n--timeout\n--keep-registration\n--no-input\n--quiet\n--verbose\n--help\n--version' -- "$cur")) ;;
        esac
        return
    fi
    case $command:$position in
        :*) COMPREPLY=($(compgen -W $'account\nidentities\nprovision\nregister\nstatus\nunregister\nxdm\nbuddies\ncapabilities\nchat\nhistory\nlisten\npresence\nsend-message\nfetch-file\nreceive\nsend-file\nshare-image\ncompletion\nhelp\nlab\nversion' -- "$cur")) ;;
        account:0) COMPREPLY=($(compgen -W $'list\nshow' -- "$cur")) ;;
        account:1) COMPREPLY=($(compgen -W "$(ims __complete accounts 2> /dev/null)" -- "$cur")) ;;
        provision:0) COMPREPLY=($(compgen -W $'import' -- "$cur")) ;;
        provision:1) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
        xdm:0) COMPREPLY=($(compgen -W $'get\nput\ndelete\nlist\npull\ndiff\napply' -- "$cur")) ;;
        xdm:1) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
        xdm:2) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
        buddies:0) COMPREPLY=($(compgen -W $'list\nadd\nremove\nrename\ngroup\nallow\nblock\nrequests' -- "$cur")) ;;
        buddies:1) COMPREPLY=($(compgen -W "$(ims __complete contacts 2> /dev/null)" -- "$cur")) ;;
        capabilities:0) COMPREPLY=($(compgen -W "$(ims __complete contacts 2> /dev/null)" -- "$cur")) ;;
        chat:0) COMPREPLY=($(compgen -W "$(ims __complete contacts 2> /dev/null)" -- "$cur")) ;;
        history:0) COMPREPLY=($(compgen -W "$(ims __complete contacts 2> /dev/null)" -- "$cur")) ;;
        presence:0) COMPREPLY=($(compgen -W $'set\nwilling\nshow\nget\nwatch\nunwatch' -- "$cur")) ;;
        presence:1) COMPREPLY=($(compgen -W "$(ims __complete contacts 2> /dev/null)" -- "$cur")) ;;
        send-message:0) COMPREPLY=($(compgen -W "$(ims __complete contacts 2> /dev/null)" -- "$cur")) ;;
        fetch-file:0) COMPREPLY=($(compgen -W "$(ims __complete contacts 2> /dev/null)" -- "$cur")) ;;
        send-file:0) COMPREPLY=($(compgen -W "$(ims __complete contacts 2> /dev/null)" -- "$cur")) ;;
        send-file:1) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
        share-image:0) COMPREPLY=($(compgen -W "$(ims __complete contacts 2> /dev/null)" -- "$cur")) ;;
        share-image:1) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
        completion:0) COMPREPLY=($(compgen -W $'bash\nzsh\nfish' -- "$cur")) ;;
        help:0) COMPREPLY=($(compgen -W $'account\nidentities\nprovision\nregister\nstatus\nunregister\nxdm\nbuddies\ncapabilities\nchat\nhistory\nlisten\npresence\nsend-message\nfetch-file\nreceive\nsend-file\nshare-image\ncompletion\nhelp\nlab\nversion' -- "$cur")) ;;
    esac
    if declare -F __ltrim_colon_completions > /dev/null; then __ltrim_colon_completions "$cur"; fi
}
complete -F _ims ims
