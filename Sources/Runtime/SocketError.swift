import CLinux
import Glibc

/// Why a socket could not be opened, or is no longer of use.
package enum SocketError: Error, Hashable, Sendable {
    /// Nothing listens there: a TCP reset, or an ICMP "port unreachable".
    case refused
    /// There is no way to the network or the host.
    case unreachable
    case timedOut
    /// The peer ended the connection without closing it.
    case reset
    case addressInUse
    case addressNotAvailable
    case notPermitted
    /// The datagram is larger than the path or the protocol takes.
    case messageTooLarge
    case tooManyDescriptors
    /// What waits to be sent has reached the cap of the connection.
    case queueFull
    /// The socket was closed on our side before.
    case closed
    case tls(TLSFailure)
    /// Any other error of the system.
    case system(errno: Int32)

    init(errno number: Int32) {
        self =
            switch number {
            case ECONNREFUSED: .refused
            case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, ENONET: .unreachable
            case ETIMEDOUT: .timedOut
            case ECONNRESET, EPIPE, ECONNABORTED: .reset
            case EADDRINUSE: .addressInUse
            case EADDRNOTAVAIL: .addressNotAvailable
            case EACCES, EPERM: .notPermitted
            case EMSGSIZE: .messageTooLarge
            case EMFILE, ENFILE: .tooManyDescriptors
            default: .system(errno: number)
            }
    }
}

extension SocketError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .refused: "connection refused"
        case .unreachable: "host or network unreachable"
        case .timedOut: "timed out"
        case .reset: "connection reset by peer"
        case .addressInUse: "address already in use"
        case .addressNotAvailable: "address not available on this host"
        case .notPermitted: "not permitted"
        case .messageTooLarge: "message too large"
        case .tooManyDescriptors: "too many open files"
        case .queueFull: "too much is waiting to be sent"
        case .closed: "closed"
        case .tls(let failure): "TLS: \(failure)"
        case .system(let number): unsafe String(cString: strerror(number))
        }
    }
}
