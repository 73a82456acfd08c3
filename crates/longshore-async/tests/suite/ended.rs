//! Futures that wait outside of a runtime's tasks when it ends.

use longshore_async::net::{TcpListener, TcpStream, UdpSocket};
use longshore_async::time::{sleep, timeout};
use longshore_async::{Handle, Runtime, RuntimeEnded, block_on};
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_secs(3600);

/// Waits for a future on a thread of its own; what it comes to, or its panic's message.
fn wait_elsewhere<F, T>(handle: &Handle, future: F) -> Receiver<Result<T, String>>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let (say, said) = channel::<()>();
    let (tell, told) = channel();
    let handle = handle.clone();
    std::thread::spawn(move || {
        let output = catch_unwind(AssertUnwindSafe(|| {
            handle.block_on(async {
                let mut future = std::pin::pin!(future);
                let mut say = Some(say);
                std::future::poll_fn(|context| {
                    let polled = future.as_mut().poll(context);
                    drop(say.take());
                    polled
                })
                .await
            })
        }));
        let message = |panic: Box<dyn std::any::Any + Send>| match panic.downcast::<String>() {
            Ok(message) => *message,
            Err(panic) => panic.downcast_ref::<&str>().map_or(String::new(), ToString::to_string),
        };
        let _ = tell.send(output.map_err(message));
    });
    // Until it was polled once, and waits.
    assert!(said.recv_timeout(PATIENCE).is_err());
    told
}

fn is_ended<T>(result: &io::Result<T>) -> bool {
    let source = result.as_ref().err().and_then(|error| error.get_ref());
    source.is_some_and(|source| source.is::<RuntimeEnded>())
}

async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let near = TcpStream::connect(listener.local_addr()?).await?;
    let (far, _) = listener.accept().await?;
    Ok((near, far))
}

#[test]
fn whatever_waits_elsewhere_ends_with_an_error_that_says_so() {
    let runtime = Runtime::builder().concurrency(2).threads(2).build().unwrap();
    let handle = runtime.handle();
    let (near, far, listener, socket) = runtime.block_on(async {
        let (near, far) = pair().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        (near, far, listener, UdpSocket::bind("127.0.0.1:0").await.unwrap())
    });
    let (reads, writes) = near.into_split();
    let read = wait_elsewhere(handle, async move { (reads.recv().await, reads.recv().await, reads) });
    let write = wait_elsewhere(handle, async move {
        loop {
            writes.write(&[0; 16 * 1024]).await?;
        }
        #[allow(unreachable_code, reason = "it says what the block is")]
        io::Result::Ok(())
    });
    let accept = wait_elsewhere(handle, async move { listener.accept().await.map(drop) });
    let datagram = wait_elsewhere(handle, async move { socket.recv_from(&mut [0; 8]).await });
    let sleeps = wait_elsewhere(handle, sleep(HOUR));
    let deadline = wait_elsewhere(handle, timeout(HOUR, std::future::pending::<()>()));
    let joined = wait_elsewhere(handle, runtime.spawn(std::future::pending::<()>()));
    drop(runtime);
    let (first, again, reads) = read.recv_timeout(PATIENCE).expect("the receive waits for ever").unwrap();
    assert!(is_ended(&first) && is_ended(&again), "{first:?}, {again:?}");
    let written = write.recv_timeout(PATIENCE).expect("the write waits for ever").unwrap();
    assert!(is_ended(&written), "{written:?}");
    let accepted = accept.recv_timeout(PATIENCE).expect("the accept waits for ever").unwrap();
    assert!(is_ended(&accepted), "{accepted:?}");
    let received = datagram.recv_timeout(PATIENCE).expect("the datagram's receive waits for ever").unwrap();
    assert!(is_ended(&received), "{received:?}");
    let message = sleeps.recv_timeout(PATIENCE).expect("the sleep waits for ever").unwrap_err();
    assert!(message.contains("runtime"), "{message}");
    let elapsed = deadline.recv_timeout(PATIENCE).expect("the deadline waits for ever").unwrap().unwrap_err();
    assert!(elapsed.is_runtime_ended() && elapsed.to_string().contains("runtime"), "{elapsed}");
    assert!(
        joined.recv_timeout(PATIENCE).expect("the join waits for ever").unwrap().unwrap_err().is_cancelled()
    );
    drop((far, reads));
}

#[test]
fn what_begins_to_wait_after_the_end_is_told_at_once() {
    let runtime = Runtime::builder().concurrency(1).threads(1).build().unwrap();
    let (near, far, listener, handle) = runtime.block_on(async {
        let (near, far) = pair().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        (near, far, listener, Handle::current())
    });
    assert!(runtime.shutdown(PATIENCE).tasks == 0);
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let results = (
            is_ended(&block_on(near.recv())),
            is_ended(&block_on(far.read(&mut [0; 4]))),
            is_ended(&block_on(listener.accept())),
            catch_unwind(AssertUnwindSafe(|| handle.block_on(sleep(HOUR)))).is_err(),
            handle.block_on(TcpStream::connect("127.0.0.1:9")).is_err(),
        );
        tell.send(results).unwrap();
    });
    let results = told.recv_timeout(PATIENCE).expect("something waits for ever");
    assert_eq!(results, (true, true, true, true, true));
}
