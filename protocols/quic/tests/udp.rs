//! Datagrams over real sockets: one suite, stamped on blocking, non-blocking and tokio's.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use segue::driver::{SocketTimer, Timer, tokio::TokioTimer};
use segue_quic::udp::{self, DatagramTurn, Notice, Options, Outgoing};

fn socket() -> UdpSocket {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has ports")
}

/// A socket of a peer, and that of the driver, connected to it.
fn pair() -> (UdpSocket, UdpSocket) {
    let (peer, ours) = (socket(), socket());
    peer.connect(address(&ours)).expect("it is there");
    ours.connect(address(&peer)).expect("it is there");
    (peer, ours)
}

fn address(socket: &UdpSocket) -> SocketAddr {
    socket.local_addr().expect("it is bound")
}

fn heard(peer: &UdpSocket) -> Vec<u8> {
    let mut bytes = [0; 2048];
    peer.set_read_timeout(Some(Duration::from_secs(10))).expect("it can wait");
    let length = peer.recv(&mut bytes).expect("something was sent");
    bytes[..length].to_vec()
}

/// The outcome of a turn, owned.
#[derive(Debug, Default, PartialEq)]
struct Brought {
    datagrams: Vec<(Vec<u8>, SocketAddr)>,
    notices: Vec<Notice>,
}

/// Notes what a turn has brought, and answers each datagram with itself while it is lent.
fn note(turn: DatagramTurn<'_>, echo: bool) -> Brought {
    let mut datagrams = Vec::new();
    for datagram in turn.datagrams {
        if echo {
            turn.outgoing.put(datagram.bytes, Some(datagram.from));
        }
        datagram.bytes.reverse(); // they are the turn's to change
        let bytes = datagram.bytes.iter().rev().copied().collect();
        datagrams.push((bytes, datagram.from));
    }
    Brought { datagrams, notices: turn.notices.to_vec() }
}

/// A driver as the suite sees it. Each waits in its own way.
trait Driven: Sized {
    /// The most datagrams of a turn, where the options say `batch`.
    fn batch(batch: usize) -> usize {
        batch
    }
    fn new(socket: UdpSocket, options: Options) -> Self;
    fn outgoing(&mut self) -> &mut Outgoing;
    fn turn(&mut self, echo: bool) -> io::Result<Brought>;
    /// The same with a deadline so long from now. Gives how long it took as well.
    fn turn_within(&mut self, time: Duration) -> io::Result<(Brought, Duration)>;
    fn flush(&mut self) -> io::Result<()>;
}

struct Blocking(udp::sync::Datagrams);

impl Driven for Blocking {
    fn batch(_: usize) -> usize {
        1
    }

    fn new(socket: UdpSocket, options: Options) -> Self {
        Self(udp::sync::Datagrams::with_options(socket, options))
    }

    fn outgoing(&mut self) -> &mut Outgoing {
        self.0.outgoing()
    }

    fn turn(&mut self, echo: bool) -> io::Result<Brought> {
        self.0.turn().map(|turn| note(turn, echo))
    }

    fn turn_within(&mut self, time: Duration) -> io::Result<(Brought, Duration)> {
        let mut timer = SocketTimer::new(self.0.socket().try_clone()?);
        let brought = note(self.0.turn_by(Some(time), &mut timer)?, false);
        Ok((brought, timer.now()))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// In a loop that asks again and again, in place of one that waits for readiness.
struct NonBlocking(udp::sync::Datagrams);

fn again<T>(mut ask: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match ask() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(1));
            }
            other => return other,
        }
    }
}

impl Driven for NonBlocking {
    fn new(socket: UdpSocket, options: Options) -> Self {
        let driven = udp::sync::Datagrams::nonblocking(socket, options);
        Self(driven.expect("sockets can be non-blocking"))
    }

    fn outgoing(&mut self) -> &mut Outgoing {
        self.0.outgoing()
    }

    fn turn(&mut self, echo: bool) -> io::Result<Brought> {
        again(|| self.0.turn().map(|turn| note(turn, echo)))
    }

    fn turn_within(&mut self, time: Duration) -> io::Result<(Brought, Duration)> {
        let mut timer = SocketTimer::new(self.0.socket().try_clone()?);
        let brought =
            again(|| self.0.turn_by(Some(time), &mut timer).map(|turn| note(turn, false)))?;
        Ok((brought, timer.now()))
    }

    fn flush(&mut self) -> io::Result<()> {
        again(|| self.0.flush())
    }
}

struct Tokio(udp::tokio::Datagrams, tokio::runtime::Runtime);

impl Driven for Tokio {
    fn new(socket: UdpSocket, options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("there are threads");
        socket.set_nonblocking(true).expect("sockets can be non-blocking");
        let _entered = runtime.enter();
        let socket = tokio::net::UdpSocket::from_std(socket).expect("it is a socket");
        Self(udp::tokio::Datagrams::with_options(socket, options), runtime)
    }

    fn outgoing(&mut self) -> &mut Outgoing {
        self.0.outgoing()
    }

    fn turn(&mut self, echo: bool) -> io::Result<Brought> {
        self.1.block_on(async { self.0.turn().await.map(|turn| note(turn, echo)) })
    }

    fn turn_within(&mut self, time: Duration) -> io::Result<(Brought, Duration)> {
        self.1.block_on(async {
            let mut timer = TokioTimer::new();
            let brought = note(self.0.turn_by(Some(time), &mut timer).await?, false);
            Ok((brought, timer.now()))
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.1.block_on(self.0.flush())
    }
}

/// Stamps the suite on each driver.
macro_rules! suite {
    ($($test:ident),+ $(,)?) => {
        suite!(blocking: Blocking; $($test),+);
        suite!(non_blocking: NonBlocking; $($test),+);
        suite!(tokio_socket: Tokio; $($test),+);
    };
    ($name:ident: $driven:ident; $($test:ident),+) => {
        mod $name {
            $(#[test]
            fn $test() {
                super::$test::<super::$driven>();
            })+
        }
    };
}

suite! {
    answers_go_to_who_asked,
    bursts_come_in_batches,
    nothing_comes_until_the_deadline,
    a_datagram_comes_before_the_deadline,
    what_is_too_long_is_dropped,
    what_is_too_large_to_send_is_told,
    nobody_there_is_no_end,
    empty_datagrams_are_datagrams,
    connected_sockets_need_no_address,
    a_queue_that_is_never_empty_stays_small,
}

fn answers_go_to_who_asked<D: Driven>() {
    let (one, other, ours) = (socket(), socket(), socket());
    let to = address(&ours);
    let mut driven = D::new(ours, Options::default());
    for (peer, word) in [(&one, b"one"), (&other, b"two"), (&one, b"six")] {
        peer.send_to(word, to).expect("loopback takes it");
        let brought = driven.turn(true).expect("the socket works");
        assert_eq!(brought.datagrams, [(word.to_vec(), address(peer))]);
        driven.flush().expect("loopback takes it");
        assert_eq!(heard(peer), word);
    }
}

fn bursts_come_in_batches<D: Driven>() {
    let (peer, ours) = pair();
    let mut driven = D::new(ours, Options { batch: 4, ..Options::default() });
    for number in 0..10_u8 {
        peer.send(&[number; 1200]).expect("loopback takes it");
    }
    let (mut seen, mut turns) = (Vec::new(), 0);
    while seen.len() < 10 {
        let brought = driven.turn(false).expect("the socket works");
        assert!(brought.notices.is_empty());
        assert!(brought.datagrams.len() <= D::batch(4));
        seen.extend(brought.datagrams.iter().map(|(bytes, _)| bytes[0]));
        assert!(brought.datagrams.iter().all(|(bytes, _)| bytes.len() == 1200));
        turns += 1;
    }
    assert_eq!(seen, (0..10).collect::<Vec<u8>>());
    assert!(turns >= 10_usize.div_ceil(D::batch(4)));
}

fn nothing_comes_until_the_deadline<D: Driven>() {
    let mut driven = D::new(socket(), Options::default());
    let deadline = Duration::from_millis(30);
    let (brought, taken) = driven.turn_within(deadline).expect("the socket works");
    assert_eq!(brought, Brought::default());
    assert!(taken >= deadline && taken < Duration::from_secs(20), "{taken:?}");
}

fn a_datagram_comes_before_the_deadline<D: Driven>() {
    let (peer, ours) = pair();
    let mut driven = D::new(ours, Options::default());
    peer.send(b"now").expect("loopback takes it");
    let deadline = Duration::from_secs(60);
    let (brought, taken) = driven.turn_within(deadline).expect("the socket works");
    assert_eq!(brought.datagrams, [(b"now".to_vec(), address(&peer))]);
    assert!(taken < deadline);
    // The time-out was taken back: this waits for what comes later than any.
    let late = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        peer.send(b"later").expect("loopback takes it");
    });
    assert_eq!(driven.turn(false).expect("the socket works").datagrams[0].0, b"later");
    late.join().expect("it sends");
}

fn what_is_too_long_is_dropped<D: Driven>() {
    let (peer, ours) = pair();
    let mut driven = D::new(ours, Options { max_datagram: 1200, ..Options::default() });
    for length in [1201, 1200, 9000] {
        peer.send(&vec![7; length]).expect("loopback takes it");
    }
    let (mut lengths, mut notices) = (Vec::new(), Vec::new());
    while lengths.is_empty() || notices.len() < 2 {
        let brought = driven.turn(false).expect("the socket works");
        lengths.extend(brought.datagrams.iter().map(|(bytes, _)| bytes.len()));
        notices.extend(brought.notices);
    }
    assert_eq!(lengths, [1200]);
    assert_eq!(notices, [Notice::Oversized { from: Some(address(&peer)) }; 2]);
}

fn what_is_too_large_to_send_is_told<D: Driven>() {
    let (peer, ours) = pair();
    let to = Some(address(&peer));
    let mut driven = D::new(ours, Options::default());
    for length in [65_508, 3, 70_000] {
        driven.outgoing().put(&vec![7; length], to);
    }
    driven.flush().expect("the socket works");
    assert_eq!(heard(&peer), [7; 3]);
    let brought = driven.turn(false).expect("the socket works");
    let told = |length| Notice::TooLarge { length, to };
    assert_eq!(brought, Brought { datagrams: vec![], notices: vec![told(65_508), told(70_000)] });
    // It is told once.
    peer.send(b"x").expect("loopback takes it");
    assert_eq!(driven.turn(false).expect("the socket works").notices, []);
}

fn nobody_there_is_no_end<D: Driven>() {
    let (peer, ours) = pair();
    let at = address(&peer);
    let from = address(&ours);
    drop(peer);
    let mut driven = D::new(ours, Options::default());
    driven.outgoing().put(b"is anybody there?", None);
    let brought = driven.turn(false).expect("the socket works");
    assert!(brought.datagrams.is_empty());
    assert!(
        matches!(brought.notices[..], [Notice::Unreachable { kind, .. }]
            if kind == io::ErrorKind::ConnectionRefused),
        "{brought:?}"
    );
    // A peer that comes back is heard.
    let peer = UdpSocket::bind(at).expect("the port is free again");
    driven.outgoing().put(b"and now?", None);
    driven.flush().expect("the socket works");
    assert_eq!(heard(&peer), b"and now?");
    peer.send_to(b"yes", from).expect("loopback takes it");
    assert_eq!(driven.turn(false).expect("the socket works").datagrams[0].0, b"yes");
}

fn empty_datagrams_are_datagrams<D: Driven>() {
    let (peer, ours) = pair();
    let mut driven = D::new(ours, Options::default());
    peer.send(b"").expect("loopback takes it");
    let brought = driven.turn(true).expect("the socket works");
    assert_eq!(brought.datagrams, [(vec![], address(&peer))]);
    driven.flush().expect("loopback takes it");
    assert_eq!(heard(&peer), b"");
}

fn connected_sockets_need_no_address<D: Driven>() {
    let (peer, ours) = pair();
    let mut driven = D::new(ours, Options::default());
    let outgoing = driven.outgoing();
    outgoing.put_with(1200, None, |datagram| {
        assert_eq!(datagram, [0; 1200]);
        datagram.fill(7);
        5
    });
    outgoing.put_with(1200, None, |_| 0);
    assert_eq!(outgoing.len(), 1);
    driven.flush().expect("the socket works");
    assert!(driven.outgoing().is_empty());
    assert_eq!(heard(&peer), [7; 5]);
}

fn a_queue_that_is_never_empty_stays_small<D: Driven>() {
    let (peer, ours) = pair();
    let options = Options { high_water: 3000, ..Options::default() };
    let mut driven = D::new(ours, options);
    for round in 0..100_u8 {
        driven.outgoing().put(&[round; 1200], None);
        driven.outgoing().put(&[round; 600], None);
        assert!(driven.outgoing().has_room());
        driven.outgoing().put(&[round; 1200], None);
        assert!(!driven.outgoing().has_room());
        driven.flush().expect("the socket works");
        for length in [1200, 600, 1200] {
            assert_eq!(heard(&peer), vec![round; length]);
        }
    }
}

#[test]
fn a_socket_that_does_not_block_says_so() {
    let mut driven = udp::sync::Datagrams::nonblocking(socket(), Options::default())
        .expect("sockets can be non-blocking");
    let would_block = driven.turn().map(drop).unwrap_err();
    assert_eq!(would_block.kind(), io::ErrorKind::WouldBlock);
}
