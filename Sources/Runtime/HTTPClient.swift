import CCurl
import Glibc
import Wire

/// Requests to HTTP servers, by libcurl over sockets of the loop.
///
/// Nothing is followed elsewhere, no proxy is asked, and what a server sends is held to a limit. The library is loaded
/// with the first request.
@safe package final class HTTPClient: @unchecked Sendable {
    package typealias Completion = @Sendable (Result<HTTPResponse, HTTPFailure>) -> Void

    private let loop: EventLoop
    private let resolver: Resolver
    private var multi: OpaquePointer?
    private var timer: TimerToken?
    private var watched: Set<Int32> = []
    private var transfers: [OpaquePointer: HTTPTransfer] = unsafe [:]
    private var isClosed = false

    /// - Parameters:
    ///   - loop: The loop whose thread calls this and on which completions run.
    ///   - resolver: Who finds the addresses of servers.
    package init(on loop: EventLoop, resolver: Resolver) {
        (self.loop, self.resolver) = (loop, resolver)
    }

    deinit {
        for unsafe(easy, transfer) in unsafe transfers {
            transfer.free()
            if let multi = unsafe multi { unsafe ccurl_easy_close(easy, multi) }
        }
        if let multi = unsafe multi { unsafe ccurl_multi_close(multi) }
    }

    /// Whether libcurl is there; it is loaded to find out.
    package static var isAvailable: Bool { isLoaded }

    private static let isLoaded = ccurl_load() != 0

    /// Makes a request; `completion` runs once, in a later turn of the loop.
    package func perform(_ request: HTTPRequest, _ completion: @escaping Completion) {
        loop.checkIsolated()
        let host = request.url.host
        resolver.ask(.addresses(host)) { [weak self] answer in
            guard let self, !self.isClosed else { return completion(.failure(.broken("closed"))) }
            guard case .success(.addresses(let addresses)) = answer, !addresses.isEmpty else {
                return completion(.failure(.nameNotFound))
            }
            if let failure = self.start(request, addresses, completion) { completion(.failure(failure)) }
        }
    }

    /// Ends every transfer; their completions say that they are broken.
    package func close() {
        loop.checkIsolated()
        isClosed = true
        for unsafe(easy, _) in unsafe transfers { unsafe finish(easy, .failure(.broken("closed"))) }
        for descriptor in watched { loop.deregister(descriptor) }
        watched = []
        if let timer { loop.cancel(timer) }
        timer = nil
        if let multi = unsafe multi { unsafe ccurl_multi_close(multi) }
        unsafe multi = nil
    }

    // MARK: - Transfers

    private func start(
        _ request: HTTPRequest,
        _ addresses: [String],
        _ completion: @escaping Completion
    ) -> HTTPFailure? {
        let lines = request.headers.map { "\($0.name): \($0.value)" }
        let isFit = (lines + [request.method]).allSatisfy { line in
            line.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 }
        }
        guard isFit else { return .malformedRequest }
        guard let multi = unsafe openedMulti() else { return .noLibrary }
        let transfer = HTTPTransfer(request, completion)
        let easy = unsafe ccurl_easy_open(
            request.url.description,
            request.method,
            transfer.body.baseAddress,
            transfer.body.count,
            Int(clamping: request.timeout.milliseconds)
        )
        guard let easy = unsafe easy else {
            transfer.free()
            return .broken("no memory")
        }
        let context = unsafe Unmanaged.passUnretained(transfer).toOpaque()
        unsafe ccurl_easy_take(easy, takeHeader, takeBody, context)
        // An empty Expect: a small body need not wait to be allowed.
        for line in lines + ["Expect:"] {
            unsafe transfer.headerList = ccurl_list_append(transfer.headerList, line)
        }
        if SocketAddress(host: request.url.host, port: 0) == nil {
            let known = addresses.map { $0.contains(":") ? "[\($0)]" : $0 }.joined(separator: ",")
            let entry = "\(request.url.host):\(request.url.port):\(known)"
            unsafe transfer.addressList = ccurl_list_append(nil, entry)
        }
        unsafe ccurl_easy_headers(easy, transfer.headerList)
        unsafe ccurl_easy_resolve(easy, transfer.addressList)
        unsafe ccurl_easy_trust(easy, request.trust.authorities, request.trust.isVerified ? 1 : 0)
        if let words = unsafe transfer.words.baseAddress { unsafe ccurl_easy_errors(easy, words) }
        unsafe transfers[easy] = transfer
        guard unsafe ccurl_easy_start(easy, multi) != 0 else {
            unsafe transfers[easy] = nil
            unsafe ccurl_easy_close(easy, multi)
            transfer.free()
            return .broken("the transfer was not started")
        }
        return nil
    }

    private func openedMulti() -> OpaquePointer? {
        if let multi = unsafe multi { return unsafe multi }
        guard Self.isLoaded else { return nil }
        unsafe multi = ccurl_multi_open(Unmanaged.passUnretained(self).toOpaque(), watchSocket, setTimer)
        return unsafe multi
    }

    /// Tells what has ended, after the library was called.
    private func collect() {
        while let multi = unsafe multi {
            var code: Int32 = 0
            guard let easy = unsafe ccurl_next_done(multi, &code) else { return }
            guard let transfer = unsafe transfers[easy] else { continue }
            if code == 0 {
                var response = transfer.response
                response.status = UInt16(clamping: unsafe ccurl_easy_status(easy))
                unsafe finish(easy, .success(response))
            } else {
                unsafe finish(easy, .failure(transfer.failure(code)))
            }
        }
    }

    private func finish(_ easy: OpaquePointer, _ result: Result<HTTPResponse, HTTPFailure>) {
        guard let transfer = unsafe transfers.removeValue(forKey: easy) else { return }
        if let multi = unsafe multi { unsafe ccurl_easy_close(easy, multi) }
        transfer.free()
        // Whoever waits may make the next request, which must not happen inside of the library.
        loop.execute { transfer.completion(result) }
    }

    // MARK: - The loop

    fileprivate func watch(_ descriptor: Int32, _ what: Int32) {
        guard what != ccurl_poll_remove else {
            if watched.remove(descriptor) != nil { loop.deregister(descriptor) }
            return
        }
        let interest: EventLoop.Readiness =
            what == ccurl_poll_in ? .readable : what == ccurl_poll_out ? .writable : [.readable, .writable]
        if watched.contains(descriptor) { return loop.update(descriptor, interest) }
        let isTaken = loop.register(descriptor, interest) { [weak self] readiness in
            self?.becameReady(descriptor, readiness)
        }
        if isTaken { watched.insert(descriptor) }
    }

    private func becameReady(_ descriptor: Int32, _ readiness: EventLoop.Readiness) {
        guard let multi = unsafe multi else { return }
        unsafe ccurl_ready(
            multi,
            descriptor,
            readiness.contains(.readable) ? 1 : 0,
            readiness.contains(.writable) ? 1 : 0,
            readiness.isDisjoint(with: .failed) ? 0 : 1
        )
        collect()
    }

    fileprivate func arm(_ milliseconds: Int) {
        if let timer { loop.cancel(timer) }
        timer = nil
        guard milliseconds >= 0 else { return }
        timer = loop.schedule(at: .now + .milliseconds(milliseconds)) { [weak self] in
            guard let self, let multi = unsafe self.multi else { return }
            self.timer = nil
            unsafe ccurl_timeout(multi)
            self.collect()
        }
    }
}

/// One request on its way, with the memory that the library borrows.
@safe private final class HTTPTransfer: @unchecked Sendable {
    let completion: HTTPClient.Completion
    let body: UnsafeMutableBufferPointer<UInt8>
    /// Where the library writes why it failed.
    let words: UnsafeMutableBufferPointer<CChar>
    var headerList: OpaquePointer?
    var addressList: OpaquePointer?
    var response = HTTPResponse(status: 0)
    private let bodyLimit: Int
    private var headerBytes = 0
    private(set) var isTooLarge = false

    init(_ request: HTTPRequest, _ completion: @escaping HTTPClient.Completion) {
        self.completion = completion
        bodyLimit = request.bodyLimit
        unsafe words = .allocate(capacity: Int(ccurl_error_size))
        unsafe words.initialize(repeating: 0)
        unsafe body =
            request.body.map { bytes in
                // Even an empty body is one.
                let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
                _ = unsafe copy.initialize(from: bytes)
                return unsafe UnsafeMutableBufferPointer(rebasing: copy[..<bytes.count])
            } ?? UnsafeMutableBufferPointer(start: nil, count: 0)
    }

    func free() {
        unsafe body.baseAddress?.deallocate()
        unsafe words.deallocate()
        unsafe ccurl_list_free(headerList)
        unsafe ccurl_list_free(addressList)
    }

    /// Takes a line of the head; an interim response is forgotten when the next begins.
    func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        headerBytes += line.count
        guard headerBytes <= RuntimeLimits.httpHead else {
            isTooLarge = true
            return false
        }
        let text = unsafe String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            response.headers = []
        } else if let colon = text.firstIndex(of: ":") {
            let isSpace: (Character) -> Bool = { $0.isWhitespace }
            let value = text[text.index(after: colon)...].drop(while: isSpace)
            let end = value.lastIndex { !$0.isWhitespace }.map { value.index(after: $0) } ?? value.startIndex
            response.headers.append((name: String(text[..<colon]), value: String(value[..<end])))
        }
        return true
    }

    func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard response.body.count + bytes.count <= bodyLimit else {
            isTooLarge = true
            return false
        }
        unsafe response.body.append(contentsOf: bytes)
        return true
    }

    func failure(_ code: Int32) -> HTTPFailure {
        let told = unsafe words.baseAddress.map { unsafe String(cString: $0) } ?? ""
        let text = told.isEmpty ? unsafe String(cString: ccurl_error_text(code)) : told
        return switch code {
        case ccurl_write_refused where isTooLarge: .tooLarge(limit: bodyLimit)
        case ccurl_no_name: .nameNotFound
        case ccurl_not_connected: .notConnected(text)
        case ccurl_timed_out: .timedOut
        case ccurl_certificate_refused: .certificate(text)
        case ccurl_tls_failed: .tls(text)
        case ccurl_trust_unreadable: .trustStore(text)
        default: .broken(text)
        }
    }
}

// MARK: - What the library calls

private func client(_ context: UnsafeMutableRawPointer?) -> HTTPClient? {
    unsafe context.map { unsafe Unmanaged<HTTPClient>.fromOpaque($0).takeUnretainedValue() }
}

private func watchSocket(_ context: UnsafeMutableRawPointer?, _ descriptor: Int32, _ what: Int32) {
    unsafe client(context)?.watch(descriptor, what)
}

private func setTimer(_ context: UnsafeMutableRawPointer?, _ milliseconds: Int) {
    unsafe client(context)?.arm(milliseconds)
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> HTTPTransfer? {
    unsafe context.map { unsafe Unmanaged<HTTPTransfer>.fromOpaque($0).takeUnretainedValue() }
}

private func takeHeader(
    _ bytes: UnsafeMutablePointer<CChar>,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    unsafe take(bytes, size * count) { unsafe transfer(context)?.takeHeader($0) }
}

private func takeBody(
    _ bytes: UnsafeMutablePointer<CChar>,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    unsafe take(bytes, size * count) { unsafe transfer(context)?.takeBody($0) }
}

/// Hands on what the library gives; another count than that of all bytes ends the transfer.
private func take(
    _ bytes: UnsafeMutablePointer<CChar>,
    _ count: Int,
    _ body: (UnsafeRawBufferPointer) -> Bool?
) -> Int {
    let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
    return unsafe body(buffer) == true ? count : 0
}
