import Runtime
import SIP
import Store
import UserAgent
import Wire

// What must be known before the first request: the secret, and what earlier runs have kept.
extension Engine {
    /// Reads the secret and takes up what the store has kept; does nothing the second time.
    ///
    /// - Throws: `EngineError.credential` when the secret cannot be read or is not what it should be.
    package func prepare() async throws(EngineError) {
        guard core == nil else { return }
        let credential = try await readCredential()
        guard core == nil else { return }
        self.credential = credential
        let authenticator = Authenticator(
            privateIdentity: account.privateIdentity,
            realm: account.realm,
            credential: credential,
            keptNonces: keptText(StateKey.nonce)
        )
        let setup = try Core.Configuration(
            account: account,
            instance: instanceURN(),
            configuration: configuration
        )
        core = Core(
            setup,
            authenticator: authenticator,
            publishedTag: keptText(StateKey.publication).flatMap { $0.isEmpty ? nil : ByteString($0) }
        )
        transport = SIPTransport(on: loop) { [weak self] id, input in
            self?.assumeIsolated { $0.take(input, for: id) }
        }
    }

    // MARK: - The secret

    private func readCredential() async throws(EngineError) -> Credential {
        switch account.credential {
        case .none: return .none
        case .passwordFile(let path): return .password(try secretLine(of: path))
        case .passwordDescriptor(let number):
            let source = "descriptor \(number)"
            return .password(
                try firstLine(
                    contents(source) { () throws(FileContents.Failure) in
                        try FileContents(descriptor: number)
                    }.bytes,
                    source
                )
            )
        case .passwordCommand(let command): return .password(try await secret(from: command))
        case .aka(let keyFile, let operatorSource, let amf):
            return .card(try card(keyFile, operatorSource, amf))
        }
    }

    private func secret(from command: String) async throws(EngineError) -> Secret {
        let result = await withCheckedContinuation { continuation in
            Subprocess.run(command, timeout: Self.commandPatience, on: loop) {
                continuation.resume(returning: $0)
            }
        }
        switch result {
        case .success(let output): return try firstLine(output, "password-command")
        case .failure(let failure): throw credentialError("password-command \(failure)")
        }
    }

    /// How long a password manager may take, its own questions to the user included.
    private static let commandPatience = Duration.seconds(120)

    private func card(
        _ keyFile: String,
        _ source: Account.OperatorSource,
        _ amf: UInt16
    ) throws(EngineError) -> SoftwareCard {
        let key = try secretKey(of: keyFile)
        let milenage: Milenage? =
            switch source {
            case .opFile(let path): Milenage(key: key, op: try secretKey(of: path))
            case .opcFile(let path): Milenage(key: key, opc: try secretKey(of: path))
            }
        guard let milenage else {
            throw credentialError("\(keyFile): K, OP and OPc have 32 hexadecimal digits each")
        }
        let numbers = keptText(StateKey.sequenceNumbers).flatMap(SequenceNumbers.init) ?? SequenceNumbers()
        return SoftwareCard(milenage, synchronisationAMF: amf, sequenceNumbers: numbers)
    }

    private func secretKey(of path: String) throws(EngineError) -> [UInt8] {
        let line = try secretLine(of: path)
        guard let key = Hexadecimal.decode(line.bytes.filter { !$0.isLinearSpace }), key.count == 16 else {
            throw credentialError("\(path): 32 hexadecimal digits are expected")
        }
        return key
    }

    private func secretLine(of path: String) throws(EngineError) -> Secret {
        let contents = try contents(path) { () throws(FileContents.Failure) in try FileContents(path: path) }
        if contents.isReadableByOthers { emit(.warning(.secretReadableByOthers(file: path))) }
        return try firstLine(contents.bytes, path)
    }

    private func contents(
        _ source: String,
        _ read: () throws(FileContents.Failure) -> FileContents
    ) throws(EngineError) -> FileContents {
        do throws(FileContents.Failure) {
            return try read()
        } catch {
            throw credentialError("\(source): \(error)")
        }
    }

    private func firstLine(_ bytes: [UInt8], _ source: String) throws(EngineError) -> Secret {
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard !line.isEmpty else { throw credentialError("\(source): the first line is empty") }
        return Secret(Array(line))
    }

    private func credentialError(_ detail: String) -> EngineError {
        .credential(account: account.name, detail: detail)
    }

    // MARK: - What earlier runs have kept

    func keptText(_ key: String) -> String? {
        let value = keep { store throws(Store.Failure) in try store.value(key, account: account.name) }
        return (value ?? nil).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The URN that tells this client from the user's others, the same in every run (RFC 5626 §4.1).
    private func instanceURN() -> String {
        if let instance = account.instanceID { return instance }
        var identifiers = IdentifierSource()
        let fresh = "urn:uuid:\(identifiers.uuid())"
        let kept = keep { store throws(Store.Failure) in
            try store.value(StateKey.instance, account: account.name, orKeep: Array(fresh.utf8))
        }
        return kept.map { String(decoding: $0, as: UTF8.self) } ?? fresh
    }

    /// Keeps the sequence numbers of the card as soon as they change: none may be accepted twice.
    func keepSequenceNumbers() {
        guard let numbers = core?.authenticator.sequenceNumbers else { return }
        remember(numbers.description, as: StateKey.sequenceNumbers)
    }

    /// Keeps the UDP port of a registration that stays behind, or forgets that of an earlier one.
    ///
    /// Cores know a client by the address it registered from; over TCP and TLS that ends with the connection.
    func keepPort(ofRegistration isLeftBehind: Bool) {
        // Who has not registered has not taken the earlier one up.
        guard connector.isProven else { return }
        let isKept = keptText(StateKey.port) != nil
        if isLeftBehind, let flow = core?.flow, flow.transport == .udp {
            remember(String(flow.local.port), as: StateKey.port)
        } else if isKept {
            keep { store throws(Store.Failure) in
                try store.setValue(nil, StateKey.port, account: account.name)
            }
        }
    }

    /// Keeps the nonces that the next run goes on with.
    func keepNonces() {
        guard let nonces = core?.authenticator.keptNonces else { return }
        remember(nonces, as: StateKey.nonce)
    }

    func remember(_ text: String, as key: String) {
        guard remembered[key] != text else { return }
        remembered[key] = text
        keep { store throws(Store.Failure) in
            try store.setValue(Array(text.utf8), key, account: account.name)
        }
    }
}
