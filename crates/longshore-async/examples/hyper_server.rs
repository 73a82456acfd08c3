//! hyper on a completion port: "hello world" at `/`, and what was sent back at `/echo`; HTTP/1 and HTTP/2.

use clap::Parser;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::server::conn::auto;
use longshore_async::hyper::{Executor, Timer};
use longshore_async::net::TcpListener;
use std::convert::Infallible;
use std::io;

#[derive(Parser)]
struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8080")]
    addr: String,
    /// Tasks that run at a time; 0 for one a CPU.
    #[arg(long, default_value_t = 0)]
    concurrency: usize,
}

type Body = Either<Full<Bytes>, Incoming>;

async fn answer(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    Ok(match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => Response::new(Either::Left(Full::from("hello world"))),
        // As it comes: the answer goes out while the question still arrives.
        (&Method::POST, "/echo") => Response::new(Either::Right(request.into_body())),
        (&Method::POST, "/count") => match request.into_body().collect().await {
            Ok(body) => Response::new(Either::Left(Full::from(body.to_bytes().len().to_string()))),
            Err(_) => status(StatusCode::BAD_REQUEST),
        },
        _ => status(StatusCode::NOT_FOUND),
    })
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = status;
    response
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let runtime = longshore_async::Runtime::builder().concurrency(options.concurrency).build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.addr).await?;
        println!("listening on {}", listener.local_addr()?);
        let serve = async {
            loop {
                let (stream, peer) = listener.accept().await?;
                stream.set_nodelay(true)?;
                longshore_async::spawn(async move {
                    let mut server = auto::Builder::new(Executor);
                    server.http1().timer(Timer);
                    server.http2().timer(Timer);
                    if let Err(error) = server.serve_connection(stream, service_fn(answer)).await {
                        eprintln!("{peer}: {error}");
                    }
                })
                .detach();
            }
        };
        futures::future::select(Box::pin(serve), Box::pin(longshore_async::signal::terminate()))
            .await
            .factor_first()
            .0
    })
}
