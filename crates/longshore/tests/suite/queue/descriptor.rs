//! The port's descriptor, for event loops of others.

use crate::fixtures::*;
use longshore::Port;
use std::io::Write;
use std::time::Duration;

#[cfg(target_os = "linux")]
fn readable(port: &Port<u32>, timeout: Duration) -> bool {
    use std::os::fd::AsRawFd;
    let mut poll =
        libc::pollfd { fd: port.pollable().unwrap().as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one valid pollfd; the descriptor belongs to the port, which is borrowed meanwhile.
    let count = unsafe { libc::poll(&mut poll, 1, timeout.as_millis() as i32) };
    count == 1 && poll.revents & libc::POLLIN != 0
}

#[cfg(target_os = "linux")]
fn drain(port: &Port<u32>) -> Vec<u32> {
    std::iter::from_fn(|| port.try_get().unwrap()).map(|done| done.context).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn the_ports_descriptor_polls_readable_while_there_is_something_to_take() {
    let port = Port::new(1).unwrap();
    assert!(!readable(&port, Duration::ZERO), "nothing yet");

    port.post(0, 1).unwrap();
    port.post(0, 2).unwrap();
    assert!(readable(&port, PATIENCE), "after a post");
    assert_eq!(port.try_get().unwrap().unwrap().context, 1);
    assert!(readable(&port, PATIENCE), "one is left");
    assert_eq!(drain(&port), [2]);
    assert!(!readable(&port, Duration::ZERO), "drained");

    let (stream, mut peer) = connection(&port, 0);
    stream.recv(vec![0; 8], 3);
    drain(&port);
    assert!(!readable(&port, Duration::from_millis(10)), "a receive that waits");
    peer.write_all(b"x").unwrap();
    assert!(readable(&port, PATIENCE), "it can end");
    assert_eq!(drain(&port), [3]);
    assert!(!readable(&port, Duration::from_millis(10)), "drained");

    peer.write_all(b"x").unwrap();
    drain(&port);
    stream.recv(vec![0; 8], 4);
    assert!(readable(&port, PATIENCE), "a receive that ended when it was issued");
    assert_eq!(drain(&port), [4]);

    port.post_after(Duration::from_millis(5), 0, 5).unwrap();
    assert!(readable(&port, PATIENCE), "a timer is due");
    eventually("the timer's packet", || drain(&port) == [5]);
    assert!(!readable(&port, Duration::from_millis(10)), "drained");

    port.close();
    assert!(readable(&port, PATIENCE), "closed");
    assert!(port.try_get().is_err());
}

// What was queued before anybody asked for the descriptor counts.
#[cfg(target_os = "linux")]
#[test]
fn the_descriptor_knows_of_packets_older_than_itself() {
    let port = Port::new(1).unwrap();
    port.post(0, 1).unwrap();
    assert!(readable(&port, PATIENCE));
    let closed = Port::new(1).unwrap();
    closed.close();
    assert!(readable(&closed, PATIENCE));
}

// The loop of a foreign event loop, with posts from another thread: nothing is overslept.
#[cfg(target_os = "linux")]
#[test]
fn a_foreign_event_loop_oversleeps_nothing() {
    const PACKETS: usize = 5000;
    let port = Port::new(1).unwrap();
    let poster = go({
        let port = port.clone();
        move || {
            for number in 0..PACKETS {
                port.post(0, number as u32).unwrap();
                if number % 7 == 0 {
                    std::thread::yield_now();
                }
            }
        }
    });
    let mut taken = Vec::new();
    while taken.len() < PACKETS {
        assert!(readable(&port, PATIENCE), "overslept after {} packets", taken.len());
        taken.extend(drain(&port));
    }
    assert!(taken.is_sorted());
    poster.join();
}
