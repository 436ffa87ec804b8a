package import HTTPTypes

extension HTTPFields {
    /// The value of a field, as the subscript by name gives it: values of one name stand in a list.
    ///
    /// Nearly every name occurs once, and then the value is given as it is. The subscript joins a list of one, and that
    /// copies; a request of a manifest has a dozen fields looked up.
    package func value(of name: HTTPField.Name) -> String? {
        var found: String?
        for field in self where field.name == name {
            guard found == nil else { return self[name] }
            found = field.value
        }
        return found
    }
}
