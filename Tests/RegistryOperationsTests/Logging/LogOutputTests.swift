import Foundation
import Logging
import NIOPosix
import ServiceLifecycle
import Testing

@testable import RegistryOperations

@Suite("Where the log goes")
struct LogOutputTests {
    @Test("fields of the output, the logger and the line stand together, the nearest first in force")
    func fields() throws {
        let captured = try Captured()
        let output = captured.output(
            .text,
            fields: LogOutput.standardFields(version: "1.0", instanceID: "i").merging(["service": "registry"]) { $1 }
        )
        var logger = output.logger("a")
        logger[metadataKey: "service"] = "mine"
        logger.info("hello", metadata: ["n": .stringConvertible(3)])
        #expect(
            try captured.lines == [
                #"time="2026-01-02T03:04:05.6789Z" level=info msg=hello instance.id=i n=3 service=mine version=1.0"#
            ]
        )
    }

    @Test("the level can be changed while loggers are in use, but not under one that has its own")
    func level() throws {
        let captured = try Captured()
        let output = captured.output(.text)
        let logger = output.logger("a")
        var own = logger
        own.logLevel = .error
        logger.debug("unseen")
        output.level = .debug
        logger.debug("seen")
        own.info("unseen")
        output.level = .error
        logger.info("unseen")
        #expect(try captured.lines.map { $0.contains("msg=seen") } == [true])
    }

    @Test("the caller is named when it is asked for")
    func caller() throws {
        let captured = try Captured()
        captured.output(.json, reportsCaller: true).logger("a").info("m")
        let object = try #require(try captured.objects.first)
        #expect(object["func"] as? String == "caller()")
        #expect((object["file"] as? String)?.contains("LogOutputTests.swift:") == true)
    }

    @Test("lines from many threads stay whole and none is lost")
    func concurrency() async throws {
        let captured = try Captured()
        let logger = captured.output(.json).logger("a")
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask { for number in 0..<200 { logger.info("m", metadata: ["n": "\(task)/\(number)"]) } }
            }
        }
        let numbers = try captured.objects.compactMap { $0["n"] as? String }
        #expect(Set(numbers).count == 1600)
        #expect(captured.writer.dropped == 0)
    }

    @Test("a reader that doesn't read costs lines, which are counted and told, and nobody waits")
    func dropping() throws {
        let pipe = Pipe()
        // The pipe holds 64 KiB, the queue 10 KB; nobody reads.
        let writer = LogWriter(
            descriptor: pipe.fileHandleForWriting.fileDescriptor,
            pool: .singleton,
            capacity: 10_000,
            noticeOfLoss: LogOutput.noticeOfLoss(.text)
        )
        let line = Array(String(repeating: "x", count: 99).utf8) + [UInt8(ascii: "\n")]
        for _ in 0..<2000 { writer.write(line) }
        #expect(writer.dropped > 1000)
        // Lines are dropped while others are written, so that there may be more than one notice.
        var text = ""
        var told = 0
        var kept = 0
        while told < writer.dropped || kept < 2000 - writer.dropped {
            text += String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
            told = text.matches(of: /log\.dropped=([0-9]+)\n/).compactMap { Int($0.1) }.reduce(0, +)
            kept = text.matches(of: /x{99}\n/).count
        }
        #expect(told == writer.dropped)
        #expect(kept == 2000 - writer.dropped)
    }

    @Test("the service writes what waits when it is told to stop")
    func stopping() async throws {
        let captured = try Captured()
        let group = ServiceGroup(services: [captured.writer], logger: silentLogger)
        let writer = captured.writer
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try? await group.run() }
            writer.write(Array("last words\n".utf8))
            await group.triggerGracefulShutdown()
        }
        #expect(try captured.lines == ["last words"])
    }

    @Test("a pool that has stopped makes lines be written at once")
    func stoppedPool() async throws {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        try await pool.shutdownGracefully()
        let pipe = Pipe()
        let writer = LogWriter(descriptor: pipe.fileHandleForWriting.fileDescriptor, pool: pool)
        writer.write(Array("after the end\n".utf8))
        #expect(String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self) == "after the end\n")
    }
}
