internal import NIOCore

/// Who may collect in a store: one at a time, as a matter of thrift. The protocol is safe when two do.
///
/// A term is an object whose name is a number. Whoever creates the one after the last, which only one can
/// (``StorageDriver/putIfAbsent(_:at:)``), holds the store; its number is the fencing token. The holder writes its term
/// again from time to time, and at the end says that it is over. When a term's time has run out, its holder is taken for
/// dead and the next term may be created; a holder that was only asleep finds the higher number and stops.
///
/// Where a store is full there is no term: to collect is what makes room, and two that do so at once lose nothing.
///
/// It is assumed that the clocks of replicas differ by less than a lease; if they do not, two collect at once.
struct CollectionLease: Sendable {
    /// What a term's object says.
    private struct Term {
        var holder: String
        var expires: WallTime
        var isOver: Bool

        var content: ByteBuffer { ByteBuffer(string: "\(expires.rfc3339) \(isOver ? "over" : "held") \(holder)") }

        init(holder: String, expires: WallTime, isOver: Bool) {
            self.holder = holder
            self.expires = expires
            self.isOver = isOver
        }

        /// A term that can't be read is over when its holder can't have written it any more: never, so it counts as
        /// run out, since only the creation of the next one decides.
        init?(_ text: String) {
            let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, let expires = WallTime(rfc3339: parts[0]) else { return nil }
            self.init(holder: String(parts[2]), expires: expires, isOver: parts[1] == "over")
        }
    }

    /// The term's number; `nil` where there was no room for it.
    let number: UInt64?

    private let driver: any StorageDriver
    private let holder: String
    private let seconds: Int64
    private let now: @Sendable () -> WallTime
    private var renewed: WallTime

    /// Takes the store.
    ///
    /// - Throws: ``CollectionError/busy(holder:until:)``; ``StorageError``.
    init(
        _ driver: any StorageDriver,
        holder: String,
        seconds: Int64,
        now: @escaping @Sendable () -> WallTime
    ) async throws {
        self.driver = driver
        self.holder = holder
        self.seconds = seconds
        self.now = now
        var known = try await Self.terms(in: driver)
        if let last = known.last {
            let text = try await StorageError.ifPresent { try await driver.content(at: Self.path(last), limit: 4096) }
            if let term = text.flatMap({ Term(String(buffer: $0)) }), !term.isOver, term.expires > now() {
                throw CollectionError.busy(holder: term.holder, until: term.expires)
            }
        }
        let number = (known.last ?? 0) + 1
        renewed = now()
        let expires = WallTime(seconds: renewed.seconds + seconds)
        let term = Term(holder: holder, expires: expires, isOver: false)
        do {
            guard try await driver.putIfAbsent(term.content, at: Self.path(number)) else {
                throw CollectionError.busy(holder: "another process", until: expires)
            }
        } catch let error as StorageError where error.code == .noSpace {
            self.number = nil
            return
        }
        self.number = number
        // Terms are removed when later ones are there, so a number may be free again: the highest one counts.
        known = try await Self.terms(in: driver)
        guard known.last == number else {
            _ = try? await driver.delete(at: Self.path(number))
            throw CollectionError.busy(holder: "another process", until: expires)
        }
        for old in known where old < number {
            _ = try await StorageError.ifPresent { try await driver.delete(at: Self.path(old)) }
        }
    }

    /// Whether others are kept from collecting.
    var isHeld: Bool { number != nil }

    /// Says that the holder is alive, when a third of its time has passed. Where there is no room to say so, others may take
    /// the store when the time has run out.
    ///
    /// - Throws: ``CollectionError/leaseLost``; ``StorageError``.
    mutating func renewIfDue() async throws {
        let time = now()
        guard let number, time.seconds - renewed.seconds >= max(1, seconds / 3) else { return }
        guard try await Self.terms(in: driver).last == number else { throw CollectionError.leaseLost }
        let term = Term(holder: holder, expires: WallTime(seconds: time.seconds + seconds), isOver: false)
        do throws(StorageError) {
            try await driver.put(term.content, at: Self.path(number))
        } catch {
            guard error.code == .noSpace else { throw error }
        }
        renewed = time
    }

    /// Says that the holder is done.
    func release() async {
        guard let number, let last = try? await Self.terms(in: driver).last, last == number else { return }
        let term = Term(holder: holder, expires: now(), isOver: true)
        try? await driver.put(term.content, at: Self.path(number))
    }

    /// The numbers of the terms, in order.
    private static func terms(in driver: any StorageDriver) async throws -> [UInt64] {
        var pages = FolderPages(driver, StoreLayout.collectionTerms)
        var numbers: [UInt64] = []
        while let page = try await pages.next() { numbers += page.compactMap { UInt64($0.name) } }
        return numbers.sorted()
    }

    private static func path(_ number: UInt64) -> StoragePath {
        StoreLayout.collectionTerms.appending(String(number))
    }
}
