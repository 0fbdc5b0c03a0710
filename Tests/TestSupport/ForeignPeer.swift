import Foundation

/// A P-CSCF that nobody of this project wrote: SIPp, playing a scenario.
package final class ForeignPeer: Sendable {
    package static let isInstalled = findProgram("sipp") != nil

    package static let howToInstall = "SIPp is not installed: see scripts/install-dependencies test"

    package let port: UInt16
    private let folder: TemporaryFolder
    private let program: RunningProgram

    /// Starts it; it is ended with the value that stands for it.
    package init(playing scenario: PeerScenario) async throws {
        folder = try TemporaryFolder()
        port = try freePort()
        let file = try folder.write(scenario.text, to: "scenario.xml")
        program = try RunningProgram(
            findProgram("sipp") ?? "sipp",
            ["-sf", file, "-i", "127.0.0.1", "-p", "\(port)", "-nostdin"],
            environment: ["PATH": "/usr/bin:/bin", "TERM": "dumb", "HOME": folder.path]
        )
        program.closeInput()
        do {
            try await waitUntilTaken(port)
        } catch {
            program.signal(SIGKILL)
            _ = try await program.exit()
            throw RunningProgram.Failure(
                description: "SIPp does not play: \(program.errors)\n\(scenario.text)"
            )
        }
    }

    /// Somebody whose P-CSCF this is.
    package func person(settings: [String: String] = [:]) throws -> Person {
        try Person("alice", proxyPort: port, settings: settings, keeping: self)
    }
}

/// What a foreign P-CSCF does with the requests of one client.
package struct PeerScenario: Sendable {
    /// One answer: the status line without its version, and header lines beyond those every answer has.
    package struct Answer: Sendable {
        let status: String
        let headers: [String]

        package init(_ status: String, _ headers: String...) {
            self.status = status
            self.headers = headers
        }
    }

    /// The answers to the REGISTERs in turn; the last one is repeated.
    var registrations: [Answer]
    /// What is sent to the client after the first REGISTER that got 200, each with the answers expected.
    var requests: [String] = []
    var message = Answer("200 OK")

    package static let challenge = Answer(
        "401 Unauthorized",
        #"WWW-Authenticate: Digest realm="ims.test", nonce="5ca1ab1e", algorithm=MD5, qop="auth""#
    )

    package static let granted = Answer(
        "200 OK",
        "[last_Contact:]",
        "Expires: 600",
        "P-Associated-URI: <sip:alice@ims.test>",
        "Service-Route: <sip:orig@127.0.0.1:[local_port];lr>"
    )

    package init(
        registrations: [Answer] = [challenge, granted],
        message: Answer = Answer("200 OK"),
        requests: [String] = []
    ) {
        (self.registrations, self.message, self.requests) = (registrations, message, requests)
    }

    /// A request as SIPp sends it within the call of the registration, and the status it must get.
    ///
    /// SIPp takes an answer that is the same as the one before it for a retransmission.
    package static func incoming(
        _ text: String,
        branch: String,
        callID: String,
        cseq: Int,
        contentType: String = "text/plain",
        expecting status: Int
    ) -> String {
        """
        <send><![CDATA[
        MESSAGE [$contact] SIP/2.0
        Via: SIP/2.0/UDP 127.0.0.1:[local_port];branch=z9hG4bK\(branch)
        Max-Forwards: 70
        From: <sip:bob@ims.test>;tag=\(callID)
        To: <sip:alice@ims.test>
        Call-ID: \(callID)///[call_id]
        CSeq: \(cseq) MESSAGE
        P-Asserted-Identity: <sip:bob@ims.test>
        Content-Type: \(contentType)
        Content-Length: [len]

        \(text)]]></send>
        <recv response="\(status)"/>
        """
    }

    /// The scenario in SIPp's language: one call for each Call-ID, told apart by the method of its first request.
    var text: String {
        var register = registrations.map { "\(reply($0))\n" }.joined(
            separator: #"<recv request="REGISTER"/>"# + "\n"
        )
        register += requests.joined(separator: "\n")
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <scenario name="P-CSCF">
            <recv request="REGISTER" optional="true" next="1">\(remembersContact)</recv>
            <recv request="MESSAGE" next="3"/>
            <label id="1"/>
            \(register)
            <label id="2"/>
            <recv request="REGISTER"/>
            \(reply(registrations.last ?? Self.granted, next: 2))
            <label id="3"/>
            \(reply(message))
            <recv request="MESSAGE"/>
            \(reply(message, next: 3))
            </scenario>

            """
    }

    /// Where requests go; SIPp refuses a scenario that sets a variable and does not use it.
    private var remembersContact: String {
        guard !requests.isEmpty else { return "" }
        let search = #"regexp="sip:[^>]*" search_in="hdr" header="Contact:""#
        return "<action><ereg \(search) assign_to=\"contact\"/></action>"
    }

    private func reply(_ answer: Answer, next label: Int? = nil) -> String {
        let head = [
            "SIP/2.0 \(answer.status)", "[last_Via:]", "[last_From:]", "[last_To:];tag=peer",
            "[last_Call-ID:]",
            "[last_CSeq:]",
        ]
        let lines = head + answer.headers + ["Content-Length: 0", "", ""]
        let next = label.map { " next=\"\($0)\"" } ?? ""
        return "<send\(next)><![CDATA[\n" + lines.joined(separator: "\n") + "]]></send>"
    }
}
