//! The server with a thread for each connection.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use rustls::ServerConfig;
use segue::driver::sync::{Connection, SocketClock};

use crate::{DRAINED, Failure, MOST, PAUSE, deadlines, lines};

pub(crate) fn run(address: SocketAddr, config: &Arc<ServerConfig>) -> Result<(), Failure> {
    let listener = TcpListener::bind(address)?;
    println!("{}", listener.local_addr()?);
    let open = Arc::new(AtomicUsize::new(0));
    loop {
        if open.load(Ordering::Relaxed) >= MOST {
            thread::sleep(PAUSE);
            continue;
        }
        let socket = match listener.accept() {
            Ok((socket, _)) => socket,
            Err(error) => {
                eprintln!("accept: {error}");
                thread::sleep(PAUSE);
                continue;
            }
        };
        let (config, open) = (config.clone(), open.clone());
        open.fetch_add(1, Ordering::Relaxed);
        thread::spawn(move || {
            if let Err(error) = serve(socket, config) {
                eprintln!("{error}");
            }
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

fn serve(socket: TcpStream, config: Arc<ServerConfig>) -> Result<(), Failure> {
    socket.set_nodelay(true)?;
    socket.set_write_timeout(Some(Duration::from_secs(10)))?;
    let mut clock = SocketClock::new();
    let mut connection = Connection::new(socket, ()).with_deadlines(deadlines());
    let tls = match connection.exchange_by(&mut segue_tls::server(config)?, &mut clock) {
        Ok(tls) => tls,
        Err(error) => {
            connection.close_by(DRAINED, &mut clock)?; // so that the alert arrives
            return Err(error.into());
        }
    };
    let mut connection = connection.layered(tls).begin(lines());
    while let Some(mut turn) = connection.turn_by(&mut clock)? {
        turn.output.queue(&mut lines(), &turn.item[..])?;
    }
    connection.close_by(DRAINED, &mut clock)?;
    Ok(())
}
