import Testing

@testable import RegistryHTTP
