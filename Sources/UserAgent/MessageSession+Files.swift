package import SDP
internal import SIP
package import Wire

// A session whose media carry files, one each (RFC 5547).
extension MessageSession {
    /// A file the other side offers, or asks for.
    package struct OfferedFile: Sendable {
        /// The place of its `m=` section.
        package var index: Int
        package var medium: MSRPMedia
        package var file: FileAttributes
        /// The small picture of it that came along.
        package var icon: MIMEEntity?
        /// Why it cannot be transferred as it is offered.
        package var refusal: FileRefusal?

        /// Whether the other side wants to have the file, and not to send it.
        package var isPull: Bool { medium.direction == .recvonly }
    }

    /// The files of the invitation that has come; none in one to a chat.
    package var offeredFiles: [OfferedFile] {
        guard let body = invite.remoteDescription, let offer = RelatedDescription(body) else { return [] }
        return offer.description.media.indices.compactMap { Self.file(at: $0, of: offer) }
    }

    private static func file(at index: Int, of offer: RelatedDescription) -> OfferedFile? {
        let section = offer.description.media[index]
        guard !section.isRefused, let medium = try? MSRPMedia(section, in: offer.description),
            let file = medium.file
        else { return nil }
        var offered = OfferedFile(index: index, medium: medium, file: file)
        offered.icon = file.icon.flatMap { offer.part($0.text) }
        do throws(FileRefusal) {
            try file.validate(offeredWith: medium.direction)
        } catch {
            offered.refusal = error
        }
        return offered
    }

    /// The offer of these media, each for a file, for `InviteSession.start`.
    package mutating func makeOffer(
        ofFiles media: [MSRPMedia],
        icons: [MIMEEntity] = [],
        from origin: Origin,
        boundary: String
    ) -> SessionBody {
        fileMedia = [:]
        for (index, medium) in media.enumerated() { fileMedia[index] = Self.offered(medium) }
        let offer = SessionDescription.offer(media.map { Self.offered($0).media }, from: origin)
        described = offer
        return RelatedDescription(offer, related: icons).body(boundary: boundary)
    }

    /// The end with its role; what it says of the file stays.
    private static func offered(_ medium: MSRPMedia) -> MSRPMedia { medium.offer(canListen: true) }

    /// The answer that takes some of the offered files and refuses the others.
    ///
    /// - Parameters:
    ///   - accepted: This side of each medium that is taken, by its place, with what is to be said of its file.
    ///   - origin: Who answers.
    ///   - canListen: Whether the other side can open a connection to us.
    /// - Returns: The answer, for `InviteSession.accept`.
    /// - Throws: `MSRPRefusal` with what does not fit, if nothing does.
    package mutating func makeAnswer(
        acceptingFiles accepted: [Int: MSRPMedia],
        from origin: Origin,
        canListen: Bool = true
    ) throws(MSRPRefusal) -> SessionBody {
        guard let body = invite.remoteDescription, let offer = RelatedDescription(body)?.description else {
            throw .transport
        }
        var refusal = MSRPRefusal.transport
        for (index, own) in accepted {
            guard offer.media.indices.contains(index),
                let remote = try? MSRPMedia(offer.media[index], in: offer)
            else { continue }
            do throws(MSRPRefusal) {
                let answer = try own.answer(to: remote, canListen: canListen)
                fileMedia[index] = answer
                fileAgreements[index] = MSRPAgreement(local: answer, remote: remote, isOfferer: false)
            } catch {
                refusal = error
            }
        }
        guard !fileAgreements.isEmpty else { throw refusal }
        let answer = SessionDescription.answer(
            to: offer,
            from: origin,
            accepting: fileMedia.mapValues(\.media)
        )
        described = answer
        return SessionBody(answer.text)
    }

    /// What the answer to our offer of files has agreed, by the place of the medium; empty if nothing fits.
    mutating func takeFileAnswer() -> [Int: MSRPAgreement] {
        guard let offer = described, let body = invite.remoteDescription,
            let answer = RelatedDescription(body)?.description,
            (try? answer.validate(asAnswerTo: offer)) != nil
        else {
            isDisagreed = true
            return [:]
        }
        for (index, section) in answer.media.enumerated() where !section.isRefused {
            guard let own = fileMedia[index], let remote = try? MSRPMedia(section, in: answer) else {
                continue
            }
            fileAgreements[index] = MSRPAgreement(local: own, remote: remote, isOfferer: true)
        }
        isDisagreed = fileAgreements.isEmpty
        return fileAgreements
    }

    // MARK: - Changes

    /// What a change that is offered means for the files, and its answer.
    struct FileChange {
        var answer: SessionBody
        /// The files the other side has given up: port zero (RFC 5547 §8.4).
        var aborted: [Int] = []
        /// The files of which more is said now, a hash for one.
        var described: [Int: FileAttributes] = [:]
    }

    /// Judges a change in which no other file begins: repetitions go on (RFC 5547 §8.1).
    ///
    /// - Returns: `nil` for a change that is to be refused.
    mutating func fileChange(_ body: SessionBody) -> FileChange? {
        guard let offer = RelatedDescription(body)?.description, let last = described,
            offer.media.count == last.media.count
        else { return nil }
        var change = FileChange(answer: body)
        var media = fileMedia
        for (index, section) in offer.media.enumerated() {
            guard let known = fileAgreements[index] else { continue }
            if section.isRefused {
                change.aborted.append(index)
                media[index] = nil
                continue
            }
            guard let remote = try? MSRPMedia(section, in: offer), remote.path == known.remote.path,
                let file = remote.file, let before = known.remote.file,
                FileTransferIdentity(file, after: before) == .same
            else { return nil }
            if file.selector != before.selector { change.described[index] = file }
            media[index]?.file?.selector = file.selector
            fileAgreements[index]?.remote = remote
        }
        for index in change.aborted { fileAgreements[index] = nil }
        fileMedia = media
        change.answer = answerChange(to: offer, after: last)
        return change
    }

    private mutating func answerChange(
        to offer: SessionDescription,
        after last: SessionDescription
    ) -> SessionBody {
        let answer = SessionDescription.answer(
            to: offer,
            from: last.origin,
            accepting: fileMedia.mapValues(\.media)
        )
        .revised(from: last)
        described = answer
        return SessionBody(answer.text)
    }

    /// The one file that a change offers in the place of another, over the same connection (RFC 5547 §8.1).
    func replacement(_ body: SessionBody) -> OfferedFile? {
        guard let offer = RelatedDescription(body), let last = described,
            offer.description.media.count == last.media.count
        else { return nil }
        let new = offer.description.media.indices.compactMap { Self.file(at: $0, of: offer) }.filter { file in
            guard let known = fileAgreements[file.index]?.remote, let before = known.file else {
                return false
            }
            return FileTransferIdentity(file.file, after: before) == .new && file.medium.path == known.path
                && file.medium.direction == .sendonly && known.direction == .sendonly
        }
        return new.count == 1 ? new.first : nil
    }

    /// The answer that takes a file in the place of another, for `InviteSession.acceptUpdate`.
    ///
    /// - Parameters:
    ///   - index: The place of the medium.
    ///   - file: What is to be said of the file.
    /// - Returns: `nil` if no such file is offered.
    mutating func makeAnswer(replacingFileAt index: Int, with file: FileAttributes) -> SessionBody? {
        guard let body = invite.offeredChange, let offer = RelatedDescription(body)?.description,
            let last = described, var own = fileMedia[index], offer.media.indices.contains(index),
            let remote = try? MSRPMedia(offer.media[index], in: offer)
        else { return nil }
        own.file = file
        fileMedia[index] = own
        fileAgreements[index] = MSRPAgreement(local: own, remote: remote, isOfferer: false)
        return answerChange(to: offer, after: last)
    }

    /// The offer that says more of a file than the last one did (RFC 5547 §8.1), for `InviteSession.update`.
    ///
    /// - Returns: `nil` if the file is not one of this session.
    mutating func describe(_ selector: FileSelector, at index: Int) -> SessionBody? {
        guard var medium = fileMedia[index], var offer = described, offer.media.indices.contains(index) else {
            return nil
        }
        medium.file?.selector = selector
        // What is described is not sent again: an icon belongs to the first offer.
        medium.file?.icon = nil
        fileMedia[index] = medium
        offer.media[index] = medium.media
        if let last = described { offer = offer.revised(from: last) }
        described = offer
        isDescribing = true
        return SessionBody(offer.text)
    }
}
