import Runtime
import SIP
import Testing

@testable import Engine

let testPaths = ConfigurationPaths(
    environment: { ["HOME": "/home/alice"][$0] },
    file: "/home/alice/.config/ims/ims.conf"
)

func configuration(_ text: String) throws(ConfigurationError) -> Configuration {
    try Configuration(parsing: Array(text.utf8), paths: testPaths)
}

@Suite struct ConfigurationTests {
    private let minimal = "[account alice]\npublic-identity = sip:alice@ims.test\n"

    private func account(_ settings: String) throws -> Account {
        try configuration(minimal + settings).account(nil)
    }

    @Test("what may be left out follows from the public identity")
    func defaults() throws {
        let account = try account("")
        #expect(account.privateIdentity == "alice@ims.test")
        #expect(account.realm == "ims.test")
        #expect(account.proxy == Account.Proxy(host: "ims.test"))
        #expect(account.credential == .none)
        #expect(account.requiresPreferences && account.subscribesToRegistration && account.isTLSVerified)
        #expect(account.expires == .seconds(600_000))
    }

    @Test("what is done with invitations to a chat is left open unless it is said")
    func chatPolicy() throws {
        #expect(try account("").chatPolicy == nil)
        #expect(try account("accept-chat = all").chatPolicy == .all)
        #expect(throws: ConfigurationError.self) { try account("accept-chat = some") }
    }

    @Test("the document server is a URL without a query, and none unless it is said")
    func documentServer() throws {
        #expect(try account("").xcapRoot == nil)
        let root = try account("xcap-root = http://127.0.0.1:8080/xcap-root/").xcapRoot
        #expect(root?.description == "http://127.0.0.1:8080/xcap-root/")
        #expect(try account("xcap-user = carol\nxcap-asserted-identity = on").xcapUser == "carol")
        for setting in [
            "xcap-root = 127.0.0.1", "xcap-root = http://a/?b", "xcap-user =", "xcap-asserted-identity = x",
        ] {
            #expect(throws: ConfigurationError.self) { try account(setting) }
        }
    }

    @Test("the private identity follows from the realm when one is given")
    func realm() throws {
        #expect(try account("realm = home.test").privateIdentity == "alice@home.test")
    }

    @Test(
        "the proxy is a host, a host and a port, or a URI",
        arguments: [
            ("pcscf.ims.test", "pcscf.ims.test", nil, nil),
            ("127.0.0.1:4060", "127.0.0.1", 4060, nil),
            ("::1", "::1", nil, nil),
            ("[2001:db8::1]:5070", "2001:db8::1", 5070, nil),
            ("sip:pcscf.ims.test;transport=tcp;lr", "pcscf.ims.test", nil, .tcp),
            ("sips:pcscf.ims.test:4061", "pcscf.ims.test", 4061, .tls),
            ("sips:pcscf.ims.test;transport=tcp", "pcscf.ims.test", nil, .tls),
        ] as [(String, String, UInt16?, TransportProtocol?)]
    )
    func proxy(_ text: String, host: String, port: UInt16?, transport: TransportProtocol?) throws {
        #expect(
            try account("proxy = \(text)").proxy
                == Account.Proxy(host: host, port: port, transport: transport)
        )
    }

    @Test(
        "times are seconds or carry their unit",
        arguments: [("90", 90), ("90s", 90), ("10m", 600), ("1h", 3600), ("7d", 604_800)]
    )
    func durations(_ text: String, seconds: Int) throws {
        #expect(try account("expires = \(text)").expires == .seconds(seconds))
    }

    @Test("file names begin where the configuration is, or at home")
    func paths() throws {
        #expect(try account("tls-ca = ca.pem").tlsCA == "/home/alice/.config/ims/ca.pem")
        #expect(try account("tls-ca = ~/ca.pem").tlsCA == "/home/alice/ca.pem")
        #expect(try account("password-file = /etc/p").credential == .passwordFile("/etc/p"))
    }

    @Test("a software card needs K and OP or OPc")
    func card() throws {
        let card = try account("aka-k-file = /k\naka-opc-file = /opc\naka-amf = 8000").credential
        #expect(card == .aka(keyFile: "/k", operator: .opcFile("/opc"), amf: 0x8000))
    }

    @Test("values in quotes keep blanks and escapes, and a comment may follow")
    func quotes() throws {
        #expect(try account(#"display-name = " Alice \"A\" \\ "  # friend"#).displayName == #" Alice "A" \ "#)
        #expect(try account("display-name = \"\"").displayName == "")
        #expect(
            try account("password-command = pass show \"a b\" # x").credential
                == .passwordCommand("pass show \"a b\" # x")
        )
    }

    @Test("blank lines, comments and carriage returns do not matter")
    func blanks() throws {
        let text = "\r\n# c\r\n  ; c\r\ncolour=off\r\n\t[account  bob]\r\npublic-identity=sip:bob@x\r\n"
        let configuration = try configuration(text)
        #expect(configuration.colour == .off)
        #expect(configuration.accounts.map(\.publicIdentity) == ["sip:bob@x"])
    }

    @Test("the account is the one named, the default, or the only one")
    func selection() throws {
        let two = "[account a]\npublic-identity = sip:a@x\n[account b]\npublic-identity = sip:b@x\n"
        #expect(try configuration(two).account("b").name == "b")
        #expect(try configuration("default-account = b\n" + two).account(nil).name == "b")
        #expect(throws: AccountSelectionError.noneChosen(known: ["a", "b"])) {
            try configuration(two).account(nil)
        }
        #expect(throws: AccountSelectionError.unknownAccount("c", known: ["a", "b"])) {
            try configuration(two).account("c")
        }
    }

    @Test("global settings are read, paths expanded")
    func global() throws {
        let text = "data-dir = ~/ims\nhistory = off\nlog-level = detail\nname-servers = 127.0.0.1:5300, ::1\n"
        let configuration = try configuration(text + minimal)
        #expect(configuration.storePath == "/home/alice/ims/ims.db")
        #expect(!configuration.keepsHistory)
        #expect(configuration.logLevel == .detail)
        #expect(configuration.nameServers == ["127.0.0.1:5300", "[::1]:53"])
    }

    @Test("directories follow XDG, a relative one is passed over")
    func xdg() {
        let environment = ["HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "relative"]
        let paths = ConfigurationPaths(environment: { environment[$0] })
        #expect(paths.file == "/c/ims/ims.conf")
        #expect(paths.data == "/h/.local/share/ims")
    }

    @Test("a connector picks the account by app-id and replaces keys")
    func connector() throws {
        let configuration = try configuration(minimal + "app-id = org.example.Chat\n")
        let account = try configuration.account(
            "imscore://org.example.Chat;proxy=sip:p.test%3Btransport=tcp;expires=1h"
        )
        #expect(account.name == "alice")
        #expect(account.proxy == Account.Proxy(host: "p.test", transport: .tcp))
        #expect(account.expires == .seconds(3600))
    }

    @Test(
        "a connector that cannot be used says why",
        arguments: [
            ("imscore:x", .malformedConnector("imscore:x")),
            ("imscore://a b", .malformedConnector("imscore://a b")),
            ("imscore://Chat;proxy", .malformedConnector("imscore://Chat;proxy")),
            ("imscore://Chat;realm=%zz", .malformedConnector("imscore://Chat;realm=%zz")),
            ("imscore://Other", .unknownApplication("Other", known: ["Chat"])),
            ("imscore://Chat;proxi=x", .unknownConnectorKey("proxi", suggestion: "proxy")),
            ("imscore://Chat;password-file=/p", .secretInConnector("password-file")),
            (
                "imscore://Chat;expires=soon",
                .badConnectorValue(
                    key: "expires",
                    value: "soon",
                    expected: ConfigurationValue.Expectation.duration
                )
            ),
        ] as [(String, AccountSelectionError)]
    )
    func badConnector(_ text: String, error: AccountSelectionError) throws {
        let configuration = try configuration(minimal + "app-id = Chat\n")
        #expect(throws: error) { try configuration.account(text) }
    }
}
