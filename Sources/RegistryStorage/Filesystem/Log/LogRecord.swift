import NIOCore
import RegistryCore

/// One entry of the write-ahead log: objects that are put one after the other, with their paths.
///
/// It has the bytes of small ones. Of large ones it has that a file beside their place is moved there, whose bytes last already.
///
/// In the file it begins at a whole page, and fills up its last one. All numbers are little endian:
///
///     0  "rgstrylg"            the mark of a record
///     8  generation            of the segment, a random number that no client knows
///    16  number                in the order in which records were made, over both segments
///    24  time                  nanoseconds since 1970, before its files were named
///    32  bytes of the body
///    40  count of objects
///    48  SHA-256               of the 48 bytes before it and of the body
///    80  the body              for each object the lengths of path and content, 4 bytes each, and the path;
///                              then the contents. Where the length's highest bit is set, the content is the
///                              name of the file that is moved
struct LogRecord {
    static let page = 4096
    static let headLength = 80
    private static let mark: UInt64 = 0x676c_7972_7473_6772
    /// Where the hash lies, without which a record counts for nothing.
    static let hashPlace = 48..<80
    /// No path is longer than the system's own limit.
    private static let longestPath = 4096

    /// What it puts, in this order.
    struct Object {
        let path: StoragePath
        let content: Content
    }

    enum Content {
        /// All bytes of the object.
        case bytes([ByteBuffer])
        /// The name of a file beside the object's place, which becomes the object.
        case file(named: String)

        /// What the record has of it.
        var parts: [ByteBuffer] {
            switch self {
            case .bytes(let parts): parts
            case .file(let name): [ByteBuffer(string: name)]
            }
        }

        fileprivate var byteCount: Int {
            switch self {
            case .bytes(let parts): parts.byteCount
            case .file(let name): name.utf8.count
            }
        }

        fileprivate var length: UInt32 {
            switch self {
            case .bytes: UInt32(byteCount)
            case .file: UInt32(byteCount) | LogRecord.movedFile
            }
        }

        /// `nil` for a name that no file has that is being written.
        fileprivate init?(_ bytes: ByteBuffer, isFile: Bool) {
            guard isFile else {
                self = .bytes([bytes])
                return
            }
            let isTemporary = bytes.withUnsafeReadableBytes { TemporaryName.matches($0.bindMemory(to: UInt8.self)) }
            guard isTemporary, !bytes.readableBytesView.contains(UInt8(ascii: "/")) else { return nil }
            self = .file(named: String(buffer: bytes))
        }
    }

    /// Marks the length of a content that is a file's name.
    private static let movedFile: UInt32 = 1 << 31

    let number: UInt64
    let time: Int64
    let objects: [Object]

    /// How many bytes of the file a record of some objects takes.
    static func length(of objects: [Object]) -> Int {
        let body = objects.reduce(0) { $0 + 8 + $1.path.description.utf8.count + $1.content.byteCount }
        return (headLength + body + page - 1) / page * page
    }

    /// The head of a record and what its body has before the contents, which follow it in the file as they are.
    static func head(
        of objects: [Object],
        generation: UInt64,
        number: UInt64,
        time: Int64
    ) -> ByteBuffer {
        var table = ByteBuffer()
        for object in objects {
            let path = object.path.description
            table.writeInteger(UInt32(path.utf8.count), endianness: .little)
            table.writeInteger(object.content.length, endianness: .little)
            table.writeString(path)
        }
        var head = ByteBuffer()
        head.reserveCapacity(headLength + table.readableBytes)
        for number in [mark, generation, number, UInt64(bitPattern: time)] {
            head.writeInteger(number, endianness: .little)
        }
        let body = table.readableBytes + objects.reduce(0) { $0 + $1.content.byteCount }
        head.writeInteger(UInt64(body), endianness: .little)
        head.writeInteger(UInt64(objects.count), endianness: .little)
        var hasher = ContentHasher(.sha256)
        hasher.update(head)
        hasher.update(table)
        for object in objects { for part in object.content.parts { hasher.update(part) } }
        head.writeBytes(hasher.digest().bytes)
        head.writeImmutableBuffer(table)
        return head
    }

    /// Reads the record that begins at the buffer's reader index, and moves that behind the record's bytes; `nil`, with
    /// the index where it was, when there is no whole one of this generation.
    init?(readingFrom buffer: inout ByteBuffer, generation: UInt64) {
        var bytes = buffer
        guard let head = bytes.readSlice(length: Self.headLength),
            Self.isHead(at: head.readerIndex, of: head, generation: generation),
            let number = head.getInteger(at: head.readerIndex + 16, endianness: .little, as: UInt64.self),
            let time = head.getInteger(at: head.readerIndex + 24, endianness: .little, as: Int64.self),
            let length = head.getInteger(at: head.readerIndex + 32, endianness: .little, as: UInt64.self),
            let count = head.getInteger(at: head.readerIndex + 40, endianness: .little, as: UInt64.self),
            let body = Int(exactly: length).flatMap({ bytes.readSlice(length: $0) }),
            let hashed = head.getSlice(at: head.readerIndex, length: Self.hashPlace.lowerBound),
            let hash = head.getSlice(at: head.readerIndex + Self.hashPlace.lowerBound, length: Self.hashPlace.count)
        else { return nil }
        var hasher = ContentHasher(.sha256)
        hasher.update(hashed)
        hasher.update(body)
        guard hasher.digest().bytes.elementsEqual(hash.readableBytesView),
            let objects = Self.objects(in: body, count: count)
        else { return nil }
        self.number = number
        self.time = time
        self.objects = objects
        buffer = bytes
    }

    /// Whether a record of this generation begins at an index.
    static func isHead(at index: Int, of bytes: ByteBuffer, generation: UInt64) -> Bool {
        bytes.getInteger(at: index, endianness: .little) == mark
            && bytes.getInteger(at: index + 8, endianness: .little) == generation
    }

    private static func objects(in body: ByteBuffer, count: UInt64) -> [Object]? {
        var body = body
        var found: [(path: StoragePath, length: UInt32)] = []
        for _ in 0..<count {
            guard let pathLength = body.readInteger(endianness: .little, as: UInt32.self), pathLength <= longestPath,
                let length = body.readInteger(endianness: .little, as: UInt32.self),
                let path = body.readString(length: Int(pathLength)).flatMap({ StoragePath($0) }), path != .root
            else { return nil }
            found.append((path, length))
        }
        var objects: [Object] = []
        for (path, length) in found {
            guard let bytes = body.readSlice(length: Int(length & ~movedFile)),
                let content = Content(bytes, isFile: length & movedFile != 0)
            else { return nil }
            objects.append(Object(path: path, content: content))
        }
        return body.readableBytes == 0 ? objects : nil
    }
}

/// The first page of a segment, which says what records behind it count.
struct LogSegmentHead: Equatable {
    private static let mark: UInt64 = 0x6765_7379_7274_7372

    /// What the records have that were written since the segment was emptied last.
    let generation: UInt64
    /// During which run of the system they were written.
    let run: SystemRun

    /// A new one, which makes whatever is behind it count for nothing.
    static func fresh(_ run: SystemRun) -> LogSegmentHead {
        LogSegmentHead(generation: .random(in: 1 ... .max), run: run)
    }

    private init(generation: UInt64, run: SystemRun) {
        self.generation = generation
        self.run = run
    }

    /// Its bytes: a page.
    var bytes: ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeInteger(Self.mark, endianness: .little)
        bytes.writeInteger(generation, endianness: .little)
        bytes.writeInteger(UInt32(run.text.utf8.count), endianness: .little)
        bytes.writeString(run.text)
        bytes.writeBytes(ContentHasher.digest(of: bytes).bytes)
        bytes.writeRepeatingByte(0, count: LogRecord.page - bytes.readableBytes)
        return bytes
    }

    /// Reads one; `nil` when there is none.
    init?(_ bytes: ByteBuffer) {
        var bytes = bytes
        let whole = bytes
        guard bytes.readInteger(endianness: .little, as: UInt64.self) == Self.mark,
            let generation = bytes.readInteger(endianness: .little, as: UInt64.self),
            let length = bytes.readInteger(endianness: .little, as: UInt32.self), length <= SystemRun.longest,
            let text = bytes.readString(length: Int(length)),
            let hashed = whole.getSlice(at: whole.readerIndex, length: 20 + Int(length)),
            let hash = bytes.readBytes(length: 32), ContentHasher.digest(of: hashed).bytes == hash
        else { return nil }
        self.init(generation: generation, run: SystemRun(text))
    }
}
