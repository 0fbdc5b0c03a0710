import Lab
import Runtime
import SIP

struct LabCommand: LoopCommand {
    static let definition = CommandDefinition(
        name: "lab",
        topic: .session,
        summary: "Run a pocket IMS core on loopback, to try things out without a network.",
        options: [
            Option(
                name: "listen",
                value: .required("ADDRESS", .text),
                help: "Listen on this address; 127.0.0.1 if not given"
            ),
            Option(
                name: "port",
                value: .required("PORT", .port),
                help: "Use this port for UDP and TCP; 5060 if not given, 0 for any"
            ),
            Option(
                name: "relay-port",
                value: .required("PORT", .port),
                help: "Use this port for MSRP; 2855 if not given, any if --port is 0"
            ),
            Option(
                name: "xcap-port",
                value: .required("PORT", .port),
                help: "Use this port for XCAP; 8080 if not given, any if --port is 0"
            ),
            Option(
                name: "domain",
                value: .required("NAME", .text),
                help: "Be the core of this domain; ims.test if not given"
            ),
            Option(
                name: "more-users",
                value: .required("COUNT", .count),
                help: "Have so many users more: user1, user2 and so on, whose passwords are their names"
            ),
            Option(
                name: "certificate",
                value: .required("FILE", .file),
                help: "Offer TLS too, on the port after, and show this certificate there and as a relay"
            ),
            Option(name: "key", value: .required("FILE", .file), help: "The key of the certificate"),
            Option(
                name: "fault",
                value: .required("FAULT", .text),
                help:
                    "Begin with a fault, such as 420, 503, stale or \"drop 1\"; several are separated by commas"
            ),
        ],
        details: [
            "Its users are alice, bob and carol, whose passwords are their names; bob answers by himself.",
            "Its MSRP relay serves those who prove who they are by AUTH; chats pass it that are to be broken.",
            "It keeps their presence, which it takes by PUBLISH and tells those who watch them, and their documents, by XCAP.",
            "It reads lines from standard input that let it misbehave; help lists them, quit ends it.",
        ],
        inputs: LabCore.controls.map { ($0.line, $0.meaning) },
        examples: ["lab", "lab --port 0 --fault 420"],
        availability: .commandLineOnly
    )

    /// More than anybody tries out.
    private static let mostUsers = 10_000

    private let configuration: LabConfiguration

    init(_ arguments: Arguments) throws(UsageError) {
        var configuration = LabConfiguration()
        if let host = arguments.option("listen") {
            guard SocketAddress(host: host, port: 0) != nil else {
                throw .badValue(of: "--listen", value: host, expected: "an IPv4 or IPv6 address")
            }
            configuration.host = host
        }
        configuration.port = arguments.option("port").flatMap(UInt16.init) ?? configuration.port
        let more = arguments.option("more-users").flatMap { Int($0) } ?? 0
        guard more <= Self.mostUsers else {
            throw .badValue(of: "--more-users", value: "\(more)", expected: "at most \(Self.mostUsers)")
        }
        configuration.users += (0..<more).map { LabUser(name: "user\($0 + 1)", password: "user\($0 + 1)") }
        configuration.domain = arguments.option("domain") ?? configuration.domain
        if configuration.port == 0 { configuration.tlsPort = 0 }
        configuration.relayPort = arguments.option("relay-port").flatMap(UInt16.init)
        configuration.documentPort = arguments.option("xcap-port").flatMap(UInt16.init)
        switch (arguments.option("certificate"), arguments.option("key")) {
        case (let chain?, let key?): configuration.certificate = (chain, key)
        case (nil, nil): break
        case (_?, nil):
            throw .missingValue(option: "--certificate", expected: "--certificate FILE --key FILE")
        case (nil, _?): throw .missingValue(option: "--key", expected: "--certificate FILE --key FILE")
        }
        if let faults = arguments.option("fault") {
            do throws(LabFaultError) {
                configuration.faults = try LabFaults(parsing: faults)
            } catch {
                throw .badValue(of: "--fault", value: faults, expected: "faults that help lab lists")
            }
        }
        self.configuration = configuration
    }

    func run(on loop: EventLoop, makeOutput: @escaping @Sendable () -> any Output) async -> ExitStatus {
        await LabSession(on: loop, makeOutput).run(configuration)
    }
}

/// One run of the pocket core: the server, the lines that steer it, and the signals that end it.
actor LabSession {
    private let loop: EventLoop
    private let output: any Output
    private var server: LabServer?
    private var reader: InputReader?
    private var splitter = LineSplitter()
    private var waiter: CheckedContinuation<ExitStatus, Never>?

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(on loop: EventLoop, _ makeOutput: @Sendable () -> any Output) {
        self.loop = loop
        output = makeOutput()
    }

    func run(_ configuration: LabConfiguration) async -> ExitStatus {
        do {
            let signals = try SignalSource([.interrupt, .terminate, .hangUp], on: loop) { [weak self] _ in
                self?.assumeIsolated { $0.end(.interrupted) }
            }
            defer { signals.close() }
            let server = try LabServer.start(on: loop, configuration) { [weak self] line in
                self?.assumeIsolated { $0.output.notice(Display.safe(line)) }
            }
            self.server = server
            defer { server.stop() }
            tellAddress(of: server, configuration)
            readLines()
            defer { reader?.close() }
            return await withCheckedContinuation { waiter = $0 }
        } catch {
            let explanation = Explanation(describing: error)
            output.show(explanation)
            return explanation.status
        }
    }

    private func tellAddress(of server: LabServer, _ configuration: LabConfiguration) {
        let users = configuration.users.map(\.name).joined(separator: ", ")
        output.text(
            "listening on \(server.address) (udp, tcp)\(server.tlsAddress.map { " and \($0) (tls)" } ?? "")\n"
        )
        let secure = server.relayTLSAddress.map { " and \($0) (tls)" } ?? ""
        output.text("relaying MSRP at \(server.relayAddress) (tcp)\(secure)\n")
        output.text("keeping documents at http://\(server.documentAddress)/xcap-root\n")
        output.notice("The core of \(configuration.domain) knows \(users); type help, or quit.")
    }

    private func readLines() {
        reader = InputReader(0, on: loop) { [weak self] event in
            self?.assumeIsolated { $0.receive(event) }
        }
    }

    private func receive(_ event: InputReader.Event) {
        // When its input ends the core goes on: it may have been started in the background.
        guard case .received(let bytes) = event else { return }
        for line in splitter.append(bytes) {
            let text = String(decoding: line, as: UTF8.self)
            if text == "quit" { return end(.done) }
            let answer = server?.control(text) ?? ""
            if !answer.isEmpty { output.text(answer + "\n") }
        }
    }

    private func end(_ status: ExitStatus) {
        waiter?.resume(returning: status)
        waiter = nil
    }
}

extension LabServer.StartError {
    /// What is wrong, without a full stop.
    var wording: String {
        switch self {
        case .badHost(let host): "'\(host)' is no address to listen on"
        case .socket(let error, let transport, let address):
            "The lab cannot listen at \(address) by \(transport.rawValue): \(error)"
        case .certificate(let error): "The certificate of the lab cannot be used: \(error)"
        }
    }
}
