import Testing

@testable import RegistryCore
