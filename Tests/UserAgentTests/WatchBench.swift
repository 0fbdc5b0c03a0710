import Documents
import SIP
import Testing
import UserAgent
import Wire

/// A core that watches, and a notifier to play against it.
struct WatchBench {
    var bench: CoreBench
    let id: PresenceWatch.ID
    private var sequence = 0

    init(_ subject: PresenceWatch.Subject, once: Bool = false) throws {
        bench = try CoreBench.registered()
        var made: PresenceWatch.ID?
        bench.step { made = $0.watch(subject, once: once, at: $1, into: &$2) }
        id = try #require(made)
    }

    var subscribes: [Message] { bench.requests(.subscribe) }
    var reports: [PresenceWatch.Report] { bench.watchReports.map(\.report) }

    /// The reports but those for the log.
    var news: [PresenceWatch.Report] {
        reports.filter { if case .noted = $0 { false } else { true } }
    }

    mutating func confirm() { bench.answer(.ok, headers: [(.expires, "3600")]) }

    mutating func notify(
        _ body: String,
        type: String = "application/pidf+xml",
        state: String = "active;expires=3600",
        event: String = "presence",
        fields: String = "",
        callID: String? = nil
    ) throws {
        sequence += 1
        let subscribe = try #require(subscribes.last)
        bench.receive(
            """
            NOTIFY sip:alice@127.0.0.1 SIP/2.0
            Via: SIP/2.0/UDP 127.0.0.1:4060;branch=z9hG4bKn\(sequence)
            Max-Forwards: 70
            From: <sip:bob@ims.test>;tag=as
            To: <sip:alice@ims.test>;tag=\(try #require(subscribe.fromTag))
            Call-ID: \(try #require(callID ?? subscribe.headers.first(.callID)?.text))
            CSeq: \(sequence) NOTIFY
            Contact: <sip:as.ims.test>
            Event: \(event)
            Subscription-State: \(state)
            \(body.isEmpty ? "" : "Content-Type: \(type)\n")\(fields)Content-Length: \(body.replacing("\n", with: "\r\n").utf8.count)

            \(body)
            """
        )
    }
}

func presence(_ basic: String, of uri: String = "sip:bob@ims.test") -> String {
    "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='\(uri)'><tuple id='a'><status><basic>\(basic)</basic>"
        + "</status></tuple></presence>"
}
