//! Runs tasks in an order of chance, and knows when all of them sleep.
//!
//! A task is polled when it was woken, and otherwise by a whim of a scene that has them. When
//! everybody sleeps, each is polled once all the same: what moves then was not woken for, and that
//! is a lost wake-up. After that they are inspected, see [`World::rounds`], and told to do
//! something else than to wait, as real ones would by a time-out.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use crate::{chance::Chance, world::World};

type Tasks = Rc<RefCell<Vec<Pin<Box<dyn Future<Output = ()>>>>>>;

/// Takes tasks on.
#[derive(Clone, Default)]
pub(crate) struct Spawner(Tasks);

/// Comes to what a task has come to.
pub(crate) struct Joined<R>(Rc<RefCell<(Option<R>, Option<Waker>)>>);

impl Spawner {
    pub(crate) fn spawn<R: 'static>(&self, task: impl Future<Output = R> + 'static) -> Joined<R> {
        let slot = Rc::new(RefCell::new((None, None::<Waker>)));
        let joined = Joined(Rc::clone(&slot));
        self.0.borrow_mut().push(Box::pin(async move {
            let result = task.await;
            let mut slot = slot.borrow_mut();
            slot.0 = Some(result);
            if let Some(waker) = slot.1.take() {
                waker.wake();
            }
        }));
        joined
    }
}

impl<R> Joined<R> {
    /// Returns true once there is a result; the task is woken then.
    pub(crate) fn is_done(&self, cx: &mut Context<'_>) -> bool {
        let mut slot = self.0.borrow_mut();
        slot.1 = Some(cx.waker().clone());
        slot.0.is_some()
    }

    pub(crate) async fn join(self) -> R {
        std::future::poll_fn(|cx| {
            if self.is_done(cx) {
                Poll::Ready(self.0.borrow_mut().0.take().unwrap())
            } else {
                Poll::Pending
            }
        })
        .await
    }
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    woken: Arc<Woken>,
    generation: u64,
}

#[derive(Default)]
struct Woken {
    flag: AtomicBool,
    /// Only the waker of the last poll counts.
    generation: AtomicU64,
}

struct Alarm {
    woken: Arc<Woken>,
    generation: u64,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.woken.generation.load(Ordering::Relaxed) == self.generation {
            self.woken.flag.store(true, Ordering::Relaxed);
        }
    }
}

impl Task {
    fn new(future: Pin<Box<dyn Future<Output = ()>>>) -> Self {
        let woken = Arc::new(Woken::default());
        woken.flag.store(true, Ordering::Relaxed);
        Self { future, woken, generation: 0 }
    }

    fn is_woken(&self) -> bool {
        self.woken.flag.load(Ordering::Relaxed)
    }

    /// Returns true if it is done.
    fn poll(&mut self, has_new_waker: bool) -> bool {
        self.woken.flag.store(false, Ordering::Relaxed);
        if has_new_waker {
            self.generation += 1;
            self.woken.generation.store(self.generation, Ordering::Relaxed);
        }
        let alarm = Alarm { woken: Arc::clone(&self.woken), generation: self.generation };
        let waker = Waker::from(Arc::new(alarm));
        self.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
    }
}

/// Runs everything to its end.
///
/// # Panics
/// At a lost wake-up, at a stop, and where it never ends.
pub(crate) fn run(world: &World, spawner: &Spawner, chance: &mut Chance) {
    let has_new_wakers = chance.one_in(2);
    let has_whims = chance.one_in(2);
    let mut tasks = Vec::new();
    let quiet = Cell::new(0);
    let mut before = world.progress();
    for polls in 0.. {
        assert!(polls < 1_000_000, "it goes on for ever");
        tasks.extend(spawner.0.borrow_mut().drain(..).map(Task::new));
        if tasks.is_empty() {
            return;
        }
        let woken = tasks.iter().enumerate().filter(|(_, task)| task.is_woken());
        let woken = woken.map(|(at, _)| at).collect::<Vec<_>>();
        let at = match &woken[..] {
            [] => {
                idle(world, &mut tasks, has_new_wakers, chance);
                let now = world.progress();
                quiet.set(if now == before { quiet.get() + 1 } else { 0 });
                before = now;
                assert!(quiet.get() < 200, "everybody sleeps for ever: {world:?}");
                continue;
            }
            _ if has_whims && chance.one_in(8) => chance.below(tasks.len()),
            woken => chance.pick(woken),
        };
        if tasks[at].poll(has_new_wakers) {
            drop(tasks.swap_remove(at));
        }
    }
}

fn idle(world: &World, tasks: &mut Vec<Task>, has_new_wakers: bool, chance: &mut Chance) {
    let before = world.progress();
    world.be_calm(true);
    tasks.retain_mut(|task| !task.poll(has_new_wakers));
    world.be_calm(false);
    assert_eq!(before, world.progress(), "a wake-up was lost: {world:?}");
    if tasks.iter().any(Task::is_woken) {
        return;
    }
    if chance.one_in(2) && world.time.goes_on() {
        return;
    }
    world.inspects(true);
    for task in tasks.iter_mut() {
        let is_done = task.poll(has_new_wakers);
        assert!(!is_done, "nobody ends while it is looked at");
    }
    world.judge();
    world.inspects(false);
    tasks.iter().for_each(|task| task.woken.flag.store(true, Ordering::Relaxed));
}
