import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension HTTP1Handler {
    /// How many bytes wait for the client to take them, in the channel and in the system.
    ///
    /// The system's part matters: it reports a socket as writable only when a third of its buffer is free, which may
    /// be over a megabyte, so a slow client seems to take nothing for a long time.
    func untakenBytes() -> Int { unsentBytes() + systemQueueBytes() }

    /// How many bytes wait in the channel.
    func unsentBytes() -> Int {
        guard let options = context?.channel.syncOptions else { return 0 }
        return (try? options.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// How many bytes the system holds that the client's system has not acknowledged; 0 where that is not known.
    private func systemQueueBytes() -> Int {
        #if os(Linux)
        let count = try? context?.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            socket in
            var count: CInt = 0
            return ioctl(socket, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
        }
        return count ?? 0
        #else
        return 0
        #endif
    }
}
