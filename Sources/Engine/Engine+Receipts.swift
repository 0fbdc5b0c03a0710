import Documents
import Runtime
import SIP
import UserAgent
import Wire

/// What is owed to the sender of a message that is not displayed yet.
struct OwedReceipt {
    var disposition: IncomingDisposition
    var envelope: MessageEnvelope
    /// The sender, as the network vouches for them.
    var sender: String
    /// The chat it came in.
    var chat: ChatID?
}

// What the senders of messages are told of them, as far as the user lets them know (RFC 5438 §7.2).
extension Engine {
    /// How many messages are remembered that may still be displayed.
    private static let receiptLimit = 4096
    /// How many notifications of ours may be on their way by MESSAGE.
    private static let noticeLimit = 256

    /// Tells that a message was delivered, now that it is safe, and remembers what is to be told when it was shown.
    ///
    /// - Parameters:
    ///   - content: The message.
    ///   - sender: Who sent it, as the network vouches for them; nobody else is told anything.
    ///   - chat: The chat it came in.
    /// - Returns: What to name it by once it was shown; `nil` if nobody is to be told.
    func acknowledge(_ content: ReceivedContent, from sender: String?, in chat: ChatID? = nil) -> ReceiptID? {
        guard account.sentNotifications > .none, let sender, let envelope = content.envelope,
            var disposition = IncomingDisposition(content), !isKnown(.noNotifications, of: sender)
        else { return nil }
        let delivered = disposition.delivered()
        let owed = OwedReceipt(disposition: disposition, envelope: envelope, sender: sender, chat: chat)
        if let delivered { send(delivered, owed) }
        guard account.sentNotifications >= .displayed, content.requestedDispositions.contains(.display) else {
            return nil
        }
        lastReceipt += 1
        receipts[lastReceipt] = owed
        receipts[lastReceipt &- UInt64(Self.receiptLimit)] = nil
        return ReceiptID(number: lastReceipt)
    }

    /// Takes that a message was shown to the user, and tells its sender.
    package func displayed(_ receipt: ReceiptID) {
        guard var owed = receipts.removeValue(forKey: receipt.number),
            let notification = owed.disposition.displayed()
        else { return }
        send(notification, owed)
    }

    private func send(_ notification: DispositionNotification, _ owed: OwedReceipt) {
        var identifiers = IdentifierSource()
        let own = core?.usableIdentity ?? account.publicIdentity
        let messageID = identifiers.messageID()
        let content = MessageContent.notification(
            notification,
            answering: owed.envelope,
            from: CPIMAddress(uri: own),
            to: CPIMAddress(uri: owed.sender),
            dateTime: .now,
            messageID: messageID
        )
        if let chat = owed.chat, owed.envelope.recordRoutes.isEmpty,
            sendAside(content, holding: DispositionNotification.mediaType, messageID, in: chat)
        {
            return
        }
        // Those who want to see it on its way come first (RFC 5438 §7.2.1.1).
        let target = owed.envelope.recordRoutes.first?.uri ?? owed.sender
        guard let recipient = try? Recipient(target, realm: account.realm).uri,
            notices.count < Self.noticeLimit
        else { return log(.notice, "no notification to \(target)") }
        let pager = PagerMessage(
            recipient: recipient,
            contentType: content.contentType,
            body: content.body,
            identity: own,
            callID: identifiers.callID()
        )
        guard let id = core?.take(pager) else { return }
        notices[id] = owed.sender
        step { core, now, effects in core.send(id, at: now, into: &effects) }
    }

    /// Takes what became of a notification of ours.
    ///
    /// - Returns: Whether it was one.
    func finishNotice(_ id: PagerMessage.ID, _ outcome: PagerMessage.Outcome) -> Bool {
        guard let sender = notices.removeValue(forKey: id) else { return false }
        if case .refused(let response) = outcome, let status = response.status {
            log(.detail, "a notification was refused with \(status.value)")
            if MessageContent.refusesEnvelope(status) { learn(.noNotifications, of: sender) }
        }
        resumeIfQuiet()
        return true
    }
}
