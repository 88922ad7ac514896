//! A line of 64 KiB that comes in small pieces.

use criterion::{Criterion, criterion_group, criterion_main};
use segue_benches::{contenders, corpus, measure};

fn dribble(criterion: &mut Criterion) {
    let line = corpus::line(64 * 1024);
    for piece in [1, 16, 1460] {
        measure(criterion, contenders::dribble(piece, &line));
    }
}

criterion_group!(benches, dribble);
criterion_main!(benches);
