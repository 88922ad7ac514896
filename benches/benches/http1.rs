//! Heads of requests, whole and in pieces, and bodies in chunks.

use criterion::{Criterion, criterion_group, criterion_main};
use segue_benches::{contenders, corpus, measure};

fn http1(criterion: &mut Criterion) {
    for (name, head) in corpus::HEADS {
        measure(criterion, contenders::http1_head(name, head));
        measure(criterion, contenders::http1_headers(name, head));
        for piece in [1, 16, 64] {
            measure(criterion, contenders::http1_dribble(name, piece, head));
        }
    }
    for chunk in [64, 1024, 16 * 1024] {
        measure(criterion, contenders::http1_chunked(chunk, &corpus::chunked(chunk)));
    }
}

criterion_group!(benches, http1);
criterion_main!(benches);
