//! Scenes for tasks: what happens is made of a seed.

use std::{collections::VecDeque, rc::Rc, time::Duration};

use segue::driver::{Options, ReadPolicy};

use crate::{
    chance::Chance,
    executor::{self, Spawner},
    link::Driver,
    peer::{Leaves, Side},
    pipe::{Weather, pipe},
    words::{Books, HEAD, Say},
    world::{LONGEST, World},
};

/// Draws the behaviour of a transport in a scene.
pub(crate) fn weather(chance: &mut Chance, has_faults: bool) -> Weather {
    let sometimes = |chance: &mut Chance| {
        if chance.one_in(2) { Some(chance.within(2..12)) } else { None }
    };
    let at = |chance: &mut Chance, is_there: bool| {
        is_there.then(|| u64::try_from(chance.below(3000)).unwrap())
    };
    let breaks = has_faults && chance.one_in(2);
    let hiccups = has_faults && chance.one_in(3);
    Weather {
        room: chance.pick(&[1, 3, 8, 40, 200, 1000, 5000]),
        is_short: chance.one_in(2),
        interrupts: sometimes(chance),
        dawdles: sometimes(chance),
        holds_back: chance.one_in(3),
        breaks_at: at(chance, breaks),
        hiccup_at: at(chance, hiccups),
    }
}

pub(crate) fn options(chance: &mut Chance) -> Options {
    let policies =
        [ReadPolicy::ReadAhead, ReadPolicy::ReadAhead, ReadPolicy::Exact, ReadPolicy::Peek];
    let options = Options::new()
        .policy(chance.pick(&policies))
        .high_water(chance.pick(&[1, 7, 30, 100, 400, 1500, 64 * 1024]))
        .max_read_ahead(chance.pick(&[0, 1, 20, 300, 2000, 256 * 1024]))
        .max_record(chance.pick(&[LONGEST, 64 * 1024 * 1024]))
        .max_work(chance.pick(&[None, None, Some(1), Some(50), Some(10_000)]))
        .linger(Duration::from_millis(chance.below(50) as u64));
    let size = if chance.one_in(4) { 16 * 1024 } else { chance.within(1..65) };
    options.read_size(size)
}

/// Things to say, of which up to `answered` bytes are answered by the peer's stage.
pub(crate) fn says(chance: &mut Chance, high_water: usize, mut answered: usize) -> VecDeque<Say> {
    let count = chance.pick(&[0, 1, 5, 20, 40]);
    let most = chance.pick(&[10, 100, 600]);
    let mut says = VecDeque::new();
    for _ in 0..count {
        let length = match chance.below(10) {
            0..2 => 0,
            2..7 => chance.below(most),
            7 => high_water.min(2000),
            8 => chance.below(high_water.min(400) * 4),
            _ if chance.one_in(6) => chance.within(2048..LONGEST - HEAD),
            _ => chance.below(20),
        };
        let say = match chance.below(12) {
            0..3 if HEAD + length <= answered => {
                answered -= HEAD + length;
                Say::Ping(length)
            }
            3 => Say::Padding(length),
            4 if chance.one_in(3) => Say::End,
            5 if chance.one_in(2) => Say::Refused(length),
            _ => Say::Item(length),
        };
        says.push_back(say);
    }
    says
}

/// Plays the scene of a seed.
pub(crate) fn play<D: Driver>(seed: u64) {
    let chance = &mut Chance::new(seed);
    let has_faults = chance.one_in(4);
    let weather = [(); 2].map(|()| weather(chance, has_faults));
    let pipes = pipe(D::CALLS, weather, chance);
    let options = [(); 2].map(|()| options(chance));
    // The bytes that a side sends by itself, and those that its callers add without waiting.
    // Two that both pass their marks do not read: one that does not is enough.
    let flooded = if chance.one_in(2) { Some(chance.below(2)) } else { None };
    let on_top = [0, 1].map(|side| {
        if flooded == Some(side) { 100_000 } else { options[side].high_water.saturating_sub(1) / 2 }
    });
    let books = [0, 1].map(|side| {
        let says = says(chance, options[side].high_water, on_top[1 - side]);
        Books::new(says)
    });
    let handles = [pipes[0].handle(), pipes[1].handle()];
    let world = Rc::new(World::new(books, handles, flooded, has_faults));
    let spawner = Spawner::default();
    for (side, pipe) in pipes.into_iter().enumerate() {
        let leaves = chance.pick(&[Leaves::Late, Leaves::Late, Leaves::ByDeadline, Leaves::Early]);
        let side = Side::<D>::new(
            side,
            Rc::clone(&world),
            chance.fork(),
            spawner.clone(),
            options[side],
            leaves,
            on_top[side],
            2 * on_top[side],
            chance.one_in(2),
        );
        drop(spawner.spawn(side.play(pipe)));
    }
    executor::run(&world, &spawner, chance);
    world.close();
}
