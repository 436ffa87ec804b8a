import RegistryTesting
import Testing

/// What a driver whose steps are recorded has in its write-ahead log.
enum LogUse: CaseIterable, CustomTestStringConvertible {
    /// It has none.
    case none
    /// The bytes of all objects.
    case bytes
    /// The bytes of links; of whatever is larger that its file was moved.
    case files
    /// The bytes of links; whatever is larger lasts by itself, since the disk keeps no names with bytes.
    case links

    var record: Int {
        switch self {
        case .files, .links: 72
        case .none, .bytes: 128 << 10
        }
    }

    var keepsNames: Bool { self == .files }

    var testDescription: String { "\(self)" }

    func begin(_ recorder: CrashRecorder) throws {
        if self != .none { try recorder.beginLog() }
    }
}
