//! `longshore echo`, run for real.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use longshore_fixtures::patience::eventually;

use crate::fixtures::program::{self, Client, Program};
use rustix::process::Signal;

fn round_trip(client: &mut Client, message: &[u8]) {
    client.send(message);
    let mut answer = vec![0; message.len()];
    client.stream.read_exact(&mut answer).unwrap();
    assert!(answer == message);
}

#[test]
fn what_arrives_is_sent_back() {
    let echo = Program::start(&["echo", "--threads", "3", "--concurrency", "2"]);
    assert_eq!(echo.greeting, format!("echoing on {} (concurrency 2, 3 threads)\n", echo.address));
    let mut clients: Vec<Client> = (0..100).map(|_| echo.connect()).collect();
    for length in [1, 100, 4096, 4097] {
        for client in &mut clients {
            round_trip(client, &vec![length as u8; length]);
        }
    }
}

#[test]
fn more_than_a_buffer_comes_back_in_order_and_the_end_is_the_end() {
    let echo = Program::start(&["echo"]);
    let client = echo.connect();
    let message: Vec<u8> = (0..5_000_000u32).map(|number| (number ^ (number >> 8)) as u8).collect();
    let mut writer = client.stream.try_clone().unwrap();
    let sent = message.clone();
    let sender = std::thread::spawn(move || {
        writer.write_all(&sent).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let mut answer = Vec::new();
    (&client.stream).read_to_end(&mut answer).unwrap();
    sender.join().unwrap();
    assert!(answer == message);
}

#[test]
fn handlers_that_block_do_not_hold_up_each_other() {
    let pause = Duration::from_millis(500);
    let echo = Program::start(&[
        "echo",
        "--concurrency",
        "1",
        "--threads",
        "4",
        "--block-ms",
        "500",
        "--block-every",
        "1",
    ]);
    let mut clients: Vec<Client> = (0..4).map(|_| echo.connect()).collect();
    let began = Instant::now();
    for client in &mut clients {
        client.send(b"x");
    }
    for client in &mut clients {
        client.stream.read_exact(&mut [0]).unwrap();
    }
    // One may run at a time, but one that blocks does not run: the four pauses overlap.
    assert!(began.elapsed() >= pause, "{:?}: nothing blocked", began.elapsed());
    assert!(began.elapsed() < pause * 3, "{:?}: one after the other", began.elapsed());
}

#[test]
fn only_every_so_many_messages_block() {
    let echo = Program::start(&["echo", "--block-ms", "300", "--block-every", "10"]);
    let mut client = echo.connect();
    let times: Vec<Duration> = (0..20)
        .map(|_| {
            let began = Instant::now();
            round_trip(&mut client, b"x");
            began.elapsed()
        })
        .collect();
    let pause = Duration::from_millis(300);
    assert!(times[9] >= pause && times[19] >= pause, "{times:?}");
    assert!(times.iter().filter(|&&time| time < pause).count() > 10, "{times:?}");
}

#[test]
fn half_of_the_blocking_options_is_a_usage_error() {
    for arguments in [["echo", "--block-ms", "5"], ["echo", "--block-every", "5"]] {
        let output = program::command(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn a_signal_ends_it_with_code_0() {
    let mut echo = Program::start(&["echo"]);
    let mut client = echo.connect();
    round_trip(&mut client, b"x");
    echo.signal(Signal::TERM);
    assert_eq!(echo.wait().code(), Some(0));
    client.assert_closed();
}

#[test]
fn readers_who_never_read_hold_one_message_each_and_nobody_up() {
    let echo = Program::start(&["echo", "--threads", "2", "--concurrency", "1"]);
    round_trip(&mut echo.connect(), b"first");
    let before = echo.memory();
    let clients: Vec<Client> = (0..200).map(|_| echo.connect()).collect();
    let message = vec![7; 1 << 20];
    for client in &clients {
        client.stream.set_nonblocking(true).unwrap();
        // As much as the server takes.
        while (&client.stream).write(&message).is_ok() {}
        round_trip(&mut echo.connect(), b"another");
    }
    let grown = echo.memory().saturating_sub(before);
    assert!(grown < 200 * 64 * 1024, "{} KiB for 200 readers", grown / 1024);
}

#[test]
fn connections_that_are_reset_leave_nothing_behind() {
    let echo = Program::start(&["echo"]);
    let before = echo.open_sockets();
    for number in 0..300 {
        let mut client = echo.connect();
        client.send(vec![1; [0, 1, 100_000][number % 3]]);
        socket2::SockRef::from(&client.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
    eventually("all connections are gone", || echo.open_sockets() == before);
    round_trip(&mut echo.connect(), b"and another");
}

#[test]
fn slow_writers_hold_nobody_up() {
    let echo = Program::start(&["echo", "--threads", "2", "--concurrency", "1"]);
    let mut slow: Vec<Client> = (0..200).map(|_| echo.connect()).collect();
    for byte in 0..20 {
        for client in &mut slow {
            round_trip(client, &[byte]);
        }
        round_trip(&mut echo.connect(), b"another");
    }
}
