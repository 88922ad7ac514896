//! Servers as processes of their own, and what they have used.

use std::{
    env,
    ffi::OsString,
    fs,
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use rustix::{
    thread::{CpuSet, sched_getaffinity, sched_setaffinity},
    time::{ClockId, clock_gettime},
};

use crate::{load::Load, servers};

/// A server that waits for its turns. It ends by itself behind the last of its connections.
pub(crate) struct Server {
    name: String,
    child: Child,
    says: BufReader<ChildStdout>,
    address: SocketAddr,
    /// The file in which the counting tool leaves its counts.
    counted: Option<(Counting, PathBuf)>,
}

/// The tools that a server can be run under.
#[derive(Clone, Copy)]
pub(crate) enum Counting {
    /// System calls, by `strace`.
    Calls,
    /// Instructions in user space, by valgrind's callgrind.
    Instructions,
}

impl Counting {
    /// Has `program` run and counted, with the count left in `file`.
    fn command(self, program: &Path, file: &Path) -> Command {
        match self {
            Self::Calls => {
                let mut command = Command::new("strace");
                command.args(["-f", "-c", "-o"]).arg(file).arg(program);
                command
            }
            Self::Instructions => {
                let mut log = OsString::from("--log-file=");
                log.push(file);
                let mut command = Command::new("valgrind");
                command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
                command.arg(log).arg(program);
                command
            }
        }
    }

    /// The count in what was left.
    fn read(self, told: &str) -> Option<u64> {
        match self {
            // % time, seconds, usecs/call, calls, [errors,] total
            Self::Calls => {
                let total = told.lines().find(|line| line.ends_with("total"))?;
                total.split_whitespace().nth(3)?.parse().ok()
            }
            Self::Instructions => {
                let total = told.lines().find(|line| line.contains("Collected :"))?;
                total.split_whitespace().last()?.parse().ok()
            }
        }
    }
}

impl Server {
    /// Starts the server `name` for so many connections, with something counted or not.
    pub(crate) fn start(
        name: &str,
        connections: usize,
        counting: Option<Counting>,
    ) -> io::Result<Self> {
        let this = env::current_exe()?;
        let counted = counting.map(|counting| {
            let file =
                format!("echo-{}-{}", std::process::id(), name.replace([' ', ',', '/'], "-"));
            (counting, env::temp_dir().join(file))
        });
        let mut command = match &counted {
            None => Command::new(this),
            Some((counting, file)) => counting.command(&this, file),
        };
        let mut child = command
            .args([if counting.is_some() { "--counted" } else { "--serve" }, name])
            .arg(connections.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
        let mut server = Self {
            name: name.to_owned(),
            child,
            says: BufReader::new(stdout),
            address: ([0; 4], 0).into(),
            counted,
        };
        server.address = server.hear()?.parse().map_err(io::Error::other)?;
        Ok(server)
    }

    /// Has it echo `count` messages on a connection; the nanoseconds of CPU time that took.
    pub(crate) fn turn(&mut self, load: Load, count: usize) -> io::Result<u64> {
        let loaded = load.put_on(TcpStream::connect(self.address)?, count);
        loaded.map_err(|error| io::Error::other(format!("{}: {error}", self.name)))?;
        self.hear()?.parse().map_err(io::Error::other)
    }

    /// Returns the count up to the end of the process.
    pub(crate) fn count(mut self) -> Option<u64> {
        self.child.wait().ok()?;
        let (counting, file) = self.counted.as_ref()?;
        counting.read(&fs::read_to_string(file).ok()?)
    }

    fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.says.read_line(&mut line)? == 0 {
            return Err(io::Error::other("the server has gone"));
        }
        Ok(line.trim().to_owned())
    }
}

/// Nobody is left behind, whatever went wrong.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some((_, file)) = &self.counted {
            let _ = fs::remove_file(file);
        }
    }
}

/// Serves so many connections one after the other. Says where, and what each has cost in
/// nanoseconds.
pub(crate) fn serve(name: &str, connections: usize, is_counted: bool) -> io::Result<()> {
    // Valgrind has no clock for rustix to read.
    let now = if is_counted { || 0 } else { cpu_time };
    bind_to(0);
    let echo = servers::ALL.iter().find(|(other, _)| *other == name);
    let (_, echo) = echo.ok_or_else(|| io::Error::other("no such server"))?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut stdout = io::stdout();
    writeln!(stdout, "{}", listener.local_addr()?)?;
    for _ in 0..connections {
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        let before = now();
        echo(socket);
        writeln!(stdout, "{}", now().saturating_sub(before))?;
    }
    Ok(())
}

/// Nanoseconds that all threads of this process have had, in user space and in the kernel.
fn cpu_time() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let part = |part: i64| u64::try_from(part).unwrap_or_default();
    part(time.tv_sec) * 1_000_000_000 + part(time.tv_nsec)
}

/// Stays on one of the processors that this process may have: the first, or another one if there
/// are as many.
pub(crate) fn bind_to(index: usize) {
    let Ok(allowed) = sched_getaffinity(None) else { return };
    let mut processors = (0..CpuSet::MAX_CPU).filter(|&processor| allowed.is_set(processor));
    if let Some(processor) = processors.nth(index) {
        let mut one = CpuSet::new();
        one.set(processor);
        // Without it the figures are less steady, and still of this server alone.
        let _ = sched_setaffinity(None, &one);
    }
}
