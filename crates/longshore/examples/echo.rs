//! A TCP echo server: `cargo run --release --example echo -- 127.0.0.1:7777 CONCURRENCY THREADS`.

use longshore::{Event, Listener, Port, WorkerPool};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or("127.0.0.1:7777".into());
    let mut number = || arguments.next().and_then(|text| text.parse().ok()).unwrap_or(0);
    let (concurrency, threads): (usize, usize) = (number(), number());
    let port = Port::<()>::new(concurrency)?;
    let listener = Listener::bind(&port, 0, &*address)?;
    println!("echo on {:?}", listener.local_addr()?);
    for _ in 0..64 {
        listener.accept(());
    }
    let threads = if threads == 0 { 2 * port.concurrency() } else { threads };
    let pool = WorkerPool::new(&port, threads, |done| match done.event {
        Event::Accept { listener, result } => {
            listener.accept(());
            if let Ok((stream, _peer)) = result {
                let _ = stream.set_nodelay(true);
                stream.recv(vec![0; 4096], ());
            }
        }
        Event::Recv { stream, buf, result: Ok(1..) } => {
            stream.send(buf, ());
        }
        Event::Send { stream, buf, result: Ok(_) } => {
            stream.recv(buf, ());
        }
        _ => {}
    })?;
    pool.join();
    Ok(())
}
