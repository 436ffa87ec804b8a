/// An access controller whose users can be asked after without their credentials.
public protocol UserDirectory: AccessController {
    /// A text that stays the same as long as a user's credentials do and tells nothing of them; `nil` when there is no
    /// such user. What was handed out on the strength of credentials, such as a refresh token, ends when it changes.
    func credentialStamp(of user: String) async -> String?
}
