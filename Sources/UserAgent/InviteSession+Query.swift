import SIP
import Wire

// OPTIONS in the dialog of a session (RFC 3261 §11, §12.2.1.1): it changes nothing in it.
extension InviteSession {
    /// Makes the request; `nil` while there is no dialog, or not any more.
    mutating func makeCapabilityQuery() -> Message? {
        guard phase == .established else { return nil }
        return dialog?.makeRequest(.options)
    }

    /// Notes the number a question has come to, if it was one of this dialog.
    mutating func noteCapabilityQuery(_ request: Message) {
        guard let tag = request.toTag, tag == dialog?.id.remoteTag, let cseq = request.cseq,
            request.headers.first(.callID)?.text == callID
        else { return }
        dialog?.noteLocalSequence(cseq.number)
    }
}
