import Documents
import Engine
import Runtime
import Store
import Wire

/// Takes in what the operator provisions.
struct ProvisionCommand: ConfigurationCommand {
    static let definition = CommandDefinition(
        name: "provision",
        topic: .account,
        summary: "Take in what the operator of the network provisions.",
        parameters: [
            Parameter(name: "action", kind: .choice(["import"]), help: "What to do"),
            Parameter(name: "file", kind: .file, help: "The XML of a DM tree or of an AC document"),
        ],
        details: [
            "PRES-SRV-CAP, Conference-factory-URI and MAX-ADHOC-GROUP-SIZE are taken from the file and kept for the "
                + "account. The keys pres-srv-cap, conference-factory and max-adhoc-group-size of ims.conf count more "
                + "than what is kept; account show shows what holds.",
            "The last two are about chats of several people, which this version does not have: they are kept for one "
                + "that does.",
        ],
        examples: ["provision import operator.xml"]
    )

    private let file: String

    init(_ arguments: Arguments) { file = arguments["file"] }

    func run(configuration: Configuration, selector: String?, output: any Output) throws {
        let account = try configuration.account(selector)
        let provisioning: Provisioning
        do {
            let bytes = try FileContents(path: file).bytes
            provisioning = try Provisioning(parsing: ByteString(bytes))
        } catch let failure as FileContents.Failure {
            throw CommandFailure.unreadable(file, failure)
        } catch {
            throw ProvisioningFailure.unreadable(file: file, detail: "\(error)")
        }
        guard !provisioning.isEmpty else { throw ProvisioningFailure.nothingKnown(file: file) }
        let store = try Store(path: configuration.storePath)
        try store.keep(provisioning, account: account.name)
        output.show(.provisioned(provisioning), account: account.name)
    }
}
