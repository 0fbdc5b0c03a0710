extension MediaType {
    /// The type of a file, told by the ending of its name; bytes without a meaning where that says nothing.
    package init(fileName: String) {
        let ending = fileName.split(separator: ".", omittingEmptySubsequences: false).last ?? ""
        let type = Self.endings[ending.lowercased()] ?? "application/octet-stream"
        let parts = type.split(separator: "/")
        self.init(String(parts.first ?? ""), String(parts.last ?? ""))
    }

    private static let endings: [String: String] = [
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
        "webp": "image/webp",
        "bmp": "image/bmp", "tif": "image/tiff", "tiff": "image/tiff", "svg": "image/svg+xml",
        "avif": "image/avif",
        "heic": "image/heic", "txt": "text/plain", "md": "text/markdown", "html": "text/html",
        "csv": "text/csv",
        "pdf": "application/pdf", "json": "application/json", "xml": "application/xml",
        "zip": "application/zip",
        "gz": "application/gzip", "tgz": "application/gzip", "tar": "application/x-tar",
        "xz": "application/x-xz",
        "bz2": "application/x-bzip2", "zst": "application/zstd", "7z": "application/x-7z-compressed",
        "mp3": "audio/mpeg", "ogg": "audio/ogg", "wav": "audio/wav", "flac": "audio/flac", "mp4": "video/mp4",
        "webm": "video/webm", "mkv": "video/x-matroska", "mov": "video/quicktime",
        "odt": "application/vnd.oasis.opendocument.text",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ]
}
