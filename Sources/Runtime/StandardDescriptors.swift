import Glibc

/// The three descriptors that every program is given.
package enum StandardDescriptors {
    /// Fills the places of those that were closed before the program began, so that nothing else gets their numbers.
    ///
    /// Otherwise a socket or a database could be descriptor 1, and what is said to people would go into it. What
    /// stands there instead fails as a closed one does: it cannot be read or written in the direction that counts.
    package static func fill() {
        for number in 0...2 as ClosedRange<Int32> where fcntl(number, F_GETFD) < 0 {
            _ = unsafe open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY)
        }
    }
}
