import NIOCore
import RegistryCore

/// An object as it was when it was opened: later changes of the store don't reach it.
struct DictionaryObject: StorageObject {
    let bytes: ByteBuffer

    var size: Int64 { Int64(bytes.readableBytes) }
    var modified: Int64 { 0 }

    func read(at offset: Int64, count: Int) async throws(StorageError) -> ByteBuffer {
        let length = min(Int64(count), size - offset)
        guard offset >= 0, length > 0 else { return ByteBuffer() }
        return bytes.getSlice(at: bytes.readerIndex + Int(offset), length: Int(length)) ?? ByteBuffer()
    }
}
