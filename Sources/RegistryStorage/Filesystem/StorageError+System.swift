import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a call was about to do, where the same number means different things.
enum SystemPurpose {
    /// Looking for something: an object in the place of a folder means that it isn't there.
    case reading
    /// Putting something: an object in the place of a folder is in the way.
    case writing
}

extension StorageError {
    /// Says what a failed system call means to a caller of the driver.
    init(_ failure: SystemFailure, at path: StoragePath, _ purpose: SystemPurpose) {
        self.init(
            Self.code(of: failure.number, purpose),
            at: path,
            "\(failure.call): \(String(cString: strerror(failure.number)))"
        )
    }

    private static func code(of number: CInt, _ purpose: SystemPurpose) -> Code {
        switch number {
        case ENOENT: .notFound
        case ENOTDIR: purpose == .reading ? .notFound : .wrongKind
        // A name that is too long for a file can't be there.
        case ENAMETOOLONG where purpose == .reading: .notFound
        case EISDIR, ENOTEMPTY: .wrongKind
        case ENOSPC, EDQUOT: .noSpace
        case EROFS, EACCES, EPERM: .readOnly
        // What this process, or the system, has used up comes back.
        case EMFILE, ENFILE, ENOMEM, ENOLCK, EAGAIN, EBUSY: .unavailable
        // The device, or the server behind the mount, is away.
        case ENODEV, ENXIO, ENOTCONN, ESTALE, ETIMEDOUT, ESHUTDOWN, ECONNREFUSED, ECONNRESET, ECONNABORTED: .unavailable
        case EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH: .unavailable
        default: .failed
        }
    }
}
