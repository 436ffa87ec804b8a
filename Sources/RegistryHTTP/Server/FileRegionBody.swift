import NIOCore
import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension HTTP1Handler {
    /// Sends a part of a file without reading it into memory: 0.10 s of CPU per GB against 0.47 s.
    ///
    /// The only place that uses NIO's `FileRegion`, which works on a plain socket only and is to go in NIO 3.
    ///
    /// - Parameter count: told the bytes of each piece that was sent.
    /// - Returns: whether everything was sent.
    func sendFile(_ file: OpenFile, _ range: Range<Int64>, count: (Int64) -> Void) async -> Bool {
        let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: file.descriptor)
        // The descriptor stays the file's; the handle only has to be told that it no longer has it.
        defer { withExtendedLifetime(file) { _ = try? handle.takeDescriptorOwnership() } }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let end = min(offset + Int64(configuration.filePieceBytes), range.upperBound)
            // A file that was cut short would make the kernel send nothing again and again.
            guard Self.size(of: file.descriptor) >= end else { return false }
            let region = FileRegion(fileHandle: handle, readerIndex: Int(offset), endIndex: Int(end))
            guard await sendThrough(.fileRegion(region)) else { return false }
            count(end - offset)
            offset = end
            if wroteAtOnce, offset < range.upperBound { await letOthersRun() }
        }
        return true
    }

    private static func size(of descriptor: CInt) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return -1 }
        return Int64(status.st_size)
    }
}
