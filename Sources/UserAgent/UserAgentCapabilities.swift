package import SIP

/// What this user agent can do, as it tells others (RFC 3261 §11.2, RFC 3840).
package struct UserAgentCapabilities: Hashable, Sendable {
    /// The methods it serves, `Allow`; ACK and CANCEL are among them where INVITE is.
    package var methods: [Method]
    /// The extensions it understands: `Supported`, and what others may require of it.
    package var options: [String]
    /// The media types it can read: `Accept`.
    package var acceptedTypes: [String]
    /// The methods whose body it must be able to read; the body of any other, MESSAGE above all, is taken whatever
    /// it is.
    package var typedMethods: Set<Method>
    /// The media types of the bodies it puts into its own responses, by the method of the request.
    package var answeredTypes: [Method: [String]]
    /// The event packages others may subscribe to at it: `Allow-Events` (RFC 6665 §4.4.4).
    package var notifiedPackages: [String]
    /// The event packages it subscribes to itself: those it takes NOTIFY requests for.
    package var subscribedPackages: [String]
    /// The program, `Server` of an answer to OPTIONS; `nil` to say nothing of it.
    package var product: String?
    /// The `Contact` of an answer to OPTIONS, with its feature tags; `nil` for none.
    package var contact: Contact?
    /// The user parts of the Request-URIs it answers to; empty for any.
    package var users: Set<String>

    package init(
        methods: [Method] = [.options],
        options: [String] = [],
        acceptedTypes: [String] = [],
        typedMethods: Set<Method> = [.invite, .update, .prack, .ack],
        answeredTypes: [Method: [String]] = [.invite: ["application/sdp"]],
        notifiedPackages: [String] = [],
        subscribedPackages: [String] = [],
        product: String? = nil,
        contact: Contact? = nil,
        users: Set<String> = []
    ) {
        self.methods = methods
        self.options = options
        self.acceptedTypes = acceptedTypes
        self.typedMethods = typedMethods
        self.answeredTypes = answeredTypes
        self.notifiedPackages = notifiedPackages
        self.subscribedPackages = subscribedPackages
        self.product = product
        self.contact = contact
        self.users = users
    }
}
