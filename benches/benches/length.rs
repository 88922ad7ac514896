//! Records behind their length in four bytes.

use criterion::{Criterion, criterion_group, criterion_main};
use segue_benches::{contenders, corpus, measure};

fn length(criterion: &mut Criterion) {
    for payload in [5, 64, 1024, 16 * 1024] {
        let corpus = corpus::length_prefixed(payload);
        measure(criterion, contenders::length(payload, &corpus));
    }
}

criterion_group!(benches, length);
criterion_main!(benches);
