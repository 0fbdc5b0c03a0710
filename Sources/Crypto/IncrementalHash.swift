internal import COpenSSL

/// A hash of bytes that come piece by piece.
///
/// Any thread may go on with it, but only one at a time.
@safe package final class IncrementalHash: @unchecked Sendable {
    private let state: OpaquePointer
    private let length: Int

    /// Begins with no bytes.
    package init(_ function: HashFunction) {
        guard let made = unsafe EVP_MD_CTX_new(),
            unsafe EVP_DigestInit_ex2(made, Provider.algorithm(function), nil) == 1
        else { preconditionFailure("the default provider has every hash function named here") }
        unsafe state = made
        length = function.length
    }

    private init(copying other: IncrementalHash) {
        guard let made = unsafe EVP_MD_CTX_new(), unsafe EVP_MD_CTX_copy_ex(made, other.state) == 1 else {
            preconditionFailure("a hash can be copied")
        }
        unsafe state = made
        length = other.length
    }

    deinit { unsafe EVP_MD_CTX_free(state) }

    /// Takes the next bytes.
    package func update(_ bytes: Span<UInt8>) {
        let isDone = unsafe bytes.withUnsafeBytes { buffer in
            unsafe EVP_DigestUpdate(state, buffer.baseAddress, buffer.count) == 1
        }
        precondition(isDone, "a hash takes any bytes")
    }

    /// The same hash, to be gone on with apart from this one.
    package func copy() -> IncrementalHash { IncrementalHash(copying: self) }

    /// The hash of all bytes so far; more may follow.
    package var value: [UInt8] {
        let ended = copy()
        var digest = [UInt8](repeating: 0, count: length)
        let isDone = unsafe digest.withUnsafeMutableBufferPointer { output in
            unsafe EVP_DigestFinal_ex(ended.state, output.baseAddress, nil) == 1
        }
        precondition(isDone, "a hash can be ended")
        return digest
    }
}
