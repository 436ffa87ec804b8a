// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that who depends on the registry does not get what the examples depend on.
let package = Package(
    name: "registryd-examples",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(name: "registryd", path: ".."),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "EmbedInMemory",
            dependencies: [
                .product(name: "RegistryCore", package: "registryd"),
                .product(name: "RegistryHTTP", package: "registryd"),
                .product(name: "RegistryStorage", package: "registryd"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .executableTarget(
            name: "WithHummingbird",
            dependencies: [
                .product(name: "RegistryCore", package: "registryd"),
                .product(name: "RegistryHTTP", package: "registryd"),
                .product(name: "RegistryStorage", package: "registryd"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .target(
            name: "CustomStore",
            dependencies: [
                .product(name: "RegistryCore", package: "registryd"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "CustomStoreTests",
            dependencies: [
                "CustomStore",
                .product(name: "RegistryCore", package: "registryd"),
                .product(name: "RegistryTesting", package: "registryd"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
    ]
)

// As in the package above.
if Context.environment["REGISTRYD_WARNINGS_AS_ERRORS"] == "1" {
    for target in package.targets {
        target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
    }
}
