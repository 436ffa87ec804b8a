extension Rules {
    mutating func checkPolicy() {
        for list in ["immutable", "quotas"] {
            let path = "registryd.policy.\(list)"
            var names: Set<String> = []
            for (index, rule) in (value(path)?.elements ?? []).enumerated() {
                let place = "\(path)[\(index)]"
                let name = rule["name"]?.scalar?.text ?? ""
                if !name.isEmpty, !names.insert(name).inserted {
                    report(.error, rule, "name", place, "'\(name)' is the name of another rule", expected: "a name")
                }
                // A list whose items were all refused has been told of.
                for key in ["repositories", "tags"] where rule[key]?.elements?.isEmpty == true {
                    guard !isRefused(under: "\(place).\(key)") else { continue }
                    report(
                        .error,
                        rule,
                        key,
                        place,
                        "is empty, so that the rule is about nothing",
                        expected: "a pattern"
                    )
                }
                if list == "quotas" { checkLimits(of: rule, place) }
            }
        }
    }

    private mutating func checkLimits(of rule: Value, _ place: String) {
        let limits = ["bytes", "maxblob"]
        if limits.allSatisfy({ rule[$0] == nil && !isRefused(under: "\(place).\($0)") }) {
            report(.error, rule, "bytes", place, "is missing, and so is maxblob", expected: "one of them")
        }
        if let bytes = rule["bytes"]?.scalar.flatMap({ ByteSize.bytes(parsing: $0.text) }),
            let blob = rule["maxblob"]?.scalar.flatMap({ ByteSize.bytes(parsing: $0.text) }), blob > bytes
        {
            report(.warning, rule, "maxblob", place, "is more than bytes, and so has no effect")
        }
    }
}
