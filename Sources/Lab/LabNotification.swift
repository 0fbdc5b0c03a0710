import Documents
import Wire

/// What the automatic buddy tells of the messages that came to it (RFC 5438 §7.2.1).
enum LabNotification: String, Sendable, CaseIterable {
    case delivered, failed, forbidden, error
    /// It tells nothing, as a client does that knows no notifications.
    case none

    /// The notifications that a message asks for, in the order they are sent.
    func notifications(on envelope: CPIMMessage, by recipient: String) -> [DispositionNotification] {
        guard let messageID = envelope.first(.messageID)?.text,
            let wishes = envelope.first(.dispositionNotification)?.text
        else { return [] }
        return dispositions(wishes).map { disposition in
            DispositionNotification(
                messageID: messageID,
                dateTime: envelope.first(.dateTime)?.text ?? "",
                recipient: recipient,
                originalRecipient: recipient,
                disposition: disposition
            )
        }
    }

    private func dispositions(_ wishes: String) -> [DispositionNotification.Disposition] {
        guard let delivery = DispositionNotification.Delivery(rawValue: rawValue) else { return [] }
        let wish = delivery == .delivered ? "positive-delivery" : "negative-delivery"
        let told: [DispositionNotification.Disposition] = wishes.contains(wish) ? [.delivery(delivery)] : []
        return delivery == .delivered && wishes.contains("display") ? told + [.display(.displayed)] : told
    }
}
