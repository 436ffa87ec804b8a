import Logging
import RegistryCore
import RegistryStorage
import ServiceLifecycle

/// Keeps the write-ahead log of a store in a folder, from which pushes that a crash of the machine took away come back.
struct WriteLogService: Service {
    let driver: FilesystemDriver
    let logger: Logger

    /// Puts what the log was left with where it belongs.
    func recover() async {
        do throws(StorageError) {
            try await driver.recoverWrites()
        } catch {
            logger.error(
                "not all that was pushed before the machine stopped could be put back; the log is kept",
                metadata: ["error": "\(error)"]
            )
        }
    }

    /// Logs what is written until the server stops, then settles it.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            await driver.logWrites { error in
                logger.error(
                    "the write-ahead log can't be used, or emptied; that is tried again",
                    metadata: ["error": "\(error)"]
                )
            }
        }
    }
}
