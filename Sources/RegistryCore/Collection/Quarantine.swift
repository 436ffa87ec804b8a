/// Where objects lie that were taken from their places and are not removed yet.
///
/// Taking an object away, bringing it back and removing it are each one atomic call of the driver, so of several who
/// do so at once one succeeds. The name under which an object lies here holds the batch that put it here, and no batch
/// takes the same object twice: so what was seen here under a name, and is here still, has been here ever since.
struct Quarantine: Sendable {
    /// How a search went.
    enum Outcome: Sendable, Hashable {
        /// Nothing was here.
        case nothing
        /// Something was here; it is in its place, or somebody else was faster.
        case brought
    }

    /// The errors that say that an object is gone: somebody else has moved or removed it.
    static let gone: [StorageError.Code] = [.notFound, .closed, .wrongKind]

    /// How many batches are looked at, at the most; there is hardly ever more than one.
    private static let mostBatches = 16

    let driver: any StorageDriver

    /// Brings an object back to its place, if it is here.
    func bringBack(_ path: StoragePath) async throws -> Outcome {
        let place = StoreLayout.quarantinePlace(of: path)
        let held = try await batches(at: place)
        for batch in held {
            let moved: Void? = try await StorageError.ifPresent(ignoring: Self.gone) {
                try await driver.move(from: place.appending(batch), to: path)
            }
            guard moved != nil else { continue }
            _ = try? await driver.removeIfEmpty(place)
            return .brought
        }
        return held.isEmpty ? .nothing : .brought
    }

    /// Takes an object from its place.
    ///
    /// - Returns: whether it was there.
    func take(_ path: StoragePath, as batch: String) async throws -> Bool {
        let place = StoreLayout.quarantinePlace(of: path)
        let moved: Void? = try await StorageError.ifPresent(ignoring: Self.gone) {
            try await driver.move(from: path, to: place.appending(batch))
        }
        return moved != nil
    }

    /// Removes an object from its place and from here, so that it does not come back: what a client deletes.
    ///
    /// A reader may bring it back, and a collector may take it away, between any two steps: it ends when nothing was in
    /// its place, nothing here, and still nothing in its place.
    ///
    /// - Returns: whether there was anything.
    func removeEverywhere(_ path: StoragePath) async throws -> Bool {
        let place = StoreLayout.quarantinePlace(of: path)
        var wasThere = false
        while true {
            var found = try await remove(path)
            for batch in try await batches(at: place) where try await remove(place.appending(batch)) { found = true }
            if try await remove(path) { found = true }
            guard found else { return wasThere }
            wasThere = true
            _ = try? await driver.removeIfEmpty(place)
        }
    }

    private func remove(_ path: StoragePath) async throws -> Bool {
        let removed: Void? = try await StorageError.ifPresent { try await driver.delete(at: path) }
        return removed != nil
    }

    /// The batches that hold something taken from one place; none in the usual case, at the price of one call.
    private func batches(at place: StoragePath) async throws -> [String] {
        try await StorageError.ifPresent {
            try await driver.list(place, after: nil, limit: Self.mostBatches)
        }?.entries.filter { $0.kind == .object }.map(\.name) ?? []
    }
}

extension Registry {
    var quarantine: Quarantine { Quarantine(driver: driver) }

    /// Looks for an object and, when it is not in its place, brings it back from quarantine and looks again.
    ///
    /// What is in its place costs nothing more. What is not costs a listing of a folder that is not there, and one more
    /// look, for somebody else may have brought it back between the two.
    func returning<Result>(
        _ path: StoragePath,
        _ look: () async throws -> Result?
    ) async throws -> Result? {
        if let found = try await look() { return found }
        // Each turn but the last needs a batch that took the object away again since the turn before.
        for _ in 0..<4 {
            let outcome = try await quarantine.bringBack(path)
            if let found = try await look() { return found }
            if outcome == .nothing { return nil }
        }
        return nil
    }
}
