import Testing

@testable import Wire

@Suite("Boxed values")
struct BoxedTests {
    @Test("who changes a value that another one has too changes a copy of its own")
    func copies() {
        let one = Boxed([1, 2])
        var other = one
        other.value.append(3)
        #expect(one.value == [1, 2])
        #expect(other.value == [1, 2, 3])
    }

    @Test("a value in a table is changed where it is")
    func inPlace() {
        var table = ["a": Boxed([1])]
        table["a"]?.value.append(2)
        table["b"]?.value.append(2)
        #expect(table["a"]?.value == [1, 2])
        #expect(table["b"] == nil)
    }
}
