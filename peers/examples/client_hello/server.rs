//! The other end: a server of quinn's, which takes any connection and waits for its end.

use std::{
    error::Error,
    net::{Ipv4Addr, SocketAddr},
};

pub(crate) fn start(
    certificate: &rcgen::CertifiedKey<rcgen::KeyPair>,
) -> Result<SocketAddr, Box<dyn Error>> {
    let key = certificate.signing_key.serialize_der();
    let chain = vec![certificate.cert.der().clone()];
    let config = quinn::ServerConfig::with_single_cert(chain, key.try_into()?)?;
    let endpoint = quinn::Endpoint::server(config, (Ipv4Addr::LOCALHOST, 0).into())?;
    let address = endpoint.local_addr()?;
    tokio::spawn(async move {
        while let Some(incoming) = endpoint.accept().await {
            tokio::spawn(async move {
                if let Ok(connection) = incoming.await {
                    connection.closed().await;
                }
            });
        }
    });
    Ok(address)
}
