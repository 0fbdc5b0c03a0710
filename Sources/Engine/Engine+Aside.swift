import Documents
import MSRP
import Runtime
import SDP
import SIP
import UserAgent
import Wire

// What goes through a chat beside what the user says: typing notices and notifications.
extension Engine {
    /// Sends something of the client's own in a chat, if the other side takes it.
    ///
    /// - Parameters:
    ///   - content: What to send, in its envelope or without.
    ///   - type: The type of what is in it.
    ///   - messageID: The `Message-ID`; `nil` for a new one.
    ///   - id: The chat.
    /// - Returns: Whether it was sent.
    func sendAside(
        _ content: MessageContent,
        holding type: String,
        _ messageID: String? = nil,
        in id: ChatID
    ) -> Bool {
        guard let state = chatStates[id], state.isOpen, state.end == nil, let local = state.local, let msrp,
            let agreement = state.agreement, let media = MediaType(type)
        else { return false }
        var content = content
        let isWrapped = content.contentType == CPIMMessage.mediaType
        switch agreement.form(of: media, preferring: isWrapped ? .wrapped : .plain) {
        case .plain? where !isWrapped, .wrapped? where isWrapped: break
        case .wrapped?:
            content = content.wrapped(
                from: CPIMAddress(uri: core?.usableIdentity ?? account.publicIdentity),
                to: CPIMAddress(uri: state.chat.peer),
                dateTime: .now
            )
        case .plain?, nil: return false
        }
        var identifiers = IdentifierSource()
        let messageID = messageID ?? identifiers.messageID()
        let message = MSRP.OutgoingMessage(
            messageID: ByteString(messageID),
            contentType: ByteString(content.contentType),
            content: .whole(content.body)
        )
        guard msrp.send(message, in: local) else { return false }
        chatStates[id]?.asides[messageID] = type
        drive([])
        return true
    }

    /// Takes what became of something of the client's own.
    ///
    /// - Returns: Whether it was that.
    func finishAside(_ messageID: String, in id: ChatID, _ code: UInt16?) -> Bool {
        guard let type = chatStates[id]?.asides.removeValue(forKey: messageID) else { return false }
        guard let code, code == ResponseCode.unsupportedMediaType.rawValue, let chat = chatStates[id]?.chat
        else { return true }
        if type == IsComposing.mediaType {
            chatStates[id]?.refusesTypingNotices = true
            learn(.noTypingNotices, of: chat.peer)
        } else {
            learn(.noNotifications, of: chat.peer)
        }
        return true
    }
}

extension MSRPAgreement {
    /// How content of a type may be sent; `nil` if the other side takes it in no form.
    func form(of type: MediaType, preferring preferred: MessageContent.Form) -> MessageContent.Form? {
        MessageContent.form(
            for: type,
            acceptTypes: remote.acceptTypes.entries.map(\.text),
            acceptWrappedTypes: remote.acceptWrappedTypes?.entries.map(\.text) ?? [],
            preferring: preferred
        )
    }
}
