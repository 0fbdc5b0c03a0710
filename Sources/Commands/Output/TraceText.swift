import Engine
import SIP
import Wire

extension TraceRecord {
    /// The message under a line that says when and which way it went; control characters but line ends are masked.
    var lines: String {
        let arrow = direction == .sent ? "->" : "<-"
        let ends =
            switch way {
            case .sip(let flow): "\(flow.transport.rawValue) \(flow.local) \(arrow) \(flow.remote)"
            case .http(let server, let isSecure): "\(isSecure ? "https" : "http") \(arrow) \(server)"
            }
        let head = "\(time) \(ends)"
        let body = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .map { Display.safe(String($0)) }
        return head + "\n" + body.joined(separator: "\n") + "\n"
    }
}

extension Explanation {
    /// The lines for standard error, without the last line end; on a command line each names the program.
    func lines(named isNamed: Bool) -> String {
        let prefix = isNamed ? "ims: " : ""
        return ([summary] + (advice.map { [$0] } ?? [])).map { prefix + $0 }.joined(separator: "\n")
    }
}
