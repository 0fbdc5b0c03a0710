import Engine
import Glibc
import Runtime
import Synchronization

/// The program from its arguments to its exit status.
///
/// Each kind of command gets no more than it needs: help touches neither files nor libraries, what is about the
/// configuration opens no socket.
package struct Program {
    private let arguments: [String]?
    private let table = CommandTable.standard
    private let isColourWanted: Bool

    /// - Parameters:
    ///   - arguments: The words after the program's name; `nil` if they are not UTF-8.
    ///   - environment: Looks a variable up.
    package init(arguments: [String]?, environment: (String) -> String?) {
        self.arguments = arguments
        // https://no-color.org: any value counts but the empty one.
        isColourWanted = environment("NO_COLOR").map(\.isEmpty) ?? true && environment("TERM") != "dumb"
    }

    /// Runs to the end, on the calling thread.
    package func run() -> ExitStatus {
        let status = carryOut()
        let error = StandardSink.outputError.load(ordering: .relaxed)
        guard error != 0 else { return status }
        let reason = unsafe String(cString: strerror(error))
        let explanation = Explanation(CommandFailure.output(reason))
        StandardSink().standardError(explanation.lines(named: true) + "\n")
        return status == .done ? explanation.status : status
    }

    private func carryOut() -> ExitStatus {
        do throws(UsageError) {
            guard let arguments else { throw .notText }
            let invocation = try table.parse(arguments)
            if invocation.command == nil, !invocation.options.mayAsk { throw .noCommand }
            return run(invocation)
        } catch {
            var options = GlobalOptions()
            options.isJSON = arguments?.prefix { $0 != "--" }.contains("--json") == true
            Self.output(options, style(options)).show(Explanation(error))
            return .usage
        }
    }

    private func run(_ invocation: CommandTable.Invocation) -> ExitStatus {
        let (options, style) = (invocation.options, style(invocation.options))
        let output = Self.output(options, style)
        do {
            switch invocation.command?.kind {
            case .offline(let command):
                command.run(table: table, isREPL: false, output: output)
                return .done
            case .loop(let command):
                return Self.onLoop { loop in await command.run(on: loop) { Self.output(options, style) } }
            case .configuration(let command):
                let configuration = try configuration(options)
                try command.run(configuration: configuration, selector: options.account, output: output)
                return .done
            case .engine(let command): return try run(command, options)
            case nil: return try run(nil, options)
            }
        } catch {
            let explanation = Explanation(describing: error)
            output.show(explanation)
            return explanation.status
        }
    }

    /// Runs a command that needs an engine, or the REPL if there is none.
    private func run(_ command: (any EngineCommand)?, _ options: GlobalOptions) throws -> ExitStatus {
        let configuration = try configuration(options)
        let account = try configuration.account(options.account)
        var style = style(options, configuration)
        style.showsProgress = command?.isLongLived ?? true
        style.namesProgram = command != nil
        style.showsBar = command != nil && isTerminal(2) && !options.isJSON
        let isTerminal = isTerminal(0) && isTerminal(1)
        let isPrompt = command?.opensPrompt ?? true && isTerminal && options.mayAsk
        if let command, !isPrompt { style.chatForm = command.chatForm }
        let setup = Session.Setup(
            configuration: configuration,
            account: account,
            options: options,
            table: table,
            isTerminal: isTerminal,
            style: style
        )
        return Self.onLoop { loop in
            let session = Session(setup, on: loop)
            if let command, !isPrompt { return await session.run(command) }
            return await session.runREPL(opening: command)
        }
    }

    private func configuration(_ options: GlobalOptions) throws -> Configuration {
        try Configuration(reading: ConfigurationPaths(file: options.configuration))
    }

    private static func output(_ options: GlobalOptions, _ style: TextOutput.Style) -> any Output {
        options.isJSON
            ? JSONOutput(sink: StandardSink(), verbosity: style.verbosity, now: { .now })
            : TextOutput(sink: StandardSink(), style: style, localTime: LocalTime.init)
    }

    private func style(_ options: GlobalOptions, _ configuration: Configuration? = nil) -> TextOutput.Style {
        var style = TextOutput.Style()
        style.verbosity = options.isQuiet ? .quiet : options.isVerbose ? .verbose : .normal
        let isColoured: (Int32) -> Bool = { descriptor in
            switch configuration?.colour ?? .automatic {
            case .automatic: isColourWanted && isTerminal(descriptor)
            case .on: isColourWanted
            case .off: false
            }
        }
        style.isOutputColoured = isColoured(1)
        style.isOutputTerminal = isTerminal(1)
        style.isErrorColoured = isColoured(2)
        style.columns = { terminalColumns(2) }
        return style
    }

    private final class Result: Sendable {
        let status = Atomic<Int32>(ExitStatus.done.rawValue)
    }

    /// Runs `body` on a loop that owns the calling thread until `body` has ended.
    private static func onLoop(_ body: @escaping @Sendable (EventLoop) async -> ExitStatus) -> ExitStatus {
        let loop = EventLoop()
        let result = Result()
        return withExtendedLifetime(loop) {
            Task(executorPreference: loop) {
                let status = await body(loop)
                result.status.store(status.rawValue, ordering: .releasing)
                loop.stop()
            }
            loop.run()
            return ExitStatus(rawValue: result.status.load(ordering: .acquiring)) ?? .done
        }
    }
}
