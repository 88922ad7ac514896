//! Transport parameters: each there and back, each bad value refused, the laws.

use proptest::prelude::*;
use segue::laws;
use segue_quic::{
    ConnectionId, ErrorCode, Role, StatelessResetToken, VarInt, Version,
    transport_parameters::{
        ClientVersions, ConnectionIds, Parameters, PreferredAddress, TransportParameters,
        VersionInformation,
    },
};

fn number(value: u64) -> VarInt {
    VarInt::new(value).expect("at most 62 bits")
}

fn id(bytes: &[u8]) -> ConnectionId {
    ConnectionId::new(bytes).expect("at most 20 bytes")
}

/// Every parameter of a server.
fn all() -> TransportParameters {
    TransportParameters {
        original_destination: Some(id(b"original")),
        max_idle_timeout: number(30_000),
        stateless_reset_token: Some(StatelessResetToken(*b"0123456789abcdef")),
        max_udp_payload_size: number(1472),
        initial_max_data: number(1 << 20),
        initial_max_stream_data_bidi_local: number(1),
        initial_max_stream_data_bidi_remote: number(2),
        initial_max_stream_data_uni: number(3),
        initial_max_streams_bidi: number(1 << 60),
        initial_max_streams_uni: number(4),
        ack_delay_exponent: 20,
        max_ack_delay: (1 << 14) - 1,
        disable_active_migration: true,
        preferred_address: Some(PreferredAddress {
            v4: Some("192.0.2.1:443".parse().expect("an address")),
            v6: None,
            id: id(b"preferred"),
            reset_token: StatelessResetToken([7; 16]),
        }),
        active_connection_id_limit: number(8),
        initial_source: Some(id(b"source")),
        retry_source: Some(id(b"")),
        max_datagram_frame_size: number(65_535),
        grease_quic_bit: true,
        version_information: Some(VersionInformation {
            chosen: Version::V1,
            available: vec![Version::V2, Version::V1],
        }),
        reset_stream_at: true,
        min_ack_delay: Some(number(1000)),
        enable_timestamp: Some(3),
        unknown: vec![(number(27), b"grease".to_vec()), (number(0x4000_0000), vec![])],
    }
}

#[test]
fn all_of_them_return() {
    let bytes = all().to_vec(Role::Server).unwrap();
    assert_eq!(TransportParameters::decode(&bytes, Role::Server), Ok(all()));
    let read = Parameters::iter(&bytes).map(|one| one.unwrap().id).collect::<Vec<_>>();
    assert_eq!(read.len(), 25);
    let named = |id: &&VarInt| TransportParameters::name(**id).is_some();
    assert_eq!(read.iter().filter(named).count(), 23);
    assert_eq!(read.iter().filter(|id| TransportParameters::is_reserved(**id)).count(), 1);
    // Nothing was said, and everything has a default.
    let nothing = TransportParameters::new();
    assert_eq!(nothing.to_vec(Role::Client), Ok(vec![]));
    assert_eq!(TransportParameters::decode(b"", Role::Client), Ok(nothing));
}

#[test]
fn every_prefix_is_refused_or_ends_between_two() {
    let bytes = all().to_vec(Role::Server).unwrap();
    let (mut ends, mut at) = (vec![0], 0);
    for one in Parameters::iter(&bytes) {
        let one = one.unwrap();
        let length = number(one.value.len() as u64);
        at += one.id.size() + length.size() + one.value.len();
        ends.push(at);
    }
    for cut in 0..=bytes.len() {
        let read = TransportParameters::decode(&bytes[..cut], Role::Server);
        assert_eq!(read.is_ok(), ends.contains(&cut), "cut at {cut}");
        let whole = Parameters::iter(&bytes[..cut]).filter(Result::is_ok).count();
        assert_eq!(whole, ends.iter().filter(|end| **end <= cut).count() - 1);
    }
}

#[test]
fn bad_values_are_refused() {
    let address = |id: &[u8], token: &[u8]| {
        let value = [&[1; 24][..], &[u8::try_from(id.len()).unwrap()], id, token].concat();
        [&[0x0d, u8::try_from(value.len()).unwrap()], &value[..]].concat()
    };
    let bad: &[&[u8]] = &[
        b"\x01\x01\x05\x01\x01\x05",     // twice
        b"\x1b\x00\x1b\x00",             // twice, and unknown
        b"\x01\x00",                     // no integer
        b"\x01\x02\x05\x05",             // more than one
        b"\x01\x01\x40",                 // half of one
        b"\x02\x0f0123456789abcde",      // a short token
        b"\x03\x02\x44\xaf",             // 1199
        b"\x08\x08\xd0\0\0\0\0\0\0\x01", // 2^60 + 1
        b"\x09\x08\xd0\0\0\0\0\0\0\x01",
        b"\x0a\x01\x15",             // 21
        b"\x0a\x02\x41\x00",         // 256
        b"\x0b\x04\x80\x00\x40\x00", // 2^14
        b"\x0b\x04\x80\x01\x00\x00", // 2^16
        b"\x0c\x01\x00",             // a flag with a value
        b"\x6a\xb2\x01\x00",
        b"\x0e\x01\x01",                  // one connection id
        b"\x0f\x15xxxxxxxxxxxxxxxxxxxxx", // 21 bytes
        b"\x11\x03\0\0\0",                // no version
        b"\x11\x00",
        b"\x11\x05\0\0\0\x01\0",
        b"\x11\x04\0\0\0\0", // version 0
        b"\x11\x08\0\0\0\x01\0\0\0\0",
        b"\x1d\x01\x00",               // a flag of a draft with a value
        b"\x80\0\x71\x58\x01\x04",     // enable_timestamp of 4
        b"\x80\0\x71\x58\x02\x41\x01", // .. of 257
        b"\xc0\0\0\0\xff\x04\xde\x1b\x04\x80\0\x61\xa9", // min_ack_delay of 25,001
        &address(b"", &[7; 16]),
        &address(&[1; 21], &[7; 16]),
        &address(b"id", &[7; 15]),
        &address(b"id", &[7; 17]),
        &[&address(b"id", &[7; 16])[..], b"\x0f\x00"].concat(), // a server without ids
        b"\x01\x04\x80",                                        // cut off
        b"\x41",
        b"\x01\xc0\0\0\0\0\0\0\xff",
    ];
    for bytes in bad {
        let error = TransportParameters::decode(bytes, Role::Server).unwrap_err();
        assert_eq!(error.code, ErrorCode::TRANSPORT_PARAMETER_ERROR, "{bytes:02x?}");
        assert!(error.section.contains(" §"));
    }
}

#[test]
fn clients_do_not_send_what_servers_send() {
    let of_servers = [
        TransportParameters { original_destination: Some(id(b"")), ..Default::default() },
        TransportParameters { retry_source: Some(id(b"x")), ..Default::default() },
        TransportParameters {
            stateless_reset_token: Some(StatelessResetToken([1; 16])),
            ..Default::default()
        },
        TransportParameters { preferred_address: all().preferred_address, ..Default::default() },
    ];
    for parameters in of_servers {
        let bytes = parameters.to_vec(Role::Server).unwrap();
        assert_eq!(TransportParameters::decode(&bytes, Role::Server).as_ref(), Ok(&parameters));
        let refused = TransportParameters::decode(&bytes, Role::Client).unwrap_err();
        assert_eq!(refused.code, ErrorCode::TRANSPORT_PARAMETER_ERROR);
        assert_eq!(parameters.to_vec(Role::Client), Err(refused));
    }
}

#[test]
fn connection_ids_are_those_that_were_seen() {
    let (server, client) =
        (all(), TransportParameters { initial_source: Some(id(b"mine")), ..Default::default() });
    let seen = ConnectionIds {
        initial_source: b"source",
        original_destination: b"original",
        retry_source: Some(b""),
    };
    assert_eq!(server.authenticate(Role::Server, &seen), Ok(()));
    let mine = ConnectionIds { initial_source: b"mine", ..seen };
    assert_eq!(client.authenticate(Role::Client, &mine), Ok(()));
    for wrong in [
        ConnectionIds { initial_source: b"other", ..seen },
        ConnectionIds { original_destination: b"other", ..seen },
        ConnectionIds { retry_source: None, ..seen },
        ConnectionIds { retry_source: Some(b"other"), ..seen },
    ] {
        let error = server.authenticate(Role::Server, &wrong).unwrap_err();
        assert_eq!(error.code, ErrorCode::TRANSPORT_PARAMETER_ERROR);
    }
    assert!(TransportParameters::new().authenticate(Role::Client, &mine).is_err());
}

/// What decoding refuses is not written either, and nothing that would be read as something else.
#[test]
fn what_would_be_refused_is_not_sent() {
    let address = all().preferred_address.expect("it has one");
    let preferred = |address| TransportParameters {
        preferred_address: Some(address),
        ..TransportParameters::new()
    };
    let nowhere = Some("0.0.0.0:0".parse().expect("an address"));
    let versions = |chosen, available: &[Version]| TransportParameters {
        version_information: Some(VersionInformation { chosen, available: available.to_vec() }),
        ..TransportParameters::new()
    };
    let unknown = |unknown: &[(u64, usize)]| TransportParameters {
        unknown: unknown.iter().map(|&(id, size)| (number(id), vec![0; size])).collect(),
        ..TransportParameters::new()
    };
    let bad = [
        (preferred(PreferredAddress { id: id(b""), ..address }), "RFC 9000 §18.2"),
        (preferred(PreferredAddress { v4: nowhere, ..address }), "RFC 9000 §18.2"),
        (versions(Version(0), &[Version::V1]), "RFC 9368 §4"),
        (versions(Version::V1, &[Version::V1, Version(0)]), "RFC 9368 §4"),
        (unknown(&[(27, 0), (27, 1)]), "RFC 9000 §7.4"),
        (unknown(&[(1, 1)]), "RFC 9000 §7.4.2"),
        (unknown(&[(27, 65_534)]), "RFC 9001 §8.2"),
        (
            TransportParameters { enable_timestamp: Some(0), ..Default::default() },
            "draft-huitema-quic-ts §2.1",
        ),
    ];
    for (parameters, section) in bad {
        let mut bytes = Vec::new();
        let error = parameters.encode(Role::Server, &mut bytes).unwrap_err();
        assert_eq!((error.code, error.section), (ErrorCode::TRANSPORT_PARAMETER_ERROR, section));
        assert!(bytes.is_empty());
    }
    // Of a client, the chosen version is among the available ones (RFC 9368 §4).
    let chosen = versions(Version::V1, &[Version::V2]);
    let bytes = chosen.to_vec(Role::Server).expect("a server may");
    for error in [
        chosen.to_vec(Role::Client).unwrap_err(),
        TransportParameters::decode(&bytes, Role::Client).unwrap_err(),
    ] {
        assert_eq!(
            (error.code, error.section),
            (ErrorCode::TRANSPORT_PARAMETER_ERROR, "RFC 9368 §4")
        );
    }
    assert!(TransportParameters::decode(&bytes, Role::Server).is_ok());
}

/// RFC 9368 §4, and its example of a client that prefers higher versions.
#[test]
fn versions_are_not_downgraded() {
    let versions = |numbers: &[u32]| numbers.iter().copied().map(Version).collect::<Vec<_>>();
    let says = |chosen, available: &[u32]| TransportParameters {
        version_information: Some(VersionInformation {
            chosen: Version(chosen),
            available: versions(available),
        }),
        ..TransportParameters::new()
    };
    let available = versions(&[14, 12, 10, 1]);
    let seen = |attempted, negotiated, after_negotiation| ClientVersions {
        available: &available,
        attempted: Version(attempted),
        negotiated: Version(negotiated),
        after_negotiation,
    };
    let nothing = TransportParameters::new();
    for (parameters, seen) in [
        (&says(14, &[13, 14]), seen(14, 14, true)),
        (&says(14, &[13, 0x1a2a_3a4a]), seen(14, 14, true)),
        (&says(10, &[10]), seen(10, 10, true)),
        // It moved on to a compatible version.
        (&says(14, &[14, 12]), seen(12, 14, false)),
        // No Version Negotiation: the list does not matter.
        (&says(10, &[14]), seen(10, 10, false)),
        (&says(10, &[]), seen(10, 10, false)),
        (&nothing, seen(12, 12, false)),
        (&nothing, seen(1, 1, true)), // §8
    ] {
        assert_eq!(parameters.check_server_version(&seen), Ok(()), "{parameters:?}, {seen:?}");
    }
    for (parameters, seen) in [
        (&says(10, &[10, 13, 14]), seen(10, 10, true)),
        (&says(10, &[]), seen(10, 10, true)),
        (&says(13, &[13]), seen(12, 13, false)),
        (&says(12, &[12]), seen(12, 14, false)),
        (&nothing, seen(10, 10, true)),
        (&nothing, seen(12, 14, false)),
    ] {
        let error = parameters.check_server_version(&seen).unwrap_err();
        assert_eq!(error.code, ErrorCode::VERSION_NEGOTIATION_ERROR, "{parameters:?}, {seen:?}");
        assert_eq!(error.section, "RFC 9368 §4");
    }
    assert_eq!(says(12, &[12]).check_client_version(Version(12)), Ok(()));
    assert_eq!(nothing.check_client_version(Version(12)), Ok(()));
    let error = says(14, &[12, 14]).check_client_version(Version(12)).unwrap_err();
    assert_eq!(error.code, ErrorCode::VERSION_NEGOTIATION_ERROR);
}

/// RFC 9000 §7.4.1: each of these may not become less, and the error names it.
#[test]
fn what_early_data_used_is_still_allowed() {
    type Lessen = fn(&mut TransportParameters);
    let remembered = all().remembered();
    assert_eq!(all().check_remembered(&remembered), Ok(()));
    let less = |value: VarInt| number(value.value() - 1);
    let fields: [(&str, Lessen); 9] = [
        ("active_connection_id_limit", |all| all.active_connection_id_limit = number(7)),
        ("initial_max_data", |all| all.initial_max_data = number(1)),
        ("initial_max_stream_data_bidi_local", |all| {
            all.initial_max_stream_data_bidi_local = number(0);
        }),
        ("initial_max_stream_data_bidi_remote", |all| {
            all.initial_max_stream_data_bidi_remote = number(1);
        }),
        ("initial_max_stream_data_uni", |all| all.initial_max_stream_data_uni = number(2)),
        ("initial_max_streams_bidi", |all| all.initial_max_streams_bidi = number(0)),
        ("initial_max_streams_uni", |all| all.initial_max_streams_uni = number(3)),
        ("max_datagram_frame_size", |all| all.max_datagram_frame_size = number(65_534)),
        ("reset_stream_at", |all| all.reset_stream_at = false),
    ];
    for (name, lessen) in fields {
        let mut now = all();
        lessen(&mut now);
        let error = now.check_remembered(&remembered).unwrap_err();
        assert_eq!(error.code, ErrorCode::PROTOCOL_VIOLATION);
        assert!(error.reason.starts_with(&format!("{name} is less")), "{error}");
    }
    // The others are of one connection, or may change.
    let now = TransportParameters {
        max_idle_timeout: less(all().max_idle_timeout),
        max_udp_payload_size: number(1200),
        ack_delay_exponent: 0,
        max_ack_delay: 1,
        retry_source: None,
        grease_quic_bit: false,
        ..all()
    };
    assert_eq!(now.check_remembered(&remembered), Ok(()));
    assert_eq!((remembered.preferred_address, remembered.stateless_reset_token), (None, None));
    assert_eq!((remembered.ack_delay_exponent, &remembered.unknown[..]), (3, &[][..]));
}

#[test]
fn the_stage_keeps_the_laws() {
    let bytes = all().to_vec(Role::Server).unwrap();
    laws::stage(Parameters::new)
        .accepts([&bytes[..], b"", b"\x01\x00\x01\x00"])
        .too_long([b"\x01\x80\x01\x00\x00"])
        .limit(16 + Parameters::MAX)
        .linear(|length| b"\x01\x02\x40\x25".repeat(length / 4))
        .check();
}

proptest! {
    /// Parameters that are read are written again to the same bytes.
    #[test]
    fn what_is_read_is_written_again(
        entries in prop::collection::vec((0..0x25_u8, prop::collection::vec(any::<u8>(), 0..5)), 0..8),
        server in any::<bool>(),
    ) {
        let mut bytes = Vec::new();
        for (id, value) in entries {
            bytes.extend([id, u8::try_from(value.len()).unwrap()]);
            bytes.extend(value);
        }
        let sender = if server { Role::Server } else { Role::Client };
        if let Ok(read) = TransportParameters::decode(&bytes, sender) {
            let again = read.to_vec(sender).unwrap();
            prop_assert!(again.len() <= bytes.len());
            prop_assert_eq!(TransportParameters::decode(&again, sender), Ok(read));
        }
    }
}
