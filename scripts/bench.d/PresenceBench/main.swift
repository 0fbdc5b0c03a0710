// Times what presence costs: `PresenceBench read FILE COUNT` and `PresenceBench notify FILE COUNT`.
//
// `read` reads the PIDF document of the file, and lets libxml2's reader alone go through it, in turn; `notify` hands a core
// that watches 500 people NOTIFY requests with that document, each a change. Both print nanoseconds for one.

import Documents
import Glibc
import SIP
import UserAgent
import Wire

private func contents(of path: String) -> [UInt8]? {
    guard let file = unsafe fopen(path, "rb") else { return nil }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var byte = unsafe getc(file)
    while byte != EOF {
        bytes.append(UInt8(truncatingIfNeeded: byte))
        byte = unsafe getc(file)
    }
    return bytes
}

private func nanoseconds(_ count: Int, _ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    for _ in 0..<count { try body() }
    let (seconds, attoseconds) = start.duration(to: clock.now).components
    return (Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(count)
}

private func median(_ times: [Double]) -> Int { Int(times.sorted()[times.count / 2].rounded()) }

/// libxml2's text reader, as far as it goes through a document.
@safe private struct TextReader {
    typealias New =
        @convention(c) (
            UnsafePointer<CChar>?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?, Int32
        ) -> OpaquePointer?
    typealias Step = @convention(c) (OpaquePointer?) -> Int32
    typealias Free = @convention(c) (OpaquePointer?) -> Void

    private let (make, step, free): (New, Step, Free)
    /// `xmlParserOption`: no errors, no warnings, no network.
    private let options: Int32 = 1 << 5 | 1 << 6 | 1 << 11

    init?() {
        guard let library = unsafe dlopen("libxml2.so.2", RTLD_NOW) ?? dlopen("libxml2.so.16", RTLD_NOW),
            let make = unsafe dlsym(library, "xmlReaderForMemory"),
            let step = unsafe dlsym(library, "xmlTextReaderRead"),
            let free = unsafe dlsym(library, "xmlFreeTextReader")
        else { return nil }
        unsafe self.make = unsafeBitCast(make, to: New.self)
        unsafe self.step = unsafeBitCast(step, to: Step.self)
        unsafe self.free = unsafeBitCast(free, to: Free.self)
    }

    func read(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { buffer in
            let start = unsafe buffer.assumingMemoryBound(to: CChar.self).baseAddress
            guard let reader = unsafe make(start, Int32(buffer.count), nil, "UTF-8", options) else { return }
            while unsafe step(reader) == 1 {}
            unsafe free(reader)
        }
    }
}

/// Reads the document as the program does, and as the library does by itself.
private func read(_ bytes: [UInt8], _ count: Int) throws {
    guard let library = TextReader() else { return print("libxml2 is not installed") }
    var (ours, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<15 {
        try ours.append(
            nanoseconds(count) { _ = PresenceState(try PresenceDocument(parsing: ByteString(bytes))) }
        )
        theirs.append(nanoseconds(count) { library.read(bytes) })
    }
    print("ours \(median(ours)) libxml2 \(median(theirs))")
}

/// A registered core that watches many, and the NOTIFY requests that come.
private struct Watcher {
    var core: Core
    let now = Instant.now
    private let flow = Flow(
        id: FlowID(1),
        transport: .tcp,
        local: TransportAddress(host: "127.0.0.1", port: 40_000),
        remote: TransportAddress(host: "127.0.0.1", port: 4060)
    )
    private var sent: [Message] = []
    private var subscriptions: [Message] = []
    private(set) var changes = 0
    private var deadline: Instant?

    init(watching count: Int) throws {
        let profile = Registration.Profile(
            publicIdentity: try SIPURI("sip:alice@ims.test"),
            homeDomain: try SIPURI("sip:ims.test")
        )
        core = Core(
            Core.Configuration(registration: profile, watchesRegistration: false),
            authenticator: Authenticator(
                privateIdentity: "alice@ims.test",
                realm: "ims.test",
                credential: .password(Secret("alice"))
            )
        )
        step { $0.register(at: $1, into: &$2) }
        let flow = flow
        step { $0.flowOpened(flow, at: $1, into: &$2) }
        answer(with: sent[0].headers.first(.contact)?.text ?? "")
        for number in 1...count {
            sent = []
            step { _ = $0.watch(.presence(of: "sip:user\(number)@ims.test"), at: $1, into: &$2) }
            subscriptions += sent.filter { $0.method == .subscribe }
            answer(with: nil)
        }
    }

    private mutating func step(_ body: (inout Core, Instant, inout [Core.Effect]) -> Void) {
        var effects: [Core.Effect] = []
        body(&core, now, &effects)
        // Asked after every step, to set the timer.
        deadline = core.nextDeadline
        for effect in effects {
            switch effect {
            case .transmit(let bytes, _):
                if let one = try? Message(parsing: ByteString(bytes)) { sent.append(one) }
            case .watch(_, .presence): changes += 1
            default: break
            }
        }
    }

    private mutating func answer(with contact: String?) {
        guard let request = sent.last(where: \.isRequest) else { return }
        var response = request.response(.ok, toTag: "far")
        if let contact { response.headers.append(.contact, contact + ";expires=3600") }
        response.headers.append(.expires, "3600")
        take(ByteString(response.serialized()))
    }

    mutating func take(_ bytes: ByteString) {
        let flow = flow
        step { $0.receive(bytes, over: flow, at: $1, into: &$2) }
        sent = []
    }

    /// The NOTIFY requests of all who are watched, with that document made theirs.
    func notifies(_ document: String, round: Int) -> [ByteString] {
        subscriptions.enumerated().map { number, subscribe in
            let uri = "sip:user\(number + 1)@ims.test"
            let body = document.replacing("sip:bob@ims.test", with: uri)
            let text = """
                NOTIFY sip:alice@127.0.0.1 SIP/2.0
                Via: SIP/2.0/TCP 127.0.0.1:4060;branch=z9hG4bKn\(round)x\(number)
                Max-Forwards: 70
                From: <\(uri)>;tag=far
                To: <sip:alice@ims.test>;tag=\(subscribe.fromTag?.text ?? "")
                Call-ID: \(subscribe.headers.first(.callID)?.text ?? "")
                CSeq: \(round) NOTIFY
                Contact: <sip:as.ims.test>
                Event: presence
                Subscription-State: active;expires=3600
                Content-Type: application/pidf+xml
                Content-Length: \(body.utf8.count)


                """
            return ByteString(Array(text.replacing("\n", with: "\r\n").utf8) + Array(body.utf8))
        }
    }
}

private func notify(_ bytes: [UInt8], _ count: Int) throws {
    let document = String(decoding: bytes, as: UTF8.self)
    var watcher = try Watcher(watching: 500)
    var times: [Double] = []
    for round in 1...max(3, count / 500) {
        let requests = watcher.notifies(document, round: round)
        var index = 0
        times.append(
            nanoseconds(requests.count) {
                watcher.take(requests[index])
                index += 1
            }
        )
    }
    print("one \(median(times)) told \(watcher.changes) of \(times.count * 500)")
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let count = Int(arguments[3]), count > 0, let bytes = contents(of: arguments[2])
else {
    print("usage: PresenceBench read|notify FILE COUNT")
    exit(2)
}
switch arguments[1] {
case "read": try read(bytes, count)
case "notify": try notify(bytes, count)
default: exit(2)
}
