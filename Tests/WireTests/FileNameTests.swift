import Testing
import Wire

@Suite("The name a received file gets")
struct FileNameTests {
    @Test(
        "is one component without anything that acts",
        arguments: [
            ("photo.png", "photo.png"),
            ("My cool picture.jpg", "My cool picture.jpg"),
            ("/etc/passwd", "passwd"),
            ("../../.ssh/authorized_keys", "authorized_keys"),
            (#"C:\Windows\system32\evil.dll"#, "evil.dll"),
            (#"..\..\evil.bat"#, "evil.bat"),
            (".bashrc", "bashrc"),
            ("...", "file"),
            ("", "file"),
            ("/", "file"),
            (" \t ", "file"),
            (". . hidden", "hidden"),
            ("-rf", "_rf"),
            ("../\u{301}a", "\u{301}a"),
            (".\u{301}a", "\u{301}a"),
            ("evil\u{1B}[2Jname.txt", "evil[2Jname.txt"),
            ("nul\u{0}byte", "nulbyte"),
            ("two\r\nlines", "twolines"),
            ("gpj.\u{202E}exe.png", "gpj.exe.png"),
            ("zero\u{200B}width", "zerowidth"),
            ("trailing. . ", "trailing"),
            ("Ærø 日本語 🙂.txt", "Ærø 日本語 🙂.txt"),
        ]
    )
    func safe(offered: String, name: String) {
        #expect(FileName(offered: offered).text == name)
    }

    @Test("is cut on a character border and keeps its ending")
    func long() {
        let name = FileName(offered: String(repeating: "日", count: 200) + ".png").text
        #expect(name.utf8.count <= FileName.limit)
        #expect(name.hasSuffix("日.png"))
        let ending = FileName(offered: "a." + String(repeating: "x", count: 400)).text
        #expect(ending.utf8.count == FileName.limit)
        #expect(FileName(offered: "a" + String(repeating: "\u{301}", count: 400)).text == "file")
    }

    @Test("is told from its namesakes by a number before the ending")
    func numbered() {
        #expect(FileName(offered: "photo.png").numbered(2) == "photo (2).png")
        #expect(FileName(offered: "archive.tar.gz").numbered(3) == "archive.tar (3).gz")
        #expect(FileName(offered: "README").numbered(2) == "README (2)")
    }

    @Test("is safe whatever bytes were offered")
    func anything() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let scalars = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                Unicode.Scalar(UInt32.random(in: 0...0x2FFF, using: &generator)) ?? "/"
            }
            var offered = String.UnicodeScalarView()
            offered.append(contentsOf: scalars)
            let name = FileName(offered: String(offered)).text
            #expect(!name.isEmpty && name.utf8.count <= FileName.limit)
            #expect(!name.hasPrefix(".") && !name.hasPrefix("-") && !name.utf8.contains(UInt8(ascii: "/")))
            #expect(name == name.safeForDisplay())
        }
    }
}
