//! TCP connections.

use longshore_async::net::{TcpListener, TcpStream};
use longshore_async::{Runtime, spawn};
use std::time::Duration;

#[test]
fn what_is_sent_comes_back_on_many_connections() {
    let runtime = Runtime::builder().concurrency(2).threads(4).build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                spawn(async move {
                    loop {
                        let data = stream.recv().await.unwrap();
                        if data.is_empty() {
                            return;
                        }
                        stream.send(data).await.unwrap();
                    }
                })
                .detach();
            }
        });
        let clients: Vec<_> = (0..20)
            .map(|n| {
                spawn(async move {
                    let stream = TcpStream::connect(address).await.unwrap();
                    for round in 0..200usize {
                        let message = vec![n as u8; 1 + round * 37];
                        stream.write_all(&message).await.unwrap();
                        let mut back = vec![0; message.len()];
                        stream.read_exact(&mut back).await.unwrap();
                        assert_eq!(back, message);
                    }
                    stream.finish().await.unwrap();
                    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
                })
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        server.abort();
        assert!(server.await.unwrap_err().is_cancelled());
    });
    assert_eq!(runtime.shutdown(Duration::from_secs(1)).tasks, 0);
}

#[test]
fn a_reset_is_shown_by_a_peek_and_lasts_for_every_receive() {
    Runtime::new().unwrap().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        peer.set_linger(Some(Duration::ZERO)).unwrap();
        drop(peer);
        let mut room = [0; 8];
        let reset = std::io::ErrorKind::ConnectionReset;
        for _ in 0..2 {
            assert_eq!(stream.peek(&mut room).await.unwrap_err().kind(), reset);
            assert_eq!(stream.recv().await.unwrap_err().kind(), reset);
            assert_eq!(stream.read(&mut room).await.unwrap_err().kind(), reset);
        }
    });
}
