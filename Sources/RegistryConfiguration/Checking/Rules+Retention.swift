extension Rules {
    /// `registryd.policy.retention`: a rule that keeps nothing, or names nothing, is a mistake, and decisions name it.
    mutating func checkRetention() {
        let path = "registryd.policy.retention.rules"
        var names: Set<String> = []
        for (index, rule) in (value(path)?.elements ?? []).enumerated() {
            let place = "\(path)[\(index)]"
            let name = rule["name"]?.scalar?.text ?? ""
            if name.isEmpty, !isRefused(under: "\(place).name") {
                report(.error, rule, "name", place, "is missing", expected: "a name for decisions to tell")
            } else if !name.isEmpty, !names.insert(name).inserted {
                report(.error, rule, "name", place, "'\(name)' is the name of another rule", expected: "a name")
            }
            for key in ["repositories", "tags"] where rule[key]?.elements?.isEmpty ?? true {
                guard !isRefused(under: "\(place).\(key)") else { continue }
                report(.error, rule, key, place, "names nothing", expected: "a list of patterns, such as ['*']")
            }
            let keep = Section(value: rule["keep"] ?? Value(.map([]), .default))
            let conditions = ["last", "newerthan", "pulledwithin"]
            guard !keep.bool("all"), !conditions.contains(where: keep.isSet), !isRefused(under: "\(place).keep") else {
                continue
            }
            report(
                .error,
                rule,
                "keep",
                place,
                "keeps nothing, so that every tag which the rule names would go",
                expected: "at least one of last, newerthan, pulledwithin and all"
            )
        }
        if isSet("registryd.policy.retention.interval"), value(path)?.elements?.isEmpty ?? true {
            warning("registryd.policy.retention.interval", "has no effect without registryd.policy.retention.rules")
        }
    }
}
