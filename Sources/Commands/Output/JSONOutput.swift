import Documents
package import Engine
import SIP
import Store
package import Wire

package import struct Engine.Event

/// One JSON object a line, on standard output; ims(1) names every field.
package final class JSONOutput: Output {
    private let sink: any TextSink
    private let verbosity: Verbosity
    private let now: () -> Timestamp

    package init(sink: any TextSink, verbosity: Verbosity, now: @escaping () -> Timestamp) {
        self.sink = sink
        self.verbosity = verbosity
        self.now = now
    }

    package func show(_ event: Event) {
        let (name, members) = Self.members(of: event.kind)
        write(name, time: event.time, account: event.account, members)
    }

    package func show(_ result: CommandResult, account: String) {
        var (name, time) = ("", now())
        var members = JSONMembers()
        switch result {
        case .registered(let status):
            name = "registered"
            members.add(status)
        case .unregistered: return
        case .status(let status, let account):
            name = "status"
            members.add("registered", status != nil)
            if let status { members.add(status) } else { members.add("identity", account.publicIdentity) }
        case .identities(let status):
            name = "identities"
            members.add("identities", status.identities)
            members.add("default", status.identities.first)
            members.add("barred", status.isRegisteredIdentityBarred ? [status.registeredIdentity] : [])
        case .chat(let entry):
            name = "chat"
            members.add(entry.chat)
            members.add("state", entry.state.rawValue)
        case .history(let entry):
            (name, time) = ("history", entry.time)
            members.add(entry)
        case .capabilities(let capabilities):
            (name, time) = ("capabilities", capabilities.time)
            members.add(capabilities)
        case .presence(let change):
            name = "presence"
            members.add(change)
        case .ownPresence(let status):
            name = "own_presence"
            members.add(status)
        case .provisioned(let provisioning):
            name = "provisioned"
            members.add("pres_srv_cap", provisioning.presenceServerCapabilities)
            members.add("conference_factory", provisioning.conferenceFactory)
            members.add("max_adhoc_group_size", provisioning.maximumGroupSize)
        case .buddy(let entry):
            name = "buddy"
            members.add(entry)
        case .buddyWatch(let mode):
            name = "buddy_watch"
            members.add(mode)
        case .watcherRequest(let request):
            name = "watcher_request"
            members.add(request)
        case .document(let document):
            name = "document"
            members.add(document)
        case .documentState(let report):
            name = "document_state"
            members.add(report)
        case .transfer(let transfer, let isOffered):
            name = "transfer"
            members.add(transfer)
            members.add("state", isOffered ? "offered" : "active")
        // `file_ended` has told it.
        case .received: return
        case .account(let account, let isDefault, let isDetailed):
            name = "account"
            members.add(account, isDefault: isDefault, isDetailed: isDetailed)
        }
        write(name, time: time, account: account, members)
    }

    package func text(_ text: String) { sink.standardOutput(text) }

    package func notice(_ text: String) {
        if verbosity > .quiet { sink.standardError(text + "\n") }
    }

    package func show(_ explanation: Explanation) {
        var members = JSONMembers()
        members.add(explanation)
        members.add("exit_status", explanation.status.rawValue)
        write("error", time: now(), account: nil, members)
        sink.standardError(explanation.lines(named: true) + "\n")
    }

    package func show(_ line: LogLine) {
        if line.level <= verbosity.logLevel { sink.standardError("ims: \(Display.safe(line.text))\n") }
    }

    package func show(_ record: TraceRecord) { sink.standardError(record.lines) }

    private func write(_ event: String, time: Timestamp, account: String?, _ members: JSONMembers) {
        var all = JSONMembers()
        all.add("event", event)
        all.add("time", time.description)
        all.add("account", account)
        sink.standardOutput(JSONValue.object(all.members + members.members).description + "\n")
    }

    private static func members(of kind: Event.Kind) -> (String, JSONMembers) {
        var members = JSONMembers()
        switch kind {
        case .registering(let attempt):
            members.add("proxy", attempt.proxy)
            members.add("transport", attempt.transport.rawValue)
            return ("registering", members)
        case .registered(let status):
            members.add(status)
            return ("registered", members)
        case .registrationFailed(let error, let retryAfter):
            members.add(Explanation(error))
            members.add("retry_after", retryAfter?.components.seconds)
            return ("registration_failed", members)
        case .unregistered(let cause):
            members.add(cause)
            return ("unregistered", members)
        case .connectionLost(let detail):
            members.add("detail", detail)
            return ("connection_lost", members)
        case .message(let message):
            members.add(message)
            return ("message", members)
        case .outcome(let report):
            members.add(report)
            return ("sent", members)
        case .chatInvited(let chat):
            members.add(chat)
            return ("chat_invited", members)
        case .chatOpened(let chat):
            members.add(chat)
            return ("chat_opened", members)
        case .chatMessage(let message):
            members.add(message)
            return ("chat_message", members)
        case .chatSent(let report):
            members.add(report)
            return ("chat_sent", members)
        case .disposition(let report):
            members.add(report)
            return ("disposition", members)
        case .composing(let report):
            members.add(report)
            return ("composing", members)
        case .chatClosed(let chat, let end):
            members.add(chat)
            members.add(end)
            return ("chat_closed", members)
        case .presence(let change):
            members.add(change)
            return ("presence", members)
        case .presenceUnknown(let uri, let name, let obstacle):
            members.add(uri, called: name, obstacle)
            return ("presence_unknown", members)
        case .watcher(let watcher):
            members.add(watcher)
            return ("watcher", members)
        case .buddiesChanged(let change):
            members.add("added", change.added.map(\.uri))
            members.add("removed", change.removed.map(\.uri))
            members.add("changed", change.changed.map(\.uri))
            return ("buddies_changed", members)
        case .fileOffered(let transfer):
            members.add(transfer)
            members.add(transfer.icon)
            return ("file_offered", members)
        case .fileHashing(let file, let progress):
            members.add("name", file)
            members.add(progress)
            return ("file_hashing", members)
        case .fileStarted(let transfer, let progress):
            members.add(transfer)
            members.add(progress)
            return ("file_started", members)
        case .fileProgress(let transfer, let progress):
            members.add(transfer)
            members.add(progress)
            return ("file_progress", members)
        case .fileEnded(let transfer, let end):
            members.add(transfer)
            members.add(end)
            return ("file_ended", members)
        case .warning(let warning):
            members.add("warning", warning.code)
            members.add("message", warning.wording)
            return ("warning", members)
        }
    }
}
