import Wire

extension Store {
    /// The buddies of the account, by group and name.
    package func buddies(account: String) throws(Failure) -> [Buddy] {
        try database.run(
            """
            SELECT uri, nickname, alias, buddy_group FROM buddy WHERE account = ?1
            ORDER BY buddy_group IS NOT NULL, lower(buddy_group), lower(coalesce(nickname, alias, uri)), uri
            """,
            [.text(account)]
        ) { row in
            Buddy(
                uri: row.text(0) ?? "",
                nickname: row.text(1),
                alias: row.text(2),
                group: row.text(3)
            )
        }
    }

    /// Puts a buddy on the list, or changes the one of the same address.
    package func setBuddy(_ buddy: Buddy, account: String) throws(Failure) {
        try database.run(
            """
            INSERT INTO buddy(account, uri, nickname, alias, buddy_group) VALUES(?1, ?2, ?3, ?4, ?5)
            ON CONFLICT(account, uri) DO UPDATE SET nickname = excluded.nickname,
                alias = coalesce(excluded.alias, alias), buddy_group = excluded.buddy_group
            """,
            [
                .text(account), .text(buddy.uri), Database.Value(buddy.nickname),
                Database.Value(buddy.alias), Database.Value(buddy.group),
            ]
        )
    }

    package func removeBuddy(_ uri: String, account: String) throws(Failure) {
        try database.run(
            "DELETE FROM buddy WHERE account = ?1 AND uri = ?2",
            [.text(account), .text(uri)]
        )
    }

    /// Makes `buddies` the whole list, as one step; what is known of those who stay is kept.
    package func replaceBuddies(_ buddies: [Buddy], account: String) throws(Failure) {
        try database.transaction { () throws(Failure) in
            let kept = Set(buddies.map(\.uri))
            for buddy in try self.buddies(account: account) where !kept.contains(buddy.uri) {
                try removeBuddy(buddy.uri, account: account)
            }
            for buddy in buddies { try setBuddy(buddy, account: account) }
        }
    }

    /// Keeps what a buddy calls itself; a stranger's name is not kept.
    package func setAlias(_ alias: String?, ofBuddy uri: String, account: String) throws(Failure) {
        try database.run(
            "UPDATE buddy SET alias = ?3 WHERE account = ?1 AND uri = ?2",
            [.text(account), .text(uri), Database.Value(alias)]
        )
    }
}

extension Store {
    /// What the user has decided of each who may ask to see their presence, by address.
    package func watcherPolicies(account: String) throws(Failure) -> [(uri: String, policy: WatcherPolicy)] {
        try database.run(
            "SELECT uri, policy FROM watcher_policy WHERE account = ?1 ORDER BY uri",
            [.text(account)]
        ) { row in
            (uri: row.text(0) ?? "", policy: WatcherPolicy(rawValue: row.text(1) ?? "") ?? .block)
        }
    }

    /// Keeps a decision, or forgets it if it is `nil`.
    package func setWatcherPolicy(
        _ policy: WatcherPolicy?,
        of uri: String,
        account: String
    ) throws(Failure) {
        guard let policy else {
            return try database.run(
                "DELETE FROM watcher_policy WHERE account = ?1 AND uri = ?2",
                [.text(account), .text(uri)]
            )
        }
        try database.run(
            """
            INSERT INTO watcher_policy(account, uri, policy) VALUES(?1, ?2, ?3)
            ON CONFLICT(account, uri) DO UPDATE SET policy = excluded.policy
            """,
            [.text(account), .text(uri), .text(policy.rawValue)]
        )
    }

    /// Makes `policies` all that is decided, as one step.
    package func replaceWatcherPolicies(
        _ policies: [(uri: String, policy: WatcherPolicy)],
        account: String
    ) throws(Failure) {
        try database.transaction { () throws(Failure) in
            try database.run("DELETE FROM watcher_policy WHERE account = ?1", [.text(account)])
            for (uri, policy) in policies { try setWatcherPolicy(policy, of: uri, account: account) }
        }
    }
}

extension Store {
    /// Those who ask to see the user's presence, or see it, the first who asked first.
    package func watcherRequests(account: String) throws(Failure) -> [WatcherRequest] {
        try database.run(
            """
            SELECT uri, display_name, since, status FROM watcher_requests WHERE account = ?1
            ORDER BY since, uri
            """,
            [.text(account)]
        ) { row in
            WatcherRequest(
                uri: row.text(0) ?? "",
                displayName: row.text(1),
                since: Timestamp(microseconds: row.integer(2)),
                status: row.text(3) ?? ""
            )
        }
    }

    /// Keeps what a document of watchers says of one of them; when they first asked stays as it was.
    package func setWatcherRequest(_ request: WatcherRequest, account: String) throws(Failure) {
        try database.run(
            """
            INSERT INTO watcher_requests(account, uri, display_name, since, status) VALUES(?1, ?2, ?3, ?4, ?5)
            ON CONFLICT(account, uri) DO UPDATE SET display_name = excluded.display_name,
                status = excluded.status
            """,
            [
                .text(account), .text(request.uri), Database.Value(request.displayName),
                .integer(request.since.microseconds), .text(request.status),
            ]
        )
    }

    /// Forgets a watcher whose subscription has ended.
    package func removeWatcherRequest(_ uri: String, account: String) throws(Failure) {
        try database.run(
            "DELETE FROM watcher_requests WHERE account = ?1 AND uri = ?2",
            [.text(account), .text(uri)]
        )
    }

    /// Makes `requests` all there are, as a document of full state does.
    package func replaceWatcherRequests(
        _ requests: [WatcherRequest],
        account: String
    ) throws(Failure) {
        try database.transaction { () throws(Failure) in
            let kept = Set(requests.map(\.uri))
            for request in try watcherRequests(account: account) where !kept.contains(request.uri) {
                try removeWatcherRequest(request.uri, account: account)
            }
            for request in requests { try setWatcherRequest(request, account: account) }
        }
    }
}

extension Store {
    /// A document of the XCAP server as it was last seen, or `nil`.
    ///
    /// - Parameters:
    ///   - selector: The document's path below the XCAP root.
    ///   - account: The account that saw it.
    /// - Returns: The version that was last read or written.
    /// - Throws: `Failure` when the file cannot be read.
    package func keptDocument(_ selector: String, account: String) throws(Failure) -> KeptDocument? {
        try database.run(
            "SELECT etag, body, time FROM xcap_document WHERE account = ?1 AND selector = ?2",
            [.text(account), .text(selector)]
        ) { row in
            KeptDocument(
                etag: row.text(0),
                body: row.bytes(1),
                time: Timestamp(microseconds: row.integer(2))
            )
        }.first
    }

    /// Keeps a document as it was seen, or forgets it if it is `nil`.
    package func setKeptDocument(
        _ document: KeptDocument?,
        _ selector: String,
        account: String
    ) throws(Failure) {
        guard let document else {
            return try database.run(
                "DELETE FROM xcap_document WHERE account = ?1 AND selector = ?2",
                [.text(account), .text(selector)]
            )
        }
        try database.run(
            """
            INSERT INTO xcap_document(account, selector, etag, body, time) VALUES(?1, ?2, ?3, ?4, ?5)
            ON CONFLICT(account, selector) DO UPDATE SET etag = excluded.etag, body = excluded.body,
                time = excluded.time
            """,
            [
                .text(account), .text(selector), Database.Value(document.etag), .bytes(document.body),
                .integer(document.time.microseconds),
            ]
        )
    }
}
