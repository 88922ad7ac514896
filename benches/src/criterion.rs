//! Groups as criterion measures them.

use criterion::{Criterion, Throughput};
use std::time::Duration;

use crate::Group;

/// Hands all contenders of a group to criterion, one after the other.
pub fn measure(criterion: &mut Criterion, group: Group<'_>) {
    let mut bench = criterion.benchmark_group(group.name);
    bench.throughput(Throughput::Bytes(group.bytes as u64));
    // A measurement here takes microseconds; the defaults of 3 and 5 seconds are for longer ones.
    bench.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    bench.sample_size(20);
    for mut contender in group.contenders {
        bench.bench_function(contender.name, |bencher| {
            bencher.iter_custom(|passes| contender.time(passes));
        });
    }
    bench.finish();
}
