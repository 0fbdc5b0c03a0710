import SIP
import Wire

/// What the bench must know of a transaction machine to run it.
protocol TransactionMachine {
    associatedtype Timer: Hashable & Sendable
    associatedtype Input: Equatable
    associatedtype Effect: Equatable

    init(isReliable: Bool, timers: TimerValues, into effects: inout [Effect])
    mutating func step(_ input: Input, into effects: inout [Effect])
    static func fired(_ timer: Timer) -> Input
    static func scheduling(_ effect: Effect) -> Scheduling<Timer>?
}

enum Scheduling<Timer> {
    case start(Timer, Duration)
    case stop(Timer)
}

/// One transaction with virtual time and no network; it writes down every effect and when it came.
struct TransactionBench<Machine: TransactionMachine> {
    private(set) var now = Duration.zero
    private(set) var machine: Machine
    private(set) var timers = TimerQueue<Machine.Timer>()
    private(set) var log: [(time: Duration, effect: Machine.Effect)] = []
    private let epoch = Instant.now

    init(isReliable: Bool, timers: TimerValues = .standard) {
        var effects: [Machine.Effect] = []
        machine = Machine(isReliable: isReliable, timers: timers, into: &effects)
        settle(effects)
    }

    mutating func step(_ input: Machine.Input) {
        var effects: [Machine.Effect] = []
        machine.step(input, into: &effects)
        settle(effects)
    }

    /// Fires every timer due up to `limit`, each at its own instant, and stands at `limit` then.
    mutating func run(until limit: Duration) {
        while let due = timers.popDue(at: epoch + limit) {
            now = due.deadline - epoch
            step(Machine.fired(due.key))
        }
        now = limit
    }

    /// When `effect` came.
    func times(of effect: Machine.Effect) -> [Duration] {
        log.filter { $0.effect == effect }.map(\.time)
    }

    /// The deadline of a running timer, from the start.
    var nextDeadline: Duration? { timers.nextDeadline.map { $0 - epoch } }

    private mutating func settle(_ effects: [Machine.Effect]) {
        for effect in effects {
            switch Machine.scheduling(effect) {
            case .start(let timer, let delay): timers.start(timer, at: epoch + now + delay)
            case .stop(let timer): timers.stop(timer)
            case nil: log.append((now, effect))
            }
        }
    }
}

extension NonInviteClientTransaction: TransactionMachine {
    static func fired(_ timer: Timer) -> Input { .fired(timer) }

    static func scheduling(_ effect: Effect) -> Scheduling<Timer>? {
        switch effect {
        case .start(let timer, let delay): .start(timer, delay)
        case .stop(let timer): .stop(timer)
        default: nil
        }
    }
}

extension InviteClientTransaction: TransactionMachine {
    static func fired(_ timer: Timer) -> Input { .fired(timer) }

    static func scheduling(_ effect: Effect) -> Scheduling<Timer>? {
        switch effect {
        case .start(let timer, let delay): .start(timer, delay)
        case .stop(let timer): .stop(timer)
        default: nil
        }
    }
}

extension NonInviteServerTransaction: TransactionMachine {
    static func fired(_ timer: Timer) -> Input { .fired(timer) }

    static func scheduling(_ effect: Effect) -> Scheduling<Timer>? {
        switch effect {
        case .start(let timer, let delay): .start(timer, delay)
        case .stop(let timer): .stop(timer)
        default: nil
        }
    }
}

extension InviteServerTransaction: TransactionMachine {
    static func fired(_ timer: Timer) -> Input { .fired(timer) }

    static func scheduling(_ effect: Effect) -> Scheduling<Timer>? {
        switch effect {
        case .start(let timer, let delay): .start(timer, delay)
        case .stop(let timer): .stop(timer)
        default: nil
        }
    }
}

extension [Double] {
    /// The numbers as seconds.
    var seconds: [Duration] { map { .seconds($0) } }
}

extension StatusCode: ExpressibleByIntegerLiteral {
    /// Lets tests write codes as numbers.
    public init(integerLiteral value: Int) {
        guard let status = StatusCode(value) else { Swift.preconditionFailure("\(value) is no status code") }
        self = status
    }
}
