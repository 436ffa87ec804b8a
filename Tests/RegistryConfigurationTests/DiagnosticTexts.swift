@testable import RegistryConfiguration

/// What reading a configuration complains of: its warnings, or why it is refused.
func diagnosticTexts(_ read: () throws(ConfigurationError) -> Configuration) -> [String] {
    do {
        return try read().warnings.map(\.description)
    } catch {
        return error.diagnostics.map(\.description)
    }
}
