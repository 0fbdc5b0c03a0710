#compdef ims
# zsh completion for ims; made by: ims completion zsh
_ims() {
    local curcontext="$curcontext" state line
    typeset -A opt_args
    local -a global commands
    global=(
        '--account=[Use this account of the configuration\: its name, or an imscore\://APP-ID\[;KEY=VALUE\]... connector]:name:_ims_accounts'
        '--config=[Read this configuration instead of $XDG_CONFIG_HOME/ims/ims.conf]:file:_files'
        '--as=[Act as this one of your public identities]:uri: '
        '--json[Write one JSON object a line instead of text for people]'
        '--trace=-[Write every SIP message and XCAP request that passes to the file, or to standard error; secrets are masked]::file:_files'
        '--timeout=[Wait for the network at most this long]:seconds: '
        '--keep-registration[Leave the registration behind when the command ends, instead of ending it]'
        '--no-input[Never start the prompt]'
        '(-q --quiet)'{-q,--quiet}'[Say nothing on standard error but errors]'
        '(-v --verbose)'{-v,--verbose}'[Tell on standard error what is going on]'
        '(-h --help)'{-h,--help}'[Show what can be typed, or how to use the command]'
        '--version[Show the version]'
    )
    commands=(
        'account:List the accounts of the configuration, or show one.'
        'identities:List the public identities that the network associates with the account.'
        'provision:Take in what the operator of the network provisions.'
        'register:Register the account with its home network.'
        'status:Show whether the account is registered, where and as whom.'
        'unregister:End the registration with the home network.'
        'xdm:Read and change the documents that a server keeps for you (XCAP).'
        'buddies:Show and change the buddy list, and say who may see your presence.'
        'capabilities:Ask what somebody'\''s client can do.'
        'chat:Chat with somebody over MSRP.'
        'history:Show the messages that were sent and received, the latest last.'
        'listen:Register and show messages as they come.'
        'presence:Show others how you are, and see how they are.'
        'send-message:Send a message and wait for what becomes of it.'
        'fetch-file:Ask a peer for a file and store it.'
        'receive:Register and store the files that are sent.'
        'send-file:Send files, one after the other.'
        'share-image:Share images, each in a session of its own.'
        'completion:Print the script that makes a shell complete ims commands.'
        'help:Show what can be typed, or how to use one command.'
        'lab:Run a pocket IMS core on loopback, to try things out without a network.'
        'version:Show the version.'
    )
    _arguments -C $global '1: :->command' '*:: :->argument'
    case $state in
        command) _describe -t commands 'command' commands ;;
        argument)
            case $line[1] in
                account) _arguments $global '1:action:(list show)' '2::name:_ims_accounts' ;;
                identities) _arguments $global  ;;
                provision) _arguments $global '1:action:(import)' '2:file:_files' ;;
                register) _arguments $global  ;;
                status) _arguments $global  ;;
                unregister) _arguments $global '--service-only[Leave the IM service alone and stay registered for the rest]' ;;
                xdm) _arguments $global '--node=[Only this element or attribute of the document]:selector: ' '--dry-run[With apply\: only say what would be done]' '--force[With put and delete\: whatever the server has meanwhile]' '--content-type=[With put\: what it is, for documents that ims does not know]:type: ' '1:action:(get put delete list pull diff apply)' '2::target:_files' '3::file:_files' ;;
                buddies) _arguments $global '--group=[With add\: the group they are in]:group: ' '--undo[With allow and block\: take the decision back]' '1::action:(list add remove rename group allow block requests)' '2::who:_ims_contacts' '*:name: ' ;;
                capabilities) _arguments $global '--refresh[Ask even if the answer of the last hour is remembered]' '1:peer:_ims_contacts' ;;
                chat) _arguments $global '--exec=[Let a shell command chat\: it reads what comes, and what it prints is said]:command: ' '--bytes[Send all that is read as one message, as it comes]' '--content-type=[Say what is sent; if not given, text/plain, or application/octet-stream with --bytes]:type: ' '--wait=[Wait until a message is sent, accepted, delivered or displayed; accepted if not given]:goal:(sent accepted delivered displayed)' '1:uri:_ims_contacts' ;;
                history) _arguments $global '--limit=[Show at most this many; 50 if not given]:count: ' '--search=[Show only messages whose text holds this, upper and lower case alike]:word: ' '--session=[Show only the messages of this session, as --json names it]:id: ' '--transcript=[Write all of them into a new file, or with - to standard output, as a record to keep]:file:_files' '1::peer:_ims_contacts' ;;
                listen) _arguments $global '--count=[End after this many messages]:count: ' '--accept-chat=[Take invitations to a chat\: all of senders the network vouches for, those of buddies, or none]:which:(ask all from-buddies none)' '--bytes[Write the bytes of messages in chats to standard output, and nothing else]' ;;
                presence) _arguments $global '--note=[Show this text with what is set]:text: ' '1:action:(set willing show get watch unwatch)' '2::what:_ims_contacts' ;;
                send-message) _arguments $global '--file=[Send what is in the file]:file:_files' '--content-type=[Say what is sent, text/plain if not given]:type: ' '--when=[Wait until the recipient is online, ask the network to store it rather than refuse, or any]:when:(online deferred any)' '--private[Ask the network not to show your identity to the recipient]' '--wait=[Wait until a message is sent, accepted, delivered or displayed; accepted if not given]:goal:(sent accepted delivered displayed)' '1:uri:_ims_contacts' '*:text: ' ;;
                fetch-file) _arguments $global '--name=[The name of the file there]:name: ' '--sha1=[The SHA-1 of the file, in hexadecimal digits]:hash: ' '--to=[Store it there, not in downloads]:folder:_files' '--stdout[Write it to standard output]' '1:uri:_ims_contacts' ;;
                receive) _arguments $global '--to=[Store them there, not in downloads]:folder:_files' '--count=[End after this many files]:count: ' '--stdout[Write one file to standard output]' ;;
                send-file) _arguments $global '--name=[What the receiver is to call the file]:name: ' '--content-type=[Say what is sent; else the name tells]:type: ' '--no-hash[Do not read the file beforehand to compute its hash]' '1:uri:_ims_contacts' '*:file:_files' ;;
                share-image) _arguments $global '1:uri:_ims_contacts' '*:file:_files' ;;
                completion) _arguments $global '1:shell:(bash zsh fish)' ;;
                help) _arguments $global '1::command:(account identities provision register status unregister xdm buddies capabilities chat history listen presence send-message fetch-file receive send-file share-image completion help lab version)' ;;
                lab) _arguments $global '--listen=[Listen on this address; 127.0.0.1 if not given]:address: ' '--port=[Use this port for UDP and TCP; 5060 if not given, 0 for any]:port: ' '--relay-port=[Use this port for MSRP; 2855 if not given, any if --port is 0]:port: ' '--xcap-port=[Use this port for XCAP; 8080 if not given, any if --port is 0]:port: ' '--domain=[Be the core of this domain; ims.test if not given]:name: ' '--more-users=[Have so many users more\: user1, user2 and so on, whose passwords are their names]:count: ' '--certificate=[Offer TLS too, on the port after, and show this certificate there and as a relay]:file:_files' '--key=[The key of the certificate]:file:_files' '--fault=[Begin with a fault, such as 420, 503, stale or "drop 1"; several are separated by commas]:fault: ' ;;
                version) _arguments $global  ;;
            esac
            ;;
    esac
}
_ims_accounts() { local -a words; words=(${(f)"$(ims __complete accounts 2> /dev/null)"}); compadd -a words }
_ims_contacts() { local -a words; words=(${(f)"$(ims __complete contacts 2> /dev/null)"}); compadd -a words }
if [ "$funcstack[1]" = "_ims" ]; then _ims "$@"; else compdef _ims ims; fi
