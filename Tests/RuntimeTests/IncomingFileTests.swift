import Foundation
import TestSupport
import Testing
import Wire

@testable import Runtime

@Suite("A file that is being received")
struct IncomingFileTests {
    private func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test func `has its name only when it is finished, and is its owner's alone`() throws {
        let folder = try TemporaryFolder()
        let downloads = folder.path + "/a/b"
        let file = try IncomingFile(in: downloads, for: FileName(offered: "photo.png"), token: "x1")
        try file.write(ByteString("world"), at: 6)
        try file.write(ByteString("hello "), at: 0)
        #expect(try names(downloads) == ["photo.png.x1.part"])
        #expect(file.size == 11)
        #expect(try file.read(at: 6) == Array("world".utf8))
        let path = try file.finish(as: FileName(offered: "photo.png"))
        #expect(path == downloads + "/photo.png")
        #expect(try names(downloads) == ["photo.png"])
        #expect(try folder.read("a/b/photo.png") == "hello world")
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `never takes the place of another`() throws {
        let folder = try TemporaryFolder()
        try folder.write("mine", to: "photo.png")
        for (token, expected) in [("a", "photo (2).png"), ("b", "photo (3).png")] {
            let name = FileName(offered: "photo.png")
            let file = try IncomingFile(in: folder.path, for: name, token: token)
            try file.write(ByteString("theirs"), at: 0)
            #expect(try file.finish(as: name) == "\(folder.path)/\(expected)")
        }
        #expect(try folder.read("photo.png") == "mine")
    }

    @Test func `does not follow a link that waits under its name`() throws {
        let folder = try TemporaryFolder()
        let target = try folder.write("precious", to: "precious")
        let manager = FileManager.default
        let name = FileName(offered: "a")
        try manager.createSymbolicLink(atPath: folder.path + "/a.x.part", withDestinationPath: target)
        #expect(throws: IncomingFile.Failure.self) {
            _ = try IncomingFile(in: folder.path, for: name, token: "x")
        }
        #expect(throws: IncomingFile.Failure.notAPart("a.x.part")) {
            _ = try IncomingFile(resuming: "a.x.part", in: folder.path)
        }
        try manager.createSymbolicLink(atPath: folder.path + "/a", withDestinationPath: target)
        let file = try IncomingFile(in: folder.path, for: name, token: "y")
        try file.write(ByteString("new"), at: 0)
        #expect(try file.finish(as: name).hasSuffix("/a (2)"))
        #expect(try folder.read("precious") == "precious")
    }

    @Test func `is gone on with where it stands`() throws {
        let folder = try TemporaryFolder()
        let name = FileName(offered: "big.iso")
        let part = try {
            let file = try IncomingFile(in: folder.path, for: name, token: "t")
            try file.write(ByteString("first half "), at: 0)
            return file.partName
        }()
        let file = try IncomingFile(resuming: part, in: folder.path)
        #expect(file.size == 11)
        try file.truncate(to: 6)
        try file.write(ByteString("second"), at: 6)
        _ = try file.finish(as: name)
        #expect(try folder.read("big.iso") == "first second")
    }

    @Test(arguments: ["a.png", "../a.part", "gone.part", "folder.part"])
    func `what is no part of ours is not gone on with`(_ part: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a.png")
        try folder.write("x", to: "folder.part/x")
        #expect(throws: IncomingFile.Failure.self) {
            _ = try IncomingFile(resuming: part, in: folder.path)
        }
    }

    @Test func `what no file can hold is refused, and what is discarded is gone`() throws {
        let folder = try TemporaryFolder()
        let file = try IncomingFile(in: folder.path, for: FileName(offered: "a"), token: "x")
        #expect(throws: IncomingFile.Failure.tooLarge) {
            try file.write(ByteString("x"), at: UInt64(Int64.max))
        }
        #expect(file.freeBytes ?? 0 > 0)
        file.discard()
        #expect(try names(folder.path).isEmpty)
    }

    @Test func `a folder that takes nothing is told in the system's words`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("x", to: "file")
        #expect(throws: IncomingFile.Failure.system("Not a directory")) {
            _ = try IncomingFile(in: file, for: FileName(offered: "a"), token: "x")
        }
    }
}
