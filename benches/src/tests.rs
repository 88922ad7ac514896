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
    let line = corpus::line(16 * 1024);
    for piece in [1, 16, 1460] {
        see_all(contenders::dribble(piece, &line));
    }
}

fn see_all(group: Group<'_>) {
    for mut contender in group.contenders {
        for pass in 0..3 {
            let seen = contender.pass();
            assert_eq!(seen, group.records, "{} of {}, pass {pass}", contender.name, group.name);
        }
    }
}
