//! The endpoint over futures-io, under an executor that is not tokio's: the same as over tokio.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use std::{net::TcpListener, time::Duration};

use segue::{
    driver::{Connection, Options, futures::Connection as OverFutures},
    length, separator,
};
use segue_yamux::Session;
use smol::{Async, net::TcpStream};

#[test]
fn lines_and_long_records_pass_streams_under_smol() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let far = listener.accept().unwrap().0;
    let polled = |socket| TcpStream::from(Async::<std::net::TcpStream>::new(socket).unwrap());
    let (client, client_driver) = OverFutures::new(polled(near), Session::client()).into_streams();
    let (server, server_driver) = OverFutures::new(polled(far), Session::server()).into_streams();

    let executor = smol::LocalExecutor::new();
    let drivers = [executor.spawn(client_driver), executor.spawn(server_driver)];
    let serving = executor.spawn(async {
        let server = server;
        // The first stream has lines, the second records.
        let stream = server.accept().await.unwrap().unwrap();
        let mut lines = Connection::over(stream, Options::new()).begin(separator::line());
        let stream = server.accept().await.unwrap().unwrap();
        let mut records =
            Connection::over(stream, Options::new()).begin(length::u32_be().max(1 << 20));
        while let Some(mut turn) = lines.turn().await.unwrap() {
            turn.output.queue(&mut separator::line(), &turn.item[..]).unwrap();
        }
        lines.close_write().await.unwrap();
        while let Some(mut turn) = records.turn().await.unwrap() {
            turn.output.queue(&mut length::u32_be(), &turn.item[..]).unwrap();
        }
        records.close_write().await.unwrap();
    });
    let talking = executor.spawn(async {
        let client = client;
        let stream = client.open().await.unwrap();
        let mut lines = Connection::over(stream, Options::new()).begin(separator::line());
        let stream = client.open().await.unwrap();
        let mut records =
            Connection::over(stream, Options::new()).begin(length::u32_be().max(1 << 20));
        // Longer than the window: it waits until the other stream is over, and its peer reads.
        let record = vec![7; 400_000];
        records.queue(&mut length::u32_be(), &record[..]).await.unwrap();
        for at in 0..100 {
            let line = format!("line {at}");
            lines.send(&mut separator::line(), line.as_bytes()).await.unwrap();
            assert_eq!(lines.turn().await.unwrap().unwrap().item, line.as_str());
        }
        lines.close_write().await.unwrap();
        assert!(lines.turn().await.unwrap().is_none());
        assert_eq!(records.turn().await.unwrap().unwrap().item, record[..]);
        records.close_write().await.unwrap();
        assert!(records.turn().await.unwrap().is_none());
    });
    let all = async {
        talking.await;
        serving.await;
        for driver in drivers {
            driver.await.unwrap();
        }
        true
    };
    let late = async {
        smol::Timer::after(Duration::from_secs(20)).await;
        false
    };
    assert!(smol::block_on(executor.run(smol::future::or(all, late))), "it stands still");
}
