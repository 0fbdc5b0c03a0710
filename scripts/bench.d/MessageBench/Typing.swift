import SIP
import Wire

/// Types the fields of a message and takes each value apart, so that nothing is put off until it is asked for.
struct Typing {
    /// How many bytes the parts have: what makes the work needed.
    private(set) var count = 0

    mutating func type(_ message: Message) throws(SIPParseError) {
        if let uri = message.requestURI { split(try URI(parsing: uri)) }
        for header in message.headers {
            guard let field = header.name.wellKnown else { continue }
            try type(header.value, as: field)
        }
    }

    private mutating func type(_ value: ByteString, as field: WellKnownHeader) throws(SIPParseError) {
        var position = 0
        switch field {
        case .via: try vias(value)
        case .from: split(try From(parsing: value).address)
        case .to: split(try To(parsing: value).address)
        case .contact:
            while position < value.count {
                split(try Contact(parsing: value, at: &position).address)
                position += 1
            }
        case .route:
            while position < value.count {
                split(try Route(parsing: value, at: &position).address)
                position += 1
            }
        case .pPreferredIdentity:
            while position < value.count {
                split(try PPreferredIdentity(parsing: value, at: &position).address)
                position += 1
            }
        case .callID: count += try CallID(parsing: value).text.count
        case .cseq: count += try CSeq(parsing: value).method.isKnown ? 1 : 2
        case .maxForwards: count += Int(try MaxForwards(parsing: value).hops)
        case .expires: count += Int(try Expires(parsing: value).seconds)
        case .allow: count += try Allow(parsing: value).tokens.count
        case .supported: count += try Supported(parsing: value).tokens.count
        case .authorization: count += try Authorization(parsing: value).credentials.parameters.count
        case .acceptContact: split(try AcceptContact(parsing: value).parameters)
        case .pAccessNetworkInfo: split(try PAccessNetworkInfo(parsing: value).parameters)
        case .pPreferredService: count += try PPreferredService(parsing: value).identifier.count
        case .sessionExpires: split(try SessionExpires(parsing: value).parameters)
        case .contentType: split(try ContentType(parsing: value).range.parameters)
        case .contentLength: count += value.count
        default:
            print("the bench does not type \(field)")
        }
    }

    private mutating func vias(_ value: ByteString) throws(SIPParseError) {
        var position = 0
        while position < value.count {
            let via = try Via(parsing: value, at: &position)
            count += via.host.count + Int(via.port ?? 0)
            split(via.parameters)
            position += 1
        }
    }

    private mutating func split(_ address: NameAddress) {
        split(address.uri)
        split(address.parameters)
    }

    private mutating func split(_ uri: URI) {
        switch uri {
        case .sip(let uri):
            count += (uri.user?.count ?? 0) + uri.host.count + Int(uri.port ?? 0)
            split(uri.parameters)
        case .tel(let uri):
            count += uri.number.count
            split(uri.parameters)
        case .other(let text):
            count += text.count
        }
    }

    /// Finds the name and the value of each parameter.
    private mutating func split(_ parameters: Parameters) { count += parameters.count }
}
