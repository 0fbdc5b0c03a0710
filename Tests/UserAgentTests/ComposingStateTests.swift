import Documents
import Testing
import UserAgent
import Wire

@Suite("Telling that one writes, RFC 3994 §3.2")
struct ComposingSenderTests {
    private let epoch = Instant.now

    @Test("the first input is told at once, with the refresh interval; more input within it is not")
    func firstInput() {
        var sender = ComposingSender()
        #expect(sender.nextDeadline == nil)
        let first = sender.typed(at: epoch)
        #expect(first == IsComposing(.active, contentType: "text/plain", refresh: .seconds(60)))
        for second in 1...59 { #expect(sender.typed(at: epoch + .seconds(second)) == nil) }
        #expect(sender.typed(at: epoch + .seconds(60))?.state == .active)
        #expect(sender.typed(at: epoch + .seconds(61)) == nil)
    }

    @Test("fifteen seconds without input are told as idle, once")
    func idle() {
        var sender = ComposingSender()
        _ = sender.typed(at: epoch)
        _ = sender.typed(at: epoch + .seconds(10))
        #expect(sender.nextDeadline == epoch + .seconds(25))
        #expect(sender.fire(at: epoch + .seconds(24)) == nil)
        #expect(sender.fire(at: epoch + .seconds(25))?.state == .idle)
        #expect(sender.fire(at: epoch + .seconds(90)) == nil)
        #expect(sender.nextDeadline == nil)
        #expect(sender.typed(at: epoch + .seconds(91))?.state == .active)
    }

    @Test("who writes on is told again when the interval is over, by the timer as by input")
    func refreshed() {
        var sender = ComposingSender(refresh: .seconds(90))
        for second in stride(from: 0, through: 80, by: 10) { _ = sender.typed(at: epoch + .seconds(second)) }
        #expect(sender.nextDeadline == epoch + .seconds(90))
        #expect(sender.fire(at: epoch + .seconds(90))?.refresh == .seconds(90))
        #expect(sender.nextDeadline == epoch + .seconds(95))
    }

    @Test("a message that was sent says that the writing is over: no idle status follows")
    func sent() {
        var sender = ComposingSender()
        _ = sender.typed(at: epoch)
        sender.sentContent()
        #expect(sender.nextDeadline == nil)
        #expect(sender.fire(at: epoch + .seconds(15)) == nil)
        #expect(sender.typed(at: epoch + .seconds(16))?.state == .active)
    }

    @Test("the refresh interval is never shorter than a minute")
    func shortest() {
        var sender = ComposingSender(refresh: .seconds(1))
        #expect(sender.typed(at: epoch)?.refresh == .seconds(60))
    }
}

@Suite("Knowing that somebody writes, RFC 3994 §3.3")
struct ComposingReceiverTests {
    private let epoch = Instant.now

    @Test("active lasts for the refresh interval of the last status message")
    func refresh() {
        var receiver = ComposingReceiver()
        #expect(receiver.receive(IsComposing(.active, refresh: .seconds(60)), at: epoch) == true)
        #expect(
            receiver.receive(IsComposing(.active, refresh: .seconds(90)), at: epoch + .seconds(10)) == false
        )
        #expect(receiver.nextDeadline == epoch + .seconds(100))
        #expect(receiver.fire(at: epoch + .seconds(99)) == false)
        #expect(receiver.isComposing)
        #expect(receiver.fire(at: epoch + .seconds(100)) == true)
        #expect(!receiver.isComposing)
        #expect(receiver.fire(at: epoch + .seconds(200)) == false)
    }

    @Test("without an interval it lasts 120 s, and never for longer than is believed")
    func standard() {
        var receiver = ComposingReceiver()
        _ = receiver.receive(IsComposing(.active, contentType: "audio"), at: epoch)
        #expect(receiver.nextDeadline == epoch + .seconds(120))
        #expect(receiver.contentType == "audio")
        _ = receiver.receive(IsComposing(.active, refresh: .seconds(Int64.max)), at: epoch)
        #expect(receiver.nextDeadline == epoch + .seconds(3600))
    }

    @Test("an idle status and a message both end it")
    func ended() {
        var receiver = ComposingReceiver()
        #expect(receiver.receive(IsComposing(.idle), at: epoch) == false)
        _ = receiver.receive(IsComposing(.active), at: epoch)
        #expect(receiver.receive(IsComposing(.idle), at: epoch) == true)
        #expect(receiver.receivedContent() == false)
        _ = receiver.receive(IsComposing(.active), at: epoch)
        #expect(receiver.receivedContent() == true)
        #expect(receiver.nextDeadline == nil)
    }
}
