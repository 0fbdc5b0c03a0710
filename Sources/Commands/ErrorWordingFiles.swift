import Engine

extension Explanation {
    /// The words for what a file command could not do.
    package init(_ failure: FileFailure) {
        switch failure {
        case .ended(let transfer, let end): self.init(end, of: transfer)
        case .noImageShare(let peer):
            self.init(
                "no_image_share",
                "The client of \(Display.safe(peer)) says that it takes no shared images.",
                advice: "Send it as a file: ims send-file.",
                status: .refused
            )
        case .notAnImage(let name, let type):
            self.init(
                "not_an_image",
                "\(Display.safe(name)) is no image (\(type)).",
                advice: "Send it as a file: ims send-file.",
                status: .usage
            )
        case .nameNeeded:
            self.init(
                "name_needed",
                "What comes from standard input has no name.",
                advice: "Give it one: --name dir.tar.",
                status: .usage
            )
        case .selectorNeeded:
            self.init(
                "selector_needed",
                "It is not said which file is wanted.",
                advice: "Name it with --name, or by its hash with --sha1.",
                status: .usage
            )
        case .badHash(let text):
            self.init(
                "bad_hash",
                "'\(Display.safe(text))' is no SHA-1: 40 hexadecimal digits are expected.",
                status: .usage
            )
        case .noTransfer(let name):
            self.init(
                "no_transfer",
                name.map { "There is no file '\(Display.safe($0))' that is offered or on its way." }
                    ?? "No file is offered or on its way.",
                advice: "transfers lists them.",
                status: .usage
            )
        case .nothingReceived:
            self.init("nothing_received", "No such file was received at this prompt.", status: .usage)
        case .notOpened(let detail):
            self.init(
                "not_opened",
                "The file could not be opened: \(Display.safe(detail)).",
                advice: "xdg-open shows files with the program the desktop has for them.",
                status: .refused
            )
        }
    }

    private init(_ end: FileTransferEnd, of transfer: FileTransfer) {
        let name = FileText.name(of: transfer)
        let verb = transfer.isOutgoing ? "sent" : "received"
        var (advice, sipStatus): (String?, UInt16?) = (nil, nil)
        switch end {
        case .refused(let refusal):
            sipStatus = refusal.status
            // Who says why needs no guess.
            advice = refusal.warning == nil ? Self.next(refusal, of: "INVITE").advice : nil
        case .connection, .lost, .stalled, .byPeer, .byUser:
            advice = "What has arrived is kept: the same command goes on from there."
        case .wrongHash, .wrongSize: advice = "Have it sent again; the file may have changed on the way."
        case .storage: advice = "Look at the folder and the room on its disk; downloads in ims.conf names it."
        case .tooLarge: advice = "Raise max-receive-size in ims.conf to take it."
        default: break
        }
        self.init(
            "file_not_\(verb)",
            "\(name) was not \(verb): \(FileText.wording(end)).",
            advice: advice,
            status: end.exitStatus,
            sipStatus: sipStatus
        )
    }
}
