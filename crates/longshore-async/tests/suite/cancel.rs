//! Futures that are dropped while they wait lose nothing.

use longshore_async::net::{TcpListener, TcpStream, UdpSocket};
use longshore_async::time::timeout;
use longshore_async::{Runtime, spawn, yield_now};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// Polls a future once and drops it.
async fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let near = TcpStream::connect(listener.local_addr()?).await?;
    let (far, _) = listener.accept().await?;
    Ok((near, far))
}

#[test]
fn an_accept_that_was_dropped_loses_no_connection() -> io::Result<()> {
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        for _ in 0..200 {
            assert!(poll_once(listener.accept()).await.is_none());
            let client = TcpStream::connect(address).await?;
            let (_server, peer) = timeout(PATIENCE, listener.accept()).await??;
            assert_eq!(peer, client.local_addr()?);
        }
        Ok(())
    })
}

#[test]
fn a_receive_that_was_dropped_loses_no_bytes() -> io::Result<()> {
    Runtime::new()?.block_on(async {
        let (near, far) = pair().await?;
        let sender = spawn(async move {
            for number in 0..5000u32 {
                far.write_all(&number.to_le_bytes()).await?;
                if number % 16 == 0 {
                    yield_now().await;
                }
            }
            far.finish().await
        });
        let mut all = Vec::new();
        loop {
            // Given up again and again, at whatever it is.
            let mut room = [0; 7];
            let dropped = match all.len() % 3 {
                0 => poll_once(near.recv()).await.map(|data| data.map(|data| data.to_vec())),
                1 => poll_once(near.read(&mut room))
                    .await
                    .map(|count| count.map(|count| room[..count].to_vec())),
                _ => poll_once(near.peek(&mut room)).await.map(|_| Ok(Vec::new())).filter(|_| false),
            };
            match dropped {
                Some(data) => all.extend(data?),
                None => {
                    let data = timeout(PATIENCE, near.recv()).await??;
                    if data.is_empty() {
                        break;
                    }
                    all.extend_from_slice(&data);
                }
            }
        }
        sender.await??;
        let expected: Vec<u8> = (0..5000u32).flat_map(u32::to_le_bytes).collect();
        assert!(all == expected, "{} of {} bytes, or others", all.len(), expected.len());
        Ok(())
    })
}

#[test]
fn a_datagram_receive_that_was_dropped_loses_no_datagram() -> io::Result<()> {
    Runtime::new()?.block_on(async {
        let (one, other) = (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
        let mut room = [0; 16];
        for number in 0..200u32 {
            assert!(poll_once(one.recv_from(&mut room)).await.is_none());
            assert_eq!(other.send_to(&number.to_le_bytes(), one.local_addr()?).await?, 4);
            let (count, from) = timeout(PATIENCE, one.recv_from(&mut room)).await??;
            assert_eq!((&room[..count], from), (&number.to_le_bytes()[..], other.local_addr()?));
        }
        Ok(())
    })
}

#[test]
fn a_write_that_was_dropped_while_it_waited_has_sent_nothing() -> io::Result<()> {
    Runtime::new()?.block_on(async {
        let (near, far) = pair().await?;
        let mut accepted = 0;
        // Until nothing more goes in: the last one waits.
        while let Some(count) = poll_once(near.write(&[b'a'; 16 * 1024])).await {
            accepted += count?;
        }
        assert!(poll_once(near.write(b"never")).await.is_none());
        let reader = spawn(async move {
            let mut all = Vec::new();
            loop {
                let data = far.recv().await?;
                if data.is_empty() {
                    return io::Result::Ok(all);
                }
                all.extend_from_slice(&data);
            }
        });
        near.write_all(b"end").await?;
        near.finish().await?;
        let all = timeout(PATIENCE, reader).await???;
        assert_eq!(all.len(), accepted + 3);
        assert!(all[..accepted].iter().all(|&byte| byte == b'a'));
        Ok(())
    })
}

#[test]
fn what_was_accepted_arrives_though_the_stream_is_dropped() -> io::Result<()> {
    Runtime::new()?.block_on(async {
        let (near, far) = pair().await?;
        let mut accepted = 0;
        while let Some(count) = poll_once(near.write(&[b'a'; 16 * 1024])).await {
            accepted += count?;
        }
        drop(near);
        let mut received = 0;
        loop {
            let data = timeout(PATIENCE, far.recv()).await??;
            if data.is_empty() {
                break;
            }
            received += data.len();
        }
        assert_eq!(received, accepted);
        Ok(())
    })
}

#[test]
fn a_dropped_connection_ends_though_its_receive_waits() -> io::Result<()> {
    Runtime::new()?.block_on(async {
        let (near, far) = pair().await?;
        assert!(poll_once(near.recv()).await.is_none());
        drop(near);
        assert_eq!(timeout(PATIENCE, far.recv()).await??.len(), 0);
        Ok(())
    })
}

/// Rounds of the race below; `LONGSHORE_ABORT_ROUNDS` for another number.
fn rounds() -> u64 {
    std::env::var("LONGSHORE_ABORT_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(50_000)
}

#[test]
fn an_abort_and_a_completion_make_one_end() -> io::Result<()> {
    let runtime = Runtime::builder().concurrency(2).threads(4).build()?;
    let ran = Arc::new(AtomicU64::new(0));
    let (mut finished, mut cancelled) = (0, 0);
    runtime.block_on(async {
        for round in 0..rounds() {
            let mark = ran.clone();
            let task = spawn(async move {
                for _ in 0..round % 3 {
                    yield_now().await;
                }
                mark.fetch_add(1, Ordering::Relaxed);
                Box::new(round)
            });
            if round % 5 == 0 {
                yield_now().await;
            }
            task.abort();
            match timeout(PATIENCE, task).await.expect("neither ended nor aborted") {
                Ok(output) => {
                    assert_eq!(*output, round);
                    finished += 1;
                }
                Err(error) => {
                    assert!(error.is_cancelled());
                    cancelled += 1;
                }
            }
        }
    });
    assert_eq!(ran.load(Ordering::Relaxed), finished, "a task that finished was called cancelled");
    assert_eq!(finished + cancelled, rounds());
    assert_eq!(runtime.handle().task_count(), 0);
    Ok(())
}
