//! Contenders that do not do the same job are not to be compared.

use crate::{Group, contenders, corpus};

#[test]
fn all_see_all_records() {
    for size in [0, 1, 5, 64, 1024, 16 * 1024] {
        let corpus = corpus::length_prefixed(size);
        see_all(contenders::length(size, &corpus));
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
    for (name, head) in corpus::HEADS {
        see_all(contenders::http1_head(name, head));
        see_all(contenders::http1_headers(name, head));
        for piece in [1, 16, 64] {
            see_all(contenders::http1_dribble(name, piece, head));
        }
    }
    for chunk in [1, 16, 1024] {
        see_all(contenders::http1_chunked(chunk, &corpus::chunked(chunk)));
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
