//! Takes TLS off: what comes by TLS goes on to another server as it is, and back.
//!
//! It makes a certificate for `localhost` when it starts, and writes it where `--certificate` says.

use clap::Parser;
use futures::io::{AsyncReadExt, AsyncWriteExt, copy};
use futures_rustls::TlsAcceptor;
use futures_rustls::rustls::ServerConfig;
use longshore_async::net::{TcpListener, TcpStream};
use longshore_async::time::timeout;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[derive(Parser)]
struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8443")]
    addr: String,
    /// Where to connect to.
    #[arg(long)]
    to: String,
    /// Where to write the certificate.
    #[arg(long)]
    certificate: Option<PathBuf>,
    /// Tasks that run at a time; 0 for one a CPU.
    #[arg(long, default_value_t = 0)]
    concurrency: usize,
}

/// A client has this long for its part of the handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

async fn forward(client: TcpStream, acceptor: TlsAcceptor, to: &str) -> io::Result<()> {
    let client = timeout(HANDSHAKE, acceptor.accept(client)).await??;
    let (client_reads, mut client_writes) = client.split();
    let (server_reads, mut server_writes) = TcpStream::connect(to).await?.into_split();
    let forth = async {
        copy(client_reads, &mut server_writes).await?;
        server_writes.finish().await
    };
    let back = async {
        copy(server_reads, &mut client_writes).await?;
        client_writes.close().await
    };
    futures::try_join!(forth, back).map(drop)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    if let Some(path) = &options.certificate {
        std::fs::write(path, made.cert.pem())?;
    }
    let key = made.signing_key.serialize_der().try_into()?;
    let config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.into()], key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let runtime = longshore_async::Runtime::builder().concurrency(options.concurrency).build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.addr).await?;
        println!("listening on {}", listener.local_addr()?);
        let to: Arc<str> = options.to.into();
        loop {
            let (client, peer) = listener.accept().await?;
            let (acceptor, to) = (acceptor.clone(), to.clone());
            longshore_async::spawn(async move {
                if let Err(error) = forward(client, acceptor, &to).await {
                    eprintln!("{peer}: {error}");
                }
            })
            .detach();
        }
    })
}
