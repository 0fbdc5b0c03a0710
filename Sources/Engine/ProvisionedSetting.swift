/// The keys under which the store keeps what the operator has provisioned (OMA SIMPLE IM TS appendix G).
package enum ProvisionedSetting {
    package static let presenceServerCapabilities = "pres-srv-cap"
    package static let conferenceFactory = "conference-factory"
    package static let maximumGroupSize = "max-adhoc-group-size"
}
