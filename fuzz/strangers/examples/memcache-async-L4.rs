use futures::{executor::block_on, io::AllowStdIo};
use memcache_async::ascii::Protocol;
use std::{io::Write, os::unix::net::UnixStream};

fn main() -> std::io::Result<()> {
    let (client, mut server) = UnixStream::pair()?;
    server.write_all(b"VALUE key 0 9000000000000\r\n")?;
    let answer = block_on(Protocol::new(AllowStdIo::new(client)).get("key"));
    println!("{:?}", answer.map(|value| value.len()));
    Ok(())
}
