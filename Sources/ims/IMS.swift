import Commands
import Glibc
import Runtime

/// Arguments in, exit status out.
@main struct IMS {
    static func main() {
        // A reader that goes away is told by the write that fails, not by a signal.
        signal(SIGPIPE, SIG_IGN)
        // So is a file that may not become as large as what comes.
        signal(SIGXFSZ, SIG_IGN)
        StandardDescriptors.fill()
        let program = Program(arguments: commandLineWords(), environment: environmentVariable)
        exit(program.run().rawValue)
    }
}
