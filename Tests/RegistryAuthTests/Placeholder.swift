import Testing

@testable import RegistryAuth
