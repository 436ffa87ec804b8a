/// The calls by which the file system driver changes a disk: the seam at which a test injects faults and crashes.
///
/// It is as narrow as the driver's needs: each call is one step that a crash can fall behind. Calls that only read
/// do not pass here. Every call retries `EINTR`.
package protocol SystemCalls: Sendable {
    /// Makes a file that wasn't there and opens it for reading and writing.
    func createFile(_ path: String) throws(SystemFailure) -> CInt
    /// Opens a file that is there for reading and writing.
    func openFile(_ path: String) throws(SystemFailure) -> CInt
    /// Writes bytes at an offset; it may take fewer than it was given, but at least one.
    func writeBytes(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt, at offset: Int64) throws(SystemFailure) -> Int
    /// Has what is written by a descriptor from now on go past the kernel's memory, or no longer: `false` where that can't
    /// be. While it does, the address, the offset and the count of bytes must be multiples of a page.
    func bypassCache(_ bypasses: Bool, _ descriptor: CInt) -> Bool
    /// Whether making a new file of an open one's file system durable does so for its name too, and for those of the folders that
    /// were made for it.
    func keepsNames(_ descriptor: CInt) -> Bool
    /// Cuts a file off at a length.
    func truncateFile(_ descriptor: CInt, to length: Int64) throws(SystemFailure)
    /// Lets the disk begin with bytes that will be synchronised soon: a hint, which can neither fail nor promise
    /// anything. A `count` of 0 means all after `start`.
    func beginWriting(_ descriptor: CInt, from start: Int64, count: Int64)
    /// Lets the disk flush what a file has, and waits for it: a hint too, whoever needs the bytes to last synchronises
    /// the file. Where no file lies at the path it does nothing.
    func synchronizeEarly(_ path: String)
    /// Makes a file's bytes and length durable.
    func synchronizeFile(_ descriptor: CInt) throws(SystemFailure)
    /// Makes a file's bytes durable, without what else is known of it: its length is what it was when the whole of it was
    /// made durable.
    func synchronizeBytes(_ descriptor: CInt) throws(SystemFailure)
    /// Makes all that was written to the file system of an open file durable: `false`, and nothing is done, where what can't
    /// be written is not reported.
    func synchronizeFilesystem(_ descriptor: CInt) throws(SystemFailure) -> Bool
    /// Makes the names in a folder durable.
    func synchronizeFolder(_ path: String) throws(SystemFailure)
    /// Closes a file. What it reports is of no use: the bytes that matter were synchronised before.
    func closeFile(_ descriptor: CInt)
    /// Moves a file over whatever file lies at the new name, or a folder to a name that is free.
    func renameFile(_ path: String, to target: String) throws(SystemFailure)
    /// Gives a file a second name, unless that name is taken.
    func linkFile(_ path: String, to target: String) throws(SystemFailure)
    /// Removes a file's name.
    func unlinkFile(_ path: String) throws(SystemFailure)
    /// Makes a folder.
    func makeFolder(_ path: String) throws(SystemFailure)
    /// Makes a folder in one particular folder: `ESTALE` when another one lies at the path above meanwhile.
    func makeFolder(_ path: String, within folder: FileIdentity) throws(SystemFailure)
    /// Removes an empty folder.
    func removeFolder(_ path: String) throws(SystemFailure)
}

extension SystemCalls {
    /// `false`: files and folders are made durable one by one then.
    package func synchronizeFilesystem(_ descriptor: CInt) throws(SystemFailure) -> Bool { false }

    /// `false`: a disk need not be able to.
    package func bypassCache(_ bypasses: Bool, _ descriptor: CInt) -> Bool { false }

    /// `false`, as POSIX has it.
    package func keepsNames(_ descriptor: CInt) -> Bool { false }

    /// Nothing: it is only a hint.
    package func beginWriting(_ descriptor: CInt, from start: Int64, count: Int64) {}

    /// Nothing: it is only a hint.
    package func synchronizeEarly(_ path: String) {}
}

/// A system call that failed.
package struct SystemFailure: Error {
    /// The value of `errno`.
    package var number: CInt
    /// The call's name, for the operator.
    package var call: StaticString

    /// Describes a failure.
    package init(_ number: CInt, _ call: StaticString) {
        self.number = number
        self.call = call
    }

    /// What a body throws; `nil` when it doesn't.
    static func of(_ body: () throws(SystemFailure) -> Void) -> SystemFailure? {
        do throws(SystemFailure) {
            try body()
            return nil
        } catch {
            return error
        }
    }
}
