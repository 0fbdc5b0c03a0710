import Crypto
import MSRP
import Runtime
import SDP
import Store
import UserAgent
import Wire

/// A transfer the engine keeps.
struct TransferState {
    /// What this side does with the file.
    enum Work {
        /// The user has not said yet.
        case undecided
        case sending(FileSending)
        case receiving(FileReceiver)
        /// The answer to our request for it is awaited.
        case fetching
    }

    var transfer: FileTransfer
    var session: MessageSession.ID
    /// The place of its medium.
    var index: Int
    /// What was offered, by either side.
    var offered: FileAttributes
    var work = Work.undecided
    var local: MSRPURI?
    /// Of a file that is offered in the place of another: the session that carried that one.
    var inherited: MSRPURI?
    var agreement: MSRPAgreement?
    /// Whether the user knows of it, so that its end is to be told.
    var isTold = true
    /// Whether bytes may flow.
    var isOpen = false
    /// Why it ends, while the session still does.
    var end: FileTransferEnd?
    var resumed: UInt64 = 0
    var lastDone: UInt64 = 0
    var lastChange = Instant.now
    /// What was said first of the end of the session or its connection; only the disk or the other word is waited for.
    var closure: FileTransferEnd?
    /// Whether nothing is left to be said by signalling.
    var isSignallingOver = false
    /// What to ask for instead, now that more is known of the file.
    var betterOffer: FileAttributes?
    var waiters = Waiters<FileTransferEnd>()
}

/// A file on its way out.
struct FileSending {
    var messageID: ByteString
    var source: any FileBytes
    /// What stands before the first byte of the file in the message.
    var prefix = 0
    /// The place of the first byte that is sent.
    var offset: UInt64 = 0
    var chunkSize: Int?
    /// Whether the hash is told when all is sent.
    var tellsHash = false
    /// What is kept to go on later.
    var record: UnfinishedTransfer?
}
