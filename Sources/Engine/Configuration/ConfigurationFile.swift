import Runtime

extension Configuration {
    /// Reads and checks the file that `paths` names.
    package init(reading paths: ConfigurationPaths) throws(ConfigurationError) {
        let contents: FileContents
        do {
            contents = try FileContents(path: paths.file)
        } catch {
            switch error {
            case .notFound: throw ConfigurationError(file: paths.file, .notFound)
            case .unreadable(let text): throw ConfigurationError(file: paths.file, .unreadable(text))
            case .tooLarge(let limit): throw ConfigurationError(file: paths.file, .tooLarge(limit: limit))
            }
        }
        try self.init(parsing: contents.bytes, paths: paths)
    }
}

extension ConfigurationPaths {
    /// The paths for this process.
    ///
    /// - Parameter file: The file that `--config` names, or `nil`.
    package init(file: String?) { self.init(environment: environmentVariable, file: file) }
}
