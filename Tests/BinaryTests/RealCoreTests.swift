import TestSupport
import Testing

/// The real binary against the real core, one test after the other: what is proved here is the program, not the machine.
@Suite(
    .serialized,
    .enabled(if: RealCore.isInstalled, Comment(rawValue: RealCore.howToInstall)),
    .timeLimit(.minutes(2))
)
enum RealCoreTests {}
