/// A point on the monotonic clock: what every deadline is measured against.
///
/// The protocol core never reads the clock; an instant is always handed in.
package typealias Instant = ContinuousClock.Instant
