// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// For the targets that borrow bytes from a buffer: they store and return a `Span`.
let borrowing = strict + [.enableExperimentalFeature("Lifetimes")]

/// Where Debian has the headers of libchafa and of the library below it.
let chafaHeaders =
    ["/usr/include/chafa", "/usr/include/glib-2.0"]
    + ["x86_64", "aarch64"].flatMap { machine in
        ["chafa/include", "glib-2.0/include"].map { "/usr/lib/\(machine)-linux-gnu/\($0)" }
    }

// Arrows point downwards only: a target may depend on those above it in this list, never on those below.
let package = Package(
    name: "ims",
    products: [.executable(name: "ims", targets: ["ims"])],
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCares", providers: [.apt(["libc-ares-dev"])]),
        .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CReadline", providers: [.apt(["libreadline-dev"])]),
        // Loaded when it is needed, so no system library that is linked.
        .target(name: "CLibXML2", cSettings: [.unsafeFlags(["-I/usr/include/libxml2"])]),
        .target(name: "CPictures", cSettings: [.unsafeFlags(chafaHeaders.map { "-I" + $0 })]),
        .target(name: "CCurl"),

        .target(name: "Wire", swiftSettings: borrowing),
        .target(name: "Pictures", dependencies: ["CPictures"], swiftSettings: strict),
        .target(name: "Crypto", dependencies: ["CLinux", "COpenSSL"], swiftSettings: strict),
        .target(name: "SIP", dependencies: ["Wire", "Crypto"], swiftSettings: borrowing),
        .target(name: "SDP", dependencies: ["Wire", "Crypto"], swiftSettings: borrowing),
        .target(name: "MSRP", dependencies: ["Wire"], swiftSettings: borrowing),
        .target(name: "Documents", dependencies: ["Wire", "CLibXML2"], swiftSettings: strict),
        .target(
            name: "UserAgent",
            dependencies: ["SIP", "SDP", "Documents", "Crypto", "Wire"],
            swiftSettings: strict
        ),
        .target(
            name: "Runtime",
            dependencies: ["Wire", "CLinux", "COpenSSL", "CCares", "CCurl"],
            swiftSettings: strict
        ),
        .target(name: "Store", dependencies: ["Wire", "CSQLite"], swiftSettings: strict),
        .target(
            name: "Engine",
            dependencies: [
                "UserAgent", "Runtime", "Store", "MSRP", "SDP", "SIP", "Documents", "Crypto", "Wire",
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Lab",
            dependencies: ["SIP", "SDP", "MSRP", "Documents", "Runtime", "Crypto", "Wire"],
            swiftSettings: strict
        ),
        .target(
            name: "Commands",
            dependencies: [
                "Engine", "Lab", "UserAgent", "Pictures", "Runtime", "Store", "SIP", "SDP", "Documents",
                "Wire",
                "CReadline",
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ims",
            dependencies: ["Commands", "Engine", "Runtime", "Store", "Wire"],
            swiftSettings: strict
        ),

        // Not shipped: what scripts/bench times.
        .executableTarget(
            name: "MessageBench",
            dependencies: ["SIP", "Wire"],
            path: "scripts/bench.d/MessageBench",
            swiftSettings: strict
        ),

        .executableTarget(
            name: "PresenceBench",
            dependencies: ["UserAgent", "SIP", "Documents", "Wire"],
            path: "scripts/bench.d/PresenceBench",
            swiftSettings: strict
        ),

        .target(
            name: "TestSupport",
            dependencies: ["CLinux", "Runtime", "Wire"],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        .testTarget(
            name: "WireTests",
            dependencies: ["Wire", "TestSupport"],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(name: "CryptoTests", dependencies: ["Crypto", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SIPTests",
            dependencies: ["SIP", "Crypto", "Wire", "TestSupport"],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SDPTests",
            dependencies: ["SDP", "Wire", "TestSupport"],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "MSRPTests",
            dependencies: ["MSRP", "Wire", "TestSupport"],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DocumentsTests",
            dependencies: ["Documents", "Wire", "TestSupport"],
            resources: [.copy("Fixtures")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "UserAgentTests",
            dependencies: ["UserAgent", "SDP", "SIP", "Documents", "Crypto", "Wire", "TestSupport"],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "PicturesTests",
            dependencies: ["Pictures", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "RuntimeTests",
            dependencies: ["Runtime", "Wire", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "StoreTests",
            dependencies: ["Store", "Wire", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Engine", "UserAgent", "Runtime", "Store", "MSRP", "SIP", "SDP", "Documents", "Lab", "Crypto",
                "Wire",
                "TestSupport",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LabTests",
            dependencies: [
                "Lab", "SIP", "SDP", "MSRP", "Documents", "Runtime", "Crypto", "Wire", "TestSupport",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CommandsTests",
            dependencies: [
                "Commands", "Engine", "Runtime", "SIP", "Documents", "Store", "Wire", "TestSupport",
            ],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "BinaryTests",
            dependencies: ["Runtime", "Wire", "TestSupport", "ims"],
            swiftSettings: strict
        ),
    ]
)
