package import Runtime
import Wire

/// A regular file, or a part of it, as the source of a message.
package final class FileSource: MessageSource, @unchecked Sendable {
    private let file: FileReader
    private let start: UInt64
    private let end: UInt64
    private var place: UInt64

    /// - Parameters:
    ///   - file: The file.
    ///   - range: Which of its bytes are sent; all of them if `nil`.
    package init(_ file: FileReader, range: Range<UInt64>? = nil) {
        self.file = file
        (start, end) = (range?.lowerBound ?? 0, range?.upperBound ?? file.size)
        place = start
    }

    package var size: UInt64? { end - start }

    package func begin(_ wake: @escaping @Sendable () -> Void) {}

    package func next(upTo limit: Int) -> MessageSupply {
        let count = Int(clamping: min(UInt64(clamping: limit), end - place))
        guard count > 0 else { return .last(.empty) }
        do throws(FileContents.Failure) {
            let bytes = try file.read(at: place, upTo: count)
            guard !bytes.isEmpty else { return .failed("the file has become shorter") }
            place += UInt64(bytes.count)
            return place == end ? .last(ByteString(bytes)) : .bytes(ByteString(bytes))
        } catch {
            return .failed("\(error)")
        }
    }

    package func rewind(to place: UInt64) -> Bool {
        self.place = min(end, start + place)
        return true
    }

    package func close() {}
}
