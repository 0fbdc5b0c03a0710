/// A queue whose both ends take constant time.
struct FirstInFirstOut<Element: Sendable>: Sendable {
    private var elements: [Element] = []
    private var head = 0

    var isEmpty: Bool { head == elements.count }
    var count: Int { elements.count - head }
    var first: Element? { isEmpty ? nil : elements[head] }

    /// The elements in their order.
    var all: ArraySlice<Element> { elements[head...] }

    /// The element that so many are before.
    subscript(place: Int) -> Element {
        get { elements[head + place] }
        set { elements[head + place] = newValue }
    }

    /// How many are before the first element that passes.
    func place(where passes: (Element) -> Bool) -> Int? {
        all.firstIndex(where: passes).map { $0 - head }
    }

    mutating func append(_ element: Element) { elements.append(element) }

    /// Puts the element before all others.
    mutating func prepend(_ element: Element) {
        guard head > 0 else { return elements.insert(element, at: 0) }
        head -= 1
        elements[head] = element
    }

    mutating func removeFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements[head]
        head += 1
        // Moved down when half of it is used up: each element moves once on average.
        if head * 2 >= elements.count {
            elements.removeSubrange(0..<head)
            head = 0
        }
        return element
    }

    mutating func removeAll(where isGone: (Element) -> Bool) {
        elements.removeSubrange(0..<head)
        head = 0
        elements.removeAll(where: isGone)
    }

    mutating func removeAll() { (elements, head) = ([], 0) }
}
