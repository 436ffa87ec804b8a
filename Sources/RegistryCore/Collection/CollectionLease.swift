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
/// A collector that removes at once what nothing refers to holds its term *alone*: a server that finds such a term after it has
/// said that it is there takes no pushes until it is over, and the collector that finds the server ends.
///
/// It is assumed that the clocks of replicas differ by less than a lease; if they do not, two collect at once.
struct CollectionLease: Sendable {
    /// How a term is held; other words than these mean ``held``.
    private enum Standing: String {
        /// Beside servers.
        case held
        /// As if there were no servers: those that there are take no pushes.
        case alone
        case over
    }

    /// What a term's object says.
    private struct Term {
        var holder: String
        var expires: WallTime
        var standing: Standing

        var content: ByteBuffer { ByteBuffer(string: "\(expires.rfc3339) \(standing.rawValue) \(holder)") }

        init(holder: String, expires: WallTime, standing: Standing) {
            self.holder = holder
            self.expires = expires
            self.standing = standing
        }

        /// A term that can't be read is over when its holder can't have written it any more: never, so it counts as
        /// run out, since only the creation of the next one decides.
        init?(_ text: String) {
            let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, let expires = WallTime(rfc3339: parts[0]) else { return nil }
            self.init(
                holder: String(parts[2]),
                expires: expires,
                standing: Standing(rawValue: String(parts[1])) ?? .held
            )
        }

        func holds(at time: WallTime) -> Bool { standing != .over && expires > time }
    }

    /// The term's number; `nil` where there was no room for it.
    let number: UInt64?

    private let driver: any StorageDriver
    private let holder: String
    private let now: @Sendable () -> WallTime
    private var standing: Standing
    private var seconds: Int64
    private var renewed: WallTime

    /// How long a collector that holds a store alone is waited for at the most, in seconds: pushes are.
    private static let longestAlone: Int64 = 60

    /// Takes the store.
    ///
    /// - Parameter isAlone: whether servers are to take no pushes until ``share(for:)`` or ``release()``.
    /// - Throws: ``CollectionError/busy(holder:until:)``; ``StorageError``.
    init(
        _ driver: any StorageDriver,
        holder: String,
        seconds: Int64,
        isAlone: Bool = false,
        now: @escaping @Sendable () -> WallTime
    ) async throws {
        self.driver = driver
        self.holder = holder
        self.now = now
        standing = isAlone ? .alone : .held
        let seconds = isAlone ? min(seconds, Self.longestAlone) : seconds
        self.seconds = seconds
        var known = try await Self.terms(in: driver)
        if let last = known.last, let term = try await Self.term(last, in: driver), term.holds(at: now()) {
            throw CollectionError.busy(holder: term.holder, until: term.expires)
        }
        let number = (known.last ?? 0) + 1
        renewed = now()
        let expires = WallTime(seconds: renewed.seconds + seconds)
        let term = Term(holder: holder, expires: expires, standing: standing)
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
    /// the store when the time has run out, and who holds it alone must end before.
    ///
    /// - Throws: ``CollectionError/leaseLost``; ``StorageError``.
    mutating func renewIfDue() async throws {
        let time = now()
        guard let number, time.seconds - renewed.seconds >= max(1, seconds / 3) else { return }
        guard try await Self.terms(in: driver).last == number else { throw CollectionError.leaseLost }
        let term = Term(holder: holder, expires: WallTime(seconds: time.seconds + seconds), standing: standing)
        do throws(StorageError) {
            try await driver.put(term.content, at: Self.path(number))
        } catch {
            let isEnding = standing == .alone && time.seconds - renewed.seconds >= seconds * 2 / 3
            guard error.code == .noSpace, !isEnding else { throw error }
            if standing == .alone { return }
        }
        renewed = time
    }

    /// Lets servers take pushes from now on.
    ///
    /// - Throws: as ``renewIfDue()``.
    mutating func share(for seconds: Int64) async throws {
        (standing, self.seconds) = (.held, seconds)
        renewed = WallTime(seconds: 0)
        try await renewIfDue()
    }

    /// Who holds the store as if there were no servers; `nil` when nobody does.
    ///
    /// - Throws: ``StorageError``.
    static func loneHolder(in driver: any StorageDriver, at time: WallTime) async throws -> String? {
        guard let last = try await terms(in: driver).last, let term = try await term(last, in: driver) else {
            return nil
        }
        return term.standing == .alone && term.holds(at: time) ? term.holder : nil
    }

    private static func term(_ number: UInt64, in driver: any StorageDriver) async throws -> Term? {
        let text = try await StorageError.ifPresent { try await driver.content(at: path(number), limit: 4096) }
        return text.flatMap { Term(String(buffer: $0)) }
    }

    /// Says that the holder is done.
    func release() async {
        guard let number, let last = try? await Self.terms(in: driver).last, last == number else { return }
        let term = Term(holder: holder, expires: now(), standing: .over)
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
