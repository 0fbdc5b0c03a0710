import CCares
import CLinux
import Glibc
package import Wire

/// The domain name system, asked by c-ares over sockets of the loop.
///
/// c-ares reads the system's configuration when the first question is asked, not before: a client whose proxy is
/// configured by address never pays for it.
@safe package final class Resolver: @unchecked Sendable {
    package struct Configuration: Hashable, Sendable {
        /// The servers to ask; those of the system if empty.
        package var servers: [SocketAddress] = []
        /// How long the first try of one server may take.
        package var timeout = Duration.seconds(2)
        /// How often each server is asked.
        package var tries = 2

        package init() {}
    }

    package typealias Completion = @Sendable (Result<DNSAnswer, DNSFailure>) -> Void

    private let loop: EventLoop
    private let configuration: Configuration
    private var channel: ares_channel?
    private var timer: TimerToken?
    private var registered: Set<Int32> = []

    package init(on loop: EventLoop, configuration: Configuration = Configuration()) {
        (self.loop, self.configuration) = (loop, configuration)
    }

    deinit { unsafe ares_destroy(channel) }

    /// Asks `question`; `completion` runs once, in a later turn of the loop.
    package func ask(_ question: DNSQuestion, _ completion: @escaping Completion) {
        loop.checkIsolated()
        let query = Query(loop, completion)
        if case .addresses(let name) = question, let address = SocketAddress(host: name, port: 0) {
            return query.complete(.success(.addresses([address.host])))
        }
        guard let channel = unsafe channel ?? open() else { return query.complete(.failure(.unavailable)) }
        let context = unsafe Unmanaged.passRetained(query).toOpaque()
        switch question {
        case .namingAuthority(let name):
            unsafe ares_query(
                channel,
                name,
                classInternet,
                CInt(ns_t_naptr.rawValue),
                takeNamingAuthority,
                context
            )
        case .service(let name):
            unsafe ares_query(channel, name, classInternet, CInt(ns_t_srv.rawValue), takeService, context)
        case .addresses(let name):
            // One entry for each address, and not one for each kind of socket.
            var hints = ares_addrinfo_hints()
            hints.ai_family = AF_UNSPEC
            hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
            unsafe ares_getaddrinfo(channel, name, nil, &hints, takeAddresses, context)
        }
        setTimer()
    }

    /// Gives up every question that is open; their completions say `unavailable`.
    package func cancel() {
        loop.checkIsolated()
        guard let channel = unsafe channel else { return }
        unsafe ares_cancel(channel)
        setTimer()
    }

    private func open() -> ares_channel? {
        var options = unsafe ares_options()
        unsafe options.flags = ARES_FLAG_NOSEARCH
        unsafe options.timeout = CInt(clamping: configuration.timeout.milliseconds)
        unsafe options.tries = CInt(clamping: configuration.tries)
        unsafe options.sock_state_cb = socketChanged
        unsafe options.sock_state_cb_data = Unmanaged.passUnretained(self).toOpaque()
        let mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB
        guard unsafe ares_init_options(&channel, &options, mask) == ARES_SUCCESS else { return nil }
        if !configuration.servers.isEmpty {
            let servers = configuration.servers.map(\.description).joined(separator: ",")
            unsafe ares_set_servers_ports_csv(channel, servers)
        }
        return unsafe channel
    }

    // MARK: - The loop

    /// c-ares wants to know of other things about a socket, or is about to close it.
    fileprivate func socket(_ descriptor: Int32, isRead: Bool, isWritten: Bool) {
        let interest: EventLoop.Readiness = [isRead ? .readable : [], isWritten ? .writable : []]
        if interest.isEmpty {
            registered.remove(descriptor)
            loop.deregister(descriptor)
        } else if registered.contains(descriptor) {
            loop.update(descriptor, interest)
        } else if loop.register(descriptor, interest, { self.becameReady(descriptor, $0) }) {
            registered.insert(descriptor)
        }
    }

    private func becameReady(_ descriptor: Int32, _ readiness: EventLoop.Readiness) {
        let isFailed = !readiness.isDisjoint(with: .failed)
        let reading = readiness.contains(.readable) || isFailed ? descriptor : ARES_SOCKET_BAD
        let writing = readiness.contains(.writable) ? descriptor : ARES_SOCKET_BAD
        process(reading, writing)
    }

    private func process(_ reading: Int32, _ writing: Int32) {
        guard let channel = unsafe channel else { return }
        unsafe ares_process_fd(channel, reading, writing)
        setTimer()
    }

    /// Asks c-ares when it next wants to look whether a try has taken too long.
    private func setTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
        guard let channel = unsafe channel else { return }
        var wait = timeval()
        guard unsafe ares_timeout(channel, nil, &wait) != nil else { return }
        let delay = Duration.seconds(wait.tv_sec) + .microseconds(wait.tv_usec)
        timer = loop.schedule(at: .now + delay) {
            self.timer = nil
            self.process(ARES_SOCKET_BAD, ARES_SOCKET_BAD)
        }
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}

/// One question on its way through c-ares.
private final class Query: Sendable {
    private let loop: EventLoop
    private let completion: Resolver.Completion

    init(_ loop: EventLoop, _ completion: @escaping Resolver.Completion) {
        (self.loop, self.completion) = (loop, completion)
    }

    /// Answers in a later turn, since c-ares may call back from within the call that asks.
    func complete(_ result: Result<DNSAnswer, DNSFailure>) {
        let completion = completion
        loop.execute { completion(result) }
    }

    /// Ends the question that `context` stands for; c-ares does not name it again.
    static func finish(_ context: UnsafeMutableRawPointer?, _ status: CInt, _ answer: DNSAnswer) {
        guard let context = unsafe context else { return }
        let query = unsafe Unmanaged<Query>.fromOpaque(context).takeRetainedValue()
        query.complete(status == ARES_SUCCESS ? .success(answer) : .failure(DNSFailure(status: status)))
    }
}

extension DNSFailure {
    fileprivate init(status: CInt) {
        self =
            switch status {
            case ARES_ENODATA, ARES_ENOTFOUND: .notFound
            case ARES_ETIMEOUT: .timedOut
            case ARES_EREFUSED, ARES_ECONNREFUSED: .refused
            case ARES_EBADNAME, ARES_EBADQUERY: .badName
            case ARES_EDESTRUCTION, ARES_ECANCELLED: .unavailable
            default: .malformed
            }
    }
}

private let classInternet = CInt(ns_c_in.rawValue)

// MARK: - What c-ares calls

private func socketChanged(
    _ data: UnsafeMutableRawPointer?,
    _ socket: CInt,
    _ isRead: CInt,
    _ isWritten: CInt
) {
    guard let data = unsafe data else { return }
    let resolver = unsafe Unmanaged<Resolver>.fromOpaque(data).takeUnretainedValue()
    resolver.socket(socket, isRead: isRead != 0, isWritten: isWritten != 0)
}

private func takeNamingAuthority(
    _ context: UnsafeMutableRawPointer?,
    _ status: CInt,
    _ timeouts: CInt,
    _ bytes: UnsafeMutablePointer<UInt8>?,
    _ count: CInt
) {
    var list: UnsafeMutablePointer<ares_naptr_reply>?
    let status = unsafe status == ARES_SUCCESS ? ares_parse_naptr_reply(bytes, count, &list) : status
    defer { unsafe ares_free_data(list) }
    var records: [NamingAuthorityPointer] = []
    var next = unsafe list
    while let record = unsafe next?.pointee, records.count < RuntimeLimits.dnsRecords {
        unsafe records.append(
            NamingAuthorityPointer(
                order: record.order,
                preference: record.preference,
                flags: String(cString: record.flags),
                service: String(cString: record.service),
                regularExpression: String(cString: record.regexp),
                replacement: String(cString: record.replacement)
            )
        )
        unsafe next = record.next
    }
    unsafe Query.finish(context, status, .namingAuthority(records))
}

private func takeService(
    _ context: UnsafeMutableRawPointer?,
    _ status: CInt,
    _ timeouts: CInt,
    _ bytes: UnsafeMutablePointer<UInt8>?,
    _ count: CInt
) {
    var list: UnsafeMutablePointer<ares_srv_reply>?
    let status = unsafe status == ARES_SUCCESS ? ares_parse_srv_reply(bytes, count, &list) : status
    defer { unsafe ares_free_data(list) }
    var records: [ServiceRecord] = []
    var next = unsafe list
    while let record = unsafe next?.pointee, records.count < RuntimeLimits.dnsRecords {
        unsafe records.append(
            ServiceRecord(
                priority: record.priority,
                weight: record.weight,
                port: record.port,
                target: String(cString: record.host)
            )
        )
        unsafe next = record.next
    }
    unsafe Query.finish(context, status, .service(records))
}

private func takeAddresses(
    _ context: UnsafeMutableRawPointer?,
    _ status: CInt,
    _ timeouts: CInt,
    _ list: UnsafeMutablePointer<ares_addrinfo>?
) {
    defer { unsafe ares_freeaddrinfo(list) }
    var addresses: [String] = []
    var next = unsafe list?.pointee.nodes
    while let node = unsafe next?.pointee, addresses.count < RuntimeLimits.dnsRecords {
        let address = unsafe SocketAddress(node.ai_addr, length: Int(node.ai_addrlen))
        if let host = address?.host, !addresses.contains(host) { addresses.append(host) }
        unsafe next = node.ai_next
    }
    let isEmpty = status == ARES_SUCCESS && addresses.isEmpty
    unsafe Query.finish(context, isEmpty ? ARES_ENODATA : status, .addresses(addresses))
}
