/// The calls that wait for one kind of answer; each is resumed exactly once.
struct Waiters<Value: Sendable> {
    typealias Answer = Result<Value, EngineError>

    private var continuations: [Int: CheckedContinuation<Answer, Never>] = [:]
    private var lastNumber = 0

    var isEmpty: Bool { continuations.isEmpty }

    /// Adds a call.
    ///
    /// - Returns: The number to resume it by.
    mutating func add(_ continuation: CheckedContinuation<Answer, Never>) -> Int {
        lastNumber += 1
        continuations[lastNumber] = continuation
        return lastNumber
    }

    /// Answers one call; one that has its answer already is left alone.
    mutating func resume(_ number: Int, with answer: Answer) {
        continuations.removeValue(forKey: number)?.resume(returning: answer)
    }

    /// Answers every call that waits.
    mutating func resumeAll(with answer: Answer) {
        let waiting = continuations.sorted { $0.key < $1.key }
        continuations.removeAll()
        for (_, continuation) in waiting { continuation.resume(returning: answer) }
    }
}
