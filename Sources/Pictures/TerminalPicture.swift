internal import CPictures
internal import Glibc

/// A picture as a terminal shows it, drawn by libchafa: by the terminal's own graphics where the environment says that
/// it has some (kitty, iTerm2, sixel), else by blocks in as many colours as it has.
package struct TerminalPicture: Sendable {
    package enum Form: Hashable, Sendable { case blocks, sixel, kitty, iTerm }

    /// What to write, line feeds included; nothing in it is of the sender's choice but colours.
    package let text: String
    package let form: Form

    /// The largest picture on a terminal, in cells.
    package static let largest = (columns: 40, rows: 12)
    /// How many pixels a cell is worth, for terminals with graphics of their own.
    private static let pixelsPerColumn = 10

    private static let isLibraryLoaded = cpictures_load_chafa() != 0

    /// Draws a picture.
    ///
    /// - Parameters:
    ///   - picture: A file of any of the formats.
    ///   - columns: How wide it may be, in cells.
    ///   - rows: How high it may be, in cells.
    ///   - environment: What tells the terminal, `TERM` among it, as `NAME=value`.
    /// - Throws: `PictureError`.
    package init(
        of picture: [UInt8],
        columns: Int = Self.largest.columns,
        rows: Int = Self.largest.rows,
        environment: [String]
    ) throws(PictureError) {
        guard Self.isLibraryLoaded else { throw .noLibrary }
        let small = try Picture(decoding: picture, extent: columns * Self.pixelsPerColumn)
        let variables = environment.filter { !$0.isEmpty }.map { $0 + "\0" }.joined() + "\0"
        var form = cpictures_symbols
        var length: Int32 = 0
        let drawn = unsafe small.pixels.withUnsafeBufferPointer { pixels -> UnsafeMutablePointer<CChar>? in
            guard let pixels = pixels.baseAddress else { return nil }
            return unsafe variables.withCString { environment in
                unsafe cpictures_draw(
                    pixels,
                    Int32(small.width),
                    Int32(small.height),
                    Int32(columns),
                    Int32(rows),
                    environment,
                    &form,
                    &length
                )
            }
        }
        guard let drawn = unsafe drawn else { throw .noLibrary }
        defer { unsafe free(drawn) }
        text = unsafe String(
            decoding: UnsafeRawBufferPointer(start: drawn, count: Int(length)),
            as: UTF8.self
        )
        self.form =
            switch form {
            case cpictures_sixel: .sixel
            case cpictures_kitty: .kitty
            case cpictures_iterm: .iTerm
            default: .blocks
            }
    }
}
