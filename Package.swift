// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target of ours.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
    .enableUpcomingFeature("ExistentialAny"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
    .enableUpcomingFeature("InternalImportsByDefault"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
    .enableUpcomingFeature("MemberImportVisibility"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "registryd",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "RegistryCore", targets: ["RegistryCore"]),
        .library(name: "RegistryStorage", targets: ["RegistryStorage"]),
        .library(name: "RegistryAuth", targets: ["RegistryAuth"]),
        .library(name: "RegistryToken", targets: ["RegistryToken"]),
        .library(name: "RegistryHTTP", targets: ["RegistryHTTP"]),
        .library(name: "RegistryTLS", targets: ["RegistryTLS"]),
        .library(name: "RegistryOperations", targets: ["RegistryOperations"]),
        .library(name: "RegistryTesting", targets: ["RegistryTesting"]),
        .executable(name: "registryd", targets: ["registryd"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
    ],
    targets: [
        // MARK: System libraries

        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibCrypt", pkgConfig: "libxcrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(name: "CLinux"),

        // MARK: C

        .target(name: "CHashPair"),

        // MARK: Libraries, in layer order

        .target(
            name: "RegistryCore",
            dependencies: [
                "CHashPair",
                "CLibCrypto",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RegistryStorage",
            dependencies: [
                "CLinux",
                "RegistryCore",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RegistryAuth",
            dependencies: [
                "RegistryCore",
                "CLibCrypt",
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        // Apart from RegistryAuth, so that who has no use for tokens builds no cryptography.
        .target(
            name: "RegistryToken",
            dependencies: [
                "RegistryCore",
                "RegistryAuth",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RegistryHTTP",
            dependencies: [
                "RegistryCore",
                "RegistryAuth",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        // Apart from RegistryHTTP, so that a server behind somebody else's TLS builds no cryptography.
        .target(
            name: "RegistryTLS",
            dependencies: [
                "RegistryCore",
                "RegistryAuth",
                "RegistryHTTP",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: settings
        ),
        // What an operator looks at: logs, metrics, health, traces, and the debug server that shows them.
        .target(
            name: "RegistryOperations",
            dependencies: [
                "RegistryCore",
                "RegistryAuth",
                "RegistryHTTP",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RegistryTesting",
            dependencies: [
                "RegistryCore",
                "RegistryStorage",
                "RegistryAuth",
                "RegistryHTTP",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),

        .target(
            name: "RegistryConfiguration",
            dependencies: [.product(name: "Yams", package: "Yams")],
            swiftSettings: settings
        ),

        // MARK: The program

        .executableTarget(
            name: "registryd",
            dependencies: [
                "CLinux",
                "RegistryCore",
                "RegistryStorage",
                "RegistryAuth",
                "RegistryConfiguration",
                "RegistryHTTP",
                "RegistryOperations",
                "RegistryTLS",
                "RegistryToken",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),

        // MARK: Tests, mirroring Sources

        .testTarget(
            name: "RegistryCoreTests",
            dependencies: [
                "RegistryCore",
                "RegistryStorage",
                "RegistryTesting",
                "SimulatedStorage",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        // A store that is reckoned instead of kept, and the program that collects in it (`dev/simulate`).
        .target(
            name: "SimulatedStorage",
            dependencies: ["RegistryCore", .product(name: "NIOCore", package: "swift-nio")],
            path: "Tests/SimulatedStorage",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "simulate-collection",
            dependencies: ["RegistryCore", "SimulatedStorage"],
            path: "Tests/simulate-collection",
            swiftSettings: settings
        ),
        .testTarget(
            name: "RegistryStorageTests",
            dependencies: ["RegistryStorage", "RegistryTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RegistryAuthTests",
            dependencies: [
                "RegistryAuth",
                "RegistryCore",
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RegistryTokenTests",
            dependencies: [
                "RegistryAuth",
                "RegistryCore",
                "RegistryToken",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RegistryConfigurationTests",
            dependencies: ["RegistryConfiguration"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RegistryHTTPTests",
            dependencies: [
                "RegistryAuth",
                "RegistryHTTP",
                "RegistryTesting",
                "RegistryToken",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RegistryTLSTests",
            dependencies: [
                "RegistryAuth",
                "RegistryHTTP",
                "RegistryTLS",
                "RegistryTesting",
                "ShellSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RegistryOperationsTests",
            dependencies: [
                "RegistryAuth",
                "RegistryCore",
                "RegistryHTTP",
                "RegistryOperations",
                "RegistryStorage",
                "RegistryTesting",
                "ShellSupport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BadInputTests",
            dependencies: [
                "RegistryCore",
                "RegistryHTTP",
                "RegistryStorage",
                "RegistryTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),

        .testTarget(
            name: "ConformanceTests",
            dependencies: ["RegistryCore", "RegistryHTTP", "RegistryStorage", "RegistryTesting"],
            swiftSettings: settings
        ),

        // MARK: Tests of the program from outside, by processes that speak to it

        .target(
            name: "ShellSupport",
            dependencies: ["CLibCrypto"],
            path: "Tests/ShellSupport",
            swiftSettings: settings
        ),
        .testTarget(
            name: "ProgramTests",
            dependencies: ["ShellSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "CrashTests",
            dependencies: [
                "RegistryCore",
                "RegistryStorage",
                "ShellSupport",
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "StormTests",
            dependencies: [
                "RegistryCore",
                "RegistryStorage",
                "ShellSupport",
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "InteroperabilityTests",
            dependencies: ["ShellSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DifferentialTests",
            dependencies: ["ShellSupport"],
            exclude: ["Differences.json"],
            swiftSettings: settings
        ),
    ]
)

// Warnings are errors where the project itself is checked (`dev/test` sets the variable), and only in our targets: a
// package that depends on this one, and a person in the middle of a change, are not stopped by a warning.
if Context.environment["REGISTRYD_WARNINGS_AS_ERRORS"] == "1" {
    for target in package.targets where target.type != .system {
        target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
    }
}
