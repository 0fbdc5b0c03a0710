package import Documents
package import Store

/// What the operator has provisioned (OMA SIMPLE IM TS appendix G), as the store keeps it for an account.
package enum ProvisionedSetting: String, CaseIterable {
    case presenceServerCapabilities = "pres-srv-cap"
    case conferenceFactory = "conference-factory"
    case maximumGroupSize = "max-adhoc-group-size"
}

extension Store {
    /// Keeps what was provisioned; what is not named stays as it was.
    package func keep(_ provisioning: Provisioning, account: String) throws(Failure) {
        for setting in ProvisionedSetting.allCases {
            let value: String? =
                switch setting {
                case .presenceServerCapabilities:
                    provisioning.presenceServerCapabilities.map { String($0) }
                case .conferenceFactory: provisioning.conferenceFactory
                case .maximumGroupSize: provisioning.maximumGroupSize.map { String($0) }
                }
            if let value { try setValue(Array(value.utf8), setting.rawValue, account: account) }
        }
    }

    /// What was provisioned for an account.
    package func provisioning(account: String) throws(Failure) -> Provisioning {
        var result = Provisioning()
        for setting in ProvisionedSetting.allCases {
            guard let bytes = try value(setting.rawValue, account: account) else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            switch setting {
            case .presenceServerCapabilities: result.presenceServerCapabilities = UInt8(text)
            case .conferenceFactory: result.conferenceFactory = text
            case .maximumGroupSize: result.maximumGroupSize = Int(text)
            }
        }
        return result
    }
}

extension Account {
    /// Takes what was provisioned where the configuration says nothing.
    package mutating func adopt(_ provisioning: Provisioning) {
        presenceServerCapabilities = presenceServerCapabilities ?? provisioning.presenceServerCapabilities
        conferenceFactory = conferenceFactory ?? provisioning.conferenceFactory
        maximumGroupSize = maximumGroupSize ?? provisioning.maximumGroupSize
    }
}
