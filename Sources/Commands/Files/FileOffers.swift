package import Engine

/// The files that are offered or on their way at a prompt, and those that came.
///
/// Confined to the session, as the output is.
package final class FileOffers {
    private(set) var offered: [FileTransfer] = []
    private(set) var active: [FileTransfer] = []
    /// The paths of received files, the latest last.
    private(set) var received: [String] = []

    package init() {}

    /// Takes what happened.
    package func take(_ kind: Event.Kind) {
        switch kind {
        case .fileOffered(let transfer): offered.append(transfer)
        case .fileStarted(let transfer, _):
            drop(transfer)
            active.append(transfer)
        case .fileEnded(let transfer, let end):
            drop(transfer)
            if case .complete(let path?, _) = end { received.append(path) }
        default: break
        }
    }

    func drop(_ transfer: FileTransfer) {
        offered.removeAll { $0.id == transfer.id }
        active.removeAll { $0.id == transfer.id }
    }

    /// Finds a transfer by what it is called at the prompt, or by its file's name.
    func find(_ selector: String) -> FileTransfer? {
        (offered + active).first { $0.id.label == selector || $0.name == selector }
    }

    /// The path of a received file: by its name, or the latest one.
    func path(_ name: String?) -> String? {
        guard let name else { return received.last }
        return received.last { $0 == name || $0.hasSuffix("/" + name) }
    }
}

extension TransferID {
    /// What a transfer is called at the prompt.
    var label: String { "f\(number)" }
}
