import Foundation
package import Runtime

/// A certificate authority and a server certificate of its, made by `openssl` for one run.
package final class CertificateBench: Sendable {
    private let directory: String

    package var authority: String { directory + "/authority.pem" }
    package var authorityKey: String { directory + "/authority.key" }
    package var certificate: String { directory + "/server.pem" }
    package var key: String { directory + "/server.key" }

    package init() {
        let url = FileManager.default.temporaryDirectory.appending(path: "ims-tls-\(UUID())")
        directory = url.path
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        let newKey = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        ]
        run(newKey + ["-subj", "/CN=Lab authority", "-keyout", authorityKey, "-out", authority])
        let names = "subjectAltName=DNS:pcscf.ims.test,IP:127.0.0.1,IP:::1"
        run(
            newKey + [
                "-subj", "/O=Lab/CN=pcscf.ims.test", "-addext", names, "-CA", authority, "-CAkey",
                authorityKey,
            ]
                + ["-keyout", key, "-out", certificate]
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    package func server() throws -> TLSContext { try TLSContext(certificate: certificate, key: key) }

    private func run(_ arguments: [String]) {
        // Whoever reads the files will say that they are missing.
        _ = try? RunningProgram.ended("/usr/bin/openssl", arguments)
    }
}
