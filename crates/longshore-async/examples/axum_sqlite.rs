//! axum and SQLite. The database is called in the handlers, as it is: they block, and nobody waits for them.
//!
//! - `GET /notes`, `POST /notes` with `{"text": "..."}`: JSON, from the database;
//! - `GET /slow?ms=N`: a query that takes N milliseconds, called in the way that stalls other runtimes;
//! - `GET /count?to=N`: a body that is made while it is sent;
//! - `GET /files/NAME`: files of a directory;
//! - `GET /ws`: a WebSocket that sends back what it gets.

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use clap::Parser;
use futures::{SinkExt, StreamExt, TryStreamExt, stream};
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use longshore_async::hyper::{Executor, Timer};
use longshore_async::net::TcpListener;
use longshore_async::{fs, time};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io;
use std::path::{Component, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

#[derive(Parser)]
struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8080")]
    addr: String,
    /// Tasks that run at a time; 0 for one a CPU.
    #[arg(long, default_value_t = 0)]
    concurrency: usize,
    /// The database; in memory if none is given.
    #[arg(long, default_value = ":memory:")]
    database: String,
    /// The directory of `/files`.
    #[arg(long, default_value = ".")]
    files: PathBuf,
}

#[derive(Clone)]
struct Application {
    database: Arc<Mutex<Connection>>,
    files: Arc<PathBuf>,
}

struct Failure(StatusCode, String);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Failure {
        Failure(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

fn bad_request(message: impl Into<String>) -> Failure {
    Failure(StatusCode::BAD_REQUEST, message.into())
}

impl Application {
    fn database(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn notes(State(application): State<Application>) -> Result<Json<Vec<Value>>, Failure> {
    let database = application.database();
    let mut query = database.prepare_cached("SELECT id, text FROM notes ORDER BY id")?;
    let rows = query
        .query_map([], |row| Ok(json!({ "id": row.get::<_, i64>(0)?, "text": row.get::<_, String>(1)? })))?;
    Ok(Json(rows.collect::<Result<_, _>>()?))
}

async fn add_note(
    State(application): State<Application>,
    Json(note): Json<Value>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let text = note["text"].as_str().ok_or_else(|| bad_request("a note has a text"))?;
    let database = application.database();
    database.execute("INSERT INTO notes (text) VALUES (?1)", [text])?;
    Ok((StatusCode::CREATED, Json(json!({ "id": database.last_insert_rowid() }))))
}

/// A number of the query string.
fn number(query: &HashMap<String, String>, name: &str, max: u64) -> Result<u64, Failure> {
    let number = query.get(name).and_then(|value| value.parse().ok()).filter(|&number| number <= max);
    number.ok_or_else(|| bad_request(format!("{name} is a number up to {max}")))
}

async fn slow(Query(query): Query<HashMap<String, String>>) -> Result<Json<Value>, Failure> {
    let duration = Duration::from_millis(number(&query, "ms", 10_000)?);
    let begun = Instant::now();
    // A database of its own, whose query sleeps: no lock that the others need is held.
    let database = Connection::open_in_memory()?;
    database.create_scalar_function(
        "wait",
        0,
        rusqlite::functions::FunctionFlags::SQLITE_UTF8,
        move |_| {
            std::thread::sleep(duration);
            Ok(1)
        },
    )?;
    let answer: i64 = database.query_row("SELECT wait()", [], |row| row.get(0))?;
    Ok(Json(json!({ "answer": answer, "took_ms": begun.elapsed().as_millis() as u64 })))
}

async fn count(Query(query): Query<HashMap<String, String>>) -> Result<Body, Failure> {
    let to = number(&query, "to", 1_000_000)?;
    let lines = stream::iter(1..=to).then(|number| async move {
        if number % 100 == 0 {
            time::sleep(Duration::from_millis(1)).await;
        }
        io::Result::Ok(Bytes::from(format!("{number}\n")))
    });
    Ok(Body::from_stream(lines))
}

async fn file(State(application): State<Application>, Path(name): Path<String>) -> Result<Response, Failure> {
    let name = PathBuf::from(name);
    if !name.components().all(|component| matches!(component, Component::Normal(_))) {
        return Err(bad_request("a path below the directory"));
    }
    match fs::read(application.files.join(name)).await {
        Ok(content) => Ok(([(header::CONTENT_TYPE, "application/octet-stream")], content).into_response()),
        Err(error) => Err(Failure(StatusCode::NOT_FOUND, error.to_string())),
    }
}

/// axum's own WebSockets spawn on tokio; the handshake is these lines.
async fn web_socket(request: Request) -> Result<Response, Failure> {
    let key = request
        .headers()
        .get(header::SEC_WEBSOCKET_KEY)
        .ok_or_else(|| bad_request("no WebSocket's request"))?;
    let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes()))
        .map_err(|error| bad_request(error.to_string()))?;
    longshore_async::spawn(async move {
        let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        let (mut send, receive) = socket.split();
        let messages =
            receive.try_filter(|message| futures::future::ready(message.is_text() || message.is_binary()));
        // The peer's end, and its failure, are the end.
        let _ = send.send_all(&mut messages.into_stream()).await;
        let _ = send.close().await;
    })
    .detach();
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    let database = Connection::open(options.database)?;
    database.execute("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)", [])?;
    let application =
        Application { database: Arc::new(Mutex::new(database)), files: Arc::new(options.files) };
    let router = Router::new()
        .route("/notes", get(notes).post(add_note))
        .route("/slow", get(slow))
        .route("/count", get(count))
        .route("/files/{*name}", get(file))
        .route("/ws", get(web_socket))
        .with_state(application);
    let runtime = longshore_async::Runtime::builder().concurrency(options.concurrency).build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.addr).await?;
        println!("listening on {}", listener.local_addr()?);
        let serve = async {
            loop {
                let (stream, peer) = listener.accept().await?;
                stream.set_nodelay(true)?;
                let service = TowerToHyperService::new(router.clone());
                longshore_async::spawn(async move {
                    let mut server = auto::Builder::new(Executor);
                    server.http1().timer(Timer);
                    if let Err(error) = server.serve_connection_with_upgrades(stream, service).await {
                        eprintln!("{peer}: {error}");
                    }
                })
                .detach();
            }
        };
        let end =
            futures::future::select(Box::pin(serve), Box::pin(longshore_async::signal::terminate())).await;
        Ok(end.factor_first().0?)
    })
}
