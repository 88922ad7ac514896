//! Fields in an arena: what is put in comes out, within the limits, and memory is used again.

use proptest::prelude::*;
use segue_http::{Arena, Field, Full, Known, Limits, Line};

fn pairs(arena: &Arena) -> Vec<(Vec<u8>, Vec<u8>, u8)> {
    let of = |field: Field<'_>| (field.name.to_vec(), field.value.to_vec(), field.flags);
    arena.fields().lines().map(of).collect()
}

proptest! {
    /// Pushed whole, or written in place with any cuts, looked up by text and by number.
    #[test]
    fn what_goes_in_comes_out(
        fields in prop::collection::vec(("(?i)(host|cookie|te|x-[a-z]{0,9})", "[ -~]{0,40}", 0_u8..4), 0..20),
        cut in 0_usize..8,
    ) {
        let (mut whole, mut written) = (Arena::new(), Arena::new());
        // What was there before must not show.
        written.push(b"before", &[b'x'; 700], 0).unwrap();
        written.clear();
        for (name, value, flags) in &fields {
            whole.push(name.as_bytes(), value.as_bytes(), *flags).unwrap();
            let mut line = written.line(*flags).unwrap();
            for (part, text) in [name.as_bytes(), value.as_bytes()].into_iter().enumerate() {
                let (front, back) = text.split_at(cut.min(text.len()));
                line.put(front).unwrap();
                line.spare(back.len() + 5)[..back.len()].copy_from_slice(back);
                line.wrote(back.len());
                if part == 0 {
                    line.end_name().unwrap();
                }
            }
            let field = line.end();
            prop_assert_eq!((field.name, field.value), (name.as_bytes(), value.as_bytes()));
        }
        let expected: Vec<_> = fields
            .iter()
            .map(|(name, value, flags)| (name.clone().into_bytes(), value.clone().into_bytes(), *flags))
            .collect();
        prop_assert_eq!(&pairs(&whole), &expected);
        prop_assert_eq!(&whole, &written);
        let size: usize = fields.iter().map(|(name, value, _)| name.len() + value.len() + 32).sum();
        prop_assert_eq!((whole.size(), written.size()), (size, size));
        for name in ["host", "COOKIE", "te", "x-a", "absent", "connection"] {
            let by_hand: Vec<_> = fields
                .iter()
                .filter(|(other, ..)| other.eq_ignore_ascii_case(name))
                .map(|(_, value, _)| value.as_bytes())
                .collect();
            prop_assert_eq!(written.fields().all(name).collect::<Vec<_>>(), by_hand.clone());
            if let Some(known) = Known::of(name.as_bytes()) {
                prop_assert_eq!(written.fields().every(known).collect::<Vec<_>>(), by_hand);
            }
        }
        let on = fields.iter().filter(|(_, _, flags)| flags & Line::HOP == 0).count();
        prop_assert_eq!(whole.fields().iter().count(), on);
    }
}

/// RFC 9113 §6.5.2: a field counts 32 bytes beside its own.
#[test]
fn limits_are_told_before_anything_is_written() {
    let mut arena = Arena::with_limits(Limits::DEFAULT.max_size(2 * 32 + 10).max_lines(2));
    assert_eq!(arena.push(b"abcd", &[b'v'; 39], 0), Err(Full::Size));
    arena.push(b"a", b"b", 0).unwrap();
    assert_eq!(arena.fits(4, 5), Err(Full::Size));
    let mut line = arena.line(0).unwrap();
    assert_eq!(line.room(), 8);
    assert_eq!(line.put(b"123456789"), Err(Full::Size));
    line.put(b"1234").unwrap();
    line.end_name().unwrap();
    assert_eq!(line.spare(100).len(), 4);
    // The field breaks off here.
    assert_eq!((arena.len(), arena.size()), (1, 34));
    arena.push(b"cd", b"efghij", 0).unwrap();
    assert_eq!(arena.push(b"", b"", 0), Err(Full::Lines));
    assert_eq!(arena.line(0).unwrap_err(), Full::Lines);
    assert_eq!(
        pairs(&arena),
        [(b"a".to_vec(), b"b".to_vec(), 0), (b"cd".to_vec(), b"efghij".to_vec(), 0)]
    );

    let mut arena = Arena::with_limits(Limits::DEFAULT.max_size(u32::MAX));
    assert_eq!(arena.push(&[b'a'; 65_536], b"", 0), Err(Full::Name));
    let mut line = arena.line(0).unwrap();
    line.put(&[b'a'; 65_536]).unwrap();
    assert_eq!(line.end_name(), Err(Full::Name));
    arena.push(&[b'a'; 65_535], b"v", 0).unwrap();
    assert_eq!(arena.fields().lines().next().unwrap().name.len(), 65_535);
}

#[test]
fn memory_is_used_again_and_given_back() {
    let mut arena = Arena::new();
    let fill = |arena: &mut Arena| {
        for _ in 0..100 {
            arena.push(b"a-name", &[b'v'; 100], 0).unwrap();
        }
    };
    fill(&mut arena);
    let held = arena.held();
    for _ in 0..10 {
        arena.clear();
        assert!(arena.is_empty() && arena.fields().is_empty());
        fill(&mut arena);
        assert_eq!(arena.held(), held);
    }
    arena.release();
    assert_eq!((arena.held(), arena.len()), (0, 0));
}

/// RFC 9110 §7.6.1: fields named by `Connection` go, and those that are known; those that others
/// rely on stay.
#[test]
fn fields_for_one_connection_are_marked() {
    let mut arena = Arena::new();
    for (name, value) in [
        ("Host", "a"),
        ("Connection", "close, X-One,\", x-two"),
        ("X-One", "1"),
        ("x-two", "2"),
        ("x-three", "3"),
        ("Content-Length", "3"),
        ("connection", "host, content-length, authorization, cookie, x-THREE"),
        ("Cookie", "a"),
        ("Authorization", "b"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "close"),
        ("TE", "trailers"),
        ("Transfer-Encoding", "chunked"),
        ("Upgrade", "echo"),
        ("close", "not the option"),
        ("Trailer", "x"),
    ] {
        arena.push(name.as_bytes(), value.as_bytes(), 0).unwrap();
    }
    arena.mark_hop_by_hop();
    let on: Vec<_> = arena.fields().iter().map(|field| field.name_text()).collect();
    assert_eq!(on, ["Host", "Content-Length", "Cookie", "Authorization", "close", "Trailer"]);
    assert_eq!(arena.fields().lines().len(), 16);
    let mut copy = Arena::new();
    copy.extend(arena.fields()).unwrap();
    assert_eq!(copy.len(), 6);
}

/// RFC 9113 §8.3: pseudo-fields stand in front.
#[test]
fn pseudo_fields_are_split_off() {
    let mut arena = Arena::new();
    for name in [":method", ":path", "a", ":late"] {
        arena.push(name.as_bytes(), b"v", 0).unwrap();
    }
    let (pseudo, fields) = arena.fields().split_pseudo();
    assert_eq!((pseudo.len(), fields.len()), (2, 2));
    assert_eq!(pseudo.get(Known::PseudoMethod), Some(&b"v"[..]));
    assert_eq!(fields.get(Known::PseudoMethod), None);
}

#[test]
fn debug_shows_names_and_no_values() {
    let mut arena = Arena::new();
    arena.push(b"cookie", b"secret", 0).unwrap();
    let shown = format!("{arena:?} {:?}", arena.fields().lines().next().unwrap());
    assert!(shown.contains("cookie") && !shown.contains("secret"), "{shown}");
}

/// Sensitive values keep their mark on both ways.
#[test]
fn a_header_map_goes_through() {
    let mut arena = Arena::new();
    arena.push(b"Cookie", b"a=b", Line::NEVER_INDEXED).unwrap();
    arena.push(b"via", b"x", Line::HOP).unwrap();
    arena.push(b"accept", b"\xff", 0).unwrap();
    arena.push(b"accept", b"b", 0).unwrap();
    let map = http::HeaderMap::try_from(arena.fields()).unwrap();
    assert!(map["cookie"].is_sensitive() && !map["accept"].is_sensitive());
    assert_eq!(map.get_all("accept").iter().count(), 2);
    let back = Arena::try_from(&map).unwrap();
    assert_eq!(back.len(), 3);
    assert_eq!(back.fields().lines().next().unwrap().flags, Line::NEVER_INDEXED);
    arena.push(b"not a name", b"", 0).unwrap();
    assert!(http::HeaderMap::try_from(arena.fields()).is_err());
}
