import NIOCore

/// How much connections read from their sockets at once.
enum ReadSizes {
    /// Of more connections than this, those that come later read less: what was read and not taken yet is memory. With
    /// 64 pushes and 64 pulls it was 9 MiB.
    private static let few = 32

    /// Reads grow to 256 KiB while they fill their buffer: a push took 10 % less of the processor than with 64 KiB.
    static let usual = growing(to: 256 << 10)

    /// Keeps the reads of a new connection small where there are many. To be called on the channel's event loop.
    static func limit(_ channel: any Channel, among connections: Int) {
        guard connections > few else { return }
        try? channel.syncOptions?.setOption(.recvAllocator, value: growing(to: 64 << 10))
    }

    private static func growing(to maximum: Int) -> AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 2048, maximum: maximum)
    }
}
