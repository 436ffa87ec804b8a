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
    /// What goes by NIO's channel, which waits for a socket that takes no more. So little that a client that is slow and
    /// one that has stopped can be told apart: the first has taken it before its time is over.
    private static var bytesOfRegion: Int64 { 32 * 1024 }
    /// How much is handed on by one call: that depends on the machine, and so is the same for all connections.
    private static let sizes = SendSizes()
    /// How much is sent so in a row. 256 KiB and 1 MiB measured alike, 4 MiB a fifth less.
    private static var bytesOfBurst: Int64 { 512 * 1024 }

    /// Sends a part of a file without reading it into memory.
    ///
    /// The only place that uses NIO's `FileRegion`, which works on a plain socket only and is to go in NIO 3. It begins, and
    /// waits where the socket takes no more. What the socket takes at once is handed to the kernel from here: with a region
    /// for each call it was 2,300 MB/s.
    ///
    /// - Parameter count: told the bytes of each piece that was sent.
    /// - Returns: whether everything was sent.
    func sendFile(_ file: OpenFile, _ range: Range<Int64>, count: (Int64) -> Void) async -> Bool {
        let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: file.descriptor)
        // The descriptor stays the file's; the handle only has to be told that it no longer has it.
        defer { withExtendedLifetime(file) { _ = try? handle.takeDescriptorOwnership() } }
        var offset = range.lowerBound
        // How much was sent since other connections had their turn.
        var turn: Int64 = 0
        // A short file is over before it is worth while: 1 MiB, 16 connections, took 0.40 s of CPU a GB without, 0.49 with.
        let isLong = range.upperBound - range.lowerBound > Int64(configuration.filePieceBytes)
        var isCorked = false
        defer { if isCorked { cork(false) } }
        var isFull = true
        while offset < range.upperBound {
            let choice = Self.sizes.next()
            if isLong, isCorked != choice.fillsSegments {
                isCorked.toggle()
                cork(isCorked)
            }
            if isFull {
                let end = min(offset + Self.bytesOfRegion, range.upperBound)
                // A file that was cut short would make NIO send nothing again and again.
                guard Self.size(of: file.descriptor) >= end else { return false }
                let region = FileRegion(fileHandle: handle, readerIndex: Int(offset), endIndex: Int(end))
                // All that was written before goes with it, so that nothing waits in the channel.
                guard await sendThrough(.fileRegion(region)) else { return false }
                if !wroteAtOnce { turn = 0 }
                count(end - offset)
                turn += end - offset
                offset = end
            }
            let burst = min(Self.bytesOfBurst, range.upperBound - offset)
            guard let sent = burst == 0 ? 0 : sendAtOnce(file, from: offset, burst, choice) else { return false }
            count(sent)
            turn += sent
            offset += sent
            isFull = sent < burst
            guard turn >= Int64(configuration.filePieceBytes), offset < range.upperBound else { continue }
            await letOthersRun()
            turn = 0
        }
        return true
    }

    /// Lets the kernel wait for more where a segment is not full, or no longer.
    private func cork(_ isOn: Bool) {
        _ = try? context?.pipeline.syncOperations
            .withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket in
                var value: CInt = isOn ? 1 : 0
                _ = setsockopt(socket, CInt(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<CInt>.size))
            }
    }

    /// Sends as much of a file as the socket takes now. Nothing may wait in the channel.
    ///
    /// - Returns: how much that was, in bytes; `nil` when the connection or the file has come to its end.
    private func sendAtOnce(
        _ file: OpenFile,
        from start: Int64,
        _ budget: Int64,
        _ choice: SendSizes.Choice
    ) -> Int64? {
        let began = Self.threadTime()
        let sent: Int64?? = try? context?.pipeline.syncOperations
            .withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket in
                var offset = off_t(start)
                let end = off_t(start + budget)
                while offset < end {
                    let count = sendfile(
                        socket,
                        file.descriptor,
                        &offset,
                        Int(min(off_t(choice.size), end - offset))
                    )
                    if count > 0 { continue }
                    guard count < 0, errno == EAGAIN || errno == EINTR else { return nil }
                    if errno == EAGAIN { break }
                }
                return Int64(offset) - start
            }
        guard let sent, let sent else { return nil }
        Self.sizes.took(nanoseconds: Self.threadTime() - began, bytes: sent, choice)
        return sent
    }

    /// Nanoseconds of processor that this thread has had: what others took meanwhile says nothing of the call.
    private static func threadTime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private static func size(of descriptor: CInt) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return -1 }
        return Int64(status.st_size)
    }
}
