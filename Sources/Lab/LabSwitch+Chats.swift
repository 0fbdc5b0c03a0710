import MSRP
import SDP
import SIP
import Wire

extension LabSwitch {
    // MARK: - The buddy

    /// Opens the buddy's end of a chat.
    ///
    /// - Parameters:
    ///   - offered: The other end.
    ///   - peer: The name of the other side.
    ///   - own: The identity of the buddy.
    ///   - other: The identity of the other side.
    ///   - now: The time.
    /// - Returns: The name of the path and the medium of the answer; `nil` if the offer is none that can be taken.
    mutating func converse(
        about offered: MSRPMedia,
        with peer: String,
        own: String,
        other: String,
        at now: Instant
    ) -> (name: ByteString, medium: MSRPMedia)? {
        guard let address = offered.isSecure ? secureAddress : address, offered.direction != .recvonly,
            offered.direction != .inactive, let uri = makeURI(address, isSecure: offered.isSecure)
        else { return nil }
        var medium = MSRPMedia(
            path: [uri.text.text],
            host: address.host,
            port: address.port,
            isSecure: offered.isSecure,
            acceptTypes: ["message/cpim", "text/plain", "*"],
            acceptWrappedTypes: ["*"]
        )
        if offered.isSecure { medium.fingerprints = fingerprint.map { [$0] } ?? [] }
        let fileAttributes = ["file-selector", "file-transfer-id", "file-disposition"]
        medium.others = AttributeList(offered.others.filter { fileAttributes.contains($0.name.text) })
        guard let answer = try? medium.answer(to: offered, canListen: true) else { return nil }
        let agreement = MSRPAgreement(local: answer, remote: offered, isOfferer: false)
        // The switch opens no connection by TLS: another offer follows, without it.
        guard !offered.isSecure || agreement.role == .passive,
            let chat = try? LabChat(agreement, at: uri, with: peer, own: own, other: other),
            let path = makePath(.buddy(chat), at: uri, ends: []), let name = path.uri.sessionID
        else { return nil }
        if agreement.role == .active { approach(name, chat, agreement, at: now) }
        return (name, answer)
    }

    /// Connects to the other side, which waits for that.
    private mutating func approach(
        _ name: ByteString,
        _ chat: LabChat,
        _ agreement: MSRPAgreement,
        at now: Instant
    ) {
        var chat = chat
        chat.open()
        paths[name]?.purpose = .buddy(chat)
        guard let hop = agreement.remote.path.first.flatMap({ try? MSRPURI(parsing: $0) }) else { return }
        if link(to: hop, of: name) != nil { pumpChat(name, at: now) }
    }

    /// Hands a piece of a chunk to the buddy, and sends what it has to say.
    mutating func converse(_ name: ByteString, _ event: ChunkParser.Event, at now: Instant) {
        guard case .buddy(var chat)? = paths[name]?.purpose else { return }
        chat.receive(event, telling: faults.notification, using: &identifiers)
        paths[name]?.purpose = .buddy(chat)
        pumpChat(name, at: now)
    }

    mutating func pumpChat(_ name: ByteString, at now: Instant) {
        guard let path = paths[name], case .buddy(var chat) = path.purpose else { return }
        chat.fire(at: now)
        if let link = path.links.values.first {
            while let chunk = chat.next(at: now, using: &identifiers) {
                switch chunk.startWord {
                case "REPORT": if let report = passing(report: chunk) { send(report, to: link) }
                case "SEND": send(chunk, to: link)
                default: sendResponse(chunk, to: link, at: now)
                }
            }
        }
        paths[name]?.purpose = .buddy(chat)
    }

    // MARK: - Chats that pass

    /// Puts the switch into the paths that a description of a chat names, if it is to be there.
    ///
    /// - Parameters:
    ///   - body: A session description.
    ///   - callID: Which chat it is about; one that began without the switch goes on without it.
    ///   - isFirst: Whether the chat may begin to pass the switch now.
    /// - Returns: The description that takes its place, or `nil` to leave it as it is.
    mutating func enter(_ body: ByteString, of callID: ByteString, isFirst: Bool) -> ByteString? {
        guard var description = try? SessionDescription(parsing: body) else { return nil }
        var name = passage(of: callID)
        guard name != nil || (isFirst && faults.isInPath) else { return nil }
        var hasChanged = false
        for (index, section) in description.media.enumerated() {
            guard !section.isRefused, let media = try? MSRPMedia(section, in: description),
                let end = media.path.first.flatMap({ try? MSRPURI(parsing: $0) }),
                let address = media.isSecure ? secureAddress : address
            else { continue }
            if name == nil, let uri = makeURI(address, isSecure: media.isSecure) {
                name = makePath(.passage(callID: callID), at: uri, ends: [])?.uri.sessionID
            }
            guard let name, let path = paths[name], path.uri.isSecure == media.isSecure,
                path.ends.contains(end) || path.ends.count < LabLimits.linksPerPath
            else { return nil }
            paths[name]?.ends.insert(end)
            description.media[index] = section.led(
                by: path.uri,
                at: address,
                showing: media.isSecure ? fingerprint : nil
            )
            hasChanged = true
        }
        return hasChanged ? description.text : nil
    }

    /// Ends the way of a chat through the switch.
    mutating func leave(_ callID: ByteString) {
        if let name = passage(of: callID) { removePath(name) }
    }

    private func passage(of callID: ByteString) -> ByteString? {
        paths.first { _, path in
            if case .passage(callID) = path.purpose { true } else { false }
        }?.key
    }
}

extension ByteString {
    /// The method of a request, or the code of a response.
    fileprivate var startWord: String {
        let line = self[0..<(firstIndex(of: .carriageReturn) ?? 0)].text
        return line.split(separator: " ").dropFirst(2).first.map(String.init) ?? ""
    }
}

extension MediaDescription {
    /// The section with one more URI before its path, and with the address and the certificate of that.
    fileprivate func led(
        by uri: MSRPURI,
        at address: TransportAddress,
        showing fingerprint: Fingerprint?
    ) -> MediaDescription {
        var section = self
        let replaced = fingerprint == nil ? ["msrp-cema"] : ["msrp-cema", "fingerprint"]
        var attributes = self.attributes.filter { !replaced.contains($0.name.text) }.map { attribute in
            guard attribute.name == "path", let value = attribute.value else { return attribute }
            return Attribute("path", "\(uri.text) \(value.trimmed)")
        }
        if let fingerprint { attributes.append(Attribute("fingerprint", fingerprint.value)) }
        section.attributes = AttributeList(attributes)
        if port != MSRPMedia.discardPort { section.port = address.port }
        section.connections = [Connection(address.host)]
        return section
    }
}
