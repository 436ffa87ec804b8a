public import Foundation

/// Tests that start other programs and take minutes. `dev/test --slow` and CI run them.
public enum SlowTests {
    /// Whether `REGISTRYD_SLOW_TESTS=1` is set. Once it is, a program that is missing fails its test.
    public static let enabled = ProcessInfo.processInfo.environment["REGISTRYD_SLOW_TESTS"] == "1"
}

/// Folders that tests need to know.
public enum Locations {
    /// The folder of the package.
    public static let package = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A Python with the modules `oras` and `docker`, where `dev/test` puts it.
    public static let python =
        ProcessInfo.processInfo.environment["REGISTRYD_TEST_PYTHON"]
        ?? package.appending(path: ".build-python/bin/python3").path(percentEncoded: false)

    /// The folder that holds the running test bundle, and beside it `registryd`.
    public static var products: URL {
        get throws {
            let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            return URL(filePath: bundle).deletingLastPathComponent()
        }
    }
}
