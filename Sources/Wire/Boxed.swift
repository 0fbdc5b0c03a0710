/// A large value in memory of its own: the table it stands in holds a pointer, and grows and moves at that cost.
///
/// It is a value still: when two have it and one changes it, that one gets a copy.
package struct Boxed<Value: Sendable>: Sendable {
    /// Changed only while nobody else has it.
    private final class Storage: @unchecked Sendable {
        var value: Value

        init(_ value: Value) { self.value = value }
    }

    private var storage: Storage

    package init(_ value: Value) { storage = Storage(value) }

    package var value: Value {
        _read { yield storage.value }
        _modify {
            if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.value) }
            yield &storage.value
        }
    }
}
