import Testing

@testable import RegistryStorage
