import Foundation
import ShellSupport

/// Certificates that the tests share, made once by `openssl`: an authority with an intermediate one, servers' and a
/// client's from it, and a client's of a stranger.
///
/// - `root.crt`: the authority. `server.pem`, `second.pem`, `third.pem` and their `.key`: servers' certificates with
///   the intermediate one behind them; `client.pem`: that of a client, `alice`.
/// - `stranger.pem`: that of a client of `foreign.crt`.
struct TestAuthority {
    static let shared = Shared()

    let folder: ScratchFolder

    func path(_ name: String) -> String { folder.string(name) }

    actor Shared {
        private var made: Task<TestAuthority, any Error>?

        /// The authority; it stays for the length of the run.
        func get() async throws -> TestAuthority {
            let task =
                made
                ?? Task {
                    let folder = try ScratchFolder(name: "ca")
                    try await Command("bash", ["-c", TestAuthority.script], in: folder.url).run()
                    return TestAuthority(folder: folder)
                }
            made = task
            return try await task.value
        }
    }

    private static let script = """
        set -euo pipefail
        curve='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
        root() {
            openssl req -x509 $curve -keyout $1.key -out $1.crt -days 30 -subj "/CN=$1" \
                -addext basicConstraints=critical,CA:TRUE
        }
        issue() {
            openssl req -new $curve -keyout $1.key -out $1.csr -subj "/O=tests/CN=$1"
            printf '%b' "$3" > $1.ext
            openssl x509 -req -in $1.csr -CA $2.crt -CAkey $2.key -CAcreateserial -days 30 -out $1.crt -extfile $1.ext
        }
        root root; root foreign
        issue intermediate root 'basicConstraints=critical,CA:TRUE\\n'
        for name in server second third; do
            issue $name intermediate 'subjectAltName=DNS:localhost,IP:127.0.0.1\\nextendedKeyUsage=serverAuth\\n'
            cat $name.crt intermediate.crt > $name.pem
        done
        issue alice intermediate 'extendedKeyUsage=clientAuth\\n'
        cat alice.crt intermediate.crt > client.pem; cp alice.key client.key
        issue mallory foreign 'extendedKeyUsage=clientAuth\\n'
        cp mallory.crt stranger.pem; cp mallory.key stranger.key
        openssl ec -in server.key -out server.sec1.key
        openssl ec -in server.key -aes128 -passout pass:secret -out server.locked.key
        openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.pem -days 30 -subj /CN=localhost
        openssl rsa -in rsa.key -traditional -out rsa.pkcs1.key
        """
}
