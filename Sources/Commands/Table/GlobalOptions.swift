/// What every command takes, before or after its name.
package struct GlobalOptions: Hashable, Sendable {
    package var account: String?
    package var configuration: String?
    package var identity: String?
    package var isJSON = false
    package var trace: Trace?
    package var timeout: Duration?
    package var mayAsk = true
    package var isQuiet = false
    package var isVerbose = false
    package var keepsRegistration = false

    package enum Trace: Hashable, Sendable { case standardError, file(String) }

    package init() {}

    package static let definitions = [
        Option(
            name: "account",
            value: .required("NAME", .account),
            help:
                "Use this account of the configuration: its name, or an imscore://APP-ID[;KEY=VALUE]... connector"
        ),
        Option(
            name: "config",
            value: .required("FILE", .file),
            help: "Read this configuration instead of $XDG_CONFIG_HOME/ims/ims.conf"
        ),
        Option(
            name: "as",
            value: .required("URI", .identity),
            help: "Act as this one of your public identities"
        ),
        Option(name: "json", help: "Write one JSON object a line instead of text for people"),
        Option(
            name: "trace",
            value: .optional("FILE", .file),
            help:
                "Write every SIP message and XCAP request that passes to the file, or to standard error; secrets are masked"
        ),
        Option(
            name: "timeout",
            value: .required("SECONDS", .seconds),
            help: "Wait for the network at most this long"
        ),
        Option(
            name: "keep-registration",
            help: "Leave the registration behind when the command ends, instead of ending it"
        ),
        Option(name: "no-input", help: "Never start the prompt"),
        Option(name: "quiet", letter: "q", help: "Say nothing on standard error but errors"),
        Option(name: "verbose", letter: "v", help: "Tell on standard error what is going on"),
        Option(name: "help", letter: "h", help: "Show what can be typed, or how to use the command"),
        Option(name: "version", help: "Show the version"),
    ]

    init(_ options: [String: String]) throws(UsageError) {
        account = options["account"]
        configuration = options["config"]
        identity = options["as"]
        isJSON = options["json"] != nil
        trace = options["trace"].map { $0.isEmpty ? .standardError : .file($0) }
        timeout = options["timeout"].flatMap(ValueKind.seconds(in:))
        mayAsk = options["no-input"] == nil
        isQuiet = options["quiet"] != nil
        isVerbose = options["verbose"] != nil
        keepsRegistration = options["keep-registration"] != nil
        if isQuiet, isVerbose { throw .conflict("-q", "-v") }
    }
}
