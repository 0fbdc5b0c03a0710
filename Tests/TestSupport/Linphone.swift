import Foundation

/// A client that nobody of this project wrote: Linphone on a console, which publishes its presence and watches a friend.
package final class Linphone: Sendable {
    package static let isInstalled = findProgram("linphonec") != nil

    package static let howToInstall = "Linphone is not installed: see scripts/install-dependencies test"

    package let program: RunningProgram
    private let home: TemporaryFolder

    /// Starts it as a user of the core whose password is their name; it registers, publishes and watches by itself.
    package init(as name: String, at proxy: String, watching friend: String) throws {
        home = try TemporaryFolder()
        // It keeps a database there, and does not make the folder.
        try home.write("", to: ".local/share/linphone/made")
        let file = try home.write(
            """
            [sip]
            sip_port=-1
            sip_tcp_port=0
            sip_tls_port=0
            default_proxy=0
            subscribe_presence_only_when_registered=1
            [rtp]
            audio_rtp_port=-1
            [proxy_0]
            reg_proxy=<sip:\(proxy);transport=udp>
            reg_route=<sip:\(proxy);transport=udp;lr>
            reg_identity=sip:\(name)@ims.test
            reg_expires=600
            reg_sendregister=1
            publish=1
            publish_expires=4
            [auth_info_0]
            username=\(name)
            userid=\(name)@ims.test
            passwd=\(name)
            realm=ims.test
            [friend_0]
            url=<\(friend)>
            pol=accept
            subscribe=1

            """,
            to: "linphonerc"
        )
        program = try RunningProgram(
            findProgram("linphonec") ?? "linphonec",
            ["-c", file],
            environment: ["PATH": "/usr/bin:/bin", "TERM": "dumb", "HOME": home.path]
        )
    }

    /// Waits until it says how its friend is: `Online`, `Busy`, `Offline`.
    package func sees(_ friend: String, _ status: String) async throws {
        try await program.text(upTo: "<\(friend)> is \(status)")
    }

    /// Lets it leave.
    ///
    /// It takes back what it has published without a `SIP-If-Match`, which Kamailio refuses with 400: the publication
    /// runs out some seconds later.
    package func quit() async throws {
        program.write("quit\n")
        _ = try await program.exit()
    }
}
