//! Heads of requests, whole and in pieces, and bodies in chunks.

use criterion::{Criterion, criterion_group, criterion_main};
use segue_benches::{contenders, corpus, measure};

fn http1(criterion: &mut Criterion) {
    for heads in corpus::heads() {
        measure(criterion, contenders::http1_head(&heads));
        measure(criterion, contenders::http1_headers(&heads));
    }
    for (name, head) in corpus::HEADS {
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
