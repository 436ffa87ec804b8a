import ShellSupport

extension Pusher {
    /// Compares what a server has after a crash with what was acknowledged, and decides what was undecided.
    ///
    /// - Parameter everything: whether all that was ever acknowledged is read again; else what is newest, and a part.
    /// - Returns: what is not as it must be, in words.
    func check(against wire: WireClient, everything: Bool) async throws -> [String] {
        var wrong = takeSurprises()
        wrong += try await checkUploads(wire)
        wrong += try await checkBlobs(wire, everything)
        wrong += try await checkManifests(wire, everything)
        wrong += try await checkTags(wire)
        return wrong.map { "\(repository): \($0)" }
    }

    /// Which of many to read again: undecided ones always.
    private func isDue(_ fate: Ledger.Fate, _ everything: Bool) -> Bool { everything || fate == .either || roll(20) }

    private func checkBlobs(_ wire: WireClient, _ everything: Bool) async throws -> [String] {
        var wrong: [String] = []
        for (place, fate) in ledger.blobs where isDue(fate, everything) {
            let answer = try await wire.send(WireRequest("GET", "/v2/\(place.repository)/blobs/\(place.digest)"))
            let head = try await wire.send(WireRequest("HEAD", "/v2/\(place.repository)/blobs/\(place.digest)"))
            if head.status != answer.status { wrong.append("HEAD of blob \(place.digest) answers \(head.status)") }
            switch (answer.status, fate) {
            case (200, .present), (200, .either):
                if contentDigest(answer.body) != place.digest {
                    wrong.append("blob \(place.digest) has other bytes (\(answer.body.count)), \(fate)")
                }
                note(place, .present)
            case (404, .absent), (404, .either): note(place, .absent)
            default: wrong.append("blob \(place.digest) that is \(fate) answers \(answer.status)")
            }
        }
        return wrong
    }

    private func checkManifests(_ wire: WireClient, _ everything: Bool) async throws -> [String] {
        var wrong: [String] = []
        for (place, fate) in ledger.manifests where isDue(fate, everything) {
            let target = "/v2/\(place.repository)/manifests/\(place.digest)"
            let answer = try await wire.send(WireRequest("GET", target, headers: accept))
            switch (answer.status, fate) {
            case (200, .present), (200, .either):
                if contentDigest(answer.body) != place.digest {
                    wrong.append("manifest \(place.digest) has other bytes")
                }
                note(manifest: place, .present)
                for blob in ledger.images[place.digest]?.blobs ?? [] {
                    let blob = try await wire.send(WireRequest("HEAD", "/v2/\(place.repository)/blobs/\(blob)"))
                    if blob.status != 200 { wrong.append("manifest \(place.digest) is seen without its blob") }
                }
            case (404, .absent), (404, .either): note(manifest: place, .absent)
            default: wrong.append("manifest \(place.digest) that is \(fate) answers \(answer.status)")
            }
        }
        return wrong
    }

    private func checkTags(_ wire: WireClient) async throws -> [String] {
        var wrong: [String] = []
        for (tag, allowed) in ledger.tags {
            let answer = try await wire.send(
                WireRequest("GET", "/v2/\(repository)/manifests/\(tag)", headers: accept)
            )
            let found = answer.status == 200 ? contentDigest(answer.body) : nil
            if answer.status != 200, answer.status != 404 { wrong.append("tag \(tag) answers \(answer.status)") }
            if allowed.contains(found) {
                note(tag: tag, found)
            } else {
                wrong.append(
                    "tag \(tag) leads to \(found ?? "nothing"), not to one of \(allowed.map { $0 ?? "nothing" })"
                )
            }
        }
        let list = try await wire.send(WireRequest("GET", "/v2/\(repository)/tags/list"))
        for (tag, allowed) in ledger.tags where allowed == [nil] && list.text.contains("\"\(tag)\"") {
            wrong.append("tag \(tag) is listed and leads to nothing")
        }
        return wrong
    }

    /// Goes on with every unfinished upload from where the server says that it stands.
    private func checkUploads(_ wire: WireClient) async throws -> [String] {
        var wrong: [String] = []
        for upload in takeUploads() {
            let status = try await wire.send(WireRequest("GET", upload.location))
            guard status.status == 204, let location = status.path else {
                // The last request may have ended it.
                if status.status != 404 || !upload.isEnding {
                    wrong.append("upload of \(upload.acknowledged) bytes: \(status.status) \(status.text.prefix(100))")
                }
                continue
            }
            // `0-0` is said of none and of one byte.
            let last = status["Range"]?.split(separator: "-").last.flatMap { Int($0) } ?? 0
            let offset = last == 0 ? 0 : last + 1
            // Once its bytes became the blob, the upload has none.
            if offset < upload.acknowledged, !(upload.isEnding && offset == 0), upload.acknowledged > 1 {
                wrong.append("upload has \(offset) bytes, and \(upload.acknowledged) were acknowledged")
            }
            guard offset <= upload.sent else {
                wrong.append("upload has \(offset) bytes, and \(upload.sent) were sent")
                continue
            }
            let rest = Array(upload.content.bytes.dropFirst(offset))
            let put = WireRequest(
                "PUT",
                location.adding("digest=\(upload.digest)"),
                headers: [("Content-Type", "application/octet-stream")],
                body: rest
            )
            // One byte may be there where the range can't tell; the digest does, and the client begins anew.
            let answer = try await wire.send(put)
            if answer.status == 201 {
                note(Ledger.Place(repository: repository, digest: upload.digest), .present)
            } else if offset > 0 || upload.acknowledged > 1 {
                wrong.append(
                    "upload resumed at \(offset) of \(upload.content.size): \(answer.status) \(answer.text.prefix(200))"
                )
            }
        }
        return wrong
    }

    private var accept: [(name: String, value: String)] { [("Accept", RegistryReader.manifestTypes)] }
}
