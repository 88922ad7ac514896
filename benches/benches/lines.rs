//! Lines that end in LF or in CRLF.

use criterion::{Criterion, criterion_group, criterion_main};
use segue_benches::{contenders, corpus, measure};

fn lines(criterion: &mut Criterion) {
    for content in [16, 80, 1024] {
        let corpus = corpus::lines(content);
        measure(criterion, contenders::lines(content, &corpus));
    }
    measure(criterion, contenders::lines("varied", &corpus::varied_lines()));
}

criterion_group!(benches, lines);
criterion_main!(benches);
