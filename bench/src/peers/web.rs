//! The web servers and wrk, the load generator they are under.

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    Result,
    measure::child::{self, Ending, Guarded},
    peers::tool,
};

const START_TIMEOUT: Duration = Duration::from_secs(5);

/// A running web server; it ends when this is dropped.
pub struct WebServer {
    // Ends before its directory is removed: fields drop in order.
    process: Guarded,
    address: SocketAddr,
    _directory: Option<TempDir>,
}

/// What wrk saw.
pub struct Load {
    pub requests: f64,
    pub seconds: f64,
    pub bytes: f64,
}

impl WebServer {
    fn start(command: Command, ending: Ending, address: SocketAddr, directory: Option<TempDir>) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let process = Guarded::spawn(command, ending).map_err(|error| format!("{program}: {error}"))?;
        let server = Self { process, address, _directory: directory };
        let patience = Instant::now() + START_TIMEOUT;
        while TcpStream::connect(address).is_err() {
            if Instant::now() > patience {
                return Err(format!("{program} does not listen on {address}").into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(server)
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Makes sure that the server serves the file before its speed at doing so is measured.
    pub fn fetch_once(&self, file: &str, bytes: usize) -> Result<()> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(START_TIMEOUT))?;
        write!(stream, "GET /{file} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut response = Vec::new();
        stream.read_to_end(&mut response)?;
        let head_end = response.windows(4).position(|window| window == b"\r\n\r\n").map(|start| start + 4);
        let status = String::from_utf8_lossy(response.split(|&byte| byte == b'\r').next().unwrap_or_default());
        match head_end {
            Some(start) if status.contains(" 200 ") && response.len() - start == bytes => Ok(()),
            _ => Err(format!("the server answered {status:?} and {} bytes in all", response.len()).into()),
        }
    }
}

/// nginx with a configuration, directories and a port of its own. With `file_cache` it keeps files open
/// between requests and looks at most once a second whether they changed.
pub fn nginx(site: &Path, file_cache: bool) -> Result<WebServer> {
    let address = free_address()?;
    let directory = TempDir::new()?;
    let own = directory.path().display();
    let cache = if file_cache { "open_file_cache max=1000; open_file_cache_valid 1s;" } else { "" };
    let configuration = directory.path().join("nginx.conf");
    fs::write(
        &configuration,
        format!(
            "daemon off;
worker_processes 2;
pid {own}/pid;
error_log {own}/error.log crit;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    {cache}
    default_type application/octet-stream;
    client_body_temp_path {own}/body;
    proxy_temp_path {own}/proxy;
    fastcgi_temp_path {own}/fastcgi;
    uwsgi_temp_path {own}/uwsgi;
    scgi_temp_path {own}/scgi;
    server {{
        listen {address} backlog=4096;
        root {};
    }}
}}
",
            site.display()
        ),
    )?;
    let mut command = Command::new(find("nginx", &["/usr/sbin/nginx"]));
    command.arg("-p").arg(directory.path()).arg("-c").arg(&configuration).arg("-e").arg("stderr");
    WebServer::start(command, Ending::Terminate, address, Some(directory))
        .map_err(|error| format!("skipped, it needs nginx (Debian: nginx-light): {error}").into())
}

/// Longshore's own file server, from the workspace this package lies in.
pub fn longshore(site: &Path) -> Result<WebServer> {
    let program = tool::program()?;
    let address = free_address()?;
    let mut command = Command::new(program);
    command.arg("serve").arg(site).args(["--addr", &address.to_string(), "--concurrency", "2"]);
    command.stdout(Stdio::null());
    WebServer::start(command, Ending::Kill, address, None)
}

/// Loads the server from one thread for `duration`.
pub fn wrk(server: &WebServer, file: &str, connections: usize, duration: Duration) -> Result<Load> {
    let mut command = Command::new("wrk");
    command
        .args(["--threads", "1", "--connections", &connections.to_string()])
        .args(["--duration", &format!("{}s", duration.as_secs())])
        .arg(format!("http://{}/{file}", server.address));
    child::bind_to_harness(&mut command, Ending::Kill);
    let output = command.output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => "skipped, it needs wrk (Debian: wrk)".to_owned(),
        _ => format!("wrk: {error}"),
    })?;
    parse(&String::from_utf8_lossy(&output.stdout))
}

/// Reads wrk's summary: `  123456 requests in 1.10s, 345.67MB read`.
fn parse(report: &str) -> Result<Load> {
    if let Some(errors) =
        report.lines().find(|line| line.contains("Non-2xx") || line.contains("Socket errors")).map(str::trim)
    {
        return Err(format!("wrk reports {errors}").into());
    }
    let unreadable = || format!("wrk's report makes no sense: {report:?}");
    let line = report.lines().find(|line| line.contains(" requests in ")).ok_or_else(unreadable)?;
    let (requests, rest) = line.trim().split_once(" requests in ").ok_or_else(unreadable)?;
    let (time, read) = rest.split_once(", ").ok_or_else(unreadable)?;
    let seconds = match time.strip_suffix("ms") {
        Some(milliseconds) => milliseconds.parse::<f64>()? / 1e3,
        None => time.trim_end_matches('s').parse()?,
    };
    let bytes = parse_bytes(read.trim_end_matches(" read")).ok_or_else(unreadable)?;
    Ok(Load { requests: requests.parse()?, seconds, bytes })
}

/// `345.67MB`, in wrk's binary units.
fn parse_bytes(text: &str) -> Option<f64> {
    let units = [("KB", 1024.0), ("MB", 1024.0 * 1024.0), ("GB", 1024.0 * 1024.0 * 1024.0), ("B", 1.0)];
    let (number, unit) = units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    Some(number.parse::<f64>().ok()? * unit)
}

/// A loopback address that was free a moment ago.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// `program` from the path, or from where it lies on systems whose path leaves it out for ordinary users.
fn find(program: &str, elsewhere: &[&str]) -> PathBuf {
    elsewhere.iter().map(PathBuf::from).find(|path| path.exists()).unwrap_or_else(|| program.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_of_wrk_is_read() {
        let load =
            parse("Running 1s test\n  95213 requests in 1.10s, 112.51MB read\nRequests/sec:  86557.27\n").unwrap();
        assert_eq!((load.requests, load.seconds), (95213.0, 1.1));
        assert_eq!(load.bytes, 112.51 * 1024.0 * 1024.0);
    }

    #[test]
    fn errors_seen_by_wrk_are_errors() {
        assert!(parse("  10 requests in 1.00s, 1KB read\n  Non-2xx or 3xx responses: 10\n").is_err());
    }
}
