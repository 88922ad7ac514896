//! A server in a process of its own, and what the kernel counts of it.

use std::{
    env, fs,
    io::{self, BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

/// A server that runs until it is dropped.
pub(crate) struct Server {
    child: Child,
    says: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start(name: &str) -> io::Result<Self> {
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

    /// Returns the next line that it prints.
    pub(crate) fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.says.read_line(&mut line)? == 0 {
            return Err(io::Error::other("the server has gone"));
        }
        Ok(line.trim().to_owned())
    }

    /// Returns the bytes of its memory that are resident (proc(5)).
    pub(crate) fn resident(&self) -> io::Result<usize> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
        kibibytes.map(|count| count * 1024).ok_or_else(|| io::Error::other("nothing is resident"))
    }

    /// Returns the time that it has run on a processor. It has one thread.
    pub(crate) fn ran(&self) -> io::Result<Duration> {
        let status = fs::read_to_string(format!("/proc/{}/schedstat", self.child.id()))?;
        let nanoseconds = status.split_whitespace().next().and_then(|word| word.parse().ok());
        nanoseconds.map(Duration::from_nanos).ok_or_else(|| io::Error::other("nobody has counted"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the number of files that this process may open, a cautious guess where the system does not
/// say.
pub(crate) fn open_files() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    line.and_then(|line| line.split_whitespace().nth(3))
        .and_then(|n| n.parse().ok())
        .unwrap_or(1000)
}
