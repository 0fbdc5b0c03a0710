/// Carries from the output to the engine that the reader is slower than what comes.
///
/// Confined to the loop, as both ends are.
final class BackPressure: @unchecked Sendable {
    var changed: (@Sendable (Bool) -> Void)?
    var isFull = false {
        didSet { if isFull != oldValue { changed?(isFull) } }
    }
}
