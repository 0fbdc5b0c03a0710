import Documents
package import Engine

/// Why a document could not be read or written, in words.
extension Explanation {
    package init(_ error: XDMError) {
        switch error {
        case .notConfigured:
            self.init(
                "no_document_server",
                "The account has no server for documents.",
                advice: "Set xcap-root in ims.conf.",
                status: .configuration
            )
        case .noLibrary:
            self.init(
                "no_http_library",
                "Documents cannot be reached: libcurl is not installed.",
                advice: "Install libcurl4 (on Debian: apt-get install libcurl4).",
                status: .configuration
            )
        case .unreachable(let server, let detail):
            self.init(
                "unreachable",
                "The document server \(server) cannot be reached: \(Display.safe(detail)).",
                advice: "Check xcap-root in ims.conf, and that the network lets you through.",
                status: .noAnswer
            )
        case .noAnswer(let server):
            self.init(
                "no_answer",
                "The document server \(server) did not answer in time.",
                advice: "Check xcap-root in ims.conf, or try again later.",
                status: .noAnswer
            )
        case .tls(let failure): self.init(EngineError.tls(failure))
        case .authentication(.credentialsRefused(let name, let status)):
            self.init(
                "authentication",
                "The document server does not accept the credentials of \(Display.safe(name)) (\(status)).",
                advice: "Check the password, private-identity and xcap-user in ims.conf.",
                status: .configuration
            )
        case .authentication(.noCredentials):
            self.init(
                "authentication",
                "The document server asks for a password, and the account has none.",
                advice:
                    "Set password-file in ims.conf; a card (AKA) or an unencrypted password proves nothing there.",
                status: .configuration
            )
        case .authentication(let failure): self.init(EngineError.authentication(failure))
        case .engine(let error): self.init(error)
        case .notFound(let name):
            self.init(
                "not_found",
                "The server has no \(Display.safe(name)).",
                advice: "xdm list shows what there is.",
                status: .refused
            )
        case .changedElsewhere(let name):
            self.init(
                "conflict",
                "\(Display.safe(name)) was changed by somebody else meanwhile; nothing was written.",
                advice: "Look at it with xdm get and try again.",
                status: .refused
            )
        case .conflict(let name, let report): self.init(report, of: name)
        case .refused(let name, let status): self.init(status, of: name)
        case .malformed(let name, let detail):
            self.init(
                "malformed_document",
                "\(Display.safe(name)) cannot be used: \(Display.safe(detail)).",
                advice: "xdm get shows what the server has.",
                status: .refused
            )
        case .tooLarge(let name, let limit):
            self.init(
                "too_large",
                "\(Display.safe(name)) has more than \(limit) bytes.",
                status: .refused
            )
        case .store(let detail):
            self.init(
                "store",
                "The list cannot be kept: \(Display.safe(detail)).",
                advice: "Check data-dir in ims.conf.",
                status: .configuration
            )
        case .noBuddy(let name):
            self.init(
                "no_buddy",
                "'\(Display.safe(name))' is not on the buddy list.",
                advice: "buddies list shows who is.",
                status: .usage
            )
        case .nicknameTaken(let name, let other):
            self.init(
                "nickname_taken",
                "\(Display.safe(other)) is called '\(Display.safe(name))' already.",
                advice: "Choose another nickname.",
                status: .usage
            )
        }
    }

    private init(_ status: UInt16, of name: String) {
        let advice: String? =
            switch status {
            case 403: "The document belongs to somebody else, or the account may not have one."
            case 405, 501: "The server does not do that with this document."
            case 415: "Say what it is: --content-type."
            case 500..<600: "That is a fault of the server; try again later."
            default: nil
            }
        self.init(
            "refused",
            "The document server refused \(Display.safe(name)): status \(status).",
            advice: advice,
            status: .refused
        )
    }

    /// What a conflict report says (RFC 4825 §11).
    private init(_ report: XCAPErrorDocument?, of name: String) {
        let phrase = report?.phrase.map { " (\(Display.safe($0)))" } ?? ""
        var advice: String?
        let reason: String
        switch report?.reason {
        case .schemaValidation: reason = "it would not be valid any more"
        case .notAFragment: reason = "what was sent is not one element"
        case .noParent:
            reason = "there is nothing to put it into"
            advice = report?.ancestor.map { "The nearest part that there is: \(Display.safe($0))." }
        case .cannotInsert: reason = "the selector does not lead to what was sent"
        case .notAnAttributeValue: reason = "what was sent is no value of an attribute"
        case .notUnique:
            reason = "a value in it is taken already"
            let taken = report?.conflicts.map { conflict in
                let others = conflict.alternatives.map(Display.safe).joined(separator: ", ")
                return Display.safe(conflict.field) + (others.isEmpty ? "" : "; free is \(others)")
            }
            advice = taken.map { "It is " + $0.joined(separator: "; ") + "." }
        case .notWellFormed: reason = "it would be no well-formed XML"
        case .constraint: reason = "it breaks a rule of its kind"
        case .cannotDelete: reason = "another one would take the place of what is deleted"
        case .notUTF8: reason = "it would not be UTF-8"
        case .extension, nil: reason = "the server says no more"
        }
        self.init(
            "document_conflict",
            "The server does not take this change of \(Display.safe(name)): \(reason)\(phrase).",
            advice: advice,
            status: .refused
        )
    }
}

extension Explanation {
    /// The words for what a command about documents could not do.
    package init(_ failure: DocumentFailure) {
        switch failure {
        case .conflict(let name, let mine, let theirs):
            let other = theirs.map { ", what the server has in \(Display.safe($0))" } ?? ""
            self.init(
                "conflict",
                "\(Display.safe(name)) was changed by somebody else; nothing was written. What you have is in "
                    + "\(Display.safe(mine))\(other).",
                advice: theirs == nil
                    ? "Look at what there is with xdm get, merge, and put it again."
                    : "Merge the two and put it again, or give --force.",
                status: .refused
            )
        case .unmerged(let mine, let theirs):
            self.init(
                "conflict",
                "\(Display.safe(theirs)) is not merged into \(Display.safe(mine)) yet.",
                advice: "Merge it, delete it, and try again.",
                status: .refused
            )
        case .notWritable(let file, let detail):
            self.init(
                "not_writable",
                "\(Display.safe(file)) cannot be written: \(Display.safe(detail)).",
                status: .usage
            )
        case .otherOrigin(let folder, let origin):
            self.init(
                "other_origin",
                "\(Display.safe(folder)) holds the documents of \(Display.safe(origin)).",
                advice: "Choose another folder, or the account that it belongs to.",
                status: .usage
            )
        case .notPulled(let folder):
            self.init(
                "not_pulled",
                "\(Display.safe(folder)) holds no documents.",
                advice: "Begin with xdm pull \(Display.safe(folder)).",
                status: .usage
            )
        case .badDocument(let text):
            self.init(
                "bad_document",
                "'\(Display.safe(text))' names no document.",
                advice: "Write a usage such as resource-lists; xdm list shows what there is.",
                status: .usage
            )
        case .badNode(let text):
            self.init(
                "bad_node",
                "'\(Display.safe(text))' is no selector.",
                advice: "Write a path such as 'resource-lists/list[@name=\"buddies\"]/entry[1]'.",
                status: .usage
            )
        }
    }
}
