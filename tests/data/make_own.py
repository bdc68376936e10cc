#!/usr/bin/env python3
"""Writes own_record.json and own_message.json beside itself.

A second writer of QOS's Borsh and JSON, made from the tables of the wire
description alone, so that the product is not its own judge.  Where a value
has a Borsh form, "lengths" holds the offset of every u32 count in it.
Run by hand; the two files are committed.
"""
import json
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))


class Writer:
    def __init__(self):
        self.out = b""
        self.lengths = []

    def count(self, n):
        self.lengths.append(len(self.out))
        self.out += struct.pack("<I", n)


def u16(w, v):
    w.out += struct.pack("<H", v)


def u32(w, v):
    w.out += struct.pack("<I", v)


def flag(w, v):
    w.out += b"\1" if v else b"\0"


def text(w, v):
    w.count(len(v.encode()))
    w.out += v.encode()


def data(w, v):
    w.count(len(v) // 2)
    w.out += bytes.fromhex(v)


def raw(n):
    def write(w, v):
        assert len(v) == 2 * n
        w.out += bytes.fromhex(v)
    return write


def vec(item):
    def write(w, v):
        w.count(len(v))
        for x in v:
            item(w, x)
    return write


def opt(item):
    def write(w, v):
        flag(w, v is not None)
        if v is not None:
            item(w, v)
    return write


def record(*fields):
    def write(w, v):
        for name, kind in fields:
            kind(w, v.get(name))
    return write


def pair(a, b):
    def write(w, v):
        a(w, v[0])
        b(w, v[1])
    return write


def enum(*variants):
    def write(w, v):
        name = v if isinstance(v, str) else next(iter(v))
        for tag, (known, payload) in enumerate(variants):
            if known == name:
                w.out += bytes([tag])
                if payload:
                    payload(w, v[name])
                return
        raise KeyError(name)
    return write


def units(names):
    return [(n, None) for n in names.split()]


MEMBER = record(("alias", text), ("pubKey", data))
SET = record(("threshold", u32), ("members", vec(MEMBER)))
PATCH = record(("threshold", u32), ("members", vec(record(("pubKey", data)))))
GENESIS_SET = record(("members", vec(MEMBER)), ("threshold", u32))
NAMESPACE = record(("name", text), ("nonce", u32), ("quorumKey", data))
ENCLAVE = record(("pcr0", data), ("pcr1", data), ("pcr2", data),
                 ("pcr3", data), ("awsRootCertificate", data),
                 ("qosCommit", text))
RESTART = enum(*units("Never Always"))


def bridge(w, v):
    server = v["type"] == "server"
    w.out += b"\0" if server else b"\1"
    u16(w, v["port"])
    (text if server else opt(text))(w, v.get("host"))


PIVOT = [
    record(("hash", raw(32)), ("restart", RESTART), ("args", vec(text))),
    record(("hash", raw(32)), ("restart", RESTART),
           ("bridgeConfig", vec(bridge)), ("debugMode", flag),
           ("args", vec(text))),
]
MANIFEST = [record(("namespace", NAMESPACE), ("pivot", p),
                   ("manifestSet", SET), ("shareSet", SET),
                   ("enclave", ENCLAVE), ("patchSet", PATCH)) for p in PIVOT]
APPROVAL = record(("signature", data), ("member", MEMBER))
ENVELOPE = [
    record(("manifest", MANIFEST[0]),
           ("manifest_set_approvals", vec(APPROVAL)),
           ("share_set_approvals", vec(APPROVAL))),
    record(("manifest", MANIFEST[1]),
           ("manifestSetApprovals", vec(APPROVAL)),
           ("shareSetApprovals", vec(APPROVAL))),
]


def envelope(w, v):
    ENVELOPE[0 if "manifest_set_approvals" in v else 1](w, v)


GENESIS = record(
    ("set", GENESIS_SET), ("dr_key", opt(data)), ("quorum_key", data),
    ("member_outputs", vec(record(("shareSetMember", MEMBER),
                                  ("encryptedQuorumKeyShare", data),
                                  ("shareHash", raw(64))))),
    ("recovery_permutations", vec(vec(record(("member", MEMBER),
                                             ("shard", data))))),
    ("dr_key_wrapped_quorum_key", opt(data)), ("quorum_key_hash", raw(64)),
    ("test_message_ciphertext", data), ("test_message_signature", data),
    ("test_message", data))

PHASES = ("UnrecoverableError WaitingForBootInstruction GenesisBooted "
          "WaitingForQuorumShards QuorumKeyProvisioned "
          "WaitingForForwardedKey")
PHASE = enum(*units(PHASES))
P256_NAMES = (
    "FailedToSerializeEnvelope FailedToDeserializeEnvelope "
    "AesGcm256DecryptError AesGcm256EncryptError "
    "FailedToCreateAes256GcmCipher FailedToDeserializePublicKey "
    "FailedToCoercePublicKeyToIntendedLength "
    "FailedToCoerceNonceToIntendedLength FailedToDeserializeSignature "
    "FailedSignatureVerification FailedToReadSecret FailedToReadPublicKey "
    "EncodedPublicKeyTooLong EncodedPublicKeyTooShort HkdfExpansionFailed "
    "MasterSeedInvalidUtf8 MasterSeedInvalidLength InvalidMasterSeed "
    "CannotCoerceLenToU8")
P256 = enum(("QosHex", text), ("IOError", text), *units(P256_NAMES))
TEXTS = record(("expected", text), ("actual", text))
NUMBERS = record(("expected", u32), ("actual", u32))
# names in order; a payload only where one is given
ERRORS = [
    *units("InvalidShare ReconstructionErrorEmptySecret "
           "ReconstructionErrorIncorrectPubKey IOError"),
    ("InvalidManifestApproval", APPROVAL), *units("NotEnoughApprovals"),
    ("NoMatchingRoute", PHASE), ("InvalidPivotHash", TEXTS),
    *units("OversizeMsg InvalidMsg EnclaveClient DecryptionFailed "
           "InvalidPrivateKey FailedToParseFromString BadEphemeralKeyPath "
           "CannotModifyPostPivotStatic"),
    ("FailedToGetEphemeralKey", P256),
    *units("FailedToPutEphemeralKey CannotRotateNonExistentEphemeralKey"),
    ("CannotDeleteEphemeralKey", text), ("FailedToGetQuorumKey", P256),
    *units("FailedToPutQuorumKey FailedToGetManifestEnvelope "
           "FailedToPutManifestEnvelope FailedToPutPivot "
           "AppClientRecvTimeout AppClientRecvInterrupted "
           "AppClientRecvConnectionClosed"),
    ("AppClientConnectError", text), ("AppClientSendError", text),
    ("AppClientError", text),
    *units("OversizedPayload ProtocolMsgDeserialization "
           "BadShareSetApprovals CouldNotVerifyApproval NotShareSetMember "
           "NotManifestSetMember"),
    ("P256Error", P256), ("InvalidP256DRKey", P256),
    *units("IncorrectSecretLen"), ("QosAttestError", text),
    ("DifferentQuorumKey", TEXTS), ("DifferentManifestSet", TEXTS),
    ("DifferentNamespaceName", TEXTS), ("LowNonce", NUMBERS),
    ("DifferentPcr3", TEXTS),
    *units("MissingEphemeralKey InvalidEphemeralKey "
           "InvalidEncryptedQuorumKeySignature EncryptedQuorumKeyInvalidLen "
           "InvalidQuorumSecret WrongQuorumKey"),
    ("InvalidStateTransition", pair(PHASE, PHASE)),
    *units("DuplicateApproval"), ("DifferentManifest", TEXTS),
    ("QosCrypto", text), *units("PoolExpandError"),
    ("InvalidPivotEnv", text),
    *units("MissingLiveEphemeralKey DuplicateQuorumMember "
           "LegacyGenesisNotSupported"),
]
NSM_ERRORS = ("Success InvalidArgument InvalidIndex InvalidResponse "
              "ReadOnlyIndex InvalidOperation BufferTooSmall InputTooLarge "
              "InternalError")
DIGESTS = "SHA256 SHA384 SHA512"
NSM = enum(
    ("describePCR", record(("lock", flag), ("data", data))),
    ("extendPCR", record(("data", data))), *units("lockPCR lockPCRs"),
    ("describeNSM", record(
        ("version_major", u16), ("version_minor", u16),
        ("version_patch", u16), ("module_id", text), ("max_pcrs", u16),
        ("locked_pcrs", vec(u16)), ("digest", enum(*units(DIGESTS))))),
    ("attestation", record(("document", data))),
    ("getRandom", record(("random", data))),
    ("error", enum(*units(NSM_ERRORS))))

NSM_ONLY = record(("nsm_response", NSM))
BOOT = record(("manifest_envelope", envelope), ("pivot", data))
DATA = record(("data", data))
KEY = record(("encrypted_quorum_key", data), ("signature", data))
MESSAGE = enum(
    ("protocolErrorResponse", enum(*ERRORS)), ("statusRequest", None),
    ("statusResponse", PHASE), ("bootStandardRequest", BOOT),
    ("bootStandardResponse", NSM_ONLY), ("bootGenesisRequest", None),
    ("bootGenesisResponse", None),
    ("provisionRequest", record(("share", data), ("approval", APPROVAL))),
    ("provisionResponse", record(("reconstructed", flag))),
    ("proxyRequest", DATA), ("proxyResponse", DATA),
    ("liveAttestationDocRequest", None),
    ("liveAttestationDocResponse", record(
        ("nsm_response", NSM), ("manifest_envelope", opt(envelope)))),
    ("bootKeyForwardRequest", BOOT), ("bootKeyForwardResponse", NSM_ONLY),
    ("exportKeyRequest", record(("manifest_envelope", envelope),
                                ("cose_sign1_attestation_doc", data))),
    ("exportKeyResponse", KEY), ("injectKeyRequest", KEY),
    ("injectKeyResponse", None), ("manifestEnvelopeRequest", None),
    ("manifestEnvelopeResponse", record(("manifest_envelope",
                                         opt(envelope)))),
    ("versionRequest", None),
    ("versionResponse", record(("version", text), ("commit", text))),
    ("bootStandardJsonEnvelopeRequest", record(
        ("manifest_envelope", data), ("pivot", data))))


def dump(v, sort):
    return json.dumps(v, sort_keys=sort, ensure_ascii=False,
                      separators=(",", ":"))


def canonical(v):
    def walk(x):
        if isinstance(x, dict):
            return {k: walk(y) for k, y in x.items() if y is not None}
        if isinstance(x, list):
            return [walk(y) for y in x]
        if isinstance(x, int) and not isinstance(x, bool):
            return str(x)
        return x
    return dump(walk(v), True)


def member(alias, byte):
    return {"alias": alias, "pubKey": byte * 33}


def approval(alias, byte):
    return {"signature": byte * 64, "member": member(alias, byte)}


def manifest(version):
    pivot = {"hash": "a1" * 32, "restart": "Always" if version else "Never"}
    if version:
        pivot["bridgeConfig"] = [
            {"type": "server", "port": 3000, "host": "0.0.0.0"},
            {"type": "client", "port": 65535},
            {"type": "client", "port": 0, "host": "h\u00e9"}]
        pivot["debugMode"] = False
    pivot["args"] = ["--a", "", "b\n\"\\\u0001\u20ac\U0001f4a9"]
    if version == 2:
        pivot["env"] = {"A": {"plain": {"value": ""}},
                        "_z9": {"plain": {"value": "x=\ty"}}}
    m = {"version": "v2"} if version == 2 else {}
    m.update({
        "namespace": {"name": "n/s", "nonce": 4294967295,
                      "quorumKey": "b2" * 130},
        "pivot": pivot,
        "manifestSet": {"threshold": 2, "members": [
            member("alice", "c3"), member("bob", "c4")]},
        "shareSet": {"threshold": 0, "members": []},
        "enclave": {"pcr0": "d0" * 48, "pcr1": "d1" * 48, "pcr2": "",
                    "pcr3": "d3" * 48, "awsRootCertificate": "30820211",
                    "qosCommit": "c0ffee"}})
    if version < 2:
        m["patchSet"] = {"threshold": 1, "members": [{"pubKey": "e5" * 33}]}
    else:
        m["dns"] = {"resolvers": ["1.1.1.1", "::1"]}
    return m


def envelope_of(version):
    names = (("manifest_set_approvals", "share_set_approvals")
             if version == 0 else
             ("manifestSetApprovals", "shareSetApprovals"))
    return {"manifest": manifest(version),
            names[0]: [approval("alice", "c3"), approval("bob", "c4")],
            names[1]: []}


def genesis(dr, permutations):
    return {
        "set": {"members": [member("a", "01"), member("b", "02")],
                "threshold": 2},
        "dr_key": "03" * 130 if dr else None, "quorum_key": "04" * 130,
        "member_outputs": [
            {"shareSetMember": member("a", "01"),
             "encryptedQuorumKeyShare": "05" * 130, "shareHash": "06" * 64},
            {"shareSetMember": member("b", "02"),
             "encryptedQuorumKeyShare": "", "shareHash": "07" * 64}],
        "recovery_permutations": [[], [
            {"member": member("a", "01"), "shard": "0809"}]]
        if permutations else [],
        "dr_key_wrapped_quorum_key": "0a" * 129 if dr else None,
        "quorum_key_hash": "0b" * 64, "test_message_ciphertext": "0c0d",
        "test_message_signature": "0e" * 64, "test_message": "71"}


def encoded(kind, v):
    w = Writer()
    kind(w, v)
    return {"borsh": w.out.hex(), "lengths": w.lengths}


def records():
    out = []
    for version in range(3):
        for what, v, kinds in (
                ("manifest", manifest(version), MANIFEST),
                ("envelope", envelope_of(version), ENVELOPE)):
            x = {"name": "%s v%d" % (what, version), "kind": what,
                 "json": dump(v, False) if version < 2 else canonical(v)}
            if version < 2:
                x.update(encoded(kinds[version], v))
            out.append(x)
    for name, dr, permutations in (
            ("genesis output", False, False),
            ("genesis output with recovery key", True, False),
            ("genesis output with permutations", True, True)):
        v = genesis(dr, permutations)
        out.append({"name": name, "kind": "genesis_output",
                    "json": canonical(v), **encoded(GENESIS, v)})
    return out


def samples():
    texts = {"expected": "e", "actual": "\u00e4"}
    nsm = {"describePCR": {"lock": True, "data": "aa" * 48},
           "extendPCR": {"data": "bb"}, "describeNSM": {
               "version_major": 1, "version_minor": 2, "version_patch": 3,
               "module_id": "i-0", "max_pcrs": 32,
               "locked_pcrs": [0, 1, 2, 256, 65535], "digest": "SHA384"},
           "attestation": {"document": "d28443"},
           "getRandom": {"random": "04020045"}}
    payload = {APPROVAL: approval("a", "11"), PHASE: "GenesisBooted",
               TEXTS: texts, P256: {"QosHex": "x"}, text: "why\n",
               NUMBERS: {"expected": 7, "actual": 4294967295}}
    for name, kind in ERRORS:
        v = name if kind is None else {
            name: payload.get(kind, ["GenesisBooted", "WaitingForBootInstruction"])}
        yield "error " + name, {"protocolErrorResponse": v}
    yield "error io text", {"protocolErrorResponse": {
        "P256Error": {"IOError": "disk"}}}
    for name in P256_NAMES.split():
        yield "p256 " + name, {"protocolErrorResponse": {"P256Error": name}}
    for name in PHASES.split():
        yield "phase " + name, {"statusResponse": name}
    for name, v in nsm.items():
        yield "nsm " + name, {"bootStandardResponse": {
            "nsm_response": {name: v}}}
    for name in ("lockPCR", "lockPCRs"):
        yield "nsm " + name, {"bootKeyForwardResponse": {
            "nsm_response": name}}
    for name in NSM_ERRORS.split():
        yield "nsm error " + name, {"bootStandardResponse": {
            "nsm_response": {"error": name}}}
    for name in DIGESTS.split():
        d = dict(nsm["describeNSM"], digest=name)
        yield "nsm digest " + name, {"bootStandardResponse": {
            "nsm_response": {"describeNSM": d}}}
    for version in range(3):
        e = envelope_of(version)
        v = " v%d" % version
        yield "boot standard" + v, {"bootStandardRequest": {
            "manifest_envelope": e, "pivot": "7f454c46"}}
        yield "boot forward" + v, {"bootKeyForwardRequest": {
            "manifest_envelope": e, "pivot": ""}}
        yield "export" + v, {"exportKeyRequest": {
            "manifest_envelope": e, "cose_sign1_attestation_doc": "d2"}}
        yield "envelope" + v, {"manifestEnvelopeResponse": {
            "manifest_envelope": e}}
        yield "live" + v, {"liveAttestationDocResponse": {
            "nsm_response": {"attestation": {"document": "00"}},
            "manifest_envelope": e}}
    yield "no envelope", {"manifestEnvelopeResponse": {
        "manifest_envelope": None}}
    yield "live without envelope", {"liveAttestationDocResponse": {
        "nsm_response": {"error": "InternalError"},
        "manifest_envelope": None}}
    for dr in (None, "22" * 130):
        yield "genesis request", {"bootGenesisRequest": {
            "set": {"members": [member("a", "01")], "threshold": 1},
            "dr_key": dr}}
    yield "genesis response", {"bootGenesisResponse": {
        "nsm_response": {"attestation": {"document": "01"}},
        "genesis_output": genesis(True, False)}}
    yield "provision", {"provisionRequest": {
        "share": "33" * 130, "approval": approval("p", "44")}}
    for done in (True, False):
        yield "provisioned", {"provisionResponse": {"reconstructed": done}}
    for name in ("proxyRequest", "proxyResponse"):
        yield name, {name: {"data": "00ff"}}
    for name in ("exportKeyResponse", "injectKeyRequest"):
        yield name, {name: {"encrypted_quorum_key": "55" * 129,
                            "signature": "66" * 64}}
    for name in ("statusRequest", "liveAttestationDocRequest",
                 "injectKeyResponse", "manifestEnvelopeRequest",
                 "versionRequest"):
        yield name, name
    yield "version", {"versionResponse": {"version": "1.0.0",
                                          "commit": "unknown"}}
    yield "boot json", {"bootStandardJsonEnvelopeRequest": {
        "manifest_envelope": "7b7d", "pivot": "7f"}}


def messages():
    out = []
    for name, v in samples():
        tag = v if isinstance(v, str) else next(iter(v))
        x = {"name": name}
        if tag != "bootStandardJsonEnvelopeRequest":
            x["json"] = canonical(v)
        if "Genesis" not in tag and '"v2"' not in dump(v, False):
            x.update(encoded(MESSAGE, v))
        out.append(x)
    return out


def write(name, vectors):
    path = os.path.join(HERE, name)
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"vectors": vectors}, f, indent=1, ensure_ascii=True)
        f.write("\n")


write("own_record.json", records())
write("own_message.json", messages())
