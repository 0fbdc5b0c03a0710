/// The lists of a resource-lists document as a buddy list: who is in it, each in one group.
///
/// The main list is called `buddies`; OMA's own name for it, `oma_buddylist`, is taken where there is one. A group is a
/// list in the main one, or a list that another program has put beside it. Lists that OMA keeps for decisions about
/// watchers are no groups.
extension ResourceLists {
    /// A buddy as the document has them.
    package struct Buddy: Hashable, Sendable {
        package var entry: Entry
        package var group: String?

        package init(_ entry: Entry, group: String? = nil) { (self.entry, self.group) = (entry, group) }
    }

    /// The names of the main list, the one that is made first (OMA XDM Shared List §5.1.8).
    package static let mainLists = ["buddies", "oma_buddylist"]
    /// Lists of the OMA specifications whose members were decided about, and need be no buddies.
    private static let decisionLists = [
        "oma_grantedcontacts", "oma_blockedcontacts", "oma_allcontacts", "oma_pocbuddylist",
    ]

    /// The name of the main list, if the document has one.
    package var mainListName: String? {
        Self.mainLists.first { name in lists.contains { $0.name == name } }
    }

    /// Everybody in the lists; who is in two of them is in the group found first.
    package var buddies: [Buddy] {
        var (found, known): ([Buddy], Set<String>) = ([], [])
        func collect(_ list: List, group: String?) {
            for entry in list.entries where found.count < XDMLimits.entryCount {
                if known.insert(entry.uri).inserted { found.append(Buddy(entry, group: group)) }
            }
            for inner in list.lists { collect(inner, group: inner.name ?? inner.displayName ?? group) }
        }
        for list in lists where !Self.decisionLists.contains(list.name ?? "") {
            let isMain = list.name.map(Self.mainLists.contains) ?? true
            collect(list, group: isMain ? nil : list.name)
        }
        return found
    }

    /// Puts a buddy into the main list, or into a group, which is made if there is none of that name; one who is in the
    /// document already is moved there with everything else that is said of them.
    package mutating func set(_ buddy: Buddy) {
        var element = take(buddy.entry.uri) ?? root.sibling("entry", ["uri": buddy.entry.uri])
        element.tail = ""
        element.setDisplayName(buddy.entry.displayName)
        change(buddy.group ?? "", isMain: buddy.group == nil) { list in
            // What other programs have put behind the entries must stay behind them (RFC 4826 §3.4).
            let last = list.children.lastIndex { $0.name.namespace == Self.namespace }
            list.insert(element, at: last.map { $0 + 1 } ?? 0)
        }
    }

    /// Takes somebody out of every list.
    ///
    /// - Returns: Whether they were in one.
    @discardableResult
    package mutating func remove(_ uri: String) -> Bool { take(uri) != nil }

    /// Takes the entries of `uri` out of every list that is about buddies, and gives the first of them.
    private mutating func take(_ uri: String) -> XMLElement? {
        var taken: XMLElement?
        func search(_ list: inout XMLElement) {
            for index in list.children.indices.reversed() {
                if list.children[index].name == Self.name("entry"),
                    list.children[index].attribute("uri") == uri
                {
                    taken = list.children[index]
                    list.removeChild(at: index)
                } else if list.children[index].name == Self.name("list") {
                    search(&list.children[index])
                }
            }
        }
        for index in root.children.indices.reversed() where root.children[index].name == Self.name("list") {
            if !Self.decisionLists.contains(root.children[index].attribute("name") ?? "") {
                search(&root.children[index])
            }
        }
        return taken
    }

    /// Lets `body` change the main list or the group called `name`, which is made if need be.
    private mutating func change(_ name: String, isMain: Bool, _ body: (inout XMLElement) -> Void) {
        if !isMain, let path = Self.path(to: name, in: root) {
            return root.change(path[...], body)
        }
        let main = Self.mainLists.compactMap { [root] in Self.path(to: $0, in: root) }.first
        let path = main ?? [root.children.count]
        if main == nil { root.append(root.sibling("list", ["name": Self.mainLists[0]])) }
        root.change(path[...]) { list in
            guard !isMain else { return body(&list) }
            var group = list.sibling("list", ["name": name])
            body(&group)
            let last = list.children.lastIndex { $0.name.namespace == Self.namespace }
            list.insert(group, at: last.map { $0 + 1 } ?? 0)
        }
    }

    /// The numbers of the children on the way to the list of that name.
    private static func path(to name: String, in element: XMLElement) -> [Int]? {
        for (index, child) in element.children.enumerated() where child.name == Self.name("list") {
            if child.attribute("name") == name { return [index] }
            if let rest = path(to: name, in: child) { return [index] + rest }
        }
        return nil
    }
}

extension XMLElement {
    /// Lets `body` change the element that `path` leads to, by the numbers of the children on the way.
    fileprivate mutating func change(_ path: ArraySlice<Int>, _ body: (inout XMLElement) -> Void) {
        guard let index = path.first else { return body(&self) }
        children[index].change(path.dropFirst(), body)
    }

    /// Sets the text of `display-name`, which comes first in an entry (RFC 4826 §3.4), or takes it away.
    fileprivate mutating func setDisplayName(_ text: String?) {
        let index = children.firstIndex { $0.name == ResourceLists.name("display-name") }
        switch (index, text) {
        case (let index?, let text?): children[index].text = text
        case (let index?, nil): removeChild(at: index)
        case (nil, let text?):
            var element = sibling("display-name")
            element.text = text
            insert(element, at: 0)
        case (nil, nil): break
        }
    }
}
