import Documents

/// How one text differs from another, line by line.
enum LineDifference {
    /// How many lines that are the same stand around those that are not.
    private static let context = 2

    /// The lines to take away (`-`) and to put in (`+`) to make `new` of `old`, with some around them.
    ///
    /// Documents are compared by what they say and not by their layout.
    static func lines(from old: [UInt8], to new: [UInt8]) -> [String] {
        let (old, new) = (Self.lines(of: old), Self.lines(of: new))
        let difference = new.difference(from: old)
        guard !difference.isEmpty else { return [] }
        var (removed, inserted): (Set<Int>, Set<Int>) = ([], [])
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var (all, before, after): ([String], Int, Int) = ([], 0, 0)
        while before < old.count || after < new.count {
            if removed.contains(before) {
                all.append("-" + old[before])
                before += 1
            } else if inserted.contains(after) {
                all.append("+" + new[after])
                after += 1
            } else {
                all.append(" " + old[before])
                (before, after) = (before + 1, after + 1)
            }
        }
        return shortened(all)
    }

    private static func lines(of bytes: [UInt8]) -> [String] {
        if let document = try? XMLReader.read(bytes) { return document.outline }
        return String(decoding: bytes, as: UTF8.self).split(
            omittingEmptySubsequences: false,
            whereSeparator: \.isNewline
        )
        .map(String.init)
    }

    private static func shortened(_ lines: [String]) -> [String] {
        let changed = lines.indices.filter { !lines[$0].hasPrefix(" ") }
        var near: Set<Int> = []
        for index in changed { near.formUnion((index - context)...(index + context)) }
        var (result, isSkipping): ([String], Bool) = ([], false)
        for (index, line) in lines.enumerated() {
            if near.contains(index) {
                result.append(line)
                isSkipping = false
            } else if !isSkipping {
                result.append(" ...")
                isSkipping = true
            }
        }
        return result
    }
}
