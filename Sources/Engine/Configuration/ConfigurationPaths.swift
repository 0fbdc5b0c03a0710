/// Where files are, as the environment says (XDG Base Directory Specification 0.8).
package struct ConfigurationPaths: Hashable, Sendable {
    package var home: String?
    /// The file to read: `--config`, else `$XDG_CONFIG_HOME/ims/ims.conf`.
    package var file: String
    /// The folder for received files, unless `downloads` names another.
    package var downloads: String { (home ?? "") + "/Downloads" }
    /// The directory for what the program keeps, unless `data-dir` names another.
    package var data: String

    /// Reads the environment.
    ///
    /// - Parameters:
    ///   - environment: Looks a variable up.
    ///   - file: The file that `--config` names, or `nil`.
    package init(environment: (String) -> String?, file: String? = nil) {
        // The specification asks to pass over a relative path.
        func directory(_ name: String, else fallback: String) -> String {
            if let value = environment(name), value.hasPrefix("/") { return value }
            return (environment("HOME") ?? "") + fallback
        }
        home = environment("HOME")
        self.file = file ?? directory("XDG_CONFIG_HOME", else: "/.config") + "/ims/ims.conf"
        data = directory("XDG_DATA_HOME", else: "/.local/share") + "/ims"
    }

    /// Makes a path of ims.conf one that can be opened: `~` is the home directory, and a relative path begins where
    /// the file is.
    package func expand(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        if let home, path == "~" || path.hasPrefix("~/") { return home + String(path.dropFirst()) }
        guard let slash = file.lastIndex(of: "/") else { return path }
        return String(file[...slash]) + path
    }
}
