package import Wire

/// `a=file-date`: when a file was made, changed and last read (RFC 5547 §6).
package struct FileDates: Hashable, Sendable {
    package var creation: Timestamp?
    package var modification: Timestamp?
    package var read: Timestamp?

    package init(creation: Timestamp? = nil, modification: Timestamp? = nil, read: Timestamp? = nil) {
        (self.creation, self.modification, self.read) = (creation, modification, read)
    }

    package var isEmpty: Bool { self == FileDates() }

    /// Reads the value of the attribute; what is no date says nothing.
    ///
    /// The dates of RFC 5322 stand in quotes; those of RFC 3339 need not: clients of the drafts write them so.
    package init(parsing value: ByteString) {
        self.init()
        var scanner = ByteScanner(value.span)
        while let keyword = scanner.keyword(in: value) {
            let text = scanner.quotable(in: value)
            let date = Timestamp(parsingMail: text) ?? Timestamp(parsing: text.text)
            switch keyword {
            case "creation": creation = creation ?? date
            case "modification": modification = modification ?? date
            case "read": read = read ?? date
            default: break
            }
        }
    }

    /// The value of the attribute; `nil` if no date is known.
    package var value: ByteString? {
        let dates = [("creation", creation), ("modification", modification), ("read", read)]
        let words = dates.compactMap { name, date in date.map { "\(name):\"\($0.mailText)\"" } }
        return words.isEmpty ? nil : ByteString(words.joined(separator: " "))
    }
}
