package import Engine

/// Every error of the engine in words: what failed, why, what to do next.
extension Explanation {
    package init(_ error: EngineError) {
        switch error {
        case .refused(let method, let refusal): self.init(refusal, of: method)
        case .authentication(let failure): self.init(failure)
        case .noAnswer(let method):
            self.init(
                "no_answer",
                "The network did not answer \(method) in time.",
                advice: "Check proxy and transport in ims.conf; --trace shows what was sent.",
                status: .noAnswer
            )
        case .unreachable(let target, let detail):
            self.init(
                "unreachable",
                "\(target) cannot be reached: \(Display.safe(detail)).",
                advice: "Check proxy and transport in ims.conf, and that the network lets you through.",
                status: .noAnswer
            )
        case .nameNotFound(let name):
            self.init(
                "name_not_found",
                "DNS knows no address for \(Display.safe(name)).",
                advice: "Set proxy in ims.conf to the host of your P-CSCF, or to its address.",
                status: .noAnswer
            )
        case .tls(let failure): self.init(failure)
        case .notRegistered:
            self.init(
                "not_registered",
                "The account is not registered.",
                advice: "Register first: ims register.",
                status: .refused
            )
        case .notGranted:
            self.init(
                "not_granted",
                "The registrar said yes, but its answer does not hold this client's contact.",
                advice: "A proxy on the way may rewrite Contact; ims --trace register shows the answer.",
                status: .refused
            )
        case .invalidIdentity(let identity):
            self.init(
                "invalid_identity",
                "public-identity '\(Display.safe(identity))' is no SIP URI.",
                advice: "Write it as sip:alice@ims.test in ims.conf.",
                status: .configuration
            )
        case .deregisteredByNetwork(let event):
            self.init(
                "deregistered",
                "The network ended the registration (\(Display.safe(event))).",
                advice: "Register again; if it happens again, ask the operator of the network.",
                status: .refused
            )
        case .identityNotAvailable(let identity, let available):
            self.init(
                "identity_not_available",
                "The network does not let you act as \(Display.safe(identity)).",
                advice: available.isEmpty
                    ? "Leave --as out to use the default identity."
                    : "Choose one of: " + available.map(Display.safe).joined(separator: ", ") + ".",
                status: .configuration
            )
        case .invalidRecipient(let text):
            self.init(
                "invalid_recipient",
                "'\(Display.safe(text))' is no address to write to.",
                advice: "Write a SIP or tel URI such as sip:bob@ims.test or tel:+4930123456.",
                status: .usage
            )
        case .ambiguousNickname(let name, let uris):
            self.init(
                "ambiguous_nickname",
                "More than one buddy is called '\(Display.safe(name))'.",
                advice: "Write the address: \(uris.map(Display.safe).joined(separator: ", ")).",
                status: .usage
            )
        case .tooLarge(let size, let limit):
            self.init(
                "too_large",
                "The message has \(size) bytes; a pager message holds at most \(limit).",
                advice: "Send it in smaller pieces.",
                status: .usage
            )
        case .credential(let account, let detail):
            self.init(
                "credential",
                "The secret of account \(account) cannot be read: \(Display.safe(detail)).",
                advice: "Check password-file, password-command, password-fd or the aka files in ims.conf.",
                status: .configuration
            )
        case .noFreePort(let ports):
            self.init(
                "no_free_port",
                "No port from \(ports.lowerBound) to \(ports.upperBound) is free for message sessions.",
                advice: "Set a wider range in msrp-ports of ims.conf.",
                status: .configuration
            )
        case .messageCertificate(let file, let detail):
            self.init(
                "certificate",
                "The certificate for message sessions cannot be used: \(file): \(Display.safe(detail)).",
                advice: "msrp-certificate in ims.conf is a PEM file with a certificate and its key.",
                status: .configuration
            )
        case .relay(let host, let failure): self.init(failure, of: host)
        case .localAddress(let detail):
            self.init(
                "local_address",
                "The local address cannot be used: \(Display.safe(detail)).",
                advice: "Check local-address and local-port in ims.conf.",
                status: .configuration
            )
        case .chatNotOpened(let end): self.init(end)
        case .cannotAsk:
            self.init(
                "cannot_ask",
                "The account writes plain text, which cannot ask to be told what becomes of it.",
                advice: "Set message-format = auto in ims.conf, or use --wait accepted.",
                status: .configuration
            )
        case .presenceNotTold(let uri, let obstacle): self.init(uri, obstacle)
        case .notOnline(let uri):
            self.init(
                "not_online",
                "\(Display.safe(uri)) did not come online in time: the message was not sent.",
                advice: "Send it with --when deferred, or wait longer with --timeout.",
                status: .noAnswer
            )
        case .noChat:
            self.init("no_chat", "There is no such chat, or not any more.", status: .usage)
        case .sourceFailed(let detail):
            self.init(
                "source_failed",
                "What was being sent could not be read to its end: \(Display.safe(detail)).",
                status: .refused
            )
        case .noTransfer:
            self.init("no_transfer", "There is no such file transfer, or not any more.", status: .usage)
        case .fileNotReadable(let path, let detail):
            self.init("unreadable", "\(Display.safe(path)): \(Display.safe(detail)).", status: .usage)
        case .fileNotKept(let detail):
            self.init(
                "file_not_kept",
                "The file cannot be kept here: \(Display.safe(detail)).",
                advice: "Look at the folder and the room on its disk; downloads in ims.conf names it.",
                status: .refused
            )
        case .fileTooLarge(let limit):
            self.init(
                "file_too_large",
                "The file is larger than max-receive-size (\(FileText.size(limit))).",
                advice: "Raise max-receive-size in ims.conf to take it.",
                status: .refused
            )
        case .interrupted: self.init("interrupted", "Interrupted.", status: .interrupted)
        }
    }

    /// What to do about a message that was refused, if there is something to do.
    static func advice(for outcome: MessageOutcome) -> String? {
        switch outcome {
        case .refused(let refusal), .notStored(let refusal): next(refusal, of: "MESSAGE").advice
        case .sent, .accepted, .storedForLater, .noAnswer: nil
        }
    }

    private init(_ refusal: Refusal, of method: String) {
        let (advice, status) = Self.next(refusal, of: method)
        self.init(
            "refused",
            "The network refused \(method): \(refusal.wording).",
            advice: advice,
            status: status,
            sipStatus: refusal.status
        )
    }

    static func next(_ refusal: Refusal, of method: String) -> (advice: String?, ExitStatus) {
        let isRegister = method == "REGISTER"
        switch refusal.status {
        case 420 where refusal.unsupported.contains("pref"):
            return ("It does not know caller preferences: set require-pref = off in ims.conf.", .refused)
        case 420 where !refusal.unsupported.isEmpty:
            let tags = refusal.unsupported.map(Display.safe).joined(separator: ", ")
            return ("It does not support \(tags).", .refused)
        case 401 where !isRegister:
            return ("Not the network asks for credentials but the other side, which gets none.", .refused)
        case 401, 407: return ("Check the password and private-identity in ims.conf.", .configuration)
        case 403 where isRegister:
            return (
                "Check private-identity and the password in ims.conf, and that public-identity belongs to them.",
                .refused
            )
        case 404 where isRegister: return ("Check public-identity and realm in ims.conf.", .refused)
        case 404, 604: return ("Nobody is known by that address: check it.", .refused)
        case 403: return ("The network does not let you write there, or not as this identity.", .refused)
        case 408, 504: return ("A server behind the P-CSCF does not answer; try again later.", .noAnswer)
        case 480 where method == "OPTIONS":
            return ("The other side is not there now; try again later.", .refused)
        case 480 where !isRegister: return ("The other side is not there now; try again later.", .notStored)
        case 413, 513:
            return ("The message is too large for the network: send it in smaller pieces.", .refused)
        case 415, 488: return ("The other side does not take this content type.", .refused)
        case 305 where isRegister:
            return ("The network wants another P-CSCF to be used: set proxy in ims.conf.", .refused)
        case 500..<600: return ("That is a fault of the network; try again later.", .refused)
        default: return (nil, .refused)
        }
    }

    private init(_ failure: AuthenticationFailure) {
        let code = "authentication"
        switch failure {
        case .credentialsRefused(let privateIdentity, let status):
            self.init(
                code,
                "The network does not accept the credentials of \(privateIdentity) (\(status)).",
                advice: "The password (or K and OP) or private-identity is wrong: check them in ims.conf.",
                status: .configuration,
                sipStatus: status
            )
        case .noCredentials(let scheme):
            self.init(
                code,
                "The network asks for credentials (\(Display.safe(scheme))), and the account has none of that kind.",
                advice: "Set password-file, or aka-k-file and aka-opc-file, in ims.conf.",
                status: .configuration
            )
        case .noCommonAlgorithm(let offered):
            self.init(
                code,
                "The network offers only \(offered.map(Display.safe).joined(separator: ", ")) to prove who you are.",
                advice:
                    "For AKAv1-MD5 or AKAv2-MD5 set aka-k-file, for the others password-file, in ims.conf.",
                status: .configuration
            )
        case .foreignRealm(let offered, let expected):
            self.init(
                code,
                "The network asks for credentials for realm '\(Display.safe(offered))', this account is for "
                    + "'\(expected)': nothing was sent.",
                advice: "If you trust that realm, set realm = \(Display.safe(offered)) in ims.conf.",
                status: .configuration
            )
        case .networkNotAuthenticated:
            self.init(
                code,
                "The network could not prove that it knows your key.",
                advice:
                    "Check aka-k-file and aka-op-file or aka-opc-file in ims.conf; OP and OPc are not the same.",
                status: .configuration
            )
        case .synchronisationFailed:
            self.init(
                code,
                "The sequence numbers of the card and of the network do not come together.",
                advice:
                    "Another device may use the same key, or the network does not take AUTS; ask its operator.",
                status: .configuration
            )
        case .malformedChallenge:
            self.init(
                code,
                "The network's challenge cannot be read.",
                advice: "--trace shows it; the network, or something on the way, is at fault.",
                status: .refused
            )
        }
    }

    private init(_ failure: TLSFailure) {
        switch failure {
        case .certificate(let host, let detail):
            self.init(
                "tls",
                "The certificate of \(Display.safe(host)) is not to be trusted: \(Display.safe(detail)).",
                advice:
                    "Set tls-ca to the network's CA file, or tls-name to the name in the certificate, in ims.conf.",
                status: .configuration
            )
        case .handshake(let host, let detail):
            self.init(
                "tls",
                "TLS with \(Display.safe(host)) failed: \(Display.safe(detail)).",
                advice: "Check that the port in proxy is the one for TLS (usually 5061).",
                status: .noAnswer
            )
        case .trustStore(let file, let detail):
            self.init(
                "tls",
                "The certificates in \(file) cannot be used: \(Display.safe(detail)).",
                advice: "Set tls-ca in ims.conf to a PEM file.",
                status: .configuration
            )
        }
    }
}

extension Warning {
    var code: String {
        switch self {
        case .historyNotKept: "history_not_kept"
        case .sentOverUDP: "sent_over_udp"
        case .registrationEventRefused: "reg_event_refused"
        case .presenceNotPublished: "presence_not_published"
        case .watchersNotTold: "watchers_not_told"
        case .chatNotEncrypted: "chat_not_encrypted"
        case .chatNotVouched: "chat_not_vouched"
        case .certificateNotKept: "certificate_not_kept"
        case .relayNotEncrypted: "relay_not_encrypted"
        case .tlsNotVerified: "tls_not_verified"
        case .plainText: "plain_text"
        case .secretReadableByOthers: "secret_readable_by_others"
        }
    }

    var wording: String {
        switch self {
        case .historyNotKept(let detail): "history is not kept: \(Display.safe(detail))."
        case .sentOverUDP(let size):
            "TCP is not to be had, so a request of \(size) bytes goes by UDP and may get lost."
        case .registrationEventRefused(let refusal):
            "the network does not tell when it ends the registration (\(refusal.wording)); reg-event = off "
                + "in ims.conf stops asking."
        case .presenceNotPublished(let refusal):
            "others do not see your presence (\(refusal.wording)); presence = off in ims.conf stops publishing."
        case .watchersNotTold(let refusal):
            "the network does not tell who asks to see your presence (\(refusal.wording))."
        case .chatNotEncrypted(let peer):
            "\(Display.safe(peer)) does not take TLS, so what goes there is not encrypted; "
                + "chat-transport = tls in ims.conf would rather send nothing."
        case .chatNotVouched(let claimed):
            "a chat with who claims to be \(Display.safe(claimed)) is refused: the network does not vouch for them; "
                + "the prompt can ask."
        case .certificateNotKept(let detail):
            "the certificate for chats is not kept, the next run makes another: \(Display.safe(detail))."
        case .relayNotEncrypted(let host):
            "the way to the relay \(Display.safe(host)) is not encrypted; msrps:// in msrp-relay of ims.conf "
                + "would be."
        case .tlsNotVerified: "the certificate of the network is not checked (tls-verify = off)."
        case .plainText(let peer):
            "\(Display.safe(peer)) refuses what asks for notifications, and gets plain text from now on."
        case .secretReadableByOthers(let file): "\(file) can be read by others; chmod 600 mends that."
        }
    }
}
