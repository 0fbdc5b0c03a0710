import CLinux
import Glibc

/// An open file descriptor, closed when its owner lets go of it.
final class Descriptor: Sendable {
    let number: Int32

    /// Takes over `number`, or returns `nil` when it stands for a failed call.
    init?(_ number: Int32) {
        guard number >= 0 else { return nil }
        self.number = number
    }

    deinit { close(number) }
}
