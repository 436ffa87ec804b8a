@main
struct Registryd {
    static func main() {}
}
