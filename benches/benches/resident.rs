//! What a connection that is idle costs a process: resident memory, socket and task included.
//!
//! Each server is this program once more, as its documentation has it: a task for each connection,
//! which accepts it and then loops. Ten thousand clients are let in over loopback, have two messages
//! echoed, of 5 and of 3000 bytes, and then say nothing. What the kernel counts as resident of the
//! server's process, less what it was with a hundred clients, is divided among the rest. With
//! `--test` it is a few clients. What of it are buffers tells the bench `idle`.
//!
//! `cargo bench -p segue-benches --bench resident`; further arguments choose servers by a part of
//! their name. The exit code tells whether the goal is met.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, ChildStdout, Command, ExitCode, Stdio},
};

use futures_util::{SinkExt, StreamExt};
use segue::{Encode, Output};
use segue_websocket::{CloseCode, MaskKeys, Outgoing, Writer, accept_key};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net,
};

/// How many clients there are, of which the first are not counted.
const CLIENTS: usize = 10_000;
const FIRST: usize = 100;

/// What one may cost of a server that answers by `next` and `queue`, in bytes.
const GOAL: usize = 1600;

/// Starts the task of a connection; gives the bytes that it has.
type Start = fn(net::TcpStream) -> usize;

const SERVERS: &[(&str, Start)] = &[
    (QUEUE, |socket| started(queue(socket))),
    ("segue endpoint, turn", |socket| started(turn(socket))),
    ("tokio-tungstenite", |socket| started(tokio_tungstenite(socket))),
    ("fastwebsockets", |socket| started(fastwebsockets(socket))),
    ("tokio-websockets", |socket| started(tokio_websockets(socket))),
];

const QUEUE: &str = "segue endpoint, next and queue";

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [first, name] = &arguments[..]
        && first == "--serve"
    {
        return serve(name).map(|()| ExitCode::SUCCESS);
    }
    let smoke = arguments.iter().any(|argument| argument == "--test");
    let wanted: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    // Each client is an open file here and in the server, which have some others.
    let most = open_files().saturating_sub(FIRST + 50);
    let clients = if smoke { FIRST } else { CLIENTS.min(most) };
    println!("bytes a connection, of {clients}{:>24}{:>10}", "resident", "the task");
    let mut is_met = true;
    for (name, _) in SERVERS {
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        let (resident, task) = measure(name, clients)?;
        println!("{name:<40}{resident:>10}{task:>10}");
        if *name == QUEUE && !smoke {
            let word = if resident <= GOAL { "met" } else { "MISSED" };
            println!("  {word}: at most {GOAL} bytes resident");
            is_met = resident <= GOAL;
        }
    }
    Ok(if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Bytes that are resident for each of so many clients, and those of its task.
fn measure(name: &str, clients: usize) -> io::Result<(usize, usize)> {
    let mut server = Server::start(name)?;
    let mut all = Vec::with_capacity(FIRST + clients);
    all.push(client(server.address)?);
    let task = server.hear()?.parse().map_err(io::Error::other)?;
    while all.len() < FIRST {
        all.push(client(server.address)?);
    }
    let before = server.resident()?;
    for _ in 0..clients {
        all.push(client(server.address)?);
    }
    let after = server.resident()?;
    Ok((after.saturating_sub(before) / clients, task))
}

/// A client that was let in, and has had its messages echoed.
fn client(address: SocketAddr) -> io::Result<TcpStream> {
    let mut socket = TcpStream::connect(address)?;
    socket.write_all(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
          Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    )?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "), "the request is proper");
    socket.write_all(&messages(&mut Writer::client_with(MaskKeys::from_fn(|| [1, 2, 3, 4]))))?;
    let echoes = messages(&mut Writer::server());
    let mut into = vec![0; echoes.len()];
    socket.read_exact(&mut into)?;
    assert_eq!(into, echoes, "that is no echo");
    Ok(socket)
}

fn messages(writer: &mut Writer) -> Vec<u8> {
    let mut output = Output::new();
    writer.encode(Outgoing::Text("hello"), &mut output).expect("a message");
    writer.encode(Outgoing::Binary(&[7; 3000]), &mut output).expect("another");
    output.to_vec()
}

/// A server that runs until it is dropped.
struct Server {
    child: Child,
    says: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Server {
    fn start(name: &str) -> io::Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .args(["--serve", name])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
        let mut server = Self { child, says: BufReader::new(stdout), address: ([0; 4], 0).into() };
        server.address = server.hear()?.parse().map_err(io::Error::other)?;
        Ok(server)
    }

    fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.says.read_line(&mut line)? == 0 {
            return Err(io::Error::other("the server has gone"));
        }
        Ok(line.trim().to_owned())
    }

    /// Bytes of its memory that are resident, as proc(5) has it.
    fn resident(&self) -> io::Result<usize> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
        kibibytes.map(|count| count * 1024).ok_or_else(|| io::Error::other("nothing is resident"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves for good. Says where, and how large the first task is.
fn serve(name: &str) -> io::Result<()> {
    let server = SERVERS.iter().find(|(other, _)| *other == name);
    let (_, start) = server.ok_or_else(|| io::Error::other("no such server"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let mut is_first = true;
        loop {
            let (socket, _) = listener.accept().await?;
            socket.set_nodelay(true)?;
            let size = start(socket);
            if std::mem::take(&mut is_first) {
                println!("{size}");
            }
        }
    })
}

fn started<F: Future<Output: Send> + Send + 'static>(task: F) -> usize {
    let size = size_of_val(&task);
    tokio::spawn(task);
    size
}

async fn queue(io: net::TcpStream) -> Result<(), segue_websocket::endpoint::Error> {
    let mut socket = segue_websocket::tokio::WebSocket::accept(io).await?;
    while let Some(message) = socket.next().await? {
        socket.queue(&message).await?;
    }
    socket.close(CloseCode::NORMAL, "").await
}

async fn turn(io: net::TcpStream) -> Result<(), segue_websocket::endpoint::Error> {
    let mut socket = segue_websocket::tokio::WebSocket::accept(io).await?;
    while let Some(mut turn) = socket.turn().await? {
        turn.answer.queue(turn.message)?;
    }
    socket.close(CloseCode::NORMAL, "").await
}

async fn tokio_tungstenite(io: net::TcpStream) -> tungstenite::Result<()> {
    let mut socket = tokio_tungstenite::accept_async(io).await?;
    while let Some(message) = socket.next().await {
        socket.send(message?).await?;
    }
    Ok(())
}

/// Its own handshake is hyper's; done by hand it leaves nothing in the task.
async fn fastwebsockets(mut io: net::TcpStream) -> Result<(), fastwebsockets::WebSocketError> {
    use fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket};

    Box::pin(let_in(&mut io)).await?;
    let mut socket = FragmentCollector::new(WebSocket::after_handshake(io, Role::Server));
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
            OpCode::Close => return Ok(()),
            _ => {}
        }
    }
}

async fn tokio_websockets(io: net::TcpStream) -> Result<(), tokio_websockets::Error> {
    let (_, mut socket) = tokio_websockets::ServerBuilder::new().accept(io).await?;
    while let Some(message) = socket.next().await {
        socket.send(message?).await?;
    }
    Ok(())
}

/// Agrees to the one request that clients make here.
async fn let_in(io: &mut net::TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(io.read_u8().await?);
    }
    io.write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n").await?;
    io.write_all(b"Upgrade: websocket\r\nSec-WebSocket-Accept: ").await?;
    io.write_all(accept_key(b"dGhlIHNhbXBsZSBub25jZQ==").as_bytes()).await?;
    io.write_all(b"\r\n\r\n").await
}

/// How many files this process may open; a cautious guess where the system does not say.
fn open_files() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    line.and_then(|line| line.split_whitespace().nth(3))
        .and_then(|n| n.parse().ok())
        .unwrap_or(1000)
}
