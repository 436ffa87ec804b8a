import NIOCore

/// Makes the operations of one event loop.
struct ScriptSource {
    private let work: Plan.Work
    private let repository: String
    private let pulls: [LoadRequest]
    private var blobs: BlobSource
    private var configurations: BlobSource
    private var random: SplitMix
    private var made = 0

    init(_ plan: Plan) {
        work = plan.work
        repository = plan.repository
        var seed = SystemRandomNumberGenerator()
        random = SplitMix(state: seed.next())
        let (pulls, size): (Plan.Pulls?, Int) =
            switch plan.work {
            case .pull(let pulls): (pulls, BlobSource.tailBytes)
            case .push(let size, _), .image(_, let size): (nil, size)
            case .mixed(let pulls, _, let size): (pulls, size)
            }
        self.pulls = pulls.map(Self.requests) ?? []
        blobs = BlobSource(size: size, seed: seed.next())
        configurations = BlobSource(size: 256, seed: seed.next())
    }

    /// The next operation.
    mutating func next() -> any Script {
        made += 1
        switch work {
        case .pull:
            return PullScript(request: pulls[made % pulls.count])
        case .push(_, let chunk):
            return PushScript(blob: blobs.next(), chunk: chunk, repository: repository)
        case .image(let layers, _):
            let content = (0..<layers).map { _ in blobs.next() } + [configurations.next()]
            return ImageScript(blobs: content, repository: repository, tag: "t\(random.next())")
        case .mixed(_, let percent, _):
            if Int(random.next() % 100) < percent {
                return PushScript(blob: blobs.next(), chunk: nil, repository: repository)
            }
            return PullScript(request: pulls[made % pulls.count])
        }
    }

    private static func requests(_ pulls: Plan.Pulls) -> [LoadRequest] {
        pulls.targets.map { target in
            LoadRequest(
                method: pulls.head ? "HEAD" : "GET",
                target: target,
                fields: pulls.fields,
                expectation: Expectation(status: 200, length: pulls.length)
            )
        }
    }
}
