//! Unusual places and amounts.

use longshore_async::net::{TcpListener, TcpStream, UdpSocket};
use longshore_async::{Handle, Runtime, spawn};
use std::sync::mpsc::channel;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn a_runtime_may_be_dropped_within_its_own_task() {
    for threads in [1, 3] {
        let runtime = Runtime::builder().concurrency(1).threads(threads).build().unwrap();
        let handle = runtime.handle().clone();
        let (tell, told) = channel();
        handle
            .spawn(async move {
                let waits = spawn(std::future::pending::<()>());
                drop(runtime);
                tell.send(waits.await.is_err()).unwrap();
            })
            .detach();
        assert_eq!(told.recv_timeout(PATIENCE), Ok(true));
    }
}

#[test]
fn a_thread_local_destructor_may_spawn_and_block() {
    struct Spawns(Option<(Handle, std::sync::mpsc::Sender<bool>)>);
    impl Drop for Spawns {
        fn drop(&mut self) {
            if let Some((handle, tell)) = self.0.take() {
                let task = handle.spawn(async { 1 });
                tell.send(longshore_async::block_on(task).is_ok()).unwrap();
            }
        }
    }
    thread_local!(static LOCAL: std::cell::RefCell<Spawns> = const { std::cell::RefCell::new(Spawns(None)) });
    let runtime = Runtime::builder().concurrency(1).threads(2).build().unwrap();
    let (tell, told) = channel();
    let handle = runtime.handle().clone();
    std::thread::spawn(move || LOCAL.with(|local| local.borrow_mut().0 = Some((handle, tell))));
    assert_eq!(told.recv_timeout(PATIENCE), Ok(true));
}

#[test]
fn a_thread_local_destructor_may_enter_a_runtime_when_the_threads_own_place_is_gone() {
    struct Enters(Option<(Handle, std::sync::mpsc::Sender<i32>)>);
    impl Drop for Enters {
        fn drop(&mut self) {
            if let Some((handle, tell)) = self.0.take() {
                let _entered = handle.enter();
                tell.send(handle.block_on(async { 1 })).unwrap();
            }
        }
    }
    use std::cell::RefCell;
    // Destroyed before the one and after the other, whatever the order is.
    thread_local!(static ONE: RefCell<Enters> = const { RefCell::new(Enters(None)) });
    thread_local!(static OTHER: RefCell<Enters> = const { RefCell::new(Enters(None)) });
    let runtime = Runtime::builder().concurrency(1).threads(1).build().unwrap();
    let (tell, told) = channel();
    let handle = runtime.handle().clone();
    std::thread::spawn(move || {
        ONE.with(|local| local.borrow_mut().0 = Some((handle.clone(), tell.clone())));
        drop(handle.enter());
        OTHER.with(|local| local.borrow_mut().0 = Some((handle, tell)));
    });
    assert_eq!(told.recv_timeout(PATIENCE), Ok(1));
    assert_eq!(told.recv_timeout(PATIENCE), Ok(1));
}

#[test]
fn no_bytes_may_be_sent_and_one_direction_ended() {
    Runtime::new().unwrap().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (far, _) = listener.accept().await.unwrap();
        near.send("").await.unwrap();
        assert_eq!(near.write(b"").await.unwrap(), 0);
        near.write_all(b"x").await.unwrap();
        near.finish().await.unwrap();
        assert!(near.write(b"y").await.is_err() || near.flush().await.is_err());
        assert_eq!(far.read(&mut []).await.unwrap(), 0);
        assert_eq!(&*far.recv().await.unwrap(), b"x");
        assert!(far.recv().await.unwrap().is_empty());
        assert!(far.recv().await.unwrap().is_empty());
        far.send("back").await.unwrap();
        drop(far);
        assert_eq!(&*near.recv().await.unwrap(), b"back");
        let (one, other) =
            (UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap());
        assert_eq!(one.send_to(b"", other.local_addr().unwrap()).await.unwrap(), 0);
        assert_eq!(other.recv_from(&mut [0; 4]).await.unwrap(), (0, one.local_addr().unwrap()));
    });
}

#[test]
fn a_hundred_thousand_tasks_sleep_and_are_aborted() {
    let runtime = Runtime::builder().concurrency(2).threads(4).build().unwrap();
    let handles: Vec<_> = (0..100_000)
        .map(|_| runtime.spawn(longshore_async::time::sleep(Duration::from_secs(3600))))
        .collect();
    for handle in handles.iter().step_by(2) {
        handle.abort();
    }
    for handle in handles.into_iter().step_by(2) {
        assert!(runtime.block_on(handle).unwrap_err().is_cancelled());
    }
    assert_eq!(runtime.handle().task_count(), 50_000);
    drop(runtime);
}
