//! Contenders that do not do the same job are not to be compared.

use segue_websocket::Role;

use crate::{
    Group,
    contenders::{self, names},
    corpus,
};

#[test]
fn all_see_all_records() {
    for size in [0, 1, 5, 64, 1024, 16 * 1024] {
        let corpus = corpus::length_prefixed(size);
        see_all(contenders::length(size, &corpus));
    }
    for (size, piece) in [(0, 1024), (5, 1), (5, 9), (1024, 1000)] {
        see_all(contenders::nested(size, &corpus::carried(size, piece)));
    }
    for size in [1, 16, 80, 1024] {
        let corpus = corpus::lines(size);
        see_all(contenders::lines(size, &corpus));
    }
    see_all(contenders::lines("varied", &corpus::varied_lines()));
    let line = corpus::line(16 * 1024);
    for piece in [1, 16, 1460] {
        see_all(contenders::dribble(piece, &line));
    }
    for heads in corpus::heads() {
        see_all(contenders::http1_head(&heads));
        see_all(contenders::http1_headers(&heads));
    }
    for (name, head) in corpus::HEADS {
        for piece in [1, 16, 64] {
            see_all(contenders::http1_dribble(name, piece, head));
        }
    }
    for chunk in [1, 16, 1024] {
        see_all(contenders::http1_chunked(chunk, &corpus::chunked(chunk)));
    }
}

#[test]
fn all_see_all_frames() {
    for size in [1, 5, 125, 126, 1024, 64 * 1024] {
        let corpus = corpus::masked_frames(size);
        let mut group = contenders::websocket::decode(size, &corpus);
        group.contenders.retain(|contender| contender.name != names::MEMCPY);
        see_all(group);
        for role in [Role::Server, Role::Client] {
            see_all(contenders::websocket::encode(role, size));
        }
    }
}

#[test]
fn all_see_all_frames_of_quic() {
    see_all(contenders::quic::frames("one", &contenders::quic::Payloads::one()));
    see_all(contenders::quic::frames("varied", &contenders::quic::Payloads::varied()));
}

#[test]
fn all_see_all_integers() {
    for (name, sizes) in corpus::VARINTS {
        see_all(contenders::quic::varints(name, &corpus::varints(sizes)));
    }
    for kind in ["short", "long", "coalesced"] {
        see_all(contenders::quic::headers(kind));
    }
    for payload in [4, 64, 1200] {
        see_all(contenders::quic::unprotect(payload));
        see_all(contenders::quic::protect(payload));
    }
}

#[test]
fn all_reach_the_end_of_a_stream() {
    for length in [1, 5000, 20_000] {
        let stream = contenders::quic::stream(length);
        for order in contenders::quic::ORDERS {
            see_all(contenders::quic::reassembly(order, &stream));
        }
    }
}

#[test]
fn all_mask_alike() {
    let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
    for from in 0..5 {
        let mut expected = None;
        for (name, mask) in contenders::websocket::masks() {
            let mut masked = bytes[from..].to_vec();
            mask(&mut masked, [1, 2, 3, 4]);
            let expected = expected.get_or_insert_with(|| masked.clone());
            assert!(masked == *expected, "{name} from {from}");
        }
    }
}

fn see_all(group: Group<'_>) {
    let mut expected = None;
    for mut contender in group.contenders {
        for pass in 0..3 {
            contenders::SEEN.set(0);
            let count = contender.pass();
            assert_eq!(count, group.records, "{} of {}, pass {pass}", contender.name, group.name);
            let seen = contenders::SEEN.get();
            let expected = *expected.get_or_insert(seen);
            assert_eq!(seen, expected, "{} of {}, pass {pass}", contender.name, group.name);
        }
    }
}
