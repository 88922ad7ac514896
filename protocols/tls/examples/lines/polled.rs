//! The server with a task for each connection, under tokio and under futures-io.

use std::{net::SocketAddr, sync::Arc};

use rustls::ServerConfig;
use segue::driver::{Connection, futures, tokio as over_tokio};

use crate::{DRAINED, Failure, MOST, PAUSE, deadlines, lines};

/// Serves a connection. Both drivers have the same methods, on types that differ.
macro_rules! serve {
    ($connection:expr, $config:expr, $timer:expr) => {{
        let mut timer = $timer;
        let mut connection = $connection.with_deadlines(deadlines());
        let tls = match connection.exchange_by(&mut segue_tls::server($config)?, &mut timer).await {
            Ok(tls) => tls,
            Err(error) => {
                connection.close_by(DRAINED, &mut timer).await?; // so that the alert arrives
                return Err(error.into());
            }
        };
        let mut connection = connection.layered(tls).begin(lines());
        while let Some(mut turn) = connection.turn_by(&mut timer).await? {
            turn.output.queue(&mut lines(), &turn.item[..])?;
        }
        connection.close_by(DRAINED, &mut timer).await?;
        Ok(())
    }};
}

async fn serve_tokio(
    socket: tokio::net::TcpStream,
    config: Arc<ServerConfig>,
) -> Result<(), Failure> {
    socket.set_nodelay(true)?;
    let connection: Connection<over_tokio::Tokio<_>, ()> = over_tokio::Connection::new(socket, ());
    serve!(connection, config, over_tokio::TokioTimer::new())
}

async fn serve_futures(
    socket: smol::net::TcpStream,
    config: Arc<ServerConfig>,
) -> Result<(), Failure> {
    socket.set_nodelay(true)?;
    serve!(futures::Connection::new(socket, ()), config, futures::AsyncIoTimer::new())
}

pub(crate) fn on_tokio(address: SocketAddr, config: Arc<ServerConfig>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        println!("{}", listener.local_addr()?);
        let places = Arc::new(tokio::sync::Semaphore::new(MOST));
        loop {
            let place = places.clone().acquire_owned().await?;
            let socket = match listener.accept().await {
                Ok((socket, _)) => socket,
                Err(error) => {
                    eprintln!("accept: {error}");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let config = config.clone();
            tokio::spawn(async move {
                if let Err(error) = serve_tokio(socket, config).await {
                    eprintln!("{error}");
                }
                drop(place);
            });
        }
    })
}

pub(crate) fn on_futures(address: SocketAddr, config: Arc<ServerConfig>) -> Result<(), Failure> {
    smol::block_on(async {
        let listener = smol::net::TcpListener::bind(address).await?;
        println!("{}", listener.local_addr()?);
        let places = Arc::new(smol::lock::Semaphore::new(MOST));
        loop {
            let place = places.acquire_arc().await;
            let socket = match listener.accept().await {
                Ok((socket, _)) => socket,
                Err(error) => {
                    eprintln!("accept: {error}");
                    smol::Timer::after(PAUSE).await;
                    continue;
                }
            };
            let config = config.clone();
            smol::spawn(async move {
                if let Err(error) = serve_futures(socket, config).await {
                    eprintln!("{error}");
                }
                drop(place);
            })
            .detach();
        }
    })
}
