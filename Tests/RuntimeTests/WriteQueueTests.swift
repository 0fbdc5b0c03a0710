import Glibc
import Testing
import Wire

@testable import Runtime

@Suite("Bytes that wait for a socket")
struct WriteQueueTests {
    @Test("they are offered in their order, however few of them are taken at a time")
    func order() {
        for round in 0..<3 {
            var (queue, waiting, taken) = (WriteQueue(), [UInt8](), [UInt8]())
            for number in 0..<200 {
                let size = number % 7 == 0 ? 20_000 + number : number
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &+ number) }
                queue.append(ByteString(bytes))
                waiting += bytes
                guard number % 3 == round else { continue }
                var limit = (number * 7_919 + round) % 30_000
                queue.drain { pieces in
                    let offered = pieces.flatMap(\.bytes).prefix(limit)
                    limit -= offered.count
                    taken += offered
                    return offered.count
                }
                #expect(queue.count == waiting.count - taken.count)
            }
            queue.drain { pieces in
                let offered = pieces.flatMap(\.bytes)
                taken += offered
                return offered.count
            }
            #expect(queue.isEmpty)
            #expect(taken == waiting)
        }
    }

    @Test("several pieces go in one system call, and its error is told")
    func systemCall() {
        var ends: [Int32] = [0, 0]
        #expect(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let pieces: [ByteString] = ["one", " ", "two"]
        #expect(pieces[...].send(to: ends[0]) == 7)
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = unsafe recv(ends[1], &bytes, bytes.count, 0)
        #expect(ByteString(Array(bytes.prefix(max(0, count)))) == "one two")
        close(ends[1])
        #expect(pieces[...].send(to: ends[0]) == -Int(EPIPE))
        close(ends[0])
    }
}
