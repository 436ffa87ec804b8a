import ArgumentParser
import Foundation
import NIOCore

/// Loads a registry on a loopback address and prints what it measured as JSON.
@main
struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry-load",
        abstract: "Load a registry in a closed or an open loop, and print latencies, throughput and errors as JSON."
    )

    /// What one operation is.
    enum Mode: String, ExpressibleByArgument, CaseIterable {
        case get, head, push, image, mixed, idle
    }

    @Argument(help: "What one operation is.")
    var mode: Mode

    @Option(help: "The server's port on 127.0.0.1.")
    var port: Int

    @Option(help: "Path to get; may be repeated, they take turns.")
    var target: [String] = []

    @Option(help: "Header field of the pulls, as 'name: value'; may be repeated.")
    var header: [String] = []

    @Option(help: "Length that the content of each answer to a pull must have.")
    var expectLength: Int?

    @Option(help: "Connections.")
    var connections = 1

    @Option(help: "Threads, each with an event loop.")
    var threads = 1

    @Option(help: "Seconds in which operations are started.")
    var duration = 2.0

    @Option(help: "End after so many operations.")
    var operations: Int?

    @Option(help: "Operations a second of an open loop; without it the loop is closed.")
    var rate: Double?

    @Option(help: "Seconds to wait for what was started, or is overdue, at the end.")
    var grace = 60.0

    @Option(help: "Bytes of a pushed blob, or of a layer of a pushed image.")
    var size = 1 << 20

    @Option(help: "Bytes of a chunk; without it a push is monolithic.")
    var chunk: Int?

    @Option(help: "Layers of a pushed image.")
    var layers = 20

    @Option(help: "Repository that is pushed to.")
    var repository = "bench/push"

    @Option(help: "Percent of the operations of a mixed load that push.")
    var pushes = 20

    @Flag(help: "TLS, without a check of the server's certificate.")
    var tls = false

    @Flag(help: "HTTP/2; with TLS by ALPN, else by prior knowledge.")
    var http2 = false

    @Flag(help: "Count the content of pulls over TLS by its records, and decrypt none; one pull a connection.")
    var countRecords = false

    func validate() throws {
        guard connections > 0, threads > 0, layers > 0 else { throw ValidationError("counts are positive") }
        guard size >= BlobSource.tailBytes else { throw ValidationError("--size is at least \(BlobSource.tailBytes)") }
        if [.get, .head, .mixed, .idle].contains(mode), target.isEmpty {
            throw ValidationError("\(mode.rawValue) needs a --target")
        }
        if countRecords, !tls || http2 || mode != .get {
            throw ValidationError("--count-records is for get over TLS and HTTP/1.1")
        }
        if let rate, rate <= 0 { throw ValidationError("--rate is positive") }
        if let chunk, chunk <= 0 { throw ValidationError("--chunk is positive") }
    }

    func run() throws {
        raiseFileLimit()
        let plan = Plan(
            port: port,
            connections: connections,
            threads: threads,
            duration: .nanoseconds(Int64(duration * 1e9)),
            grace: .nanoseconds(Int64(grace * 1e9)),
            operations: mode == .idle ? connections : operations,
            rate: mode == .idle ? nil : rate,
            keepsOpen: mode == .idle,
            transport: Transport(tls: tls, http2: http2, countsRecords: countRecords),
            work: work,
            repository: repository
        )
        try runLoad(plan) { report in
            print(try report.json())
            guard plan.keepsOpen else { return }
            // Whoever started this measures now, and then closes our input.
            fflush(nil)
            while readLine() != nil {}
        }
    }

    private var work: Plan.Work {
        let pulls = Plan.Pulls(
            targets: target,
            fields: header.compactMap { line in
                line.firstIndex(of: ":").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
            },
            head: mode == .head,
            length: expectLength
        )
        return switch mode {
        case .get, .head, .idle: .pull(pulls)
        case .push: .push(size: size, chunk: chunk)
        case .image: .image(layers: layers, size: size)
        case .mixed: .mixed(pulls, pushPercent: pushes, size: size)
        }
    }
}
