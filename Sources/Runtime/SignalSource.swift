import CLinux
import Glibc

/// The signals of the process, as events of a loop.
///
/// It is to be made before any other thread is, so that every thread has the signals blocked.
package final class SignalSource: @unchecked Sendable {
    package enum Signal: Hashable, Sendable, CaseIterable {
        case interrupt, terminate, hangUp, windowChange
        /// Ctrl-Z: whoever takes it gives the terminal back and stops the process itself.
        case stop

        var number: Int32 {
            switch self {
            case .interrupt: SIGINT
            case .terminate: SIGTERM
            case .hangUp: SIGHUP
            case .windowChange: SIGWINCH
            case .stop: SIGTSTP
            }
        }
    }

    private let loop: EventLoop
    private let signals: Set<Signal>
    private let descriptor: Descriptor

    /// Blocks `signals` in this thread and those it will start, and hands each that comes to `handler`.
    ///
    /// - Throws: `SocketError` when the system has no descriptor left.
    package init(
        _ signals: Set<Signal>,
        on loop: EventLoop,
        _ handler: @escaping @Sendable (Signal) -> Void
    ) throws(SocketError) {
        (self.loop, self.signals) = (loop, signals)
        var mask = Self.mask(signals)
        unsafe pthread_sigmask(SIG_BLOCK, &mask, nil)
        guard let descriptor = Descriptor(unsafe signalfd(-1, &mask, CInt(SFD_NONBLOCK) | CInt(SFD_CLOEXEC)))
        else {
            throw SocketError(errno: errno)
        }
        self.descriptor = descriptor
        let number = descriptor.number
        guard loop.register(number, .readable, { _ in Self.takeSignals(number, handler) }) else {
            throw SocketError(errno: errno)
        }
    }

    /// Gives the signals their old effect in this thread.
    package func close() {
        loop.deregister(descriptor.number)
        var mask = Self.mask(signals)
        unsafe pthread_sigmask(SIG_UNBLOCK, &mask, nil)
    }

    private static func takeSignals(_ descriptor: Int32, _ handler: (Signal) -> Void) {
        var information = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        while unsafe read(descriptor, &information, size) == size {
            if let signal = Signal.allCases.first(where: { $0.number == Int32(information.ssi_signo) }) {
                handler(signal)
            }
        }
    }

    private static func mask(_ signals: Set<Signal>) -> sigset_t {
        var mask = sigset_t()
        unsafe sigemptyset(&mask)
        for signal in signals { unsafe sigaddset(&mask, signal.number) }
        return mask
    }
}
